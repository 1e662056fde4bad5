"""Whether an answer was heard well enough to help release a payment; pure.

A confirmation that was misheard is the one mistake that loses a customer's money, so what was heard is not taken by
its words alone. Doubt costs one more question, put in other words; what it is about is then answered anew.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib import resources

import yaml

from cases.domain.limits import DoubtLimits
from cases.domain.policy import PROBES
from cases.domain.reading import UNCLEAR, Reading
from cases.domain.vocabulary import Intent, Language, Question

DECISIVE = frozenset({Question.MADE, Question.PROCEED})
"""Questions whose yes can release a payment."""


class Doubt(StrEnum):
    """Why a confirmation may have been a denial."""

    CONTRARY = "another hearing of the words denies"
    """The recognizer itself took a denial for possible."""
    SWALLOWED = "one lost sound turns a denial into it"
    """No yes was heard, and the engine is known to lose the sound that makes these words a denial."""
    UNSURE = "the recognizer is unsure"
    NOISY = "the line is noisy"
    DISTANT = "the voice is far softer than the customer's"
    MIXED = "another hearing says both yes and no"


Risky = Collection[tuple[Question, str]]
"""Answers that speak against a payment."""
LASTING = frozenset({Doubt.CONTRARY, Doubt.SWALLOWED, Doubt.UNSURE})
"""Doubts that a second confirmation does not settle where it was heard no better: the same ear errs the same way."""


@dataclass(frozen=True, slots=True)
class Acoustics:
    """How words came to be heard.

    Attributes:
        engine: Name of the recognizer.
        confidence: Its confidence, 0 to 1.
        snr_db: Level of the speech over what was heard behind it, decibels, or None where that is unknown.
        distant: Whether the voice is so much softer than the customer's in this call that it may be somebody else's.
    """

    engine: str
    confidence: float = 1.0
    snr_db: float | None = None
    distant: bool = False

    def with_worse(self, other: Acoustics) -> Acoustics:
        """The worse of both in every respect: for words of two utterances."""
        known = [snr for snr in (self.snr_db, other.snr_db) if snr is not None]
        worst = min(known) if known else None
        return Acoustics(self.engine, min(self.confidence, other.confidence), worst, self.distant or other.distant)


def confirms(reading: Reading, question: Question | None) -> bool:
    """Whether a reading would record a yes to a decisive question."""
    answered = any(answer.question in DECISIVE and answer.value == "yes" for answer in reading.answers)
    return answered or (reading.intent is Intent.CONFIRM and question in DECISIVE)


def helps(reading: Reading, risky: Risky) -> bool:
    """Whether a reading would record an answer to a probe that speaks for the payment."""
    return any(
        answer.question in PROBES and answer.value != "unsure" and (answer.question, answer.value) not in risky
        for answer in reading.answers
    )


def keeping(found: frozenset[Doubt], reading: Reading, question: Question | None, risky: Risky) -> frozenset[Doubt]:
    """Those of some doubts that keep a reading from counting.

    Args:
        found: All doubts about its words.
        reading: The reading.
        question: What was asked.
        risky: Answers that speak against a payment.

    Returns:
        All of them for a confirmation; for other answers that speak for the payment whether the recognizer is unsure,
        for "no" and "my landlord" are no denials misheard.
    """
    if confirms(reading, question):
        return found
    return found & {Doubt.UNSURE} if helps(reading, risky) else frozenset()


def doubts(
    text: str,
    language: Language,
    acoustics: Acoustics,
    alternatives: Sequence[str],
    limits: DoubtLimits,
    denies: Callable[[str], bool],
) -> frozenset[Doubt]:
    """What is doubtful about words that were heard as a confirmation.

    Args:
        text: The words.
        language: Their language.
        acoustics: How they were heard.
        alternatives: Other hearings of them.
        limits: Where policy begins to doubt.
        denies: Whether words deny what was asked.
    """
    found: set[Doubt] = set()
    for other in alternatives:
        if denies(other):
            found.add(Doubt.MIXED if says_yes(other, language) else Doubt.CONTRARY)
    if acoustics.engine in limits.loses_sounds and not says_yes(text, language):
        if any(denies(other) for other in _denials_nearby(text, language)):
            found.add(Doubt.SWALLOWED)
    if acoustics.confidence < limits.confidence:
        found.add(Doubt.UNSURE)
    if acoustics.snr_db is not None and acoustics.snr_db < limits.snr_db:
        found.add(Doubt.NOISY)
    if acoustics.distant:
        found.add(Doubt.DISTANT)
    return frozenset(found)


def stands(found: frozenset[Doubt], *, again: bool) -> frozenset[Doubt]:
    """The doubts that keep a confirmation from counting.

    Args:
        found: All doubts about it.
        again: Whether the question had already been put again in other words because of doubt.
    """
    return found & LASTING if again else found


def not_taken(reading: Reading, risky: Risky) -> Reading:
    """What is left of a reading in doubt: its signals, and what in it speaks against the payment."""
    against = tuple(
        answer
        for answer in reading.answers
        if (answer.question, answer.value) in risky or (answer.question in DECISIVE and answer.value == "no")
    )
    return replace(UNCLEAR, answers=against, signals=reading.signals, language=reading.language)


def says_yes(text: str, language: Language) -> bool:
    """Whether words hold one that says yes by itself."""
    return _words(language).yes.search(text.casefold()) is not None


@dataclass(frozen=True, slots=True)
class _Words:
    yes: re.Pattern[str]
    swallowed: tuple[tuple[re.Pattern[str], str], ...]


@functools.cache
def _words(language: Language) -> _Words:
    text = (resources.files("agent.dialogue") / "doubt.yaml").read_text(encoding="utf-8")
    data: Mapping[str, Mapping[str, object]] = yaml.load(text, yaml.BaseLoader)  # builds text only
    mine = data[language.value]
    yes, swallowed = mine["yes"], mine["swallowed"]
    assert isinstance(yes, list) and isinstance(swallowed, dict)  # the file of the package
    edge = "" if language is Language.ZH else r"\b"
    return _Words(
        re.compile("|".join(f"{edge}{re.escape(word)}{edge}" for word in yes)),
        tuple((re.compile(f"{edge}{re.escape(plain)}{edge}"), denial) for plain, denial in swallowed.items()),
    )


def _denials_nearby(text: str, language: Language) -> Iterator[str]:
    """The words with one of them turned into what it may have been."""
    folded = text.casefold()
    for pattern, denial in _words(language).swallowed:
        for found in pattern.finditer(folded):
            yield folded[: found.start()] + denial + folded[found.end() :]
