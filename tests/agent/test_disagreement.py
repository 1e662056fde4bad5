"""A call in which model and rules understand the customer in opposite ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from agent.brains.fake_llm import FakeAnswer
from agent.dialogue.lines import Lines, facts_of
from cases.domain.alert import Alert
from cases.domain.script_state import ACT_OF_QUESTION
from cases.domain.vocabulary import Act, BankAction, Language, Outcome, Question, SignalCode
from tests.support.llm_turns import PROMPTS, data_lines, streamed
from tests.support.scripted_model import Model, reads_well, scripted_brain
from tests.support.text_talk import ALERTS, EN, ZH, Script, call, judged, scripted

SCRIPTS: dict[Language, Script] = {Language.EN: EN, Language.ZH: ZH}
DENIALS = {Language.EN: "No, that wasn't me.", Language.ZH: "不是我付的。"}
CONFIRMS = {Language.EN: "Yes, that was me.", Language.ZH: "是的，是我自己付的。"}
LANGUAGES = list(Language)


def wrong_about(question: str, intents: list[str]) -> Model:
    """A model that reads well, but for the first replies to one question."""
    left: Iterator[str] = iter(intents)

    def answer(request: dict[str, Any]) -> FakeAnswer:
        turn = data_lines(request)[-1]["turn"]
        intent = next(left, None) if turn["open_question"] == question else None
        return reads_well(request) if intent is None else streamed(intent)

    return answer


def answering(language: Language, *made: str) -> Script:
    return {**SCRIPTS[language], "ask_made": list(made)}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_agent_asks_again_in_other_words_and_a_plain_yes_settles_it(language: Language) -> None:
    alert = ALERTS[language]
    brain = scripted_brain(wrong_about("made", ["deny"]))
    held = await call(alert, scripted(answering(language, CONFIRMS[language])), brain)
    await brain.aclose()
    asked = [turn for turn in held.turns if Act.ASK_MADE in turn.acts]
    assert len(asked) == 2 and asked[0].text != asked[1].text
    assert asked[1].acts == (Act.CLARIFY, Act.ASK_MADE)
    assert asked[1].findings == ("made: model heard no, rules heard yes; not taken",)
    (signal,) = [one for one in held.verification.signals if one.signal.code is SignalCode.READINGS_DISAGREE]
    assert signal.signal.quote == CONFIRMS[language] == held.turns[signal.turn].text
    assert judged(alert, held).outcome is Outcome.CONFIRMED_GENUINE


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_denial_that_the_model_hears_too_the_second_time_blocks(language: Language) -> None:
    alert = ALERTS[language]
    brain = scripted_brain(wrong_about("made", ["confirm"]))
    held = await call(alert, scripted(answering(language, DENIALS[language])), brain)
    await brain.aclose()
    assert (judged(alert, held).outcome, judged(alert, held).action) == (Outcome.DENIED, BankAction.BLOCK)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", ["confirm", "deny"])
async def test_a_second_disagreement_holds_and_calls_for_a_person(language: Language, intent: str) -> None:
    alert = ALERTS[language]
    said = DENIALS[language] if intent == "confirm" else CONFIRMS[language]
    brain = scripted_brain(wrong_about("made", [intent] * 9))
    held = await call(alert, scripted(answering(language, said)), brain)
    await brain.aclose()
    assert held.turns[-1].acts == (Act.TRANSFER_TO_HUMAN, Act.GOODBYE)
    assert (judged(alert, held).action, judged(alert, held).escalate) == (BankAction.HOLD, True)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_indirect_yes_is_asked_for_once_in_plain_words(language: Language) -> None:
    alert = ALERTS[language]
    indirect = {Language.EN: "Well, the old one broke down last week.", Language.ZH: "哎呀，旧的那台上周坏了嘛。"}
    brain = scripted_brain(wrong_about("made", ["confirm"]))
    held = await call(alert, scripted(answering(language, indirect[language], CONFIRMS[language])), brain)
    await brain.aclose()
    assert len([turn for turn in held.turns if Act.ASK_MADE in turn.acts]) == 2
    assert SignalCode.READINGS_DISAGREE not in {one.signal.code for one in held.verification.signals}
    assert judged(alert, held).outcome is Outcome.CONFIRMED_GENUINE


async def test_an_identity_answer_that_one_of_both_hears_is_asked_for_again() -> None:
    alert = ALERTS[Language.EN]
    brain = scripted_brain(wrong_about("identity", ["unclear"]))
    held = await call(alert, scripted(EN), brain)
    await brain.aclose()
    asked = [turn for turn in held.turns if Act.ASK_IDENTITY in turn.acts]
    assert len(asked) == 2 and asked[0].text != asked[1].text
    assert asked[1].findings == ("identity: model heard none, rules heard one; not taken",)
    assert judged(alert, held).outcome is Outcome.CONFIRMED_GENUINE


def lines(alert: Alert) -> Lines:
    return Lines(alert, facts_of(alert, "47", PROMPTS, "Europe/London"), PROMPTS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("question", list(Question))
def test_every_question_is_put_again_in_other_words(language: Language, question: Question) -> None:
    said = [lines(ALERTS[language]).say(ACT_OF_QUESTION[question], times=times) for times in range(3)]
    assert len(set(said)) >= 2 and said[0] != said[1] and said[1] != said[2]
