"""Recordings of the customer's picture as effects: begun, kept, deleted, and given up with a reason."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent.analysis.template import TemplateAnalyst
from cases.adapters import FakeBank, SystemClock
from cases.domain import events as ev
from cases.domain.call import MediaRef
from cases.domain.case import Case
from cases.domain.picture import Picture, PictureFailure, PictureFile
from cases.domain.vocabulary import Arrival, Disposition
from cases.effects import EffectLimits
from cases.effects.pictures import PictureTimes
from cases.ports import DialRequest, PictureRefusedError, PictureUnavailableError
from cases.runtime import CaseRuntime
from tests.support import case_facts as facts
from tests.support.case_policy import small_policy

CLOCK = SystemClock()
QUICK = PictureTimes(tries=3, wait_s=0.01, finish_s=0.1)
ALLOWED = ev.PictureAllowed(1, 1, "TR_1")


class ToldRecorder:
    """Does as told, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses: PictureFailure | None = None
        self.away = 0
        self.unfinished = 1
        self.breaks = False
        self.out_of_reach = False
        self.discarded = asyncio.Event()

    async def begin(self, room: str, track: str, name: str) -> str:
        self.asked.append(f"begin {room} {track} {name}")
        self._answer()
        if self.refuses is not None:
            raise PictureRefusedError(self.refuses, "unavailable")
        return f"EG_{track}"

    async def end(self, recording: str) -> None:
        self.asked.append(f"end {recording}")
        self._answer()

    async def finished(self, recording: str) -> PictureFile | None:
        self._answer()
        if self.breaks:
            raise PictureRefusedError(PictureFailure.BROKEN, "egress_failed")
        if self.unfinished:
            self.unfinished -= 1
            return None
        now = CLOCK.now()
        return PictureFile(f"{recording}.webm", f"/out/{recording}.webm", now, now + timedelta(seconds=4), 7)

    async def keep(self, file: PictureFile, key: str) -> MediaRef | None:
        self.asked.append(f"keep {file.name} {key}")
        self._answer()
        return None if self.out_of_reach else MediaRef(key, "ab" * 32, "video/webm")

    async def discard(self, file: PictureFile) -> bool:
        self.asked.append(f"discard {file.name}")
        self._answer()
        self.discarded.set()
        return not self.out_of_reach

    def _answer(self) -> None:
        if self.away:
            self.away -= 1
            raise PictureUnavailableError("away")


class Waits:
    """A dialer whose calls last until they are told to end."""

    async def leg_of(self, case_id: str) -> str:
        return "livekit"

    async def dial(self, request: DialRequest) -> None:
        return


class Session:
    """A case whose customer is in a video session."""

    def __init__(self, runtime: CaseRuntime) -> None:
        self.runtime = runtime

    async def tell(self, event: ev.Event, key: str) -> None:
        await self.runtime.intake.record("a-1", event, event_id=f"a-1:1:{key}", at=CLOCK.now())

    async def until(self, holds: Callable[[Case], object]) -> Case:
        async with asyncio.timeout(30):
            with self.runtime.store.subscribe() as changes:
                case = await self.runtime.store.case("a-1")
                if case is not None and holds(case):
                    return case
                async for _ in changes:
                    case = await self.runtime.store.case("a-1")
                    if case is not None and holds(case):
                        return case
        raise AssertionError("unreachable")

    async def settled(self) -> Picture:
        return (await self.until(lambda case: case.pictures and case.pictures[0].settled)).pictures[0]

    async def ends(self) -> None:
        call = facts.call("a-1", 1, facts.HANGS_UP, CLOCK.now())
        await self.tell(ev.CallEnded(1, Disposition.ANSWERED, call), "ended")


@asynccontextmanager
async def session(folder: Path, recorder: ToldRecorder | None, times: PictureTimes = QUICK) -> AsyncIterator[Session]:
    """A runtime, and a customer who is met in a video session there."""
    runtime = CaseRuntime(
        f"sqlite:///{folder}/cases.db",
        policy=small_policy(attempts=2, spacing=(0,)),
        bank=FakeBank(),
        analyst=TemplateAnalyst(),
        clock=CLOCK,
        dialer=Waits(),
        pictures=recorder,
        limits=EffectLimits(pictures=times),
        remote_legs=frozenset({"livekit"}),
    )
    await runtime.start()
    try:
        made = Session(runtime)
        if await runtime.store.case("a-1") is None:
            now = CLOCK.now()
            alert = facts.example_alert("a-1", now=now)
            consent = replace(alert.customer.consent, video_stills=True)
            agreed = replace(alert, customer=replace(alert.customer, consent=consent))
            await runtime.intake.receive(agreed, at=now)
            await made.tell(ev.CustomerArrived(Arrival.VIDEO, "video-1"), "arrived")
            await made.until(lambda case: case.attempts and case.attempts[0].leg)
        yield made
    finally:
        await runtime.stop()


async def test_a_recording_is_begun_ended_and_kept_and_its_file_is_not_left_behind(tmp_path: Path) -> None:
    recorder = ToldRecorder()
    recorder.unfinished = 2
    async with session(tmp_path, recorder) as made:
        await made.tell(ALLOWED, "allowed")
        case = await made.until(lambda case: case.pictures[0].egress)
        assert case.pictures[0].file is None
        await made.ends()
        kept = await made.settled()
        await asyncio.wait_for(recorder.discarded.wait(), 30)
    assert kept.file is not None and kept.file.media is not None
    assert kept.file.media == MediaRef("a-1/1-picture-1.webm", "ab" * 32, "video/webm")
    assert recorder.asked == [
        "begin video-1 TR_1 video-1-1",
        "end EG_TR_1",
        "keep EG_TR_1.webm a-1/1-picture-1.webm",
        "discard EG_TR_1.webm",
    ]


async def test_a_recording_that_ended_with_its_room_is_not_ended_again(tmp_path: Path) -> None:
    recorder = ToldRecorder()
    recorder.unfinished = 0
    async with session(tmp_path, recorder) as made:
        await made.tell(ALLOWED, "allowed")
        await made.until(lambda case: case.pictures[0].egress)
        await made.ends()
        assert (await made.settled()).file is not None
    assert not any(one.startswith("end") for one in recorder.asked)


async def test_a_file_out_of_reach_is_on_record_and_stays_where_it_is(tmp_path: Path) -> None:
    recorder = ToldRecorder()
    recorder.out_of_reach = True
    async with session(tmp_path, recorder) as made:
        await made.tell(ALLOWED, "allowed")
        await made.until(lambda case: case.pictures[0].egress)
        await made.ends()
        kept = await made.settled()
    assert kept.file is not None and (kept.file.media, kept.file.location) == (None, "/out/EG_TR_1.webm")
    assert not any(one.startswith("discard") for one in recorder.asked)


async def test_consent_taken_back_deletes_what_was_recorded_or_says_where_it_lies(tmp_path: Path) -> None:
    for out_of_reach, detail in ((False, ""), (True, "/out/EG_TR_1.webm")):
        recorder = ToldRecorder()
        recorder.out_of_reach = out_of_reach
        folder = tmp_path / str(out_of_reach)
        folder.mkdir()
        async with session(folder, recorder) as made:
            await made.tell(ALLOWED, "allowed")
            await made.until(lambda case: case.pictures[0].egress)
            await made.tell(ev.PictureWithdrawn(1), "withdrawn")
            gone = await made.settled()
        assert (gone.failure, gone.detail, gone.file) == (PictureFailure.WITHDRAWN, detail, None)
        assert recorder.asked[1:] == ["end EG_TR_1", "discard EG_TR_1.webm"]


@pytest.mark.parametrize("reason", [PictureFailure.NO_EGRESS, PictureFailure.GONE, PictureFailure.REFUSED])
async def test_a_refusal_is_on_record_with_its_reason(tmp_path: Path, reason: PictureFailure) -> None:
    recorder = ToldRecorder()
    recorder.refuses = reason
    async with session(tmp_path, recorder) as made:
        await made.tell(ALLOWED, "allowed")
        failed = await made.settled()
        assert (failed.failure, failed.detail) == (reason, "unavailable")
        await made.ends()
        await made.until(lambda case: case.calls)
    assert len(recorder.asked) == 1


async def test_where_nobody_records_that_is_on_record(tmp_path: Path) -> None:
    async with session(tmp_path, None) as made:
        await made.tell(ALLOWED, "allowed")
        assert (await made.settled()).failure is PictureFailure.OFF


async def test_who_does_not_answer_is_asked_again_and_given_up_in_the_end(tmp_path: Path) -> None:
    recorder = ToldRecorder()
    recorder.away = 2
    async with session(tmp_path, recorder) as made:
        await made.tell(ALLOWED, "allowed")
        await made.until(lambda case: case.pictures[0].egress)
        recorder.away = 1_000
        await made.ends()
        assert (await made.settled()).failure is PictureFailure.UNFINISHED
    recorder.away = 1_000
    folder = tmp_path / "other"
    folder.mkdir()
    async with session(folder, recorder) as made:
        await made.tell(ALLOWED, "allowed")
        assert (await made.settled()).failure is PictureFailure.UNREACHABLE


async def test_a_recording_that_broke_is_on_record(tmp_path: Path) -> None:
    recorder = ToldRecorder()
    recorder.breaks = True
    async with session(tmp_path, recorder) as made:
        await made.tell(ALLOWED, "allowed")
        await made.until(lambda case: case.pictures[0].egress)
        await made.ends()
        broken = await made.settled()
    assert (broken.failure, broken.detail) == (PictureFailure.BROKEN, "egress_failed")


async def test_a_call_that_ended_before_its_recording_begins_none(tmp_path: Path) -> None:
    recorder = ToldRecorder()
    async with session(tmp_path, recorder) as made:
        await made.ends()
        await made.tell(ALLOWED, "allowed")
        assert (await made.settled()).failure is PictureFailure.GONE
    assert recorder.asked == []


async def test_after_a_restart_what_was_recorded_is_kept(tmp_path: Path) -> None:
    recorder = ToldRecorder()
    recorder.unfinished = 1_000_000
    patient = replace(QUICK, finish_s=600.0)
    async with session(tmp_path, recorder, patient) as made:
        await made.tell(ALLOWED, "allowed")
        await made.until(lambda case: case.pictures[0].egress)
        await made.ends()
        await made.until(lambda case: case.calls)
    recorder.unfinished = 0
    async with session(tmp_path, recorder, patient) as made:
        assert (await made.settled()).file is not None
        await asyncio.wait_for(recorder.discarded.wait(), 30)
    assert recorder.asked[-2:] == ["keep EG_TR_1.webm a-1/1-picture-1.webm", "discard EG_TR_1.webm"]
