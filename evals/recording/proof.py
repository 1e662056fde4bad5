"""The last check before a scenario is written: nothing personal is left in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from evals.recording.names import LATIN_WORD
from evals.recording.originals import Originals, spoken_rows, squeezed
from evals.recording.words import folded

_SPELLED = re.compile(r"\b\w(?:[\s.,-]+\w\b)+")
_LONG = 6
"""Whole values from this length on are looked for across blanks and marks."""


def survivors(found: Originals, texts: Mapping[str, str]) -> list[str]:
    """What is left of a case in texts, as `field in place`; no value is told.

    Args:
        found: Everything personal in the case.
        texts: Everything that the scenario says, by its place in it.
    """
    return [f"{field} in {place}" for place, text in texts.items() for field in sorted(set(_left(found, text)))]


def _left(found: Originals, text: str) -> Iterable[str]:
    words = _words(text)
    yield from (one.field for one in found.words if one.form in words)
    yield from (one.field for one in found.chinese if one.form in text)
    dense = squeezed(text)
    yield from (one.field for one in found.wholes if len(one.form) >= _LONG and one.form in dense)
    yield from (one.field for one in found.wholes if len(one.form) < _LONG and one.form in words)
    rows = set(spoken_rows(text))
    yield from (one.field for one in found.digits if any(_in(one.form, row) for row in rows))


def _in(digits: str, row: str) -> bool:
    """Whether digits are in a row; a round number is in none but itself, for any longer one ends in noughts too."""
    return digits == row if len(digits.rstrip("0")) < 2 else digits in row


def _words(text: str) -> set[str]:
    """The words of a text, also those spelt out letter by letter and those that stand in two pieces."""
    plain = folded(text)
    words = [match.group() for match in LATIN_WORD.finditer(plain)]
    spelled = [re.sub(r"\W", "", match.group()) for match in _SPELLED.finditer(plain)]
    pairs = [
        first + second for first, second in zip(words, words[1:], strict=False) if min(len(first), len(second)) > 2
    ]
    return {*words, *spelled, *pairs, *re.findall(r"\w+", plain)}
