from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import numbers
from agent.dialogue.redact import REDACTED, luhn, redact, secret_at
from cases.domain.alert import IdentityQuestionKind
from cases.domain.vocabulary import Language, Question

EN, ZH = Language.EN, Language.ZH


@pytest.mark.parametrize(
    ("text", "language", "left"),
    [
        ("it's 4111 1111 1111 1111 okay", EN, "it's [removed] okay"),
        ("my code is four eight one two nine seven", EN, "my code is [removed]"),
        ("the pin is 4812", EN, "the pin is [removed]"),
        ("my password is hunter two", EN, "my password is [removed]"),
        ("double four three one nine", EN, "[removed]"),
        ("forty-eight twelve ninety-seven", EN, "[removed]"),
        ("验证码是三幺五六二八", ZH, "验证码是[已隐去]"),
        ("密码是我家的门牌", ZH, "密码是[已隐去]"),
        ("六二二二 零二零零 一二三四 五六七八 九零", ZH, "[已隐去]"),
    ],
)
def test_secrets_are_taken_out(text: str, language: Language, left: str) -> None:
    assert redact(text, None, language) == left
    assert secret_at(text, None, language) == left.index(REDACTED[language])


@pytest.mark.parametrize(
    ("text", "question", "language"),
    [
        ("the twelfth of March nineteen eighty", Question.IDENTITY, EN),
        ("twelve oh three", Question.IDENTITY, EN),
        ("1203", Question.IDENTITY, EN),
        ("12/03/1980", Question.IDENTITY, EN),
        ("三月十二号", Question.IDENTITY, ZH),
        ("一九八零年三月十二日", Question.IDENTITY, ZH),
        ("零三一二", Question.IDENTITY, ZH),
        ("four thousand eight hundred pounds", Question.MADE, EN),
        ("I paid 4800 pounds for it", Question.MADE, EN),
        ("it was £4,800.00", Question.MADE, EN),
        ("at two thirty in the afternoon", Question.MADE, EN),
        ("I have known him since 2019", Question.PAYEE_SOURCE, EN),
        ("一共四千八百块", Question.MADE, ZH),
        ("2019年认识的", Question.PAYEE_SOURCE, ZH),
        ("no one told me", Question.TOLD_WHAT_TO_SAY, EN),
        ("my password is not the problem", None, EN),
    ],
)
def test_what_is_no_secret_stays(text: str, question: Question | None, language: Language) -> None:
    assert redact(text, question, language) == text


def test_an_amount_of_the_alert_may_be_said_without_its_unit() -> None:
    assert redact("the 4800 one", Question.MADE, EN, keep={"4800"}) == "the 4800 one"


@pytest.mark.parametrize(
    ("text", "language", "left"),
    [
        ("200040", ZH, "200040"),
        ("邮编是二零零零四零", ZH, "邮编是二零零零四零"),
        ("nine oh two one oh", EN, "nine oh two one oh"),
        ("验证码是200040", ZH, "验证码是[已隐去]"),
        ("4111 1111 1111 1111", EN, "[removed]"),
        ("it is 48129733", EN, "it is [removed]"),
    ],
)
def test_a_postcode_that_was_asked_for_is_no_secret(text: str, language: Language, left: str) -> None:
    asked = redact(text, Question.IDENTITY, language, identity=IdentityQuestionKind.POSTCODE)
    assert asked == left
    assert redact(text, Question.MADE, language, identity=IdentityQuestionKind.POSTCODE) != text


@given(st.text("0123456789", min_size=12, max_size=18), st.sampled_from(["en-GB", "zh-CN"]))
def test_no_card_number_survives_in_any_wording(body: str, locale: str) -> None:
    digits = next(body + str(check) for check in range(10) if luhn(body + str(check)))
    language = ZH if locale == "zh-CN" else EN
    for said in (digits, " ".join(digits), numbers.say_digits(digits, locale)):
        left = redact(f"card {said}" if language is EN else f"卡号{said}", Question.IDENTITY, language)
        assert REDACTED[language] in left
        assert all(len(run.value) < 4 for run in numbers.find_digits(left, locale))


@given(st.text(max_size=60), st.sampled_from([None, *Question]), st.sampled_from(list(Language)))
def test_any_text_is_redacted_once(text: str, question: Question | None, language: Language) -> None:
    once = redact(text, question, language)
    assert secret_at(once, question, language) is None or "is" in text or "是" in text or "为" in text or ":" in text
