"""What a model is sent for an analysis, and what it may send back."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from agent import untrusted
from agent.analysis.pen import Pen, label, payee
from agent.brains.dialect import Dialect, Format
from agent.brains.request import delimited
from cases.domain.analysis import Dossier, Section, Statement, Writer
from cases.domain.policy import Text
from cases.domain.vocabulary import Language, Question
from prompts import fill
from prompts.analysis import AnalysisPrompts

MOST_SENTENCES = 16
"""Most sentences that are taken from a model."""
MAX_SAID = 1200
"""Longest utterance that a model is given, characters."""
IDENTITY_ANSWER = "[identity answer]"
"""What stands in place of the answer to the identity question."""


class AnalysisSchemaError(ValueError):
    """What a model wrote is not an analysis; the message names the field.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "analysis_schema"


class _Sentence(BaseModel):
    model_config = ConfigDict(strict=False, extra="forbid", frozen=True)

    section: Section
    turns: list[int]
    en: str
    zh: str


class _Document(BaseModel):
    model_config = ConfigDict(strict=False, extra="forbid", frozen=True)

    statements: list[_Sentence]


def json_schema() -> dict[str, Any]:
    """The strict JSON schema of what a model writes."""
    sentence = {
        "section": {"type": "string", "enum": list(Section)},
        "turns": {"type": "array", "items": {"type": "integer"}},
        "en": {"type": "string"},
        "zh": {"type": "string"},
    }
    return _object({"statements": {"type": "array", "items": _object(sentence)}})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def parse(text: str) -> tuple[Statement, ...]:
    """The sentences that a model wrote, unchecked; those beyond the cap are left out.

    Raises:
        AnalysisSchemaError: It is something else.
    """
    try:
        document = _Document.model_validate_json(text)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"]) or "document"
        raise AnalysisSchemaError(f"{field}: {error.errors()[0]['type']}") from None
    return tuple(
        Statement(one.section, Text(one.en, one.zh), tuple(sorted(set(one.turns))), writer=Writer.LLM)
        for one in document.statements[:MOST_SENTENCES]
    )


def messages(dossier: Dossier, prompts: AnalysisPrompts, dialect: Dialect) -> list[dict[str, str]]:
    """The messages of a request: what never changes, then the record of the call under marks."""
    words = {f"words_{one.value}": " ".join(sorted(prompts.words[one])) for one in Language}
    system = fill(prompts.system, words) if "{words_en}" in prompts.system else prompts.system
    if dialect.format is not Format.JSON_SCHEMA:
        system = f"{system.rstrip()}\n\nWrite nothing but JSON of this schema: {json.dumps(json_schema())}\n"
    data = delimited(record_data(dossier, prompts))
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": f"BEGIN DATA\n{data}\nEND DATA\n"},
    ]


def record_data(dossier: Dossier, prompts: AnalysisPrompts) -> dict[str, Any]:
    """What a model is told: the redacted call, what was recorded of it, and no more of the customer than that."""
    pen = Pen(dossier, prompts)
    seen, assessment, policy = dossier.call.verification, dossier.assessment, dossier.policy
    payment = dossier.alert.transaction
    return {
        "language": dossier.language.value,
        "payment": {
            "amount": str(payment.amount),
            "payee": _pair(payee(dossier.alert)),
            "memo": untrusted.plain(payment.memo or "", untrusted.MAX_MEMO),
            "channel": payment.channel.value,
            "first_time_payee": payment.first_time_payee,
        },
        "identity": seen.identity.value,
        "confirmation": seen.confirmation.value,
        "warning_heard_to_its_end": seen.warned,
        "outcome": assessment.outcome.value,
        "proposal": dossier.proposal.value,
        "ending": dossier.call.ending.value,
        "reasons": [
            {**_pair(label(Text(one.reason_en, one.reason_zh))), "turns": list(one.turns)}
            for one in assessment.findings
        ],
        "signals": [
            {**_pair(label(policy.signals[one.signal.code].label)), "quote": one.signal.quote, "turn": one.turn}
            for one in seen.signals
        ],
        "typologies": [_pair(label(policy.typologies[one].label)) for one in assessment.typologies[:3]],
        "answers": [
            {**_pair(pen.question(one.question)), "value": one.value, "turn": one.turn}
            for one in seen.answers
            if one.question is not Question.IDENTITY
        ],
        "turns": _turns(dossier),
    }


def _pair(text: Text) -> dict[str, str]:
    return {"en": text.en.strip(), "zh": text.zh.strip()}


def _turns(dossier: Dossier) -> list[dict[str, Any]]:
    hidden = {one.turn for one in dossier.call.verification.answers if one.question is Question.IDENTITY}
    told: list[dict[str, Any]] = []
    for turn in dossier.call.turns:
        said = IDENTITY_ANSWER if turn.index in hidden else turn.heard_text[:MAX_SAID]
        one: dict[str, Any] = {"turn": turn.index, "speaker": turn.speaker.value, "said": said}
        if turn.acts:
            one["acts"] = [act.value for act in turn.acts]
        if turn.interrupted:
            one["cut_off"] = True
        told.append(one)
    return told
