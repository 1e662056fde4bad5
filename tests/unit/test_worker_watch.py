"""Callers whose reception died are received anew, however often nobody comes to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

from livekit.protocol.models import ParticipantInfo

from riskcall.worker_watch import LOOK_S, LOOKS_AGAIN, watch
from telephony.livekit import AGENT, INBOUND
from telephony.livekit.names import RECEPTION
from tests.support.virtual_time import run_virtual

ROOM = f"{INBOUND}1"
CALLER = SimpleNamespace(identity="sip_1", kind=ParticipantInfo.Kind.SIP)
MET = SimpleNamespace(identity=AGENT, kind=ParticipantInfo.Kind.AGENT)


class Setting:
    """A worker and a LiveKit server that only take notes."""

    def __init__(self) -> None:
        self.active_jobs: list[Any] = [self._job("first")]
        self.there = [CALLER]
        self.asked_at: list[float] = []
        self.sent_out: list[str] = []
        self.room = SimpleNamespace(list_participants=self._list, remove_participant=self._remove)
        self.agent_dispatch = SimpleNamespace(create_dispatch=self._dispatch)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Setting]:
        yield self

    def begins(self, job: str) -> None:
        self.active_jobs = [self._job(job)]

    def dies(self) -> None:
        self.active_jobs = []

    def _job(self, job: str) -> Any:
        return SimpleNamespace(job=SimpleNamespace(id=job, metadata="", room=SimpleNamespace(name=ROOM)))

    async def _list(self, _: Any) -> Any:
        return SimpleNamespace(participants=self.there)

    async def _remove(self, who: Any) -> None:
        self.sent_out.append(who.identity)
        self.there = [one for one in self.there if one.identity != who.identity]

    async def _dispatch(self, _: Any) -> None:
        self.asked_at.append(asyncio.get_running_loop().time())


async def watched(setting: Setting, *steps: tuple[float, Any]) -> list[float]:
    """When receptions were asked for, while steps are taken, each after so many seconds."""
    watching = asyncio.create_task(watch(setting, setting))  # type: ignore[arg-type]
    for seconds, step in steps:
        await asyncio.sleep(seconds)
        step()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    return setting.asked_at


def nothing() -> None:
    return


def test_a_reception_that_died_is_asked_for_until_one_begins() -> None:
    setting = Setting()
    again = LOOKS_AGAIN * LOOK_S
    asked = run_virtual(
        watched(setting, (0.5, setting.dies), (2 * again, lambda: setting.begins("second")), (3 * again, nothing))
    )
    assert len(asked) == 2 and asked[1] - asked[0] == again


def test_a_second_death_is_seen_to_like_the_first() -> None:
    setting = Setting()
    steps = (
        (0.5, setting.dies),
        (1.5, lambda: setting.begins("second")),
        (2.0, setting.dies),
        (1.5, lambda: setting.begins("third")),
        (30.0, nothing),
    )
    assert len(run_virtual(watched(setting, *steps))) == 2


def test_what_is_left_of_the_dead_one_is_sent_out_first() -> None:
    setting = Setting()
    setting.there = [CALLER, SimpleNamespace(identity=RECEPTION, kind=ParticipantInfo.Kind.AGENT)]
    assert len(run_virtual(watched(setting, (0.5, setting.dies), (3.0, nothing)))) == 1
    assert setting.sent_out == [RECEPTION] and setting.there == [CALLER]


def test_a_caller_who_is_gone_or_with_the_agent_is_left_alone() -> None:
    for there in ([], [CALLER, MET]):
        setting = Setting()
        setting.there = there
        assert run_virtual(watched(setting, (0.5, setting.dies), (60.0, nothing))) == []
