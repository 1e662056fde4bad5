"""The simulated customer of text mode: the scenario's answers and events as moves, and what goes wrong with them."""

from __future__ import annotations

from agent.dialogue.text_session import TextMove
from cases.domain.vocabulary import QUESTION_OF_ACT, Act
from evals.scenario import Scenario
from telephony.persona import PersonaEvent, PersonaReplies

PATIENCE_MS = 5_000
"""Silence that the agent notices; a shorter one is only a slow answer, which text does not show."""

_EXPECT_WORDS = frozenset({Act.GREET, *QUESTION_OF_ACT})


class ScriptedCustomer:
    """Answers by the agent's acts; each event happens once, at the next utterance that holds its act.

    In text a barge-in is the answer to the utterance it cuts; backchannels are passed over. Keys are pressed before
    anything is said: where they mean something to the agent, what would have been said is not.
    """

    def __init__(self, scenario: Scenario) -> None:
        """Be the customer of a scenario."""
        self._scenario = scenario
        self._replies = PersonaReplies(scenario.customer)
        self._events = list(scenario.customer.events)
        self._late: str | None = None
        self._faults: list[str] = []
        self._spoken = 0

    def __call__(self, acts: tuple[Act, ...], text: str) -> TextMove:
        """The move after an utterance of the agent."""
        events = [event for event in self._events if event.on in acts]
        self._events = [event for event in self._events if event not in events]
        if any(event.hang_up for event in events):
            return TextMove(hang_up=True)
        words = self._words(acts, events)
        if words:
            self._spoken += 1
        return TextMove(say=words, keys=next((event.dtmf for event in events if event.dtmf), ""))

    def _words(self, acts: tuple[Act, ...], events: list[PersonaEvent]) -> str:
        for event in events:
            if event.say:
                return event.say
        late, self._late = self._late, None
        if late is not None and not self._has_own_answer(acts):
            return late
        if not self._scenario.has_answer(acts) and _EXPECT_WORDS.intersection(acts):
            self._faults.append(f"ran out of script: no answer to {', '.join(acts)} and no default")
        words = self._replies.answer(acts)
        if any(event.silence_ms >= PATIENCE_MS for event in events):
            self._late = words
            return ""
        return words

    def _has_own_answer(self, acts: tuple[Act, ...]) -> bool:
        return any(act in self._scenario.customer.answers for act in acts)

    def faults(self, customer_turns: int) -> tuple[str, ...]:
        """What went wrong, given how many turns of the customer the call holds."""
        if self._spoken and not customer_turns:
            return (*self._faults, "said nothing that the call recorded")
        return tuple(self._faults)
