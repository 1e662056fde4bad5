"""Codes for ringing back: the bank makes them, whoever rings and says one reaches the case, and they end."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from cases.domain import events as ev
from cases.domain.case import Case, CaseState
from cases.domain.rules import CaseTimings
from cases.domain.vocabulary import Arrival, Disposition
from cases.store import encode_event
from desk.callback_codes import MOST_LIVE, CallbackCodes
from desk.code_throttle import WINDOW_S, CodeLimits, CodeThrottle
from desk.errors import CallbackCodeUsedError
from desk.routes import arrivals, callback_codes
from tests.support.desk_cases import alert, coached_call
from tests.support.desk_harness import API_KEY, Desk

BANK = {"authorization": f"Bearer {API_KEY}"}
WORKER = {"authorization": "Bearer worker-key"}
OWN = "+447700900123"
STRANGER = "+33612345678"
PHONE = [{"kind": "phone", "address": OWN, "verified_at": "2026-01-01T00:00:00Z"}]
WAITS = CaseTimings().arrival_waits


@dataclass
class Bank:
    """A desk with both ends of ringing back."""

    desk: Desk
    missing: str = ""

    def codes(self, limits: CodeLimits | None = None) -> CallbackCodes:
        """As a process that has just started has them."""
        desk = self.desk
        return CallbackCodes(
            desk.intake, desk.store, desk.clock, secret=b"s" * 32, throttle=CodeThrottle(limits), waits=WAITS
        )

    async def make(self, case_id: str, **fields: Any) -> httpx.Response:
        return await self.desk.client.post(f"/v1/cases/{case_id}/callback-codes", json=fields, headers=BANK)

    async def code(self, case_id: str, **fields: Any) -> str:
        answer = await self.make(case_id, **fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["code"])

    async def say(self, code: str, room: str = "inbound-1", caller: str = OWN) -> httpx.Response:
        body = {"code": code, "room": room, "caller": caller}
        return await self.desk.client.post("/v1/arrivals", json=body, headers=WORKER)

    async def case(self, case_id: str) -> Case:
        case = await self.desk.store.case(case_id)
        assert case is not None
        return case

    async def waiting(self, case_id: str = "c-1", **fields: Any) -> str:
        """A case whose customer was not reached and is tried again later."""
        await self.desk.open_case(alert(id=case_id, **fields))
        await self.desk.record(case_id, ev.DialEnded(1, Disposition.NO_ANSWER), "no answer")
        return case_id


def install(desk: Desk, bank: Bank, codes: CallbackCodes) -> None:
    desk.app.include_router(callback_codes.router(codes, keys=("another-key", API_KEY), missing=lambda: bank.missing))
    desk.app.include_router(arrivals.router(codes, keys=("worker-key",)))


@pytest.fixture
async def bank(bench: Desk) -> AsyncIterator[Bank]:
    made = Bank(bench)
    install(bench, made, made.codes())
    yield made


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_whoever_says_the_code_is_met_by_the_agent_in_their_room(bank: Bank) -> None:
    case_id = await bank.waiting()
    made = await bank.make(case_id)
    assert made.status_code == 201 and made.headers["cache-control"] == "no-store"
    code = made.json()["code"]
    assert len(code) == 6 and code.isdigit()
    answer = await bank.say(code, "inbound-_ab12_XyZ")
    assert (answer.status_code, answer.json()) == (201, {"meets": "agent", "language": "en"})
    assert answer.headers["cache-control"] == "no-store"
    attempt = (await bank.case(case_id)).attempt
    assert attempt is not None
    assert (attempt.number, attempt.arrival, attempt.room) == (2, Arrival.INBOUND, "inbound-_ab12_XyZ")
    assert attempt.contact is None


async def test_the_same_code_from_the_same_room_is_answered_again_and_changes_nothing(bank: Bank) -> None:
    case_id = await bank.waiting()
    code = await bank.code(case_id)
    first = await bank.say(code)
    before = (await bank.case(case_id)).seq
    again = await bank.say(f"{code[:3]} {code[3:]}")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert (await bank.case(case_id)).seq == before


async def test_a_caller_to_whom_nobody_came_is_met_where_they_still_wait(bank: Bank) -> None:
    case_id = await bank.waiting()
    code = await bank.code(case_id, lasts_seconds=60)
    await bank.say(code)
    await bank.desk.record(case_id, ev.DialEnded(2, Disposition.FAILED, "no_worker"), "nobody")
    assert (await bank.say(code)).json()["meets"] == "agent"
    attempt = (await bank.case(case_id)).attempt
    assert attempt is not None and (attempt.number, attempt.room) == (3, "inbound-1")
    bank.desk.clock.advance(timedelta(seconds=60))
    assert (await bank.say(code)).json()["meets"] == "agent"
    await bank.desk.record(case_id, ev.DialEnded(3, Disposition.FAILED, "no_worker"), "nobody again")
    assert refusal(await bank.say(code)) == (404, "callback_code_unknown")


async def test_a_caller_who_waits_once_more_holds_the_code_once_more(bank: Bank) -> None:
    case_id = await bank.waiting()
    code = await bank.code(case_id)
    await bank.say(code)
    await bank.desk.record(case_id, ev.DialEnded(2, Disposition.FAILED, "no_worker"), "nobody")
    due = (await bank.case(case_id)).next_attempt
    assert due is not None
    bank.desk.clock.advance(due.due_at - bank.desk.clock.now())
    await bank.desk.record(case_id, ev.TimerFired("next_attempt", due.number), "due")
    for _ in range(2):
        assert (await bank.say(code)).json()["meets"] == "agent"
    assert len((await bank.case(case_id)).arrivals) == 2
    assert refusal(await bank.say(code, "inbound-2")) == (409, "callback_code_used")


async def test_a_code_in_use_lets_no_second_caller_in(bank: Bank) -> None:
    case_id = await bank.waiting()
    code = await bank.code(case_id)
    await bank.say(code)
    assert refusal(await bank.say(code, "inbound-2")) == (409, "callback_code_used")
    assert len((await bank.case(case_id)).arrivals) == 1


async def test_a_customer_whose_line_was_cut_reaches_the_same_case_again(bank: Bank) -> None:
    case_id = await bank.waiting()
    code = await bank.code(case_id)
    await bank.say(code)
    await bank.desk.record(case_id, ev.DialEnded(2, Disposition.FAILED, "worker_lost"), "lost")
    assert (await bank.say(code, "inbound-2")).json()["meets"] == "agent"
    attempt = (await bank.case(case_id)).attempt
    assert attempt is not None and (attempt.number, attempt.room) == (3, "inbound-2")
    assert refusal(await bank.say(code, "inbound-1")) == (409, "callback_code_used")


async def test_a_caller_who_waits_for_the_attempt_under_way_holds_the_code_as_long_as_callers_wait(bank: Bank) -> None:
    case = await bank.desk.open_case(alert(id="c-1"))
    code = await bank.code(case.id)
    assert (await bank.say(code)).json()["meets"] == "agent"
    assert refusal(await bank.say(code, "inbound-2")) == (409, "callback_code_used")
    bank.desk.clock.advance(WAITS + timedelta(seconds=1))
    assert (await bank.say(code, "inbound-2")).json()["meets"] == "agent"
    await bank.desk.record(case.id, ev.DialEnded(1, Disposition.NO_ANSWER), "no answer")
    attempt = (await bank.case(case.id)).attempt
    assert attempt is not None and attempt.room == "inbound-2"


async def test_where_a_person_has_the_case_every_caller_is_told_so_and_the_desk_sees_them(bank: Bank) -> None:
    case = await bank.desk.open_case(alert(id="c-1"))
    code = await bank.code(case.id)
    await bank.desk.review_from_call(coached_call(case.id))
    for room in ("inbound-1", "inbound-2"):
        assert (await bank.say(code, room)).json() == {"meets": "person", "language": "en"}
    found = await bank.case(case.id)
    assert [one.room for one in found.arrivals] == ["inbound-1", "inbound-2"]
    assert found.state is CaseState.REVIEW and found.attempt is None
    assert refusal(await bank.make(case.id)) == (409, "callback_codes_closed")


async def test_a_code_ends_by_the_clock_and_with_the_hold(bank: Bank) -> None:
    case_id = await bank.waiting()
    whole = await bank.make(case_id)
    assert whole.json()["expires_at"] == "2026-03-05T12:00:00Z"
    code = await bank.code(case_id, lasts_seconds=60)
    bank.desk.clock.advance(timedelta(seconds=60))
    assert refusal(await bank.say(code)) == (404, "callback_code_unknown")
    assert (await bank.say(whole.json()["code"])).status_code == 201


async def test_a_code_whose_time_is_over_is_free_for_another_case(bank: Bank) -> None:
    first, second = await bank.waiting("c-1"), await bank.waiting("c-2")
    await bank.code(first, code="12345678", lasts_seconds=60)
    assert refusal(await bank.make(second, code="12345678")) == (409, "callback_code_taken")
    bank.desk.clock.advance(timedelta(seconds=60))
    for number in range(1, 8):
        await bank.code(second, code="12345678", lasts_seconds=60)
        assert (await bank.say("1234-5678", f"inbound-{number}")).status_code == 201
        await bank.desk.record(second, ev.DialEnded(1 + number, Disposition.NO_ANSWER), f"{number} gone")
        bank.desk.clock.advance(timedelta(seconds=60))
    assert not (await bank.case(first)).arrivals
    assert len((await bank.case(second)).arrivals) == 7


async def test_the_banks_own_code_sent_again_is_the_same_code(bank: Bank) -> None:
    case_id = await bank.waiting()
    first = await bank.make(case_id, code="0012345678", lasts_seconds=600)
    bank.desk.clock.advance(timedelta(seconds=5))
    again = await bank.make(case_id, code="0012345678", lasts_seconds=60)
    assert again.json() == first.json()
    longer = await bank.make(case_id, code="0012345678", lasts_seconds=1200)
    assert longer.json()["expires_at"] > first.json()["expires_at"]
    bank.desk.clock.advance(timedelta(seconds=1000))
    assert (await bank.say("0012345678")).status_code == 201


async def test_codes_outlive_the_process_that_made_them(bank: Bank) -> None:
    case_id = await bank.waiting()
    code = await bank.code(case_id)
    bank.desk.clock.advance(timedelta(days=1))
    assert (await bank.codes().arrive(code, "inbound-1", "")).meets == "agent"
    with pytest.raises(CallbackCodeUsedError):
        await bank.codes().arrive(code, "inbound-2", "")


async def test_nothing_that_is_kept_tells_the_code_or_the_number(bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    case_id = await bank.waiting()
    code = await bank.code(case_id, code="9182736450")
    await bank.say("111111", caller=STRANGER)
    await bank.say(code, caller=STRANGER)
    kept = [f"{one.event_id} {encode_event(one.event)}" for one in await bank.desk.store.events(case_id)]
    for secret in (code, STRANGER, hashlib.sha256(code.encode()).hexdigest()):
        assert not any(secret in text for text in kept)
        assert secret not in caplog.text


async def test_a_case_has_five_live_codes_at_most(bank: Bank) -> None:
    case_id = await bank.waiting()
    codes = [await bank.code(case_id, lasts_seconds=60) for _ in range(MOST_LIVE)]
    assert len(set(codes)) == MOST_LIVE
    assert refusal(await bank.make(case_id)) == (409, "callback_codes_too_many")
    bank.desk.clock.advance(timedelta(seconds=60))
    await bank.code(case_id)


async def test_two_rooms_at_the_same_moment_let_one_caller_in(bank: Bank) -> None:
    code = await bank.code(await bank.waiting())
    answers = await asyncio.gather(*(bank.say(code, f"inbound-{number}", f"+4477{number}") for number in range(8)))
    assert sorted(one.status_code for one in answers) == [201, *[409] * 7]
    assert len((await bank.case("c-1")).arrivals) == 1


async def test_one_code_made_for_two_cases_at_the_same_moment_is_one_cases(bank: Bank) -> None:
    cases = [await bank.waiting(f"c-{number}") for number in range(1, 5)]
    answers = await asyncio.gather(*(bank.make(one, code="555000") for one in cases))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]


async def test_a_code_that_is_drawn_twice_is_drawn_again(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([7, 7, 7, 8])
    monkeypatch.setattr("desk.callback_codes.secrets.randbelow", lambda below: next(drawn))
    first, second = await bank.waiting("c-1"), await bank.waiting("c-2")
    assert await bank.code(first) == "000007"
    assert await bank.code(second) == "000008"


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, "{}", 401),
        (WORKER, "{}", 401),
        (BANK, '{"lasts_seconds": 5}', 422),
        (BANK, '{"code": "12345"}', 422),
        (BANK, '{"code": "12345678901"}', 422),
        (BANK, '{"code": "12345a"}', 422),
        (BANK, '{"more": 1}', 422),
        (BANK, "[", 422),
    ],
)
async def test_bad_requests_make_no_code(bank: Bank, headers: dict[str, str], body: str, status: int) -> None:
    case_id = await bank.waiting()
    answer = await bank.desk.client.post(f"/v1/cases/{case_id}/callback-codes", content=body, headers=headers)
    assert refusal(answer)[0] == status
    assert "12345" not in answer.text
    assert not (await bank.case(case_id)).codes


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({}, {"code": "123456", "room": "inbound-1"}, (401, "key_invalid")),
        (BANK, {"code": "123456", "room": "inbound-1"}, (401, "key_invalid")),
        (WORKER, {"code": "123456", "room": "inbound-+447700900123"}, (422, "arrival_invalid")),
        (WORKER, {"code": "123456", "room": "call-1"}, (422, "arrival_invalid")),
        (WORKER, {"code": "", "room": "inbound-1"}, (422, "arrival_invalid")),
        (WORKER, {"code": 123456, "room": "inbound-1"}, (422, "arrival_invalid")),
        (WORKER, {"code": "123456", "room": "inbound-1"}, (404, "callback_code_unknown")),
        (WORKER, {"code": "12 45", "room": "inbound-1", "caller": ""}, (404, "callback_code_unknown")),
    ],
)
async def test_bad_arrivals_let_nobody_in(
    bank: Bank, headers: dict[str, str], body: dict[str, Any], expected: tuple[int, str]
) -> None:
    answer = await bank.desk.client.post("/v1/arrivals", json=body, headers=headers)
    assert refusal(answer) == expected
    assert "123456" not in answer.text and "4477" not in answer.text


async def test_an_unknown_case_and_a_missing_server_are_told_apart(bank: Bank) -> None:
    assert refusal(await bank.make("nobody")) == (404, "case_unknown")
    bank.missing = "Set RISKCALL_LIVEKIT_URL."
    assert refusal(await bank.make(await bank.waiting())) == (503, "inbound_missing")


async def test_wrong_codes_are_slowed_down_by_caller(bank: Bank) -> None:
    code = await bank.code(await bank.waiting(customer__contacts=PHONE))
    for _ in range(CodeLimits().per_caller):
        assert refusal(await bank.say("000000" if code != "000000" else "1" * 6)) == (404, "callback_code_unknown")
    slowed = await bank.say(code)
    assert refusal(slowed) == (429, "callback_codes_throttled")
    assert 0 < int(slowed.headers["retry-after"]) <= WINDOW_S
    assert (await bank.say(code, caller=STRANGER)).status_code == 201


async def test_a_customer_who_rings_from_their_own_number_is_let_in_while_strangers_guess(bank: Bank) -> None:
    code = await bank.code(await bank.waiting(customer__contacts=PHONE))
    wrong = "000000" if code != "000000" else "1" * 6
    for number in range(CodeLimits().per_hour):
        assert (await bank.say(wrong, caller=f"+3361234{number:04}")).status_code == 404
    assert refusal(await bank.say(code, caller="+33699999999")) == (429, "callback_codes_throttled")
    assert refusal(await bank.say(code, caller="0123")) == (429, "callback_codes_throttled")
    assert (await bank.say(code, caller="07700 900123")).status_code == 201


async def test_a_right_code_costs_no_try(bank: Bank) -> None:
    code = await bank.code(await bank.waiting())
    for _ in range(30):
        assert (await bank.say(code, caller="")).status_code == 201


async def test_the_description_of_the_api_names_both_ends(bank: Bank) -> None:
    described = (await bank.desk.client.get("/openapi.json")).json()["paths"]
    made = described["/v1/cases/{case_id}/callback-codes"]["post"]
    told = described["/v1/arrivals"]["post"]
    assert set(made["responses"]) == {"201", "401", "404", "409", "422", "503"}
    assert set(told["responses"]) == {"201", "401", "404", "409", "422", "429"}
    assert made["security"] == told["security"] == [{"ApiKey": []}]
