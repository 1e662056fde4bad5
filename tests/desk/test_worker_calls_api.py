"""The calls API: who is let in, who gets which call, and what is taken once."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cases.domain.call import MediaRef
from cases.domain.case import CaseState
from cases.domain.events import (
    AlertReceived,
    CallAnswered,
    CallEnded,
    CustomerRinging,
    DialEnded,
    PictureAllowed,
    PictureWithdrawn,
)
from cases.domain.vocabulary import Act, BankAction, Disposition, Language
from desk.live import LivePhase
from desk.remote_view import RemoteView
from telephony.remote.documents import event_document
from telephony.remote.link import AgentSpeaking, EndCall, Started
from tests.support.desk_cases import alert, coached_call
from tests.support.desk_harness import API_KEY, Desk
from tests.support.remote_calls import WorkerDesk, worker_desk

ENDED = DialEnded(1, Disposition.BUSY, "sip_486")


@pytest.fixture
async def house(bench: Desk) -> AsyncIterator[WorkerDesk]:
    async with worker_desk(bench) as made:
        yield made


def code(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def attempts(house: WorkerDesk, case_id: str = "a-1") -> list[tuple[int, str, str]]:
    case = await house.desk.store.case(case_id)
    assert case is not None
    return [(one.number, one.disposition.value if one.disposition else "", one.detail) for one in case.attempts]


async def keep(
    house: WorkerDesk, call_id: str, name: str, token: str, content: bytes, said: bytes | None = None
) -> Any:
    digest = base64.b64encode(hashlib.sha256(content if said is None else said).digest()).decode()
    headers = {"authorization": f"Bearer {token}", "content-digest": f"sha-256=:{digest}:"}
    return await house.client.put(f"/v1/calls/{call_id}/media/{name}", content=content, headers=headers)


@pytest.mark.parametrize("bearer", ["", "wrong", API_KEY])
async def test_only_workers_are_let_in(house: WorkerDesk, bearer: str) -> None:
    call = await house.dispatched()
    answer = await house.post(f"{call}/claim", bearer=bearer)
    assert code(answer) == (401, "key_invalid")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert code(await house.post(f"{call}/token", {"claim": 1}, bearer)) == (401, "key_invalid")


async def test_a_claim_gives_what_a_call_needs_and_nothing_that_was_said_before(house: WorkerDesk) -> None:
    call = await house.dispatched()
    claimed = await house.claim(call)
    assert house.dispatch.summoned == [(claimed["room"], call)]
    assert call not in claimed["room"] and "a-1" not in claimed["room"]
    assert (claimed["claim"], claimed["leg"], claimed["request"]["match_code"]) == (1, "sip", "42")
    assert claimed["case"]["alert"]["id"] == "a-1"
    assert claimed["case"]["calls"] == [] and claimed["case"]["instructions"] == []


async def test_a_call_has_one_worker(house: WorkerDesk) -> None:
    call = await house.dispatched()
    await house.claim(call)
    assert code(await house.post(f"{call}/claim")) == (409, "claim_refused")
    assert code(await house.post("a-1:2/claim")) == (404, "call_unknown")
    assert code(await house.post("nothing:1/claim")) == (404, "call_unknown")
    assert code(await house.post("nothing/claim")) == (404, "call_unknown")


async def test_after_the_first_worker_was_lost_the_old_token_is_refused(house: WorkerDesk) -> None:
    call = await house.dispatched()
    old = (await house.claim(call))["token"]
    house.desk.clock.advance(timedelta(seconds=6))
    await house.calls.check()
    assert len(house.dispatch.summoned) == 2 and len(house.dispatch.closed) == 1
    new = await house.claim(call)
    assert new["claim"] == 2
    assert code(await house.tell(call, old, CustomerRinging(1))) == (409, "call_superseded")
    assert code(await house.tell(call, old, ENDED)) == (409, "call_superseded")
    assert code(await keep(house, call, "1.ogg", old, b"x")) == (409, "call_superseded")
    assert code(await house.post(f"{call}/token", {"claim": 1})) == (409, "call_superseded")
    assert (await house.tell(call, new["token"], CustomerRinging(1))).status_code == 201


async def test_a_result_is_taken_once(house: WorkerDesk) -> None:
    call = await house.dispatched()
    claimed = await house.claim(call)
    token = claimed["token"]
    for event in (CustomerRinging(1), CallAnswered(1)):
        assert (await house.tell(call, token, event)).status_code == 201
        assert (await house.tell(call, token, event)).status_code == 200
    result = CallEnded(1, Disposition.ANSWERED, replace(coached_call("a-1"), id=call, recording=None))
    first = await house.tell(call, token, result)
    again = await house.tell(call, token, result)
    assert (first.status_code, first.json()) == (201, {"duplicate": False, "current": True})
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    other = CallEnded(1, Disposition.VOICEMAIL, result.call)
    assert code(await house.tell(call, token, other)) == (409, "result_conflict")
    assert code(await house.tell(call, token, ENDED)) == (409, "result_conflict")
    case = await house.desk.store.case("a-1")
    assert case is not None and len(case.calls) == 1 and case.state is CaseState.REVIEW
    assert case.payment is BankAction.HOLD
    assert code(await house.post(f"{call}/claim")) == (409, "call_over")
    assert set(house.dispatch.closed) == {claimed["room"]}, "the worker may not have been able to close it"


async def test_a_worker_that_is_lost_after_it_rang_ends_the_attempt_and_its_result_is_late(house: WorkerDesk) -> None:
    call = await house.dispatched()
    token = (await house.claim(call))["token"]
    await house.tell(call, token, CustomerRinging(1))
    house.desk.clock.advance(timedelta(seconds=6))
    await house.calls.check()
    assert (await attempts(house))[0] == (1, "failed", "worker_lost")
    assert house.dispatch.closed
    late = CallEnded(1, Disposition.ANSWERED, replace(coached_call("a-1"), id=call, recording=None))
    answer = await house.tell(call, token, late)
    assert (answer.status_code, answer.json()["current"]) == (201, False)
    case = await house.desk.store.case("a-1")
    assert case is not None and case.calls[0].late
    assert case.payment is BankAction.HOLD


async def test_a_call_that_no_worker_takes_ends_the_attempt(house: WorkerDesk) -> None:
    await house.dispatched()
    house.dispatch.down = True
    for _ in range(3):
        house.desk.clock.advance(timedelta(seconds=16))
        await house.calls.check()
    assert (await attempts(house))[0] == (1, "failed", "no_worker")


async def test_an_expired_token_is_renewed_with_the_workers_key(house: WorkerDesk) -> None:
    call = await house.dispatched()
    claimed = await house.claim(call)
    house.desk.clock.advance(timedelta(minutes=6))
    assert code(await house.tell(call, claimed["token"], ENDED)) == (401, "call_token_invalid")
    renewed = (await house.post(f"{call}/token", {"claim": 1})).json()["token"]
    assert (await house.tell(call, renewed, ENDED)).status_code == 201


async def test_a_token_speaks_for_no_other_call(house: WorkerDesk) -> None:
    call = await house.dispatched()
    token = (await house.claim(call))["token"]
    other = await house.dispatched("a-2")
    await house.claim(other)
    assert code(await house.tell(other, token, ENDED)) == (403, "call_token_wrong")
    assert code(await keep(house, other, "1.ogg", token, b"x")) == (403, "call_token_wrong")


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"type": "DialEnded", "version": 1, "body": {}},
        {"type": "DialEnded", "version": "1", "body": {}},
        {"type": "CallEnded", "version": 99, "body": {}},
        event_document(AlertReceived(alert("a-1"))),
        event_document(CustomerRinging(2)),
        event_document(CallEnded(1, Disposition.ANSWERED, coached_call("a-9"))),
    ],
)
async def test_what_is_no_event_of_the_call_is_refused(house: WorkerDesk, document: Any) -> None:
    call = await house.dispatched()
    token = (await house.claim(call))["token"]
    assert code(await house.post(f"{call}/events", document, token)) == (422, "event_refused")
    assert await attempts(house) == [(1, "", "")]


async def test_a_worker_tells_what_the_customer_lets_be_recorded(house: WorkerDesk) -> None:
    call = await house.dispatched()
    token = (await house.claim(call))["token"]
    allowed = PictureAllowed(1, 1, "TR_1")
    for key in ("people:1", "picture:0", "", 7):
        document = {**event_document(allowed), "key": key}
        assert code(await house.post(f"{call}/events", document, token)) == (422, "event_refused")
    # This customer is on the telephone, so there is no picture to be recorded.
    refused = await house.post(f"{call}/events", event_document(allowed, "picture:1"), token)
    assert refused.status_code == 409
    withdrawn = event_document(PictureWithdrawn(1), "picture:2")
    assert (await house.post(f"{call}/events", withdrawn, token)).status_code == 201
    assert (await house.post(f"{call}/events", withdrawn, token)).status_code == 200


async def test_a_call_claims_no_media_of_another(house: WorkerDesk) -> None:
    call = await house.dispatched()
    token = (await house.claim(call))["token"]
    theirs = replace(coached_call("a-1"), id=call, recording=MediaRef("a-2/1.ogg", "0" * 64, "audio/ogg"))
    answer = await house.tell(call, token, CallEnded(1, Disposition.ANSWERED, theirs))
    assert code(answer) == (422, "event_refused")


async def test_media_are_written_once(house: WorkerDesk) -> None:
    call = await house.dispatched()
    token = (await house.claim(call))["token"]
    content = b"OggS" + bytes(200_000)
    assert code(await keep(house, call, "1.ogg", token, content, b"other")) == (422, "event_refused")
    assert (await keep(house, call, "1.ogg", token, content)).status_code == 201
    assert (await keep(house, call, "1.ogg", token, content)).status_code == 200
    assert code(await keep(house, call, "1.ogg", token, b"other")) == (409, "media_conflict")
    kept = b"".join([part async for part in house.desk.blobs.open("a-1/1.ogg")])
    assert kept == content
    for name in ("2.ogg", "1.exe", "1", "x1.ogg"):
        assert code(await keep(house, call, name, token, content)) == (422, "event_refused")
    headers = {"authorization": f"Bearer {token}"}
    bare = await house.client.put(f"/v1/calls/{call}/media/1-0.jpg", content=b"x", headers=headers)
    assert code(bare) == (422, "event_refused")


async def test_what_a_worker_says_is_seen_at_the_desk_and_commands_go_down(house: WorkerDesk) -> None:
    call = await house.dispatched()
    claimed = await house.claim(call)
    grant = house.tokens.read(claimed["token"])
    heard: list[Any] = []
    link = house.calls.linked(grant, heard.append)
    view = RemoteView(house.desk.live, "a-1", 1)
    house.desk.live.ringing("a-1", 1)
    view.show(Started(Language.EN))
    view.show(AgentSpeaking("Hello", (Act.GREET,)))
    assert house.desk.live.phase("a-1") is LivePhase.TALKING
    assert house.calls.tell(call, EndCall("test"))
    house.calls.unlinked(grant, link)
    assert not house.calls.tell(call, EndCall("test"))
    assert heard == [EndCall("test")]


async def test_the_api_is_described(house: WorkerDesk) -> None:
    paths = (await house.client.get("/openapi.json")).json()["paths"]
    described = {path: set(paths[path]) for path in paths if path.startswith("/v1/calls/")}
    assert described == {
        "/v1/calls/{call_id}/claim": {"post"},
        "/v1/calls/{call_id}/token": {"post"},
        "/v1/calls/{call_id}/events": {"post"},
        "/v1/calls/{call_id}/media/{name}": {"put"},
    }
    assert all("409" in one["responses"] for path in described for one in paths[path].values())
