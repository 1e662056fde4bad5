"""Replies to the identity question, read by code alone: a model's own value is never trusted here."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from agent import numbers
from agent.numbers.english import ONES, TENS
from cases import fast_yaml
from cases.domain.alert import IdentityQuestionKind

_UK = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}(?![A-Z\d])|[A-Z]{1,2}\d[A-Z\d]?")
_FOR = re.compile(r"\b([a-z])(?:,? (?:for|as in) [a-z]+)", re.IGNORECASE)
_DOUBLE_U = re.compile(r"\bdouble[- ]?(?:u|you)\b", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?|\d+")
_TENS = {word: 10 * tens for tens, word in enumerate(TENS, 2)}
_FIGURES = {word: str(value) for value, word in enumerate(ONES)}
_FIGURES |= {word: str(value) for word, value in _TENS.items()} | {"oh": "0"}
_TWENTIES = re.compile(rf"\b({'|'.join(TENS)})[- ]({'|'.join(ONES[1:10])})\b", re.IGNORECASE)
_NOT_PART = frozenset({"it", "is", "my", "to", "so", "uh", "um", "er", "of", "at", "no", "am", "in", "we"})


def find_identity(text: str, kind: IdentityQuestionKind, locale: str) -> str | None:
    """The answer that a customer gave, normalised as the alert holds it; the last one said counts.

    Args:
        text: What was said.
        kind: What was asked for.
        locale: Whose way of saying dates holds.

    Returns:
        `MM-DD`, a postcode or its first half in upper case without spaces, or None.
    """
    if kind is IdentityQuestionKind.BIRTHDAY:
        found = numbers.find_days(text, locale)
        day = found[-1].value if found else numbers.find_scattered_day(text, locale)
        return f"{day[0]:02d}-{day[1]:02d}" if day else None
    return _postcode(text, locale)


def _postcode(text: str, locale: str) -> str | None:
    runs = [run.value for run in numbers.find_digits(text, locale) if len(run.value) >= 3]
    codes = [code for spelled in _spelled(text) for code in _UK.findall(spelled)]
    return (codes or runs or [None])[-1]


@cache
def _letters() -> dict[str, str]:
    """Names of letters and words of spelling alphabets, to the letters."""
    document = fast_yaml.load(resources.files("agent.brains.lexicon").joinpath("spelling.yaml").read_text("utf-8"))
    return {str(word): str(letter) for letter, words in document["letters"].items() for word in words}


def _in_figures(number: re.Match[str]) -> str:
    """A number from twenty-one to ninety-nine in figures."""
    return str(_TENS[number[1].lower()] + ONES.index(number[2].lower()))


def _spelled(text: str) -> list[str]:
    """Strings of letters and digits that were spelled out in a row."""
    runs, run = [], ""
    plain = _TWENTIES.sub(_in_figures, _FOR.sub(r"\1", _DOUBLE_U.sub("w", text)))
    for token in _TOKEN.findall(plain):
        letter = _letters().get(token.lower(), token)
        part = _FIGURES.get(token.lower(), letter.upper())
        if (len(part) <= 2 or part.isdigit()) and token.lower() not in _NOT_PART:
            run += part
        elif run:
            runs.append(run)
            run = ""
    return [*runs, run]
