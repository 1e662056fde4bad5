"""What a call shows while it runs: for a terminal, for the desk's live view, for tests."""

from __future__ import annotations

from typing import Protocol

from cases.domain.call import Call, Turn
from cases.domain.vocabulary import Act, Language


class CallObserver(Protocol):
    """Sees a call as it happens; methods are called on the event loop, must return at once and must not raise.

    Texts are the customer's and the agent's words: an observer shows them to people who may see them and logs none.
    """

    def started(self, call_id: str, language: Language) -> None:
        """Audio flows."""
        ...

    def agent_speaking(self, text: str, acts: tuple[Act, ...]) -> None:
        """The agent speaks; called at each word with the words begun so far in this utterance."""
        ...

    def agent_spoke(self, turn: Turn) -> None:
        """An utterance of the agent ended, to its end or cut; `response_ms` and `yield_ms` are from the waveform."""
        ...

    def customer_speaking(self, text: str) -> None:
        """The customer speaks; the words as they are recognised so far, empty at the start."""
        ...

    def customer_spoke(self, turn: Turn) -> None:
        """A turn of the customer was understood."""
        ...

    def barged_in(self, at_ms: int) -> None:
        """The customer talks over the agent, who has stopped; milliseconds from the start of the recording."""
        ...

    def went_on(self, at_ms: int) -> None:
        """What sounded like a barge-in was none; the agent goes on where it stopped."""
        ...

    def prepared_in_vain(self) -> None:
        """A reply prepared before the customer had finished is thrown away: the model was called for nothing."""
        ...

    def ended(self, call: Call) -> None:
        """The call is over and its record complete."""
        ...


class SilentObserver:
    """Shows nothing."""

    def started(self, call_id: str, language: Language) -> None:
        """Do nothing."""

    def agent_speaking(self, text: str, acts: tuple[Act, ...]) -> None:
        """Do nothing."""

    def agent_spoke(self, turn: Turn) -> None:
        """Do nothing."""

    def customer_speaking(self, text: str) -> None:
        """Do nothing."""

    def customer_spoke(self, turn: Turn) -> None:
        """Do nothing."""

    def barged_in(self, at_ms: int) -> None:
        """Do nothing."""

    def went_on(self, at_ms: int) -> None:
        """Do nothing."""

    def prepared_in_vain(self) -> None:
        """Do nothing."""

    def ended(self, call: Call) -> None:
        """Do nothing."""
