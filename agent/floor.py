"""What the hearing needs to know of the conversation, and whom it tells; the director of a call answers to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cases.domain.vocabulary import Language, Question

NOT_UNDERSTOOD = "\N{HORIZONTAL ELLIPSIS}"
"""Stands for a turn of speech without words where the session's framework needs a text."""


@dataclass(frozen=True, slots=True)
class HeardTurn:
    """A turn of the customer as it was heard.

    Attributes:
        text: The words; empty where speech was not understood.
        alternatives: Other readings of them, best first.
        from_ms: Where in the recording the turn can begin at the earliest.
        until_ms: Where it is over.
    """

    text: str
    alternatives: tuple[str, ...]
    from_ms: float
    until_ms: float


class Floor(Protocol):
    """The state of the conversation as the hearing sees it; methods return at once."""

    @property
    def language(self) -> Language:
        """Language of the call."""
        ...

    @property
    def question(self) -> Question | None:
        """The question that is open, or None."""
        ...

    @property
    def phrases(self) -> tuple[str, ...]:
        """Answers that are likely now."""
        ...

    @property
    def patience(self) -> float:
        """Factor on how long to wait for the customer to go on."""
        ...

    @property
    def carried(self) -> str:
        """Words of a turn that ended but was not answered before the customer went on; they belong to this one."""
        ...

    @property
    def agent_has_floor(self) -> bool:
        """Whether the agent is speaking, or holds to listen."""
        ...

    @property
    def interruptible(self) -> bool:
        """Whether what the agent says may be cut."""
        ...

    def place_ms(self, sample: int) -> float:
        """Where a sample of the microphone, counted from the first, lies in the recording."""
        ...

    def duck(self, on: bool) -> None:
        """Speak more softly, or at full loudness."""
        ...

    def hold(self) -> None:
        """Fall silent and keep the place."""
        ...

    def go_on(self, heard: str, from_ms: float, until_ms: float) -> None:
        """Go on where the agent stopped; `heard` is the backchannel between these places, empty for a noise."""
        ...

    def customer_begins(self, from_ms: float) -> None:
        """The customer has the floor and speaks."""
        ...

    def customer_says(self, text: str, until_ms: float) -> bool:
        """Words so far; True has the hearing drop the utterance, because the agent cuts in."""
        ...

    def customer_may_be_done(self, text: str) -> None:
        """The customer pauses after these words; the reply to them may be prepared."""
        ...

    def customer_done(self, turn: HeardTurn | None) -> None:
        """The turn is over; None where it was a noise."""
        ...
