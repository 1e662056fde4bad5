"""What is recorded, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cases.domain.alert import Alert
from cases.domain.call import Call
from cases.domain.vocabulary import BankAction, Disposition, Outcome, SignalCode


class Expected(StrEnum):
    """What the scenario asks of an agent."""

    HAPPENED = "happened"
    """What happened in the case."""
    EDIT = "edit"
    """Nothing yet: what happened stands in comments, and the file is refused until somebody wrote what is right."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a case says of one contact attempt.

    Attributes:
        alert: What the bank flagged.
        disposition: How the dial ended.
        call: The conversation, or None where nobody was spoken with.
        outcome: What triage concluded.
        effect: What the bank was last told before a person decided.
        escalated: Whether a person had to decide.
        digest: Hash that names the case to whoever has it, and tells nobody else anything: of its latest event.
        key: Secret from which every replacement is drawn; the same case gives the same scenario.
    """

    alert: Alert
    disposition: Disposition
    call: Call | None
    outcome: Outcome
    effect: BankAction
    escalated: bool
    digest: str
    key: bytes

    @property
    def signals(self) -> tuple[SignalCode, ...]:
        """Every signal that was observed, once."""
        observed = self.call.verification.signals if self.call else ()
        return tuple(dict.fromkeys(one.signal.code for one in observed))


@dataclass(frozen=True, slots=True)
class NameLeft:
    """Words of the customer that look like somebody's name, or a place's, and come from nowhere in the alert.

    Attributes:
        place: Where they stand in the scenario, such as `customer.answers.ask_purpose`.
        words: The words.
    """

    place: str
    words: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A scenario made of a case.

    Attributes:
        scenario_id: Its id.
        text: The scenario file.
        runnable: The same with what happened as its expectation, whatever was asked for.
        names_left: What somebody must look at.
        notes: Where the scenario differs from the call.
    """

    scenario_id: str
    text: str
    runnable: str
    names_left: tuple[NameLeft, ...]
    notes: tuple[str, ...]
