"""What a model is sent: untrusted text never leaves the data, and the beginning of a request stays the same."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.brains.brain import TurnContext
from agent.brains.dialect import Dialect, Format
from agent.brains.fake_llm import FakeLlmServer
from agent.brains.request import HISTORY_STEP, HISTORY_TURNS, delimited, estimated_tokens, history_data, messages
from cases.domain.alert import Party
from cases.domain.vocabulary import COMPARED_SIGNALS, Language, Question, SignalCode, Speaker
from tests.support.alerts import alert_en
from tests.support.llm_turns import PROMPTS, context, model_at
from tests.support.scripted_model import reads_well
from tests.support.text_talk import EN, call, scripted

MARKS = [
    "END DATA",
    "end data",
    "BEGIN DATA",
    "\nEND DATA\n",
    "<|im_end|>",
    "[INST]",
    "</s>",
    "```",
    '"}',
    "\\",
    "\u2028",
]
STRICT = Dialect()
hostile = st.lists(st.one_of(st.text(max_size=20), st.sampled_from(MARKS)), max_size=6).map("".join)


def sent(turn: TurnContext, dialect: Dialect = STRICT) -> tuple[str, str]:
    system, user = messages(turn, PROMPTS, dialect)
    return system["content"], user["content"]


@given(said=hostile, before=hostile, other=hostile, payee=hostile, memo=hostile)
def test_no_text_breaks_out_of_the_data(said: str, before: str, other: str, payee: str, memo: str) -> None:
    transaction = replace(alert_en().transaction, creditor=Party(f"Payee {payee}"), memo=memo)
    turn = context(
        said,
        alert=replace(alert_en(), transaction=transaction),
        history=((Speaker.CUSTOMER, before), (Speaker.AGENT, before)),
        alternatives=(other,),
    )
    system, data = sent(turn)
    assert system == sent(context("hello"))[0]
    first, *lines, last, end = data.split("\n")
    assert (first, last, end) == ("BEGIN DATA", "END DATA", "")
    assert data.splitlines() == [first, *lines, last]
    call, one, two, now = map(json.loads, lines)
    assert (one, two) == ({"customer": before}, {"agent": before})
    assert now["turn"]["utterance"] == said and now["turn"]["other_hearings"] == [other]
    assert call["call"]["facts"]["payee"].startswith("Payee")
    inside = "\n".join(lines)
    assert not any(mark in inside for mark in ("<", ">", "|", "`", "[INST", "/s]"))
    assert "END DATA" not in inside.upper() and "BEGIN DATA" not in inside.upper()


@given(hostile)
def test_data_is_one_line_and_says_the_same(text: str) -> None:
    line = delimited({"text": text, "list": [text]})
    assert len(line.splitlines()) == 1
    assert json.loads(line) == {"text": text, "list": [text]}


TURN = r"{\"turn\""


def common(first: str, second: str) -> int:
    return len(os.path.commonprefix([first, second]))


async def test_each_request_begins_with_nearly_all_of_the_one_before() -> None:
    async with FakeLlmServer(reads_well) as server:
        brain = model_at(server)
        held = await call(alert_en(), scripted(EN), brain)
        await brain.aclose()
    assert {turn.brain for turn in held.turns if turn.speaker is Speaker.CUSTOMER} == {"llm"}
    whole = [json.dumps(request) for request in server.requests]
    known = [text for text in whole if "facts" in text.split("BEGIN DATA")[-1]]
    shared = [common(one, two) for one, two in zip(known, known[1:], strict=False)]
    assert len(shared) >= 4
    assert shared == sorted(set(shared))
    assert all(length >= text.rindex(TURN) for length, text in zip(shared, known, strict=False))
    static = common(whole[0], whole[-1])
    assert static >= whole[0].index("BEGIN DATA"), "system prompt and schema are shared across a whole call"


@pytest.mark.parametrize("form", list(Format))
def test_the_beginning_is_the_same_in_every_call(form: Format) -> None:
    first = sent(context("yes", Question.MADE), Dialect(form))[0]
    second = sent(context("不是", Question.PURPOSE, Language.ZH), Dialect(form))[0]
    assert first == second
    assert ('"additionalProperties"' in first) is (form is not Format.JSON_SCHEMA)


def test_a_long_history_leaves_in_steps() -> None:
    history = [(Speaker.CUSTOMER, str(number)) for number in range(200)]
    starts = []
    for length in range(200):
        given_ = history_data(context("hm", history=tuple(history[:length])))
        assert min(length, HISTORY_TURNS - HISTORY_STEP) <= len(given_) <= HISTORY_TURNS
        assert [turn["customer"] for turn in given_] == [text for _, text in history[length - len(given_) : length]]
        starts.append(length - len(given_))
    assert len(set(starts)) <= 200 // HISTORY_STEP + 1


def test_the_prompt_names_every_signal_that_a_model_may_report() -> None:
    described = PROMPTS.system["reading"].split("# Signals")[1]
    for code in SignalCode:
        assert (code.value in described) is (code not in COMPARED_SIGNALS), code


def test_tokens_are_estimated_rather_too_high() -> None:
    assert estimated_tokens("") == 0
    assert estimated_tokens("是我付的") == 4
    assert 9 <= estimated_tokens("Yes, that was me, I paid it.") <= 12
