"""What a judge marks, and what its marks are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cases.domain.vocabulary import Language, Speaker


class Criterion(StrEnum):
    """A quality of the agent's manner."""

    NATURALNESS = "naturalness"
    """Speaks as a well-trained employee speaks."""
    POLITENESS = "politeness"
    """Treats the customer with respect."""
    CLARITY = "clarity"
    """Leaves no doubt about what was said and asked."""
    EMPATHY = "empathy"
    """Takes up fear and distress."""
    NATIVE = "native"
    """A native speaker would not notice a translation."""
    ANSWERED = "answered"
    """Deals with what the customer asked."""


class Label(StrEnum):
    """What is said of one criterion in one talk."""

    GOOD = "good"
    BAD = "bad"


NOT_SHOWN = 0
"""Score of a criterion that the talk does not show."""
BEST = 5


@dataclass(frozen=True, slots=True)
class Spoken:
    """One turn as a judge is shown it.

    Attributes:
        index: Its place in the talk.
        speaker: Who spoke.
        text: What was heard of it.
        acts: What the agent meant by it.
    """

    index: int
    speaker: Speaker
    text: str
    acts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A judge's mark for one criterion, resting on words of the agent.

    Attributes:
        score: 1 (worst) to 5, or NOT_SHOWN.
        turn: The agent's turn that decided it.
        quote: Words of that turn; empty where nothing is shown.
        reason: Why, in the judge's words: untrusted text.
    """

    score: int
    turn: int
    quote: str
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge made of one talk.

    Attributes:
        marks: Marks that rest on words of the agent.
        dropped: Criteria whose mark quotes what the agent did not say: it counts for nothing.
        error: Why there are no marks at all, or empty.
    """

    marks: Mapping[Criterion, Mark]
    dropped: tuple[Criterion, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """Up to which score a mark means bad, for one criterion in one language.

    Attributes:
        criterion: The criterion.
        language: The language.
        bad_to: Highest score that means bad.
    """

    criterion: Criterion
    language: Language
    bad_to: int

    def label(self, judgement: Judgement) -> Label | None:
        """What a judgement says; None where it says nothing that counts."""
        mark = judgement.marks.get(self.criterion)
        if mark is None or mark.score == NOT_SHOWN:
            return None
        return Label.BAD if mark.score <= self.bad_to else Label.GOOD
