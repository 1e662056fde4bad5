"""A bank of natural wordings by question and meaning, half of them unseen by the lexicon; what no wording may do."""

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

Bank = dict[str, dict[str, list[str]]]
ALERTS = {Language.EN: alert_en(), Language.ZH: alert_zh()}
REQUESTS = frozenset({"ask_repeat", "ask_details", "ask_who"})
CAREFUL = frozenset({"met_in_person", "seen_goods", "invoice_checked"})
LEAST = 0.95
"""Share of the unseen half that must be read rightly."""


def bank(language: Language) -> Bank:
    loaded: Bank = yaml.safe_load((Path(__file__).parent / "readings" / "bank" / f"{language}.yaml").read_text("utf-8"))
    return loaded


def read(language: Language, asked: str, said: str) -> Reading:
    question = None if asked == OPENING else Question(asked)
    act = Act.GREET if asked == OPENING else Act.REPEAT
    return read_by_rules(TurnContext(ALERTS[language], language, act, question, said))


def right(language: Language, asked: str, meaning: str, said: str) -> bool:
    if asked == "any":
        near = REQUESTS if meaning in REQUESTS else {meaning}
        return all(read(language, place, said).intent in near for place in (OPENING, "made"))
    reading = read(language, asked, said)
    value = next((answer.value for answer in reading.answers if answer.question == asked), None)
    hard = any(signal.code in HARD_SIGNALS for signal in reading.signals)
    if asked == OPENING:
        others = {"wrong_person", "third_party"}
        return reading.intent in (others if meaning in others else {"confirm", "ask_who", "ask_details"})
    if asked == "identity":
        return value == meaning if meaning != "refuse" else value is None and reading.intent is not Intent.UNCLEAR
    if meaning == "answer":
        return value not in (None, "unsure", "declined")
    if asked in ("made", "proceed"):
        wanted = {"yes": Intent.CONFIRM, "no": Intent.DENY}.get(meaning)
        decisive = reading.intent in (Intent.CONFIRM, Intent.DENY)
        return reading.intent is wanted if wanted else not decisive
    clean = meaning == ("yes" if asked in CAREFUL else "no")
    return (value == meaning and not (clean and hard)) or (meaning == "yes" and hard)


def half(language: Language, start: int) -> list[tuple[str, str, str]]:
    return [
        (asked, meaning, said)
        for asked, meanings in bank(language).items()
        for meaning, wordings in meanings.items()
        for said in wordings[start::2]
    ]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("start", [0, 1], ids=["tuned", "unseen"])
def test_most_wordings_are_read_rightly(language: Language, start: int) -> None:
    rows = half(language, start)
    missed = [row for row in rows if not right(language, *row)]
    assert len(missed) <= len(rows) * (1 - LEAST), missed


@pytest.mark.parametrize("language", list(Language))
def test_no_wording_of_another_meaning_confirms_a_payment(language: Language) -> None:
    wrong = [
        said
        for meaning, wordings in bank(language)["made"].items()
        if meaning != "yes"
        for said in wordings
        if read(language, "made", said).intent is Intent.CONFIRM
    ]
    assert wrong == []


@pytest.mark.parametrize("language", list(Language))
def test_no_genuine_wording_denies_the_payment(language: Language) -> None:
    wordings = bank(language)["made"]["yes"]
    assert [said for said in wordings if read(language, "made", said).intent is Intent.DENY] == []


def test_every_meaning_has_wordings_in_both_languages() -> None:
    english, chinese = bank(Language.EN), bank(Language.ZH)
    assert {(asked, meaning) for asked in english for meaning in english[asked]} == {
        (asked, meaning) for asked in chinese for meaning in chinese[asked]
    }
    assert set(english) >= {question.value for question in Question} | {OPENING, "any"}


NEGATED = {
    Language.EN: ["I don't think {}", "it's not true that {}", "they told me to say {}", "I never said {}", "if {}"],
    Language.ZH: ["他们让我说{}", "你说{}", "我不觉得{}", "要是{}呢"],
}
PLAIN_YES = {
    Language.EN: ["I made that payment", "I paid it", "that was me", "I sent the money", "I bought it", "it was me"],
    Language.ZH: ["是我付的", "是我转的", "是我本人操作的", "是我买的", "这笔是我付的"],
}


@pytest.mark.parametrize("language", list(Language))
def test_a_yes_that_is_denied_reported_or_imagined_confirms_nothing(language: Language) -> None:
    said = [frame.format(words) for frame in NEGATED[language] for words in PLAIN_YES[language]]
    assert [words for words in said if read(language, "made", words).intent is Intent.CONFIRM] == []


FILLERS = {
    Language.EN: ["um, ", "well, ", "sorry, ", "please, ", "look, ", "oh, ", "honestly, ", "right, ", "okay, "],
    Language.ZH: ["嗯，", "那个，", "不好意思，", "麻烦你，", "哎呀，", "说实话，", "你好，", "好的，"],
}


@settings(deadline=None)
@given(st.sampled_from(list(Language)), st.data())
def test_fillers_and_politeness_turn_no_denial_into_a_yes(language: Language, data: st.DataObject) -> None:
    said = data.draw(st.sampled_from(bank(language)["made"]["no"]))
    fillers = data.draw(st.lists(st.sampled_from(FILLERS[language]), max_size=3))
    assert read(language, "made", "".join(fillers) + said).intent is not Intent.CONFIRM


@settings(deadline=None)
@given(st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=40))
def test_words_of_no_language_confirm_nothing(said: str) -> None:
    known = any(character.isascii() and character.isalpha() or "\u4e00" <= character <= "\u9fff" for character in said)
    if not known:
        for language in Language:
            assert read(language, "made", said).intent is not Intent.CONFIRM


@settings(deadline=None)
@given(st.sampled_from(list(Language)), st.data())
def test_quotes_are_words_that_were_said_and_readings_are_the_same_again(
    language: Language, data: st.DataObject
) -> None:
    asked, _, said = data.draw(st.sampled_from(half(language, 0) + half(language, 1)))
    place = "made" if asked == "any" else asked
    reading = read(language, place, said)
    assert all(answer.quote in said for answer in reading.answers)
    assert all(signal.quote in said for signal in reading.signals)
    assert reading == read(language, place, said)
