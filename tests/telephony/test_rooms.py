"""Rooms of calls that are over are closed for good, also where LiveKit was away meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cases.domain.vocabulary import Disposition, Language
from telephony.leg import Invitation
from telephony.livekit import SipLeg
from telephony.livekit.ends import RoomEnd
from telephony.remote.dispatch import RecordedDispatch
from telephony.remote.livekit_dispatch import LiveKitDispatch
from telephony.remote.rooms import CLOSE_FOR_S, LONGEST_WAIT_S, WATCHED_S, Rooms
from telephony.sip_phone import EndedBy, SipPhone, answering
from tests.support.phone_network import running_network
from tests.support.virtual_time import run_virtual

NUMBER = "+447700900001"
INVITATION = Invitation("case:1", "Bank", "reference", Language.EN, "42", 20.0)


class Away(RecordedDispatch):
    """LiveKit that is away until some time; notes when it was asked."""

    def __init__(self, until: float) -> None:
        super().__init__()
        self.until = until
        self.asked: list[float] = []
        self.closed_at: list[float] = []

    async def close(self, room: str) -> None:
        now = asyncio.get_running_loop().time()
        self.asked.append(now)
        self.down = now < self.until
        await super().close(room)
        self.closed_at.append(now)


def closing(until: float, seconds: float, wanted_from: float = float("inf")) -> Away:
    """What LiveKit was asked in so many seconds."""

    async def run() -> Away:
        loop, dispatch = asyncio.get_running_loop(), Away(until)
        rooms = Rooms(dispatch)
        rooms.close_for_good("call-1", "case:1", lambda: loop.time() >= wanted_from)
        await asyncio.sleep(seconds)
        await rooms.aclose()
        return dispatch

    return run_virtual(run())


def test_a_room_is_closed_twice_for_a_line_that_was_being_dialled() -> None:
    assert closing(0.0, 100.0).asked == pytest.approx([0.0, 1.0], abs=0.01)


def test_a_room_is_watched_where_livekit_was_away_until_whoever_was_in_it_has_come_back() -> None:
    found = closing(40.0, 200.0)
    assert found.closed_at[0] <= 40.0 + LONGEST_WAIT_S
    after = [at - found.closed_at[0] for at in found.closed_at]
    assert after[-1] >= WATCHED_S and max(after) < 2 * WATCHED_S
    assert max(later - sooner for sooner, later in zip(after, after[1:], strict=False)) <= WATCHED_S / 2 + 1
    assert len(found.asked) < 20


def test_a_room_that_is_in_use_again_is_left_alone() -> None:
    assert closing(1_000.0, 200.0, wanted_from=5.0).asked[-1] < 5.0


def test_a_livekit_that_stays_away_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    found = closing(float("inf"), CLOSE_FOR_S * 2)
    assert CLOSE_FOR_S - LONGEST_WAIT_S <= found.asked[-1] <= CLOSE_FOR_S
    assert "case:1 may still be open" in caplog.text


@pytest.mark.audio
async def test_a_telephone_is_hung_up_once_a_server_that_died_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.livekit.call_room.RECONNECT_SECONDS", 1.0)
    monkeypatch.setattr("telephony.livekit.closing.CLOSE_SECONDS", 0.5)
    with running_network(tmp_path) as network:
        rooms = Rooms(LiveKitDispatch(network.access))
        async with SipPhone(answering()) as phone:
            leg = SipLeg(network.access, network.trunk(phone.uri), NUMBER, "server-died")
            assert await asyncio.wait_for(leg.ring(INVITATION), 40) is Disposition.ANSWERED
            call = await phone.next_call()
            network.server.kill()
            assert await asyncio.wait_for(leg.call.ended(), 20) is RoomEnd.ROOM_LOST
            await leg.hang_up()
            assert not call.over.is_set(), "nobody is there who could hang up"
            rooms.close_for_good("server-died", "case:1", lambda: False)
            network.server.start()
            await asyncio.wait_for(call.over.wait(), 60)
            await rooms.aclose()
    assert call.ended_by is EndedBy.THERE
