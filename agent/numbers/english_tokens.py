"""English text in words and digits, with where each stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.numbers.english import ONES, TENS

CARDINAL = {word: value for value, word in enumerate(ONES)} | {"oh": 0, "o": 0, "nought": 0, "nil": 0}
"""Words below twenty with their values."""
TEN_WORDS = {word: (index + 2) * 10 for index, word in enumerate(TENS)}
"""Twenty to ninety."""
_TOKEN = re.compile(r"\d+(?:,\d{3})+|\d+|[a-z]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a number in a text.

    Attributes:
        word: In lower case.
        start: Index of its first character.
        end: Index after its last.
    """

    word: str
    start: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """The words and numbers of a text."""
    return [Token(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(text.lower())]


def small(tokens: list[Token], at: int) -> tuple[int, int] | None:
    """Read a number below 100 in words, or digits of any size; gives the value and the index after it."""
    if at >= len(tokens):
        return None
    word = tokens[at].word
    if word[0].isdigit():
        return int(word.replace(",", "")), at + 1
    if word in CARDINAL:
        return CARDINAL[word], at + 1
    if word not in TEN_WORDS:
        return None
    follows = CARDINAL.get(tokens[at + 1].word, 0) if at + 1 < len(tokens) else 0
    return (TEN_WORDS[word] + follows, at + 2) if 0 < follows < 10 else (TEN_WORDS[word], at + 1)
