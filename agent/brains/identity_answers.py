"""Replies to the identity question, read by code alone: a model's own value is never trusted here."""

from __future__ import annotations

import re

from agent import numbers
from agent.numbers.english import ONES
from cases.domain.alert import IdentityQuestionKind

_OUTWARD = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?")
_TOKEN = re.compile(r"[A-Za-z]+|\d+")
_DIGIT = {word: str(value) for value, word in enumerate(ONES[:10])} | {"oh": "0"}
_NOT_PART = frozenset({"it", "is", "my", "to", "so", "uh", "um", "er", "of", "at", "no", "am", "in", "we"})


def find_identity(text: str, kind: IdentityQuestionKind, locale: str) -> str | None:
    """The answer that a customer gave, normalised as the alert holds it; the last one said counts.

    Args:
        text: What was said.
        kind: What was asked for.
        locale: Whose way of saying dates holds.

    Returns:
        `MM-DD`, a postcode part in upper case without spaces, or None.
    """
    if kind is IdentityQuestionKind.BIRTHDAY:
        found = numbers.find_days(text, locale)
        return f"{found[-1].value[0]:02d}-{found[-1].value[1]:02d}" if found else None
    return _postcode(text, locale)


def _postcode(text: str, locale: str) -> str | None:
    runs = [run.value for run in numbers.find_digits(text, locale) if len(run.value) >= 3]
    outward = [code for spelled in _spelled(text) for code in _OUTWARD.findall(spelled)]
    return (outward or runs or [None])[-1]


def _spelled(text: str) -> list[str]:
    """Strings of letters and digits that were spelled out in a row."""
    runs, run = [], ""
    for token in _TOKEN.findall(text):
        part = _DIGIT.get(token.lower(), token.upper())
        if (len(part) <= 2 or part.isdigit()) and token.lower() not in _NOT_PART:
            run += part
        elif run:
            runs.append(run)
            run = ""
    return [*runs, run]
