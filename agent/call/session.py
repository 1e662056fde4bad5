"""A voice call on one leg: hears, understands, answers, records; ends with a Call, whatever happens."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from agent.brains.completeness import judge
from agent.brains.lexicon import expected_phrases
from agent.call.audio_io import LineOutput
from agent.call.custody import Custody
from agent.call.director import Director
from agent.call.happenings import KeyPressed, Over, PersonNews, Requested, SpeechOver, TurnConfirmed
from agent.call.hearing import Hearing
from agent.call.line_input import LineInput
from agent.call.mouth import Mouth
from agent.call.people.joining import Joining
from agent.call.people.music import tune
from agent.call.speaking import Speaking
from agent.call.turns.echo import EchoGuard
from agent.call.turns.taking import DEFAULT, TurnTaking
from agent.call.verifier import FrameworkSession
from agent.dialogue.conversation import Conversation
from agent.observer import CallObserver, SilentObserver
from agent.record.recorder import MEDIA_TYPE, SUFFIX, Recorder
from agent.record.recording import span_hashes
from agent.record.turn_log import TurnLog
from agent.record.waveform import Stretch
from agent.speech.engine import Recognizer, Synthesizer
from agent.speech.vad import SpeechProbe, warm_vad
from cases.domain.call import Call, CallEnding, CallVersions, CustomerRequest, MediaRef, Turn
from cases.ports import Blobs, Clock
from telephony.leg import ControlKind, Leg, LegLostError

SETTLE_S = 0.8
"""How long words that the customer hung up on may take to be recognised."""
_BLOCK = 1 << 16
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recording:
    """Where the recording goes.

    Attributes:
        blobs: Keeps it once the call is over.
        key: Its key in there.
        folder: Folder in which it grows while the call runs; what a crash leaves there can be played.
    """

    blobs: Blobs
    key: str
    folder: Path


@dataclass(frozen=True, slots=True)
class _Parts:
    """What one call runs on."""

    custody: Custody
    director: Director
    line_in: LineInput
    line_out: LineOutput
    session: FrameworkSession


class VoiceSession:
    """One call that was answered; used once."""

    def __init__(
        self,
        *,
        call_id: str,
        conversation: Conversation,
        recognizer: Recognizer,
        synthesizer: Synthesizer,
        leg: Leg,
        clock: Clock,
        versions: CallVersions,
        recording: Recording | None,
        observer: CallObserver | None = None,
        spare: Synthesizer | None = None,
        silence_seconds: float = 6.0,
        max_seconds: float = 600.0,
        turns: TurnTaking = DEFAULT,
        new_probe: Callable[[], SpeechProbe] = SpeechProbe,
        joining: Joining | None = None,
    ) -> None:
        """Prepare a call on a leg whose `ring` returned `answered`; the engines are warm.

        Args:
            call_id: `case:attempt`.
            conversation: A fresh conversation.
            recognizer: Hears the customer.
            synthesizer: Speaks; pass a `Voice` to have fixed lines cached.
            leg: The line; it is hung up at the end.
            clock: Gives start and end.
            versions: What the conversation is made from, for the record.
            recording: Where the recording goes; None records nothing (consent refused).
            observer: Sees the call as it happens.
            spare: Speaks on where the synthesizer fails in the middle of a sentence.
            silence_seconds: Silence after the agent's words that is answered.
            max_seconds: Cap on the length of the call.
            turns: How turns are taken.
            new_probe: Makes the detector of speech.
            joining: Brings persons into the call; None where none can join.
        """
        self._call_id = call_id
        self._conversation = conversation
        self._recognizer = recognizer
        self._mouth = Mouth(synthesizer, spare, conversation.language)
        self._leg = leg
        self._clock = clock
        self._versions = versions
        self._recording = recording
        self._observer = observer or SilentObserver()
        self._silence_seconds = silence_seconds
        self._max_seconds = max_seconds
        self._turns = turns
        self._new_probe = new_probe
        self._joining = joining

    async def run(self) -> Call:
        """Hold the conversation to its end; every failure past the answer is an ending of the Call."""
        await asyncio.to_thread(_warm, self._conversation)
        if self._joining is not None:
            await asyncio.to_thread(tune)
        started_at = self._clock.now()
        recorder = Recorder(self._path(), withhold=True)
        log = TurnLog(recorder)
        self._observer.started(self._call_id, self._conversation.language)
        try:
            ending = await self._hold(recorder, log)
        finally:
            duration_ms = recorder.close()
        turns, media = await self._keep(recorder.path, log.turns(), duration_ms)
        call = Call(
            id=self._call_id,
            leg=self._leg.kind,
            language=self._conversation.language,
            started_at=started_at,
            ended_at=self._clock.now(),
            ending=ending,
            turns=turns,
            verification=self._conversation.close(ending),
            versions=self._versions,
            recording=media,
            answered_by=self._conversation.reception.answered.disposition,
            detail=self._conversation.reception.answered.detail,
        )
        self._observer.ended(call)
        return call

    async def _hold(self, recorder: Recorder, log: TurnLog) -> CallEnding:
        """Run the call's tasks until one of them ends it."""
        parts, joining = self._wire(recorder, log), self._joining
        tasks = [
            asyncio.create_task(parts.line_out.run(), name="riskcall.line_out"),
            asyncio.create_task(self._listen(parts.line_in, parts.line_out), name="riskcall.line_in"),
            asyncio.create_task(self._obey(parts.director), name="riskcall.controls"),
        ]
        directing = asyncio.create_task(self._direct(parts.director, parts.session), name="riskcall.director")
        tasks.append(directing)
        try:
            ending = await _first_end(tasks)
            return ending if joining is None else await joining.ending(ending)
        finally:
            await self._leg.hang_up()
            # What is said to a closing session on a line that is gone would never be over, and neither would closing.
            directing.cancel()
            await asyncio.wait({directing})
            await parts.session.aclose()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            winding_up = asyncio.create_task(parts.director.wind_up(), name="riskcall.wind_up")
            await asyncio.wait({winding_up})
            _report(winding_up)
            parts.custody.close(recorder.customer_ms)
            if joining is not None:
                await joining.close()

    def _wire(self, recorder: Recorder, log: TurnLog) -> _Parts:
        """Put the parts of the call together."""
        answered_at = asyncio.get_running_loop().time()
        custody = Custody(recorder, self._conversation.secret_at)
        director = Director(
            conversation=self._conversation,
            mouth=self._mouth,
            log=log,
            custody=custody,
            leg=self._leg,
            observer=self._observer,
            silence_seconds=self._silence_seconds,
            max_seconds=self._max_seconds,
        )
        joining = self._joining
        line_in = LineInput(self._leg, recorder, answered_at, on_heard=joining.customer_said if joining else None)
        echo = EchoGuard() if self._turns.guards_echo else None
        line_out = LineOutput(
            self._leg,
            recorder,
            answered_at,
            clear_to_start=lambda: director.floor.clear,
            on_start=director.delivery.started,
            on_progress=director.delivery.progressed,
            on_sent=partial(self._sent, echo),
        )
        director.floor.attach(line_in, line_out)
        if joining is not None:
            joining.start(
                self._conversation,
                self._mouth,
                director,
                between=line_out.between,
                post=lambda news: director.post(PersonNews(news)),
                max_seconds=self._max_seconds,
                leg=self._leg,
            )
        session = FrameworkSession(
            hearing=Hearing(self._recognizer, director.floor, self._turns, self._new_probe, echo),
            line_in=line_in,
            line_out=line_out,
            on_turn=lambda: director.post(TurnConfirmed()),
            on_failure=lambda code: self._session_failed(line_in, director),
        )
        return _Parts(custody, director, line_in, line_out, session)

    def _session_failed(self, line_in: LineInput, director: Director) -> None:
        """The session failed, or closed by itself."""
        line_in.unheard()
        director.post(Over(CallEnding.ENGINE_FAILED))

    def _sent(self, echo: EchoGuard | None, frame: bytes, place_ms: float) -> None:
        """A frame went to the customer."""
        if echo is not None:
            echo.played(frame, place_ms)
        if self._joining is not None:
            self._joining.agent_said(frame)

    async def _direct(self, director: Director, session: FrameworkSession) -> CallEnding:
        def say(speaking: Speaking) -> Callable[[], None]:
            return session.say(speaking, lambda over: director.post(SpeechOver(over)))

        await session.start()
        return await director.run(say)

    async def _listen(self, line_in: LineInput, line_out: LineOutput) -> CallEnding | None:
        """Bring the customer's audio in until the line ends; the words spoken last are still recognised."""
        try:
            await line_in.run()
            ending = CallEnding.CUSTOMER_HUNG_UP
        except LegLostError:
            ending = CallEnding.LEG_FAILED
        line_out.end()
        await asyncio.sleep(SETTLE_S)
        return ending

    async def _obey(self, director: Director) -> CallEnding | None:
        """Follow the customer's buttons; hanging up shows as the end of the microphone too."""
        async for control in self._leg.controls():
            if control.kind is ControlKind.ASK_HUMAN:
                director.post(Requested(CustomerRequest.HUMAN))
            elif control.kind is ControlKind.DTMF and control.value:
                director.post(KeyPressed(control.value))
        return None

    def _path(self) -> Path | None:
        if self._recording is None:
            return None
        name = hashlib.sha256(self._call_id.encode()).hexdigest()[:32]
        return self._recording.folder / f"{name}{SUFFIX}"

    async def _keep(
        self, path: Path | None, turns: tuple[Turn, ...], duration_ms: int
    ) -> tuple[tuple[Turn, ...], MediaRef | None]:
        """Hash each turn's audio as it was written and give the recording to the blobs."""
        if self._recording is None or path is None:
            return turns, None
        spans = [Stretch(turn.started_ms, turn.ended_ms) for turn in turns]
        try:
            hashes = await asyncio.to_thread(span_hashes, path, spans)
            media = await self._recording.blobs.put(self._recording.key, _blocks(path), MEDIA_TYPE)
        except OSError as error:
            _log.error("the recording of %s stays in its folder: %s", self._call_id, type(error).__name__)
            return turns, None
        await asyncio.to_thread(path.unlink)
        hashed = tuple(replace(turn, audio_sha256=digest) for turn, digest in zip(turns, hashes, strict=True))
        return hashed, replace(media, duration_ms=duration_ms)


def _warm(conversation: Conversation) -> None:
    """Load what the first words of a call would otherwise wait for: the words of its language, the speech probe."""
    warm_vad()
    expected_phrases(conversation.language)
    judge("hello", None, conversation.language)
    conversation.secret_at("hello")


async def _first_end(tasks: list[asyncio.Task[CallEnding | None]]) -> CallEnding:
    """The ending that the first task to end gives; a task that fails ends the call as `engine_failed`."""
    waiting = set(tasks)
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if _report(task):
                return CallEnding.ENGINE_FAILED
            ending = task.result()
            if ending is not None:
                return ending
    return CallEnding.ENGINE_FAILED


def _report(task: asyncio.Task[Any]) -> bool:
    """Log what a task failed with; whether it did."""
    error = task.exception()
    if error is None:
        return False
    _log.error("%s failed: %s", task.get_name(), getattr(error, "code", type(error).__name__), exc_info=error)
    return True


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    """A file block by block."""
    with path.open("rb") as file:
        while block := await asyncio.to_thread(file.read, _BLOCK):
            yield block
