"""Runs of digits in a customer's words, written, said one by one, in pairs or doubled, in English and Chinese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from cases import fast_yaml

MOST_FILLERS = 5
"""So many filler words in a row may stand inside one number."""
_WIDE = "[\u3400-\u9fff○〇]"
_BEFORE_ME = "什怎那这多要"
"""Characters after which 么 is no digit."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One spoken number: a digit, a pair, a written group.

    Attributes:
        value: Its digits.
        start: Index of its first character.
        end: Index after its last character.
        scaled: Whether it was said with a scale ("four thousand"): an amount or a count, no row of digits.
    """

    value: str
    start: int
    end: int
    scaled: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Numbers that follow each other with nothing but fillers between them."""

    pieces: tuple[Piece, ...]

    @property
    def value(self) -> str:
        """Its digits, what was said with a scale left out."""
        return "".join(piece.value for piece in self.pieces if not piece.scaled)

    @property
    def whole(self) -> str:
        """All its digits."""
        return "".join(piece.value for piece in self.pieces)

    @property
    def start(self) -> int:
        """Index of its first character."""
        return self.pieces[0].start

    @property
    def end(self) -> int:
        """Index after its last character."""
        return self.pieces[-1].end


@cache
def words() -> dict[str, Any]:
    """The file words.yaml of this package."""
    text = resources.files("agent.dialogue.redaction").joinpath("words.yaml").read_text(encoding="utf-8")
    return dict(fast_yaml.load(text))


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int


@cache
def _token_pattern() -> re.Pattern[str]:
    document = words()
    long = [word for word in (*document["fillers"], *document["repeats"]) if re.match(_WIDE, word) and len(word) > 1]
    listed = "|".join(sorted(map(re.escape, long), key=len, reverse=True))
    return re.compile(rf"\d+(?:,\d{{3}})+(?!\d)|\d+|{listed}|{_WIDE}|[^\W\d_\u3400-\u9fff]+(?:['’][^\W\d_]+)?")


def _tokens(text: str) -> list[_Token]:
    return [_Token(m.group().lower().replace("’", "'"), m.start(), m.end()) for m in _token_pattern().finditer(text)]


def runs(text: str) -> list[Run]:
    """Every run of numbers in the order of the text."""
    found: list[Run] = []
    current: list[Piece] = []
    fillers = 0
    listed = frozenset(words()["fillers"])
    for item in _read(_tokens(text)):
        if isinstance(item, Piece):
            current.append(item)
            fillers = 0
        elif item.text in listed and fillers < MOST_FILLERS:
            fillers += 1
        elif current:
            found.append(Run(tuple(current)))
            current = []
    return [*found, Run(tuple(current))] if current else found


def is_filler(text: str) -> bool:
    """Whether a text holds nothing but fillers."""
    listed = frozenset(words()["fillers"])
    return all(token.text in listed for token in _tokens(text))


def _read(tokens: list[_Token]) -> Iterator[Piece | _Token]:
    at = 0
    while at < len(tokens):
        read = _repeated(tokens, at) or _chinese(tokens, at) or _english(tokens, at)
        if read is None:
            yield tokens[at]
            at += 1
        else:
            yield read[0]
            at = read[1]


def _repeated(tokens: list[_Token], at: int) -> tuple[Piece, int] | None:
    """Read "double four", "triple oh", 三个八."""
    times = words()["repeats"].get(tokens[at].text)
    if times is None or at + 1 >= len(tokens):
        return None
    digit = _digit(tokens, at + 1)
    if digit is None:
        return None
    return Piece(digit * times, tokens[at].start, tokens[at + 1].end), at + 2


def _digit(tokens: list[_Token], at: int) -> str | None:
    """The digits of one token: a digit in words, or digits as they are written."""
    token = tokens[at]
    if token.text[0].isdecimal():
        return "".join(str(unicodedata.digit(character)) for character in token.text if character != ",")
    if token.text == "么" and at and tokens[at - 1].text in _BEFORE_ME and tokens[at - 1].end == token.start:
        return None
    found = words()["digits"].get(token.text)
    return None if found is None else str(found)


def _chinese(tokens: list[_Token], at: int) -> tuple[Piece, int] | None:
    """Read a Chinese numeral whole: with a place in it (四千八) it is an amount, else digit by digit."""
    places = words()["places"]
    if not _begins_chinese(tokens[at]):
        return None
    value, run, longest, after, placed = "", 0, 0, at, False
    while after < len(tokens) and (after == at or tokens[after].start == tokens[after - 1].end):
        token = tokens[after]
        if token.text in places:
            placed, run = True, 0
        elif _begins_chinese(token) and (digit := _digit(tokens, after)) is not None:
            value += digit
            run += len(digit)
            longest = max(longest, run)
        else:
            break
        after += 1
    if not value:
        return None
    if not placed:
        return Piece(_digit(tokens, at) or "", tokens[at].start, tokens[at].end), at + 1
    return Piece(value, tokens[at].start, tokens[after - 1].end, scaled=longest < 4), after


def _begins_chinese(token: _Token) -> bool:
    return re.match(_WIDE, token.text) is not None or token.text[0].isdecimal()


def _english(tokens: list[_Token], at: int) -> tuple[Piece, int] | None:
    """Read a number below a hundred in words, with the scale that may follow it."""
    document = words()
    text = tokens[at].text
    value, after = _digit(tokens, at), at + 1
    if value is None and text in document["teens"]:
        value = str(document["teens"][text])
    elif value is None and text in document["tens"]:
        value = str(document["tens"][text])
        unit = _digit(tokens, after) if after < len(tokens) and not tokens[after].text[0].isdecimal() else None
        value, after = (value + unit, after + 1) if unit not in (None, "0") else (value + "0", after)
    elif text == "a" and after < len(tokens) and tokens[after].text in document["scales"]:
        value = "1"
    if value is None:
        return None
    if after < len(tokens) and tokens[after].text in document["scales"]:
        return _scaled(tokens, at, value, after)
    return Piece(value, tokens[at].start, tokens[after - 1].end), after


def _scaled(tokens: list[_Token], at: int, value: str, after: int) -> tuple[Piece, int]:
    """Read on after a scale: "four thousand eight hundred and twelve" is one number."""
    scales = words()["scales"]
    end = after
    while end < len(tokens) and tokens[end].text in scales:
        value += "0" * {"hundred": 2}.get(tokens[end].text, 3)
        end += 1
        follows = end + 1 if end < len(tokens) and tokens[end].text == "and" else end
        if follows < len(tokens) and (read := _english(tokens, follows)) is not None:
            part = read[0].value
            value = value[: -len(part)] + part if len(part) < len(value) else value
            end = read[1]
            if read[0].scaled:
                break
    return Piece(value, tokens[at].start, tokens[end - 1].end, scaled=True), end
