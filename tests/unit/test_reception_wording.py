"""Everything that the reception says: in both languages, short, easy to hear, and with nothing of a case in it."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from agent.wording.limits import load_limits
from agent.wording.measures import clauses_of, grade, rare_characters, seconds, sentences_of, size
from cases.domain.vocabulary import Language
from prompts.reception import ReceptionWording, load

BANK = "Northwind"
LONGEST_S = {"welcome": 20.0}
LINES = [(language, one.name) for language in Language for one in fields(ReceptionWording)]
ENDINGS = {Language.EN: "Goodbye.", Language.ZH: "再见。"}
LAST = ("person_has_it", "nothing_left", "goodbye", "not_now", "trouble", "nobody_came")


@pytest.mark.parametrize(("language", "name"), LINES, ids=[f"{language.value}-{name}" for language, name in LINES])
def test_a_line(language: Language, name: str) -> None:
    limits, text = load_limits(), getattr(load(language, BANK), name)
    assert seconds(text, language, limits.per_minute[language]) <= LONGEST_S.get(name, 14.0)
    assert all(size(sentence, language) <= limits.sentence[language] for sentence in sentences_of(text))
    assert not re.search(r"\d", text), "a number would be read in one way or another"
    if language is Language.EN:
        assert grade(text) <= limits.grade
    else:
        assert not rare_characters(text)
        assert all(size(clause, language) <= limits.clause_characters for clause in clauses_of(text))
    for word in limits.stiff[language]:
        assert not re.search(rf"\b{word.word}\b" if language is Language.EN else word.word, text, re.I), word.say
    assert not re.search("payment|transfer|fraud|scam|suspicious|付款|转账|诈骗|可疑|交易", text, re.I)
    assert (text.endswith(ENDINGS[language])) == (name in LAST)


@pytest.mark.parametrize("language", list(Language))
def test_the_welcome_says_who_it_is_that_it_is_automatic_and_what_is_recorded(language: Language) -> None:
    text = load(language, BANK).welcome
    needed = {
        Language.EN: (BANK, "automated", "code", "recorded", "PIN"),
        Language.ZH: (BANK, "自动", "验证码", "录音", "密码"),
    }
    assert all(word in text for word in needed[language])
