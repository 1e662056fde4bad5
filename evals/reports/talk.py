"""What a report holds of a conversation: turns, what was understood of them, what was recorded from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SignalRecord:
    """A signal with its quote; `turn` is None inside a reading, whose turn it is."""

    code: str
    quote: str
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """An answer with its quote; `turn` is None inside a reading, whose turn it is."""

    question: str
    value: str
    quote: str
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class ReadingRecord:
    """What was understood of a customer turn; fields as in `cases.domain.reading.Reading`."""

    intent: str
    answers: tuple[AnswerRecord, ...]
    signals: tuple[SignalRecord, ...]
    language: str | None
    complete: bool


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One utterance; fields as in `cases.domain.call.Turn`. Times are None in text, which has none."""

    index: int
    speaker: Literal["agent", "customer"]
    text: str
    heard_text: str
    acts: tuple[str, ...]
    started_ms: int | None
    ended_ms: int | None
    interrupted: bool
    reading: ReadingRecord | None
    brain: str | None
    response_ms: int | None
    yield_ms: int | None
    findings: tuple[str, ...]
