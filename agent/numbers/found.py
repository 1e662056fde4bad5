"""What a search in text finds, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Found(Generic[Value]):
    """A value with the span of text it was read from.

    Attributes:
        value: What was read.
        start: Index of the first character.
        end: Index after the last character.
    """

    value: Value
    start: int
    end: int
