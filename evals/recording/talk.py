"""The customer of a scenario out of the turns of a call: answers by the agent's acts in order, and timed events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from agent.dialogue.keys import KEYPAD, keys_of
from cases.domain.call import Call, CallEnding, CustomerRequest, Turn
from cases.domain.vocabulary import Act, Speaker
from evals.customer import PATIENCE_MS

TEXT_LEG = "text"
"""Kind of leg whose times mean nothing."""


@dataclass(slots=True)
class Talk:
    """What a customer says and does.

    Attributes:
        answers: Lines by act, in order; an empty one is silence.
        events: Timed deeds as scenario files name them, with `on`.
        notes: Where they differ from the call.
    """

    answers: dict[Act, list[str]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Exchange:
    """An utterance of the agent, what was said over it in passing, and what answered it."""

    agent: Turn
    passing: tuple[Turn, ...]
    answers: tuple[Turn, ...]


def talk_of(call: Call, button: str) -> Talk:
    """The customer of a call.

    Args:
        call: The call.
        button: Words that stand for pressing the button for a person, which scenarios do not know.
    """
    return _Writer(call, button).write()


def _exchanges(call: Call) -> Iterator[_Exchange]:
    agent: Turn | None = None
    passing: list[Turn] = []
    answers: list[Turn] = []
    for turn in call.turns:
        if turn.speaker is Speaker.AGENT:
            if agent is not None:
                yield _Exchange(agent, tuple(passing), tuple(answers))
            agent, passing, answers = turn, [], []
        elif agent is not None:
            # A backchannel is noted as a turn that nothing was read from.
            (passing if turn.reading is None and turn.brain is None else answers).append(turn)
    if agent is not None:
        yield _Exchange(agent, tuple(passing), tuple(answers))


class _Writer:
    """Writes down one call."""

    def __init__(self, call: Call, button: str) -> None:
        self._call = call
        self._button = button
        self._timed = call.leg != TEXT_LEG
        self._talk = Talk()
        self._exchanges = [one for one in _exchanges(call) if one.agent.acts]

    def write(self) -> Talk:
        """The whole call."""
        last = len(self._exchanges) - 1
        place = 0
        while place <= last:
            exchange = self._exchanges[place]
            self._passing(place)
            if place == last and not exchange.answers:
                self._end(place)
                break
            place += self._answer(place)
        return self._talk

    def _answer(self, place: int) -> int:
        """Note what answered an utterance; gives how many utterances that took."""
        exchange = self._exchanges[place]
        key = next((turn for turn in exchange.answers if turn.brain == KEYPAD), None)
        if key is not None:
            self._key(place, key)
            return 1
        words = " ".join(turn.text for turn in exchange.answers if turn.text)
        if words and self._cut(exchange) and self._first(place) is not None:
            # The customer took the floor while the agent spoke.
            after = max(0, exchange.answers[0].started_ms - exchange.agent.started_ms)
            self._talk.events.append({"on": self._on(place), "after_ms": after, "say": words})
            return 1
        if not words and (waited := self._waited(place)) is not None:
            self._talk.events.append({"on": self._on(place), "silence_ms": waited})
            self._line(place, " ".join(turn.text for turn in self._exchanges[place + 1].answers))
            return 2
        pressed = not words and self._pressed(place)
        self._line(place, self._button if pressed else words)
        if pressed:
            self._talk.notes.append("the customer pressed the button for a person; the scenario says it in words")
        return 1

    def _key(self, place: int, key: Turn) -> None:
        """Note a key, in place of words."""
        self._line(place, "")
        if self._first(place) is None:
            self._talk.notes.append(f"turn {key.index}: a key is left out, for its act came before")
        else:
            self._talk.events.append({"on": self._on(place), "dtmf": keys_of(key.text)})

    def _line(self, place: int, words: str) -> None:
        self._talk.answers.setdefault(self._exchanges[place].agent.acts[-1], []).append(words)

    def _cut(self, exchange: _Exchange) -> bool:
        return self._timed and exchange.agent.interrupted

    def _waited(self, place: int) -> int | None:
        """How long the customer kept silent, where the agent asked only whether they are still there; else None."""
        if not self._timed or place + 1 >= len(self._exchanges) or self._first(place) is None:
            return None
        asked, follows = self._exchanges[place].agent, self._exchanges[place + 1]
        alone = sum(Act.STILL_THERE in one.agent.acts for one in self._exchanges) == 1
        if not alone or follows.agent.acts != (Act.STILL_THERE,) or not follows.answers:
            return None
        waited = follows.answers[0].started_ms - asked.ended_ms
        return waited if waited >= PATIENCE_MS else None

    def _pressed(self, place: int) -> bool:
        follows = self._exchanges[place + 1].agent.acts if place + 1 < len(self._exchanges) else ()
        wanted = self._call.verification.request is CustomerRequest.HUMAN
        return wanted and Act.TRANSFER_TO_HUMAN in follows

    def _passing(self, place: int) -> None:
        """Note backchannels."""
        exchange = self._exchanges[place]
        for turn in exchange.passing:
            if self._first(place) is None or not turn.text:
                self._talk.notes.append(f"turn {turn.index}: a backchannel is left out, for its act came before")
                continue
            after = max(0, turn.started_ms - exchange.agent.started_ms)
            self._talk.events.append({"on": self._on(place), "after_ms": after, "backchannel": turn.text})

    def _end(self, place: int) -> None:
        """Note how the call ended behind its last utterance."""
        ending, turn = self._call.ending, self._exchanges[place].agent
        if ending is CallEnding.CUSTOMER_HUNG_UP and not self._said_farewell(turn):
            event: dict[str, Any] = {"on": self._on(place), "hang_up": True}
            if self._timed:
                event["after_ms"] = max(0, turn.ended_ms - turn.started_ms)
            if self._first(place) is not None:
                self._talk.events.append(event)
                return
            self._talk.notes.append("the customer hung up at an act that came before; the scenario falls silent there")
        if ending is not CallEnding.COMPLETED:
            self._line(place, "")

    def _said_farewell(self, turn: Turn) -> bool:
        return Act.GOODBYE in turn.acts and self._call.verification.completed

    def _first(self, place: int) -> Act | None:
        """The last act of an utterance that no earlier one holds: events happen at an act's first utterance."""
        earlier = {act for one in self._exchanges[:place] for act in one.agent.acts}
        return next((act for act in reversed(self._exchanges[place].agent.acts) if act not in earlier), None)

    def _on(self, place: int) -> str:
        act = self._first(place)
        assert act is not None or self._call.ending is CallEnding.CUSTOMER_HUNG_UP
        return (act or self._exchanges[place].agent.acts[-1]).value
