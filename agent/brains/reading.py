"""The Reading as a language model writes it: strict schema, parser for a stream, checks against what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, StrictBool, ValidationError
from pydantic_core import from_json

from cases.domain.reading import ReadAnswer, Reading, Signal
from cases.domain.vocabulary import COMPARED_SIGNALS, Intent, Language, Question, SignalCode

MAX_ITEMS = 12
"""Most answers, and most signals, that are read from one turn."""
MAX_VALUE = 80
"""Longest value of an answer, characters."""
MAX_REPLY = 400
"""Longest free wording that is used, characters."""
OFFERED_SIGNALS: tuple[SignalCode, ...] = tuple(code for code in SignalCode if code not in COMPARED_SIGNALS)
"""Signals that a model may report."""
_HEAD = ("intent", "answers", "signals", "language", "complete")
_LANGUAGES: dict[str, Language | None] = {"en": Language.EN, "zh": Language.ZH, "other": None}


class ReadingError(ValueError):
    """What a model wrote is not a Reading; the message names the field.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "reading"


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class AnswerDocument(_Strict):
    """An answer as a model writes it."""

    question: str
    value: str
    quote: str


class SignalDocument(_Strict):
    """A signal as a model writes it."""

    code: str
    quote: str


class HeadDocument(_Strict):
    """Everything of a Reading but the reply, in the order of the protocol."""

    intent: Intent
    answers: list[AnswerDocument]
    signals: list[SignalDocument]
    language: str
    complete: StrictBool

    model_config = ConfigDict(strict=False, extra="forbid", frozen=True)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def json_schema() -> dict[str, Any]:
    """The strict JSON schema of a Reading, fields in the order of the protocol."""
    text = {"type": "string"}
    answer = _object({"question": {"type": "string", "enum": list(Question)}, "value": text, "quote": text})
    signal = _object({"code": {"type": "string", "enum": list(OFFERED_SIGNALS)}, "quote": text})
    return _object(
        {
            "intent": {"type": "string", "enum": list(Intent)},
            "answers": {"type": "array", "items": answer},
            "signals": {"type": "array", "items": signal},
            "language": {"type": "string", "enum": list(_LANGUAGES)},
            "complete": {"type": "boolean"},
            "reply": text,
        }
    )


@dataclass(frozen=True, slots=True)
class Checked:
    """A Reading that holds nothing unfounded.

    Attributes:
        reading: The Reading without a reply.
        findings: What was dropped and why.
    """

    reading: Reading
    findings: tuple[str, ...]


def check(document: HeadDocument, said: str) -> Checked:
    """Keep what is known and rests on words that were said.

    Args:
        document: What the model wrote.
        said: What the customer said.
    """
    findings: list[str] = []
    answers = [answer for item in document.answers[:MAX_ITEMS] if (answer := _answer(item, said, findings))]
    signals = [signal for item in document.signals[:MAX_ITEMS] if (signal := _signal(item, said, findings))]
    language = _LANGUAGES.get(document.language)
    reading = Reading(document.intent, tuple(answers), tuple(signals), language, document.complete)
    return Checked(reading, tuple(findings))


def _answer(item: AnswerDocument, said: str, findings: list[str]) -> ReadAnswer | None:
    if item.question not in set(Question):
        findings.append("unknown question dropped")
        return None
    if not _founded(item.quote, said):
        findings.append(f"answer without its quote dropped: {item.question}")
        return None
    return ReadAnswer(Question(item.question), item.value.strip()[:MAX_VALUE], item.quote)


def _signal(item: SignalDocument, said: str, findings: list[str]) -> Signal | None:
    if item.code not in OFFERED_SIGNALS:
        findings.append("unknown signal dropped")
        return None
    if not _founded(item.quote, said):
        findings.append(f"signal without its quote dropped: {item.code}")
        return None
    return Signal(SignalCode(item.code), item.quote)


def _founded(quote: str, said: str) -> bool:
    return bool(quote.strip()) and quote in said


def unfenced(text: str) -> str:
    """JSON without the Markdown fence in which models put it that no server holds to JSON."""
    if not text.lstrip().startswith("`"):
        return text
    _, _, rest = text.lstrip().partition("\n")
    return rest.rstrip().rstrip("`")


class ReadingStream:
    """Parses a Reading while it is being written: the head as soon as it is whole, the reply piece by piece."""

    def __init__(self) -> None:
        """Begin before the first character."""
        self._text = ""
        self._head: HeadDocument | None = None
        self._given = 0

    @property
    def head(self) -> HeadDocument | None:
        """Everything but the reply, once it is there."""
        return self._head

    def feed(self, piece: str) -> str:
        """Take more text and return the piece of the reply that is new.

        Raises:
            ReadingError: The text cannot become a Reading any more.
        """
        self._text += piece
        document = self._parse(partial=True)
        if self._head is None and "complete" in document:
            self._head = self._validated(document)
        return self._new_reply(document) if self._head is not None else ""

    def finish(self) -> str:
        """End of the text; returns the rest of the reply.

        Raises:
            ReadingError: The text is not a whole Reading.
        """
        document = self._parse(partial=False)
        if set(document) != {*_HEAD, "reply"}:
            raise ReadingError("the fields are not those of a Reading")
        if self._head is None:
            self._head = self._validated(document)
        return self._new_reply(document)

    def _parse(self, *, partial: bool) -> dict[str, Any]:
        text = unfenced(self._text)
        if partial and not text.strip():
            return {}
        try:
            document = from_json(text, allow_partial="trailing-strings" if partial else False)
        except ValueError as error:
            raise ReadingError("not JSON") from error
        if not isinstance(document, dict):
            raise ReadingError("not an object")
        return document

    def _validated(self, document: dict[str, Any]) -> HeadDocument:
        missing = [name for name in _HEAD if name not in document]
        if missing:
            raise ReadingError(f"{missing[0]}: missing before `complete`")
        try:
            return HeadDocument.model_validate({name: document[name] for name in _HEAD})
        except ValidationError as error:
            field = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise ReadingError(f"{field}: {error.errors()[0]['type']}") from error

    def _new_reply(self, document: dict[str, Any]) -> str:
        reply = document.get("reply", "")
        if not isinstance(reply, str):
            raise ReadingError("reply: must be text")
        new = reply[self._given : MAX_REPLY]
        self._given = max(self._given, len(reply))
        return new


def merge_signals(reading: Reading, more: Sequence[Signal]) -> Reading:
    """Add signals whose codes the Reading does not hold yet."""
    known = {signal.code for signal in reading.signals}
    added = tuple(signal for signal in more if signal.code not in known)
    return replace(reading, signals=(*reading.signals, *added)) if added else reading
