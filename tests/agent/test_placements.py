"""A call that is placed by voice: its opening is spoken ahead while it rings."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from agent.brains.rules import RulesBrain
from agent.call.people.music import tune
from agent.dialer import News
from agent.dialogue.conversation import Conversation
from agent.observer import SilentObserver
from agent.placements import SpokenEngines, VoicePlacement
from agent.speech.errors import EngineMissingError
from agent.speech.voice import Voice
from cases import policies
from cases.adapters import MemoryBlobs, SystemClock
from cases.domain.alert import Alert
from cases.domain.call import CallEnding, Engines
from cases.domain.errors import IllegalEventError
from cases.domain.events import CallEnded, DialEnded, Event, PictureAllowed, PictureWithdrawn
from cases.domain.vocabulary import Disposition, Language
from cases.ports import DialRequest
from riskcall.rehearsal import EmptyLine, case_of, rehearse_words
from telephony.leg import Band, Invitation, PictureChange
from tests.support.call_fakes import HumMouth, ToneEars

GiveEngines = Callable[[Language, Band], Awaitable[SpokenEngines]]
POLICY, CLOCK = policies.load(), SystemClock()


class Ringing(EmptyLine):
    """Rings until it is picked up, or until nobody does."""

    def __init__(self, disposition: Disposition = Disposition.ANSWERED) -> None:
        super().__init__()
        self.picked_up = asyncio.Event()
        self._disposition = disposition

    async def ring(self, invitation: Invitation) -> Disposition:
        await self.picked_up.wait()
        return self._disposition


def conversation(alert: Alert, code: str) -> Conversation:
    return Conversation(alert=alert, policy=POLICY, brain=RulesBrain(), match_code=code)


async def nothing(case_id: str, event: Event, event_id: str) -> None:
    """Records nothing."""


def placement(line: EmptyLine, voice: Voice, folder: Path, engines: GiveEngines | None = None) -> VoicePlacement:
    async def all_bands(language: Language, band: Band) -> SpokenEngines:
        return SpokenEngines(ToneEars((), deaf=True), voice, HumMouth(), Engines("deaf", "hum", "rules", "none"))

    return VoicePlacement(
        new_leg=lambda case: line,
        leg=line.kind,
        engines=engines or all_bands,
        conversation=conversation,
        clock=CLOCK,
        blobs=MemoryBlobs(),
        recordings=folder,
        policy=POLICY,
        observer=lambda case, request: SilentObserver(),
    )


async def _hold(line: Ringing, engine: HumMouth, folder: Path) -> tuple[list[str], DialEnded | CallEnded]:
    """What was spoken while it rang, and how it ended after it was picked up."""
    case = case_of(Language.EN, POLICY, CLOCK)
    request = DialRequest(case.id, 1, "42")
    voice = Voice(engine, folder)
    held = asyncio.create_task(placement(line, voice, folder).hold(case, request, News(request, nothing)))
    opening = [sentence async for sentence in conversation(case.alert, "42").open().chunks()]
    expected = opening[:1] if engine.fails_after_words == 0 else opening
    for _ in range(1000):
        await asyncio.sleep(0)
    assert engine.spoken == expected
    line.picked_up.set()
    return expected, await held


async def test_the_opening_is_spoken_once_and_before_anybody_answers(tmp_path: Path) -> None:
    engine = HumMouth()
    ahead, ended = await _hold(Ringing(), engine, tmp_path)
    assert isinstance(ended, CallEnded)
    assert ahead and engine.spoken == ahead
    assert "Alex Morgan" in " ".join(ahead)


async def test_what_was_spoken_ahead_lies_nowhere_on_disk(tmp_path: Path) -> None:
    _, ended = await _hold(Ringing(Disposition.NO_ANSWER), HumMouth(), tmp_path)
    assert ended == DialEnded(1, Disposition.NO_ANSWER, "")
    assert os.listdir(tmp_path) == []


async def test_a_voice_that_fails_while_it_rings_ends_no_call(tmp_path: Path) -> None:
    _, ended = await _hold(Ringing(), HumMouth(fails_after_words=0), tmp_path)
    assert isinstance(ended, CallEnded) and ended.call.ending is CallEnding.CUSTOMER_HUNG_UP


class FilmedLine(Ringing):
    """The customer lets their picture be recorded, takes that back, and lets it again."""

    async def picture(self) -> AsyncIterator[PictureChange]:
        for track in ("TR_1", "", "TR_2"):
            yield PictureChange(track)
        await asyncio.Event().wait()


async def test_what_the_customer_lets_be_recorded_is_told_and_ends_no_call(tmp_path: Path) -> None:
    for refuses in (False, True):
        told: list[tuple[str, Event]] = []

        async def record(
            case_id: str, event: Event, event_id: str, told: list[tuple[str, Event]] = told, refuses: bool = refuses
        ) -> None:
            told.append((event_id.removeprefix(f"{case_id}:"), event))
            if refuses and isinstance(event, PictureAllowed):
                raise IllegalEventError("no consent in the alert")

        line, case = FilmedLine(), case_of(Language.EN, POLICY, CLOCK)
        request = DialRequest(case.id, 1, "42")
        line.picked_up.set()
        held = placement(line, Voice(HumMouth(), tmp_path), tmp_path).hold(case, request, News(request, record))
        assert isinstance(await held, CallEnded)
        pictures = [one for one in told if isinstance(one[1], PictureAllowed | PictureWithdrawn)]
        expected = [
            ("1:picture:1", PictureAllowed(1, 1, "TR_1")),
            ("1:picture:2", PictureWithdrawn(1)),
            ("1:picture:3", PictureAllowed(1, 2, "TR_2")),
        ]
        assert pictures == (expected[:1] if refuses else expected)


async def test_engines_are_asked_for_by_the_band_of_the_line_before_it_rings(tmp_path: Path) -> None:
    class Telephone(Ringing):
        band = Band.NARROW

    asked: list[tuple[Language, Band]] = []

    async def engines(language: Language, band: Band) -> SpokenEngines:
        asked.append((language, band))
        raise EngineMissingError("nothing hears it")

    line, case = Telephone(), case_of(Language.EN, POLICY, CLOCK)
    request = DialRequest(case.id, 1, "42")
    held = placement(line, Voice(HumMouth(), tmp_path), tmp_path, engines).hold(case, request, News(request, nothing))
    with pytest.raises(EngineMissingError):
        await held
    assert asked == [(Language.EN, Band.NARROW)]


def test_a_process_that_has_rehearsed_does_not_make_the_hold_music_after_an_answer() -> None:
    tune.cache_clear()
    rehearse_words((), POLICY, CLOCK)
    assert tune.cache_info().currsize == 1
