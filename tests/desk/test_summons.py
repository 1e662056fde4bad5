"""Links to video sessions: the bank makes them, they open once, in one browser, and end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from cases.domain import events as ev
from cases.domain.case import CaseState
from cases.domain.vocabulary import Arrival, Disposition
from desk.deps import Admission
from desk.routes import summons as summons_api
from desk.routes.video import router as video_page
from desk.summons import Summonses, SummonsLinks
from tests.support.desk_cases import coached_call
from tests.support.desk_harness import API_KEY, ORIGIN, Desk

KEY = {"authorization": f"Bearer {API_KEY}"}


class Rooms:
    """Who was let in where, and what is missing here."""

    def __init__(self) -> None:
        self.admitted: list[str] = []
        self.missing = ""

    def admit(self, room: str) -> Admission:
        self.admitted.append(room)
        return Admission("wss://media.bank.example", f"token-{len(self.admitted)}", "passphrase")


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


@pytest.fixture
async def video(bench: Desk, rooms: Rooms) -> AsyncIterator[Desk]:
    summonses = Summonses(bench.intake, bench.store, bench.clock)
    keys = ("another-key", API_KEY)
    bench.app.include_router(summons_api.router(SummonsLinks(summonses, ORIGIN, lambda: rooms.missing), keys=keys))
    bench.app.include_router(
        video_page(
            summonses,
            admit=rooms.admit,
            clock=bench.clock,
            bank_name="Northbridge Bank",
            origins=(ORIGIN,),
            livekit_url="wss://media.bank.example",
        )
    )
    yield bench


async def link(desk: Desk, case_id: str, **fields: Any) -> str:
    answer = await desk.client.post(f"/v1/cases/{case_id}/summons", json=fields, headers=KEY)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return str(answer.json()["url"]).removeprefix(ORIGIN)


async def waiting_case(desk: Desk) -> str:
    """A case whose customer was not reached and is tried again later."""
    case = await desk.open_case()
    await desk.record(case.id, ev.DialEnded(1, Disposition.NO_ANSWER), "no answer")
    return case.id


async def enter(desk: Desk, path: str, client: httpx.AsyncClient | None = None) -> httpx.Response:
    client = client or desk.client
    page = await client.get(path)
    assert page.status_code == 200
    return await client.post(f"{path}/enter")


async def test_the_link_lets_the_customer_in_and_the_agent_meets_them(video: Desk, rooms: Rooms) -> None:
    case_id = await waiting_case(video)
    path = await link(video, case_id)
    told = (await enter(video, path)).json()
    assert told["state"] == "meets"
    assert (told["url"], told["token"], told["key"]) == ("wss://media.bank.example", "token-1", "passphrase")
    case = await video.store.case(case_id)
    assert case is not None and case.attempt is not None
    assert (case.attempt.number, case.attempt.arrival, case.attempt.room) == (2, Arrival.VIDEO, rooms.admitted[0])
    assert case_id not in path and case_id not in rooms.admitted[0]
    await video.record(case_id, ev.DialPlaced(2, "livekit", "42"), "placed")
    assert (await video.client.get(f"{path}/state")).json() == {"state": "meets", "code": "42"}
    await video.record(case_id, ev.DialEnded(2, Disposition.NO_ANSWER), "gone")
    assert (await video.client.get(f"{path}/state")).json()["state"] == "over"


async def test_looking_at_the_page_uses_nothing_up(video: Desk) -> None:
    case_id = await waiting_case(video)
    path = await link(video, case_id)
    for _ in range(3):
        scanner = video.another()
        assert (await scanner.get(path)).status_code == 200
    case = await video.store.case(case_id)
    assert case is not None and case.state is CaseState.WAITING and case.waiting is None


async def test_it_belongs_to_the_browser_that_opened_it_which_may_come_back(video: Desk, rooms: Rooms) -> None:
    path = await link(video, await waiting_case(video))
    assert (await enter(video, path)).status_code == 200
    again = await enter(video, path)
    assert again.status_code == 200 and again.json()["token"] == "token-2"
    assert len(set(rooms.admitted)) == 1
    other = video.another()
    refused = await enter(video, path, other)
    assert refused.status_code == 403
    assert (await other.get(f"{path}/state")).status_code == 403
    assert len(rooms.admitted) == 2


async def test_a_link_that_was_not_opened_in_time_has_ended(video: Desk) -> None:
    path = await link(video, await waiting_case(video), lasts_seconds=60)
    video.clock.advance(timedelta(seconds=61))
    page = await video.client.get(path)
    assert page.status_code == 404 and "This link has ended" in page.text
    assert (await video.client.post(f"{path}/enter")).status_code == 404
    assert (await video.client.get(f"{path}/state")).status_code == 404


async def test_a_request_to_enter_from_another_site_is_refused(video: Desk) -> None:
    path = await link(video, await waiting_case(video))
    await video.client.get(path)
    answer = await video.client.post(f"{path}/enter", headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert (await video.client.post(f"{path}x/enter")).status_code == 404


async def test_a_browser_without_cookies_cannot_enter(video: Desk) -> None:
    path = await link(video, await waiting_case(video))
    assert (await video.another().post(f"{path}/enter")).status_code == 403


async def test_while_the_telephone_rings_the_customer_waits_in_the_room(video: Desk) -> None:
    case = await video.open_case()
    path = await link(video, case.id)
    told = (await enter(video, path)).json()
    assert (told["state"], told["code"]) == ("waits", "")
    assert told["token"]


async def test_where_a_person_has_the_case_nobody_waits_in_vain(video: Desk, rooms: Rooms) -> None:
    case = await video.open_case()
    path = await link(video, case.id)
    await video.review_from_call(coached_call(case.id))
    told = (await enter(video, path)).json()
    assert told["state"] == "person" and "token" not in told
    assert rooms.admitted == []
    refused = await video.client.post(f"/v1/cases/{case.id}/summons", json={}, headers=KEY)
    assert (refused.status_code, refused.json()["code"]) == (409, "summons_closed")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, "{}", 401),
        ({"authorization": "Bearer wrong"}, "{}", 401),
        (KEY, '{"lasts_seconds": 5}', 422),
        (KEY, '{"lasts_seconds": 60, "more": 1}', 422),
        (KEY, "[", 422),
    ],
)
async def test_bad_requests_make_no_link(video: Desk, headers: dict[str, str], body: str, status: int) -> None:
    case_id = await waiting_case(video)
    answer = await video.client.post(f"/v1/cases/{case_id}/summons", content=body, headers=headers)
    assert answer.status_code == status
    assert not any(isinstance(one.event, ev.SummonsIssued) for one in await video.store.events(case_id))


async def test_an_unknown_case_and_missing_video_are_told_apart(video: Desk, rooms: Rooms) -> None:
    unknown = await video.client.post("/v1/cases/nobody/summons", json={}, headers=KEY)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "summons_unknown")
    rooms.missing = "Set RISKCALL_LIVEKIT_URL."
    missing = await video.client.post(f"/v1/cases/{await waiting_case(video)}/summons", json={}, headers=KEY)
    assert (missing.status_code, missing.json()["code"]) == (503, "video_missing")


async def test_the_page_may_talk_to_the_media_server_and_show_no_screen(video: Desk) -> None:
    page = await video.client.get(await link(video, await waiting_case(video)))
    policy = page.headers["content-security-policy"]
    assert "wss://media.bank.example" in policy and "worker-src 'self'" in policy
    assert "display-capture=()" in page.headers["permissions-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
