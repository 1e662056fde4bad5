"""How often people who pick up are taken for machines, and machines for people; first words as data, in two parts.

The rules are tuned on the part `dev`; `heldout` was written after them, and nothing is tuned on it. An
entry is one turn as it would be recognised without a mistake: what a recogniser makes of it is not measured here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

import yaml

from agent.dialogue.answering import ANSWERED, SILENT, Answerer, answered_as, who_answers
from cases.domain.vocabulary import Disposition, Language
from evals.statistics import Rate, rate

_GOES_ON = frozenset({Answerer.SCREENER_WAITS, Answerer.SCREENER_DECLINES})
"""What a call screener says once it has asked, so that it is known by then."""


class Part(StrEnum):
    """Which part of the corpus."""

    DEV = "dev"
    HELDOUT = "heldout"


@dataclass(frozen=True, slots=True)
class Judged:
    """First words and what they were taken for.

    Attributes:
        text: The words.
        right: Who, or what, says them.
        taken_for: What the agent takes that for.
    """

    text: str
    right: Answerer
    taken_for: Answerer


@dataclass(frozen=True, slots=True)
class Errors:
    """The errors of one part in one language.

    Attributes:
        hung_up: People taken for a machine: left a message, or hung up on. The costly mistake.
        screened: People told who calls and why, as a call screener is; the call then begins when they speak again.
        missed: Machines taken for a person: the agent talks to nobody until the silence ends the call.
        mistaken: Machines taken for another kind, so that the dial ends with another disposition or detail.
        wrong: What was taken for something else.
    """

    hung_up: Rate
    screened: Rate
    missed: Rate
    mistaken: Rate
    wrong: tuple[Judged, ...]


@cache
def greetings(part: Part, language: Language) -> tuple[tuple[Answerer, str], ...]:
    """First words with who, or what, says them."""
    text = (resources.files("evals") / "greetings" / part.value / f"{language}.yaml").read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    return tuple((Answerer(who), words) for who, lines in found.items() for words in lines)


def judged(part: Part, language: Language) -> Iterator[Judged]:
    """What each entry is taken for."""
    for right, text in greetings(part, language):
        yield Judged(text, right, who_answers(text, language, screened=right in _GOES_ON))


def errors(part: Part, language: Language) -> Errors:
    """Count the errors."""
    found = tuple(judged(part, language))
    people = [one.taken_for for one in found if one.right is Answerer.PERSON]
    machines = [one for one in found if one.right is not Answerer.PERSON]
    hung_up = sum(one is Answerer.VOICEMAIL or one in SILENT for one in people)
    screened = sum(answered_as(one).disposition is Disposition.SCREENER and one not in SILENT for one in people)
    missed = sum(one.taken_for is Answerer.PERSON for one in machines)
    mistaken = sum(answered_as(one.taken_for) not in (answered_as(one.right), ANSWERED) for one in machines)
    return Errors(
        rate(hung_up, len(people)),
        rate(screened, len(people)),
        rate(missed, len(machines)),
        rate(mistaken, len(machines)),
        tuple(one for one in found if one.taken_for is not one.right),
    )
