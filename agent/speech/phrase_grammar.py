"""Sentences written as patterns: alternatives, classes and optional parts, expanded into weighted words.

A pattern is a row of words, `[class]` for any entry of that class, and `(a|b|)` for one of its sides; sides may hold
patterns again. Every entry and every side of a choice is equally likely.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Words = tuple[str, ...]
Slot = tuple[tuple[Words, float], ...]
"""The alternatives of one place in a sentence, each with its probability."""

_TOKEN = re.compile(r"\[(\w+)\]|([()|])|([^\s()|\[\]]+)")


class PatternError(ValueError):
    """A pattern has an unknown class or a bracket without its partner; the message quotes it."""


@dataclass(frozen=True, slots=True)
class PhrasePattern:
    """One pattern, taken apart.

    Attributes:
        slots: What stands in each place, in order.
    """

    slots: tuple[Slot, ...]

    @classmethod
    def parse(cls, text: str, classes: Mapping[str, Sequence[str]]) -> PhrasePattern:
        """Take a pattern apart.

        Raises:
            PatternError: It cannot be read.
        """
        tokens = list(_TOKEN.finditer(text))
        slots, rest = _sequence(tokens, 0, text, classes)
        if rest != len(tokens):
            raise PatternError(f"a closing bracket or a bar too many in {text!r}")
        return cls(tuple(slots))


def _sequence(
    tokens: list[re.Match[str]], at: int, text: str, classes: Mapping[str, Sequence[str]]
) -> tuple[list[Slot], int]:
    """Slots from a place up to the end, a bar or a closing bracket, and where that stands."""
    slots: list[Slot] = []
    while at < len(tokens) and tokens[at][2] not in (")", "|"):
        name, mark, word = tokens[at].groups()
        if word:
            slots.append((((word,), 1.0),))
        elif name:
            if name not in classes:
                raise PatternError(f"no class {name!r}, which {text!r} asks for")
            entries = classes[name]
            slots.append(tuple((tuple(str(entry).split()), 1 / len(entries)) for entry in entries))
        elif mark == "(":
            slot, at = _choice(tokens, at + 1, text, classes)
            slots.append(slot)
        at += 1
    return slots, at


def _choice(tokens: list[re.Match[str]], at: int, text: str, classes: Mapping[str, Sequence[str]]) -> tuple[Slot, int]:
    """The slot of a bracket whose first token is given, and where it closes."""
    sides: list[list[Slot]] = []
    while True:
        side, at = _sequence(tokens, at, text, classes)
        sides.append(side)
        if at >= len(tokens):
            raise PatternError(f"a bracket is not closed in {text!r}")
        if tokens[at][2] == ")":
            break
        at += 1
    options = [(words, p / len(sides)) for side in sides for words, p in _expand(side)]
    return tuple(options), at


def _expand(slots: list[Slot]) -> list[tuple[Words, float]]:
    """Every row of words that slots allow, with its probability."""
    rows: list[tuple[Words, float]] = [((), 1.0)]
    for slot in slots:
        rows = [(words + more, p * q) for words, p in rows for more, q in slot]
    return rows
