"""Turns for a model, and models behind the fake server."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import prompts
from agent.brains.brain import TurnContext
from agent.brains.fake_llm import FakeAnswer, FakeLlmServer, reading_json, tokens
from agent.brains.llm import LlmBrain
from cases.domain.limits import ModelBudget
from cases.domain.vocabulary import Act, Language, Question
from tests.support.text_talk import ALERTS, POLICY

PROMPTS = prompts.load()
PLENTY = ModelBudget(turns=100, tokens=1_000_000, seconds=3600)
RISKY = frozenset((rule.question, value) for rule in POLICY.scorecard.answers for value in rule.values)
ACTS = {
    None: Act.GREET,
    Question.IDENTITY: Act.ASK_IDENTITY,
    Question.MADE: Act.ASK_MADE,
    Question.PURPOSE: Act.ASK_PURPOSE,
    Question.CONTACTED: Act.ASK_CONTACTED,
    Question.PROCEED: Act.ASK_PROCEED,
}


def context(
    said: str, question: Question | None = Question.MADE, language: Language = Language.EN, **changes: Any
) -> TurnContext:
    known = question not in (None, Question.IDENTITY)
    turn = TurnContext(
        ALERTS[language], language, ACTS[question], question, said, disclosed=known, free_reply=known, risky=RISKY
    )
    return replace(turn, **changes)


def model_at(server: FakeLlmServer, **settings: Any) -> LlmBrain:
    return LlmBrain(model="fake", api_key="none", base_url=server.base_url, prompts=PROMPTS, **settings)


def streamed(intent: str, **fields: Any) -> FakeAnswer:
    return FakeAnswer(tokens(reading_json(intent, **fields)))


def data_lines(request: dict[str, Any]) -> list[dict[str, Any]]:
    """What a request tells of call, history and turn."""
    data = request["messages"][-1]["content"]
    return [json.loads(line) for line in data.splitlines() if line.startswith("{")]
