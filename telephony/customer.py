"""The mind of a simulated customer: hears the agent, decides frame by frame what to do; no clock and no audio in it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

from cases.domain.vocabulary import Act, Speaker
from telephony.leg import Caption, Control, ControlKind
from telephony.persona import Persona, PersonaEvent, PersonaReplies

REACTION_MS = (280, 520)
"""How long a person takes to answer, from the agent's last sound; drawn evenly."""
SURE_SILENCE_MS = 200
"""Silence after a finished utterance that makes the customer sure that the agent has stopped."""
LONG_SILENCE_MS = 2_500
"""Silence after which the customer takes an utterance for finished though nothing says so."""


class LineKind(StrEnum):
    """Why the customer speaks."""

    ANSWER = "answer"
    BARGE_IN = "barge_in"
    BACKCHANNEL = "backchannel"


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing the customer does now.

    Attributes:
        say: Words to speak, or empty.
        control: What is pressed, or None.
        kind: Why the words are spoken.
    """

    say: str = ""
    control: Control | None = None
    kind: LineKind = LineKind.ANSWER


@dataclass(slots=True)
class _Heard:
    """The agent's utterance that the customer is listening to."""

    acts: tuple[Act, ...]
    events: list[PersonaEvent]
    first_ms: int | None = None
    last_ms: int = 0
    final: bool = False
    answered: bool = False
    answer_at: int | None = None


class CustomerMind:
    """Decides from what it hears; the same seed and the same call give the same customer.

    Attributes:
        answered: Acts and words of every utterance that the customer took for finished; empty words are a silence.
        kept_silent_ms: Moments at which the customer chose to stay silent for a while.
    """

    def __init__(self, persona: Persona, seed: int = 0) -> None:
        """Be a persona."""
        self._replies = PersonaReplies(persona)
        self._events = list(persona.events)
        self._random = random.Random(f"{persona.name}:{seed}")
        self._heard: _Heard | None = None
        self.answered: list[tuple[tuple[Act, ...], str]] = []
        self.kept_silent_ms: list[int] = []

    def see(self, caption: Caption) -> None:
        """Take note of what the agent is saying: its acts, and whether it has finished."""
        if caption.speaker is not Speaker.AGENT:
            return
        if self._heard is None or self._heard.final:
            self._heard = _Heard(caption.acts, [event for event in self._events if event.on in caption.acts])
        self._heard.final = caption.final

    def tick(self, now_ms: int, *, agent_audible: bool, speaking: bool) -> tuple[Deed, ...]:
        """Live through one frame.

        Args:
            now_ms: Time since the answer.
            agent_audible: Whether this frame holds sound of the agent.
            speaking: Whether the customer is still speaking.
        """
        heard = self._heard
        if heard is None:
            return ()
        if agent_audible:
            heard.first_ms = now_ms if heard.first_ms is None else heard.first_ms
            heard.last_ms = now_ms
            heard.answer_at = None
        deeds = self._timed(heard, now_ms)
        if not speaking and self._has_floor(heard, now_ms) and not heard.answered:
            deeds += self._answer(heard, now_ms)
        return deeds

    def _timed(self, heard: _Heard, now_ms: int) -> tuple[Deed, ...]:
        """Deeds over the agent's words whose moment has come."""
        if heard.first_ms is None:
            return ()
        deeds: tuple[Deed, ...] = ()
        for event in tuple(heard.events):
            if event.after_ms is None or now_ms - heard.first_ms < event.after_ms:
                continue
            self._use(heard, event)
            heard.answered = heard.answered or bool(event.say)
            deeds += _deeds(event)
        return deeds

    def _has_floor(self, heard: _Heard, now_ms: int) -> bool:
        if heard.first_ms is None:
            return False
        quiet = now_ms - heard.last_ms
        return quiet >= (SURE_SILENCE_MS if heard.final else LONG_SILENCE_MS)

    def _answer(self, heard: _Heard, now_ms: int) -> tuple[Deed, ...]:
        untimed = [event for event in heard.events if event.after_ms is None]
        if heard.answer_at is None:
            silence = sum(event.silence_ms for event in untimed)
            if silence:
                self.kept_silent_ms.append(heard.last_ms)
                self._events = [event for event in self._events if event not in untimed]
            heard.answer_at = heard.last_ms + self._random.randint(*REACTION_MS) + silence
        if now_ms < heard.answer_at:
            return ()
        heard.answered = True
        deeds: tuple[Deed, ...] = ()
        for event in untimed:
            self._use(heard, event)
            deeds += _deeds(event)
        if any(event.hang_up for event in untimed):
            return deeds
        words = self._replies.answer(heard.acts)
        self.answered.append((heard.acts, words))
        if not words:
            self.kept_silent_ms.append(heard.last_ms)
        return deeds + ((Deed(say=words),) if words else ())

    def _use(self, heard: _Heard, event: PersonaEvent) -> None:
        heard.events.remove(event)
        if event in self._events:
            self._events.remove(event)


def _deeds(event: PersonaEvent) -> tuple[Deed, ...]:
    """What an event does at its moment, in the order in which a person would."""
    lines = ((event.say, LineKind.BARGE_IN), (event.backchannel, LineKind.BACKCHANNEL))
    deeds = [Deed(say=words, kind=kind) for words, kind in lines if words]
    deeds += [Deed(control=Control(ControlKind.DTMF, key)) for key in event.dtmf]
    if event.ask_human:
        deeds.append(Deed(control=Control(ControlKind.ASK_HUMAN)))
    if event.hang_up:
        deeds.append(Deed(control=Control(ControlKind.HANG_UP)))
    return tuple(deeds)
