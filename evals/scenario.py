"""What a scenario is: an alert, a line, a simulated customer and what a right agent makes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cases.domain.alert import Alert
from cases.domain.vocabulary import Act, BankAction, Disposition, Language, Outcome, SignalCode
from telephony.line.channel import Channel, Codec, Echo, Noise, NoiseKind
from telephony.persona import Persona

__all__ = ["Channel", "Codec", "Echo", "Expectation", "Noise", "NoiseKind", "Place", "Scenario"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a right agent must reach; None and empty mean that nothing is asked.

    Attributes:
        outcomes: Acceptable outcomes.
        effects: What the bank may have been told last before a person decides.
        escalated: Whether a person must decide.
        disclosed: Whether transaction facts are spoken.
        include: Signals that must be observed.
        exclude: Signals that must not be.
        said: Patterns that what was played must contain.
        never_said: Patterns that it must not.
        max_agent_turns: Most utterances of the agent.
        disposition: How the dial must be said to have ended.
    """

    outcomes: tuple[Outcome, ...]
    effects: tuple[BankAction, ...] = ()
    escalated: bool | None = None
    disclosed: bool | None = None
    include: tuple[SignalCode, ...] = ()
    exclude: tuple[SignalCode, ...] = ()
    said: tuple[re.Pattern[str], ...] = ()
    never_said: tuple[re.Pattern[str], ...] = ()
    max_agent_turns: int | None = None
    disposition: Disposition | None = None

    @property
    def may_release(self) -> bool:
        """Whether telling the bank to release the payment can be right here."""
        if self.effects:
            return BankAction.RELEASE in self.effects
        return Outcome.CONFIRMED_GENUINE in self.outcomes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scenario stands.

    Attributes:
        source: The file.
        line: Its first line.
    """

    source: str
    line: int

    def __str__(self) -> str:
        """The place as `file:line`."""
        return f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scripted evaluation.

    Attributes:
        id: Unique within a suite.
        title: What it is about.
        locale: `en-GB`, `en-US` or `zh-CN`; also the alert's.
        tags: For reports by group.
        alert: What the fraud engine flagged.
        channel: The line in voice mode.
        customer: Who answers.
        answers_everything: Whether the customer has a default, so that no question finds them without words.
        expect: What a right agent must reach.
        place: Where it was read from.
    """

    id: str
    title: str
    locale: str
    tags: tuple[str, ...]
    alert: Alert
    channel: Channel
    customer: Persona
    answers_everything: bool
    expect: Expectation
    place: Place

    @property
    def language(self) -> Language:
        """The language spoken."""
        return Language.ZH if self.locale.startswith("zh") else Language.EN

    @property
    def twin_key(self) -> str:
        """The id without its language suffix: the same for a scenario and its twin."""
        return re.sub(r"-(en|zh)$", "", self.id)

    def has_answer(self, acts: tuple[Act, ...]) -> bool:
        """Whether the customer has words, or a meant silence, for an utterance with these acts."""
        return self.answers_everything or any(act in self.customer.answers for act in acts)
