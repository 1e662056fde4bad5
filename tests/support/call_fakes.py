"""Stand-ins for a call: customers who speak in tones, ears that know the tones, a mouth that hums, a planned talk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from agent.brains.completeness import Completeness
from agent.dialogue.answering import Answerer
from agent.dialogue.doubt import Acoustics
from agent.dialogue.reception import Reception
from agent.speech.engine import NOTHING_HEARD, Hints, Partial, SpeechChunk, Transcript, WordMark
from agent.speech.errors import EngineFailedError
from agent.speech.vad import WINDOW_SAMPLES
from cases.domain.call import CallEnding, CustomerRequest, Verification
from cases.domain.reading import Reading
from cases.domain.vocabulary import QUESTION_OF_ACT, Act, Intent, Language, Question
from telephony.leg import MIC_RATE

LETTER_MS = 60
BASE_HZ = 300
STEP_HZ = 40
SPEAK_RATE = 16_000


class ToneVoice:
    """Speaks each line as a tone of its own, with an overtone as open lips have them."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)

    async def speak(self, text: str, voice: str = "") -> bytes:
        count = MIC_RATE * LETTER_MS * len(text) // 1000
        hertz = BASE_HZ + STEP_HZ * self.lines.index(text)
        turns = 2 * np.pi * hertz * np.arange(count) / MIC_RATE
        return (6000 * np.sin(turns) + 1500 * np.sin(4 * turns)).astype(np.int16).tobytes()


class LevelProbe:
    """Takes everything loud for speech."""

    def __init__(self) -> None:
        self._rest = b""

    def push(self, pcm: bytes) -> tuple[float, ...]:
        samples = np.frombuffer(self._rest + pcm, np.int16)
        whole = len(samples) // WINDOW_SAMPLES
        self._rest = samples[whole * WINDOW_SAMPLES :].tobytes()
        windows = samples[: whole * WINDOW_SAMPLES].reshape(whole, WINDOW_SAMPLES).astype(np.float32)
        return tuple(0.95 if np.abs(window).mean() > 300 else 0.02 for window in windows)

    def reset(self) -> None:
        self._rest = b""

    def close(self) -> None:
        pass


@dataclass
class ToneEars:
    """Knows which line a tone stands for; words come as their audio does; a line in brackets is a noise."""

    lines: Sequence[str]
    deaf: bool = False
    fails_after: int | None = None
    alternatives: tuple[str, ...] = ()
    name: str = "tone-ears"
    model: str = "1"
    begun: list[Hints] = field(default_factory=list)

    def hears(self, language: Language) -> bool:
        return True

    async def warm(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    def begin(self, hints: Hints) -> ToneUtterance:
        self.begun.append(hints)
        return ToneUtterance(self)


class ToneUtterance:
    def __init__(self, ears: ToneEars) -> None:
        self._ears = ears
        self._pcm = bytearray()
        self._heard: Transcript | None = None

    def _text(self) -> str:
        samples = np.frombuffer(bytes(self._pcm), np.int16).astype(np.float32)
        loud = np.flatnonzero(np.abs(samples) > 1000)
        if self._ears.deaf or loud.size < MIC_RATE // 20:
            return ""
        tone = samples[loud[0] : loud[-1] + 1]
        spectrum = np.abs(np.fft.rfft(tone, 1 << 16))
        hertz = float(spectrum.argmax()) * MIC_RATE / (1 << 16)
        line = self._ears.lines[min(len(self._ears.lines) - 1, max(0, round((hertz - BASE_HZ) / STEP_HZ)))]
        if line.startswith("("):
            return ""
        letters = round(tone.size * 1000 / MIC_RATE / LETTER_MS)
        spoken = line[: letters + 1]
        whole = len(spoken) >= len(line) - 1 or line[len(spoken)] == " "
        return line if len(spoken) >= len(line) - 1 else (spoken if whole else spoken.rpartition(" ")[0]).strip()

    async def feed(self, pcm: bytes) -> Partial | None:
        if self._ears.fails_after is not None and len(self._ears.begun) > self._ears.fails_after:
            raise EngineFailedError("the ears broke")
        if self._heard is not None:
            return None
        self._pcm += pcm
        text = self._text()
        return Partial(text, text, 0.9) if text else None

    async def finish(self) -> Transcript:
        if self._heard is None:
            text = self._text()
            self._heard = Transcript(text, 0.9, self._ears.alternatives) if text else NOTHING_HEARD
        return self._heard

    async def discard(self) -> None:
        self._heard = self._heard or NOTHING_HEARD


@dataclass
class HumMouth:
    """Hums every word; may fail or stall once so many words were spoken."""

    name: str = "hum"
    model: str = "1"
    sample_rate: int = SPEAK_RATE
    fails_after_words: int | None = None
    stalls: bool = False
    starts_after_s: float = 0.0
    spoken: list[str] = field(default_factory=list)
    words: int = 0

    def speaks(self, language: Language) -> bool:
        return True

    async def warm(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    async def synthesize(self, text: str, language: Language) -> AsyncIterator[SpeechChunk]:
        self.spoken.append(text)
        await asyncio.sleep(self.starts_after_s)
        at_ms = 0
        for word in text.split():
            if self.fails_after_words is not None and self.words >= self.fails_after_words:
                if self.stalls:
                    await asyncio.Event().wait()
                raise EngineFailedError("the mouth broke")
            self.words += 1
            count = self.sample_rate * LETTER_MS * len(word) // 1000
            pcm = (8000 * np.sin(2 * np.pi * 200 * np.arange(count) / self.sample_rate)).astype(np.int16).tobytes()
            yield SpeechChunk(pcm, (WordMark(word, at_ms),))
            at_ms += LETTER_MS * len(word)


@dataclass
class PlannedReply:
    """A reply of a planned talk."""

    acts: tuple[Act, ...]
    text: str
    ends: bool = False
    customer_text: str | None = None
    reading: Reading | None = None
    brain: str | None = None
    interruptible: bool = True
    patience: float = 1.0
    findings: tuple[str, ...] = ()
    closed: bool = False

    @property
    def question(self) -> Question | None:
        return QUESTION_OF_ACT.get(self.acts[-1])

    async def chunks(self) -> AsyncIterator[str]:
        for sentence in self.text.split("|"):
            yield sentence

    async def aclose(self) -> None:
        self.closed = True


def reply(act: Act, text: str, **fields: object) -> PlannedReply:
    return PlannedReply((act,), text, **fields)  # type: ignore[arg-type]


class PlannedTalk:
    """A conversation that says one planned reply after the other, whatever it hears; keeps what it was told."""

    def __init__(self, *replies: PlannedReply, silence: PlannedReply | None = None, thinks_s: float = 0.0) -> None:
        self.reception = Reception(Language.EN)
        self.replies = list(replies)
        self.silence = silence or reply(Act.STILL_THERE, "are you still there")
        self.thinks_s = thinks_s
        self.at = -1
        self.committed: list[PlannedReply] = []
        self.heard: list[tuple[str, bool]] = []
        self.noted: list[str] = []
        self.considered: list[str] = []
        self.silences = 0
        self.next_turn = 0
        self.closed_with: CallEnding | None = None
        self.language = Language.EN
        self.transfers: Callable[[], bool] = lambda: False
        self.on_hold = self.with_person = False

    @property
    def question(self) -> Question | None:
        return self.committed[-1].question if self.committed else None

    @property
    def ended(self) -> bool:
        return bool(self.committed) and self.committed[-1].ends

    @property
    def verification(self) -> Verification:
        return Verification()

    def _following(self) -> PlannedReply:
        return self.replies[min(self.at + 1, len(self.replies) - 1)]

    def open(self) -> PlannedReply:
        return self.replies[0]

    def may_doubt(self, text: str, alternatives: Sequence[str], acoustics: Acoustics) -> bool:
        return False

    async def consider(
        self, text: str, *, alternatives: Sequence[str] = (), acoustics: Acoustics | None = None
    ) -> PlannedReply:
        self.considered.append(text)
        await asyncio.sleep(self.thinks_s)
        planned = self._following()
        return PlannedReply(
            planned.acts,
            planned.text,
            planned.ends,
            customer_text=text,
            reading=Reading(Intent.ANSWER),
            brain="plan",
            interruptible=planned.interruptible,
            patience=planned.patience,
        )

    def consider_silence(self) -> PlannedReply:
        self.silences += 1
        return self.silence

    def consider_resumption(self) -> PlannedReply | None:
        return None

    def consider_keys(self, keys: str) -> PlannedReply | None:
        return None

    def consider_request(self, request: CustomerRequest) -> PlannedReply:
        return reply(Act.TRANSFER_TO_HUMAN, "a person will call you", ends=True)

    def consider_secret(self, text: str) -> PlannedReply:
        return reply(Act.REFUSE_SECRET, "please stop there", customer_text=text, interruptible=False)

    @property
    def machine_possible(self) -> bool:
        return False

    def hears(self, text: str) -> Answerer:
        return Answerer.PERSON

    def secret_at(self, text: str) -> int | None:
        at = text.find("my pin is ")
        return None if at < 0 else at + len("my pin is ")

    def redacted(self, text: str) -> str:
        at = self.secret_at(text)
        return text if at is None else text[:at] + "[removed]"

    def commit(self, planned: PlannedReply) -> None:
        self.committed.append(planned)
        if planned.acts[0] not in (Act.STILL_THERE, Act.TRANSFER_TO_HUMAN, Act.REFUSE_SECRET):
            self.at = min(self.at + 1, len(self.replies) - 1)
        if planned.customer_text is not None:
            self.next_turn += 1

    def note(self, text: str) -> int:
        self.noted.append(text)
        self.next_turn += 1
        return self.next_turn - 1

    def played(self, planned: PlannedReply, heard_text: str, *, complete: bool) -> int:
        self.heard.append((heard_text, complete))
        if heard_text:
            self.next_turn += 1
        return self.next_turn - 1

    def close(self, ending: CallEnding) -> Verification:
        self.closed_with = ending
        return Verification()


def judge_tones(text: str, question: Question | None, language: Language, *, over_line: bool = False) -> Completeness:
    """A judgement that needs no lexicon."""
    words = text.split()
    if not words:
        return Completeness.NOTHING
    if text in ("mm hmm", "okay"):
        return Completeness.BACKCHANNEL
    if words[0] == "darling":
        return Completeness.ELSEWHERE
    if words[0] == "mother":
        return Completeness.CLOSED
    if text.startswith("hold on"):
        return Completeness.WAIT
    if words[-1] in ("for", "the", "and", "of"):
        return Completeness.OPEN
    return Completeness.SHORT if len(words) < 3 else Completeness.COMPLETE


class StepClock:
    """A clock that moves a second at every look."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now
