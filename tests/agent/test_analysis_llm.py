"""The model's analysis against a server that writes well, lies, stalls, errs, refuses and babbles."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from openai import AsyncOpenAI

from agent.analysis.llm import LlmAnalyst
from agent.analysis.request import IDENTITY_ANSWER, json_schema
from agent.analysis.template import TemplateAnalyst
from agent.brains.fake_llm import STALL, FakeAnswer, FakeLlmServer, tokens
from cases.domain.analysis import Analysis, Dossier, Section, Writer, unfounded
from cases.domain.vocabulary import BankAction
from tests.support.analysis_talk import COACHED_EN, talked, texts

SAID = "the man from the bank told me to say it's for family"
BOUGHT = "Asked about GBP 4,800.00 to J Brown Motors, they said “Yes, that was me”."
BOUGHT_ZH = "问到付给 J Brown Motors 的 GBP 4,800.00 时，客户说“Yes, that was me”。"
TOLD = f"The customer was told what to say to the bank: “{SAID}”."
WELL = [
    ("what_happened", [3], "The person who answered passed the identity question.", "接听人已通过身份核实。"),
    ("what_happened", [5], BOUGHT, BOUGHT_ZH),
    ("signals", [13], TOLD, f"有人教客户如何应对银行：“{SAID}”。"),
    ("proposal", [13], f"The customer's own words “{SAID}” are the reason.", f"客户自己的话“{SAID}”就是理由。"),
]
OTHER_SECTION = '{"statements": [{"section": "verdict", "turns": [1], "en": "a", "zh": "b"}]}'
LIES = [
    ("what_happened", [5], "The customer paid Harbour Holdings.", "客户付给海港公司。"),
    ("proposal", [5], "The payment should be released.", "这笔付款应当放行。"),
    ("signals", [13], "The customer said “I was never told anything”.", "客户说“没有”。"),
    ("next_steps", [99], "Ask again.", "再问一次。"),
]


def written(rows: list[tuple[str, list[int], str, str]]) -> str:
    statements = [{"section": s, "turns": turns, "en": en, "zh": zh} for s, turns, en, zh in rows]
    return json.dumps({"statements": statements}, ensure_ascii=False)


async def analysed(answers: list[FakeAnswer], limit_s: float = 20.0) -> tuple[Analysis, Dossier, list[dict[str, Any]]]:
    dossier = await talked(COACHED_EN)
    async with FakeLlmServer(answers) as server:
        client = AsyncOpenAI(api_key="none", base_url=server.base_url, max_retries=0)
        analyst = LlmAnalyst(model="fake-1", client=client, limit_s=limit_s)
        found = await analyst.analyse(dossier)
        await analyst.aclose()
    assert unfounded(found, dossier.call, dossier.assessment) == ""
    assert found.proposal is BankAction.HOLD
    return found, dossier, server.requests


async def test_what_stands_is_the_models_and_the_template_fills_the_rest() -> None:
    found, dossier, _ = await analysed([FakeAnswer(tokens(written(WELL)))])
    assert (found.writer, found.model, found.findings) == (Writer.LLM, "fake-1", ())
    assert texts(found, Section.WHAT_HAPPENED) == [WELL[0][2], WELL[1][2]]
    writers = [one.writer for one in found.of(Section.PROPOSAL)]
    assert writers == [Writer.TEMPLATE, Writer.LLM], "the proposal is triage's, the model explains it"
    template = TemplateAnalyst().write(dossier)
    assert found.of(Section.CONTRADICTIONS) == template.of(Section.CONTRADICTIONS)
    assert found.of(Section.NEXT_STEPS) == template.of(Section.NEXT_STEPS)


async def test_what_a_model_makes_up_is_dropped_and_noted_without_its_words() -> None:
    found, _, _ = await analysed([FakeAnswer(tokens(written([*WELL, *LIES])))])
    assert found.findings == (
        "what_happened: word outside the list",
        "proposal: claim against the record",
        "signals: quote not said",
        "next_steps: no turn of the call",
    )
    said = " ".join(one.text.en for one in found.statements)
    assert "Harbour" not in said and "released" not in said


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (FakeAnswer((STALL,)), "model stalled"),
        (FakeAnswer(status=500), "model erred"),
        (FakeAnswer(refusal="no"), "model refused"),
        (FakeAnswer(("not json",)), "model broke the schema"),
        (FakeAnswer((OTHER_SECTION,)), "model broke the schema"),
        (FakeAnswer(tokens("x" * 41_000, 1000)), "model wrote too much"),
        (FakeAnswer(tokens(written(LIES))), "model failed the check"),
        (FakeAnswer(tokens(written([]))), "model failed the check"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
async def test_the_template_writes_where_the_model_does_not(answer: FakeAnswer, reason: str) -> None:
    stalls = STALL in answer.pieces
    found, dossier, _ = await analysed([answer], limit_s=0.3 if stalls else 20.0)
    assert found.findings[0] == f"template: {reason}"
    assert found.writer is Writer.TEMPLATE
    assert found.statements == TemplateAnalyst().write(dossier).statements


async def test_a_model_sees_no_identity_answer_and_nothing_of_the_customer() -> None:
    _, dossier, requests = await analysed([FakeAnswer(tokens(written(WELL)))])
    data = requests[0]["messages"][1]["content"]
    assert "twelfth" not in data and IDENTITY_ANSWER.strip("[]") in data
    assert dossier.alert.customer.contacts[0].address not in data and "03-12" not in data
    assert data.startswith("BEGIN DATA\n") and data.rstrip().endswith("END DATA")
    assert data.count("END DATA") == 1


def test_the_schema_is_strict_and_takes_what_a_model_writes_well() -> None:
    schema = json_schema()
    jsonschema.validate(json.loads(written(WELL)), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"statements": [], "proposal": "release"}, schema)
