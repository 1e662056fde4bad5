"""A judge's answer: its strict schema, and what of it rests on the agent's own words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from agent.brains.reading import unfenced
from cases.domain.vocabulary import Speaker
from evals.errors import JudgeError
from evals.judging.model import BEST, NOT_SHOWN, Criterion, Judgement, Mark, Spoken

MAX_REASON = 400
"""Longest reason that is kept, characters."""


class MarkDocument(BaseModel):
    """A mark as a judge writes it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    turn: int
    quote: str
    reason: str
    score: int = Field(ge=NOT_SHOWN, le=BEST)


_ANSWER: type[BaseModel] = create_model(
    "JudgeDocument",
    __config__=ConfigDict(strict=True, extra="forbid", frozen=True),
    **{criterion.value: (MarkDocument, ...) for criterion in Criterion},  # type: ignore[call-overload]
)


def json_schema() -> dict[str, Any]:
    """The strict JSON schema of an answer: the reason stands before the score, so that it is thought of first."""
    properties = {
        "turn": {"type": "integer"},
        "quote": {"type": "string"},
        "reason": {"type": "string"},
        "score": {"type": "integer", "enum": list(range(NOT_SHOWN, BEST + 1))},
    }
    mark = _object(properties)
    return _object({criterion.value: mark for criterion in Criterion})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def read_answer(text: str, talk: Sequence[Spoken]) -> Judgement:
    """The marks of an answer that quote what the agent said.

    Args:
        text: What the judge wrote.
        talk: What it was shown.

    Raises:
        JudgeError: It is no answer; the message names the field, and nothing of the text.
    """
    try:
        document = _ANSWER.model_validate_json(unfenced(text))
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise JudgeError(f"the judge's answer breaks its schema at {field}: {first['type']}") from None
    said = {turn.index: turn.text for turn in talk if turn.speaker is Speaker.AGENT}
    marks: dict[Criterion, Mark] = {}
    dropped: list[Criterion] = []
    for criterion in Criterion:
        mark: MarkDocument = getattr(document, criterion.value)
        founded = bool(mark.quote.strip()) and mark.quote in said.get(mark.turn, "")
        if mark.score == NOT_SHOWN or founded:
            quote = mark.quote if founded else ""
            marks[criterion] = Mark(mark.score, mark.turn, quote, mark.reason[:MAX_REASON])
        else:
            dropped.append(criterion)
    return Judgement(marks, tuple(dropped))
