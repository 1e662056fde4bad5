"""Situations in which words beside a plain yes or no decide, and that none of them helps a payment out."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.brains.brain import TurnContext
from agent.brains.lexicon import OPENING
from agent.brains.rules import read_by_rules
from cases.domain.reading import Reading
from cases.domain.vocabulary import HARD_SIGNALS, Act, Intent, Language, Question
from tests.support.alerts import alert_en, alert_zh

ALERTS = {Language.EN: alert_en(), Language.ZH: alert_zh()}
READINGS = Path(__file__).parent / "readings"
LEAST_PER_CLASS = 10
PROTECTIVE = ("contacted", "told_what_to_say", "remote_access")
PAYMENT = frozenset({Intent.CONFIRM, Intent.DENY})


def load(folder: str, language: Language) -> dict[str, dict[str, list[str]]]:
    loaded: dict[str, dict[str, list[str]]] = yaml.safe_load(
        (READINGS / folder / f"{language}.yaml").read_text("utf-8")
    )
    return loaded


def read(language: Language, asked: str, said: str) -> Reading:
    question = None if asked == OPENING else Question(asked)
    act = Act.GREET if asked == OPENING else Act.REPEAT
    return read_by_rules(TurnContext(ALERTS[language], language, act, question, said))


def comes_out(reading: Reading, asked: str, expected: str) -> bool:
    value = next((answer.value for answer in reading.answers if answer.question == asked), None)
    hard = any(signal.code in HARD_SIGNALS for signal in reading.signals)
    polar = asked in (Question.MADE, Question.PROCEED)
    match expected:
        case "yes" | "no" if polar:
            return reading.intent is (Intent.CONFIRM if expected == "yes" else Intent.DENY)
        case "yes" | "no":
            return value == expected and reading.intent is Intent.ANSWER
        case "answer":
            return value not in (None, "unsure", "declined")
        case "never_yes":
            return reading.intent is not Intent.CONFIRM
        case "never_no":
            return value != "no" or hard
        case "open":
            return reading.intent not in PAYMENT
    if expected.startswith("signal "):
        return expected.removeprefix("signal ") in {signal.code.value for signal in reading.signals}
    return expected in (value, reading.intent.value)


ROWS = [
    pytest.param(language, *row, id=f"{language}-{name}-{row[2]}")
    for language in Language
    for name, rows in load("situations", language).items()
    for row in rows
]


@pytest.mark.parametrize(("language", "asked", "expected", "said"), ROWS)
def test_what_comes_of_it(language: Language, asked: str, expected: str, said: str) -> None:
    assert comes_out(read(language, asked, said), asked, expected)


def test_every_class_is_tried_in_both_languages() -> None:
    english, chinese = load("situations", Language.EN), load("situations", Language.ZH)
    assert set(english) == set(chinese)
    assert min(len(rows) for rows in (*english.values(), *chinese.values())) >= LEAST_PER_CLASS


DIRECTED = {
    Language.EN: [
        "He said you'd ask.",
        "She told me to put it down as a gift.",
        "they want me to keep it short",
        "The gentleman said you would ring.",
        "he asked me to call it a loan",
        "I'm to say it's family.",
        "They warned me about this call.",
        "she's helping me with it",
        "he gave me a note of what to say",
        "I was told to",
        "apart from the gentleman who rang",
        "except for the lady on Telegram",
        "they said it's routine",
    ],
    Language.ZH: [
        "他说你们会问的。",
        "就让我备注写家用。",
        "她叫我少说两句。",
        "对方交代过的。",
        "人家教我这么弄的。",
        "老师说银行会打电话。",
        "他提醒过我你们要查。",
        "他说没事的。",
        "照着他发的填就行。",
        "除了那个客服。",
        "有个老师带着我弄的。",
        "说是走个流程。",
        "我听他的。",
    ],
}
DISOWNED = {
    Language.EN: ["It wasn't me who did it.", "I didn't press anything.", "not by me though", "I never sent it."],
    Language.ZH: ["不是我操作的。", "不过我没点确认。", "但不是我弄的。", "我没转过。"],
}


def said_with(language: Language, said: str, residue: str) -> str:
    return f"{said.rstrip('.。!！,，')}{', ' if language is Language.EN else '，'}{residue}"


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(list(Language)), st.sampled_from(PROTECTIVE), st.data())
def test_a_no_beside_what_somebody_directed_is_none(language: Language, asked: str, data: st.DataObject) -> None:
    said = data.draw(st.sampled_from(load("bank", language)[asked]["no"]))
    residue = data.draw(st.sampled_from(DIRECTED[language]))
    assert comes_out(read(language, asked, said_with(language, said, residue)), asked, "never_no")


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(list(Language)), st.data())
def test_a_yes_beside_a_denied_deed_confirms_nothing(language: Language, data: st.DataObject) -> None:
    said = data.draw(st.sampled_from(load("bank", language)["made"]["yes"]))
    residue = data.draw(st.sampled_from(DISOWNED[language]))
    assert read(language, "made", said_with(language, said, residue)).intent is not Intent.CONFIRM
