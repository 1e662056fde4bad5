"""The customer of a block: hears the agent's waveform, decides when to say what, and notes what was said when.

It works frame by frame without a clock: the line gives it 20 ms of the agent and takes 20 ms of the microphone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.turn_taking.stage.script import FRAME_S, RATE, Block, Clip, Exchange, Kind, read_wav

AUDIBLE = 100
"""Sample value from which the agent is heard: -38 dB under the stub voice."""
HANG_S = 0.2
"""A gap of the agent's shorter than this is none."""
TALKS_ON_S = 1.0
"""An agent that speaks for so long after the customer's turn without a gap has not fallen silent for it."""
PATIENCE_S = 5.0
"""How long a customer waits for an answer before speaking on."""
LISTENS_S = 1.0
"""How long a customer listens on after a backchannel, a cough or a bystander, so that an agent can go on."""
ASIDE_WAIT_S = 2.0
"""How long after an aside the customer turns back to the agent."""
LEAD_S = 1.0
"""Silence before the agent is expected to speak, and after the last exchange."""
_FRAME = int(RATE * FRAME_S)
Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word that goes over the line; times count from the first sample of the microphone, seconds."""

    text: str
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the customer did; times count from the first sample of the microphone, seconds.

    Attributes:
        kind: What.
        exchange: Of which exchange.
        begin_s: First voiced sample.
        end_s: Last voiced sample.
        pauses: Pauses within.
        tags: The clip's tags.
    """

    kind: Kind
    exchange: str
    begin_s: float
    end_s: float
    pauses: tuple[tuple[float, float], ...]
    tags: dict[str, Any]


class _Step(Enum):
    LISTENING = auto()
    """The agent speaks, or is about to; once it has been silent for a while it is the customer's turn."""
    TURNED_AWAY = auto()
    """An aside is under way or has just been."""
    ANSWERING = auto()
    WAITING = auto()
    """The answer is over; the agent has not replied yet."""
    HEARING = auto()
    """The reply is under way; an overlay comes soon, or runs."""
    INTERRUPTED = auto()
    """A barge-in is over; the agent has not answered it yet."""
    LEAVING = auto()
    """Nothing is left to say; the agent is heard to its end."""
    DONE = auto()


class Customer:
    """Speaks one block.

    Attributes:
        now_s: How much of the microphone has been given, seconds.
        events: What was done so far.
        words: Words that went, or are going, over the line.
        exchange: The exchange under way.
    """

    def __init__(self, block: Block, folder: Path) -> None:
        """Load a block's audio.

        Args:
            block: The plan.
            folder: Where its clips lie.
        """
        self._block = block
        self._folder = folder
        self._audio: dict[str, Samples] = {}
        self._bed = self._load(block.bed) if block.bed else np.zeros(_FRAME, np.int16)
        self._bed_at = 0
        self._playing: Samples | None = None
        self._played = 0
        self._left = list(block.exchanges)
        self.exchange: Exchange = self._left.pop(0)
        self.events: list[Event] = []
        self.words: list[SpokenWord] = []
        self.now_s = 0.0
        self._step = _Step.LISTENING
        self._since_s = 0.0
        self._heard_s: float | None = None
        self._began_s = 0.0
        self._opened = False
        self._interrupting = False
        self._turned_away = False
        self._steps: dict[_Step, Callable[[], None]] = {
            _Step.LISTENING: self._listen,
            _Step.TURNED_AWAY: self._turn_back,
            _Step.ANSWERING: self._answer,
            _Step.WAITING: self._wait,
            _Step.HEARING: self._hear,
            _Step.INTERRUPTED: self._await_answer,
            _Step.LEAVING: self._leave,
        }
        for exchange in block.exchanges:
            for clip in (exchange.answer, exchange.aside, exchange.overlay and exchange.overlay.clip):
                if clip:
                    self._load(clip.file)

    @property
    def done(self) -> bool:
        """Whether everything was said and heard."""
        return self._step is _Step.DONE

    @property
    def reply(self) -> str:
        """What the model would say if it were asked now."""
        if self._step in (_Step.LISTENING, _Step.TURNED_AWAY):
            return "Sorry, I did not catch that. Could you say it again?"
        if self._interrupting and self.exchange.overlay is not None:
            return self.exchange.overlay.reply
        return self.exchange.reply

    @property
    def asked(self) -> str:
        """The question that the agent has asked last, as riskcall names it."""
        if self._step in (_Step.HEARING, _Step.INTERRUPTED) and self._left:
            return self._left[0].question
        return self.exchange.question

    def next_frame(self, agent: Samples) -> Samples:
        """Hear the agent's last 20 ms and speak the next 20 ms.

        Args:
            agent: What reached the ear since the last frame; any number of samples, none for silence.
        """
        if agent.size and int(np.abs(agent.astype(np.int32)).max()) > AUDIBLE:
            if not self._agent_speaks:
                self._began_s = self.now_s
            self._heard_s = self.now_s
            self._opened = True
        if not self.done:
            self._steps[self._step]()
        frame = self._take()
        self.now_s += FRAME_S
        return frame

    @property
    def _agent_silent_s(self) -> float:
        """How long the agent has been silent."""
        return self.now_s - (self._heard_s if self._heard_s is not None else 0.0)

    @property
    def _agent_speaks(self) -> bool:
        return self._heard_s is not None and self._agent_silent_s < HANG_S

    @property
    def _agent_answers(self) -> bool:
        """Whether the agent has begun to speak since the customer's turn, or talks on as if there had been none."""
        waited = self.now_s - self._since_s
        return self._agent_speaks and (self._began_s >= self._since_s or waited >= TALKS_ON_S)

    def _listen(self) -> None:
        """Begin once the agent has had its say; an agent that says nothing is waited for only so long."""
        waited = self.now_s - self._since_s
        if not (self._opened or waited >= PATIENCE_S) or self._agent_silent_s < max(HANG_S, self.exchange.react_s):
            return
        if self.exchange.aside is not None and not self._turned_away:
            self._turned_away = True
            self._say(Kind.ASIDE, self.exchange.aside)
            self._go(_Step.TURNED_AWAY)
        else:
            self._say(Kind.ANSWER, self.exchange.answer)
            self._go(_Step.ANSWERING)

    def _turn_back(self) -> None:
        """After an aside the agent's silence is waited for, whatever it has said meanwhile."""
        if self._playing is None and self.now_s - self.events[-1].end_s >= ASIDE_WAIT_S:
            self._go(_Step.LISTENING)

    def _answer(self) -> None:
        if self._playing is None:
            self._go(_Step.WAITING)

    def _wait(self) -> None:
        """The agent's reply begins, or it is not waited for any more."""
        if self._agent_answers:
            self._go(_Step.HEARING)
        elif self.now_s - self._since_s >= PATIENCE_S:
            self._next_exchange()

    def _hear(self) -> None:
        overlay = self.exchange.overlay
        if overlay is None:
            self._next_exchange()
        elif self.events[-1].kind is overlay.kind:
            self._after(overlay.kind)
        elif not self._agent_speaks:
            self._next_exchange()
        elif self.now_s - self._since_s >= overlay.after_s:
            self._interrupting = overlay.kind is Kind.BARGE_IN
            self._say(overlay.kind, overlay.clip)

    def _after(self, overlay: Kind) -> None:
        """What was laid over the reply is over: the customer waits for an answer to it, or listens on."""
        if self._playing is not None:
            return
        if overlay is Kind.BARGE_IN:
            self._go(_Step.INTERRUPTED)
        elif self.now_s - self.events[-1].end_s >= LISTENS_S:
            self._next_exchange()

    def _await_answer(self) -> None:
        """After a barge-in the agent falls silent and answers; one that talks on is heard to its end."""
        if self._agent_answers or self.now_s - self._since_s >= PATIENCE_S:
            self._next_exchange()

    def _next_exchange(self) -> None:
        """What is being said now leads to the next exchange."""
        if self._left:
            self.exchange = self._left.pop(0)
            self._go(_Step.LISTENING)
            self._interrupting = self._turned_away = False
        else:
            self._go(_Step.LEAVING)

    def _leave(self) -> None:
        if self._agent_silent_s >= LEAD_S and self.now_s - self._since_s >= LEAD_S:
            self._go(_Step.DONE)

    def _go(self, step: _Step) -> None:
        self._step = step
        self._since_s = self.now_s

    def _say(self, kind: Kind, clip: Clip) -> None:
        """Begin a clip with the frame that is taken next."""
        at = self.now_s
        self._playing, self._played = self._load(clip.file), 0
        pauses = tuple((at + from_s, at + to_s) for from_s, to_s in clip.pauses)
        event = Event(kind, self.exchange.id, at + clip.voiced_from_s, at + clip.voiced_to_s, pauses, dict(clip.tags))
        self.events.append(event)
        self.words += [SpokenWord(word.text, at + word.begin_s, at + word.end_s) for word in clip.words]

    def _take(self) -> Samples:
        """The next frame of the microphone: what is being said over what is always there."""
        frame = np.take(self._bed, np.arange(self._bed_at, self._bed_at + _FRAME), mode="wrap").astype(np.int32)
        self._bed_at = (self._bed_at + _FRAME) % self._bed.size
        if self._playing is not None:
            piece = self._playing[self._played : self._played + _FRAME]
            frame[: piece.size] += piece
            self._played += _FRAME
            if self._played >= self._playing.size:
                self._playing = None
        return np.clip(frame, -32_768, 32_767).astype(np.int16)

    def _load(self, name: str) -> Samples:
        if name not in self._audio:
            self._audio[name] = np.frombuffer(read_wav(self._folder / name), "<i2").astype(np.int16)
        return self._audio[name]
