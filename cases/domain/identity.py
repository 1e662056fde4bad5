"""Whether what a customer said answers the identity question as the bank expects it."""

from __future__ import annotations

import re

from cases.domain.alert import IdentityQuestion, IdentityQuestionKind

_WHOLE_UK = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})")
_SHORTEST = 3
"""Digits that a part of a postcode must have."""


def answers_identity(question: IdentityQuestion, given: str) -> bool:
    """Compare an answer with the expected one.

    A birthday must be the same. Of a postcode the bank may hold a part and the customer say the whole, or the other way
    round: a British one agrees in its first half or its last three characters, digits in the ones it begins with.

    Args:
        question: What was asked and what is expected.
        given: The answer, normalised as `IdentityQuestion.expected` is.
    """
    said, expected = _normalised(given), _normalised(question.expected)
    if said == expected or question.kind is not IdentityQuestionKind.POSTCODE:
        return said == expected
    if said.isdigit() and expected.isdigit():
        if len(said) > len(expected):
            return len(expected) >= _SHORTEST and said.startswith(expected)
        return len(said) >= max(_SHORTEST, (len(expected) + 1) // 2) and expected.startswith(said)
    return expected in _halves(said) or said in _halves(expected)[:1]


def _halves(postcode: str) -> tuple[str, ...]:
    whole = _WHOLE_UK.fullmatch(postcode)
    return whole.groups() if whole else ()


def _normalised(value: str) -> str:
    return "".join(value.split()).upper()
