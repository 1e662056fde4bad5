"""Pieces of a text that are replaced in one go, so that nothing is replaced twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text and what takes its place.

    Attributes:
        start: Index of its first character.
        end: Index after its last.
        new: What takes its place.
    """

    start: int
    end: int
    new: str


def put(text: str, spans: Iterable[Span]) -> str:
    """A text with its pieces replaced; of two that overlap the earlier given one counts."""
    taken: list[Span] = []
    for span in spans:
        if all(span.end <= other.start or other.end <= span.start for other in taken):
            taken.append(span)
    for span in sorted(taken, key=lambda one: -one.start):
        text = text[: span.start] + span.new + text[span.end :]
    return text
