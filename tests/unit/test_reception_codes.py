"""Codes in what callers say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.numbers import say_digits
from agent.reception.codes import Found, expected, is_code, understood
from agent.speech.engine import NOTHING_HEARD, Transcript
from cases.domain.vocabulary import Language

EN, ZH = Language.EN, Language.ZH
LOCALES = {EN: "en-GB", ZH: "zh-CN"}
codes = st.text("0123456789", min_size=6, max_size=10)


def heard(text: str, *others: str) -> Transcript:
    return Transcript(text, 0.9, others)


@given(codes, st.sampled_from(list(Language)))
def test_every_code_that_is_said_is_understood(code: str, language: Language) -> None:
    spoken = understood({language: heard(say_digits(code, LOCALES[language]))})
    assert (spoken.found, spoken.digits, spoken.language) == (Found.DIGITS, code, language)


@given(codes, st.integers(1, 5))
def test_a_code_may_be_said_in_two_parts(code: str, cut: int) -> None:
    before, after = code[:cut], code[cut:]
    assert before + understood({EN: heard(say_digits(after, "en-GB"))}, before).digits == code


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("can i speak to a person please", EN, Found.PERSON),
        ("put me through to somebody", EN, Found.PERSON),
        ("我要人工服务", ZH, Found.PERSON),
        ("转人工", ZH, Found.PERSON),
        ("hello who is this", EN, Found.OTHER),
        ("你好", ZH, Found.OTHER),
        ("", EN, Found.NOTHING),
    ],
)
def test_what_is_no_code(text: str, language: Language, found: Found) -> None:
    spoken = understood({language: heard(text) if text else NOTHING_HEARD})
    assert spoken.found is found and spoken.digits == ""


def test_the_language_counts_in_which_it_is_a_code() -> None:
    both = {EN: heard("so far so good"), ZH: heard("四八二九一三")}
    assert understood(both).language is ZH
    assert understood({EN: heard("four eight two nine one three"), ZH: NOTHING_HEARD}).language is EN


def test_another_reading_counts_where_it_makes_a_code() -> None:
    assert understood({EN: heard("four eight two nine one", "four eight two nine one three")}).digits == "482913"


def test_how_long_a_code_is() -> None:
    assert [is_code("1" * length) for length in (5, 6, 10, 11)] == [False, True, True, False]


@pytest.mark.parametrize("language", list(Language))
def test_recognizers_expect_every_digit_after_every_other(language: Language) -> None:
    phrases = set(expected(language))
    for one in range(10):
        assert say_digits(str(one), LOCALES[language]) in phrases
        for two in range(10):
            assert say_digits(f"{one}{two}{one}", LOCALES[language]) in phrases
