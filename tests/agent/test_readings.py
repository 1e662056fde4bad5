"""What customers say, in both languages, and what the rules must make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent.brains import lexicon
from agent.brains.brain import TurnContext
from agent.brains.lexicon import CUSTOMER, OPENING, OTHER, LexiconError, expected_phrases, load
from agent.brains.lexicon.loading import parse
from agent.brains.rules import RulesBrain, read_by_rules
from agent.brains.spoken import spoken_language
from agent.brains.understanding import Heard, understand
from agent.numbers import find_days
from cases import policies
from cases.domain.alert import Alert
from cases.domain.reading import Reading
from cases.domain.vocabulary import COMPARED_SIGNALS, Act, Intent, Language, Question, SignalCode
from tests.support.alerts import alert_en, alert_zh

ALERTS = {Language.EN: alert_en(), Language.ZH: alert_zh()}
ACTS = {OPENING: Act.GREET, OTHER: Act.STILL_THERE}


def rows(language: Language) -> list[Any]:
    loaded: list[Any] = yaml.safe_load((Path(__file__).parent / "readings" / f"{language}.yaml").read_text("utf-8"))
    return loaded


def read(asked: str, said: str, alert: Alert) -> Reading:
    question = None if asked in ACTS else Question(asked)
    return read_by_rules(TurnContext(alert, alert.language, ACTS.get(asked, Act.REPEAT), question, said))


CASES = [
    pytest.param(language, *row, *[None] * (5 - len(row)), id=f"{language}-{row[0]}-{row[1]}")
    for language in Language
    for row in rows(language)
]


@pytest.mark.parametrize(("language", "asked", "said", "intent", "value", "signals"), CASES)
def test_what_is_understood(
    language: Language, asked: str, said: str, intent: str, value: str | None, signals: list[str] | None
) -> None:
    reading = read(asked, said, ALERTS[language])
    assert reading.intent == intent
    if value is not None:
        assert [answer.value for answer in reading.answers if answer.question == asked] == [value]
    codes = {signal.code.value for signal in reading.signals}
    if signals == []:
        assert not codes
    elif signals:
        assert set(signals) <= codes
    quotes = [answer.quote for answer in reading.answers] + [signal.quote for signal in reading.signals]
    assert all(quote and quote in said for quote in quotes)
    assert reading.complete is (intent != "unclear")


@pytest.mark.parametrize("language", list(Language))
def test_every_intent_signal_and_question_is_in_the_tests(language: Language) -> None:
    cases = rows(language)
    assert {row[2] for row in cases} == {intent.value for intent in Intent}
    assert {row[0] for row in cases} >= {question.value for question in Question} | {OPENING, OTHER}
    hoped = {code for row in cases if len(row) > 4 and row[4] for code in row[4]}
    assert hoped == {code.value for code in set(SignalCode) - COMPARED_SIGNALS}
    yes_no = [question.value for question in Question if question not in (Question.IDENTITY, *_OPEN)]
    for question in yes_no:
        values = {row[3] for row in cases if row[0] == question and len(row) > 3}
        assert {"yes", "no"} <= values, question


def never_yes() -> list[tuple[Language, str]]:
    loaded = yaml.safe_load((Path(__file__).parent / "readings" / "never_yes.yaml").read_text("utf-8"))
    return [(language, said) for language in Language for said in loaded[language.value]]


@pytest.mark.parametrize(("language", "said"), never_yes())
def test_loose_words_confirm_no_payment(language: Language, said: str) -> None:
    reading = read(Question.MADE, said, ALERTS[language])
    assert reading.intent is not Intent.CONFIRM
    assert "yes" not in [answer.value for answer in reading.answers]


@pytest.mark.parametrize("language", list(Language))
def test_the_examples_of_the_policy_are_signals(language: Language) -> None:
    asked = [question for question in Question if question is not Question.IDENTITY]
    missed = [
        (code, said)
        for code, rule in policies.load().signals.items()
        for said in rule.examples[language]
        if not any(code in {one.code for one in read(question, said, ALERTS[language]).signals} for question in asked)
    ]
    assert missed == []


_OPEN = (Question.PURPOSE, Question.PAYEE_SOURCE)


@given(st.text(max_size=120), st.sampled_from([OPENING, OTHER, *(q.value for q in Question)]))
def test_any_words_are_read_with_founded_quotes(said: str, asked: str) -> None:
    for language, alert in ALERTS.items():
        reading = read(asked, said, alert)
        assert all(answer.quote in said for answer in reading.answers)
        assert all(signal.quote in said for signal in reading.signals)
        assert reading == read(asked, said, ALERTS[language])


@pytest.mark.parametrize(
    ("said", "script", "language"),
    [
        ("yes that was me", Language.ZH, Language.EN),
        ("OK", Language.ZH, Language.ZH),
        ("是我付的", Language.EN, Language.ZH),
        ("да, это я", Language.EN, None),
        ("No hablo inglés", Language.EN, None),
        ("je ne parle pas anglais", Language.EN, None),
        ("nie mówię po angielsku", Language.EN, None),
        ("ich spreche kein Englisch", Language.ZH, None),
        ("いいえ、私ではありません", Language.ZH, None),
        ("no, not me", Language.EN, Language.EN),
        ("Café Español, yes, I paid them", Language.EN, Language.EN),
        ("123", Language.ZH, Language.ZH),
    ],
)
def test_the_language_of_the_words(said: str, script: Language, language: Language | None) -> None:
    assert understand(Heard(said, Question.MADE, script)).reading.language == language


def test_other_scripts_are_understood_as_nothing() -> None:
    assert spoken_language("это не я", Language.EN) is None
    assert read(Question.MADE, "это не я", ALERTS[Language.EN]).intent is Intent.UNCLEAR


def test_chinese_is_read_in_an_english_call() -> None:
    reading = read(Question.MADE, "不是我付的", ALERTS[Language.EN])
    assert reading.intent is Intent.DENY
    assert reading.language is Language.ZH


async def test_the_rules_brain_says_so() -> None:
    brain = RulesBrain()
    turn = brain.read(TurnContext(alert_en(), Language.EN, Act.ASK_MADE, Question.MADE, "no that wasn't me"))
    assert (await turn.head()).intent is Intent.DENY
    assert [piece async for piece in turn.reply()] == []
    assert (turn.brain, brain.name) == ("rules", "rules")
    assert brain.model.startswith("en-")


@pytest.mark.parametrize("language", list(Language))
def test_expected_phrases(language: Language) -> None:
    every = expected_phrases(language)
    assert len(every) >= 200
    assert len(set(every)) == len(every)
    locale = "en-GB" if language is Language.EN else "zh-CN"
    days = {found.value for phrase in every for found in find_days(phrase, locale)}
    assert {month for month, _ in days} == set(range(1, 13))
    assert {day for _, day in days} == set(range(1, 32))
    for question in Question:
        asked = expected_phrases(language, question)
        assert set(asked) < set(every) | set(asked)
        assert len(asked) > len(load(language).phrases["any"])
    if language is Language.EN:
        assert all(
            phrase == phrase.lower() and not set(phrase) - set("abcdefghijklmnopqrstuvwxyz' ") for phrase in every
        )


@pytest.mark.parametrize("language", list(Language))
def test_expected_answers_are_understood(language: Language) -> None:
    for key, phrases in load(language).phrases.items():
        if key in ("any", Question.IDENTITY.value):
            continue
        for phrase in phrases:
            assert read(key, phrase, ALERTS[language]).intent is not Intent.UNCLEAR, (key, phrase)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"x.yaml": "- a"}, "x.yaml: must be a mapping"),
        ({"x.yaml": "colours: [red]"}, "x.yaml: must be a mapping"),
        ({"x.yaml": "macros: {}"}, "x.yaml: .*missing"),
        ({"x.yaml": "macros: {}", "y.yaml": "macros: {}"}, "y.yaml: macros stands in x.yaml already"),
        ({"x.yaml": "a: ["}, "x.yaml: not YAML"),
    ],
)
def test_a_broken_lexicon_names_the_file(texts: dict[str, str], words: str) -> None:
    with pytest.raises(LexiconError, match=words):
        parse(texts, Language.EN)


def test_a_broken_pattern_names_file_and_entry() -> None:
    folder = Path(lexicon.__file__).parent / "en"
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.yaml")}
    texts["idle.yaml"] += '  unsure: ["(never closed"]\n'
    with pytest.raises(LexiconError, match=r"idle.yaml: idle\.unsure: .*never closed"):
        parse(texts, Language.EN)


def test_the_customers_name_is_recognised_in_parts_and_long_forms() -> None:
    folded = load(Language.ZH).fold("我是陳曉雨", ("陈晓雨",))
    assert folded.text == f"我是{CUSTOMER}"
    assert folded.quote(2, 2 + len(CUSTOMER)) == "陳曉雨"
