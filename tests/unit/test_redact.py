"""Secrets out of a customer's words: what goes, what stays, and that no wording of a card number survives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from agent import numbers
from agent.dialogue.redaction import CODE_DIGITS, REDACTED, Asked, digits_left_open, luhn, redact, secret_at
from agent.dialogue.redaction.digits import runs
from cases.domain.alert import IdentityQuestionKind
from cases.domain.money import Money
from cases.domain.vocabulary import Language, Question

EN, ZH = Language.EN, Language.ZH
BANK: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parent / "redaction" / "bank.yaml").read_text(encoding="utf-8")
)
BIRTHDAY = Asked(Question.IDENTITY)
POSTCODE = Asked(Question.IDENTITY, IdentityQuestionKind.POSTCODE)
WORDS = {
    "0": ["oh", "zero", "nought", "零", "〇", "0"],
    "1": ["one", "一", "幺", "壹", "1"],
    "2": ["two", "二", "两", "贰", "2"],
    "3": ["three", "三", "叁", "3"],
    "4": ["four", "四", "肆", "4"],
    "5": ["five", "五", "伍", "5"],
    "6": ["six", "六", "陆", "6"],
    "7": ["seven", "七", "柒", "拐", "7"],
    "8": ["eight", "八", "捌", "8"],
    "9": ["nine", "九", "玖", "9"],
}
BETWEEN = [" ", " ", ", ", "-", " um ", " and then ", "，", " 嗯 ", " 然后 ", ". "]


@pytest.mark.parametrize("line", BANK["secret"])
def test_secrets_are_taken_out(line: str) -> None:
    said = line.replace("‹", "").replace("›", "")
    left = redact(said, EN)
    parts = re.split(r"‹|›", line)
    assert left == "".join("[removed]" if index % 2 else part for index, part in enumerate(parts))
    assert secret_at(said) == line.index("‹")


@pytest.mark.parametrize("line", BANK["plain"])
def test_what_is_no_secret_stays(line: str) -> None:
    assert redact(line, EN) == line


@pytest.mark.parametrize("line", BANK["answers"])
def test_a_birthday_that_was_asked_for_stays(line: str) -> None:
    assert redact(line, EN, BIRTHDAY) == line


@pytest.mark.parametrize("line", BANK["postcodes"])
def test_a_postcode_that_was_asked_for_stays(line: str) -> None:
    assert redact(line, EN, POSTCODE) == line


@pytest.mark.parametrize("line", BANK["taken"])
def test_what_nobody_can_tell_from_a_code_goes(line: str) -> None:
    assert "[removed]" in redact(line, EN)


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("验证码是200040", POSTCODE),
        ("4111 1111 1111 1111", POSTCODE),
        ("my pin is 1203", BIRTHDAY),
        ("密码一二零三", BIRTHDAY),
        ("four one one one one two oh three", BIRTHDAY),
    ],
)
def test_a_secret_is_no_answer_to_the_identity_question(line: str, asked: Asked) -> None:
    left = redact(line, EN, asked)
    assert "[removed]" in left and not any(len(run.value) >= CODE_DIGITS for run in runs(left))


def test_an_amount_of_the_alert_may_be_said_without_its_unit() -> None:
    assert redact("the 4800 one", EN, Asked(Question.MADE, keep={"4800"})) == "the 4800 one"


@pytest.mark.parametrize(
    ("turns", "left"),
    [
        (["it is four one one", "one one one one"], ["it is four one one", "[removed]"]),
        (["my card is 4111 1111", "um 11", "22 ok"], ["my card is [removed]", "um [removed]", "[removed] ok"]),
        (["my card is 4111 1111", "one moment please"], ["my card is [removed]", "one moment please"]),
        (["no", "two"], ["no", "two"]),
        (["卡号是六二二", "二零二", "零二零"], ["卡号是[removed]", "[removed]", "[removed]"]),
        (["那个六二二", "二零二", "我在上海"], ["那个六二二", "[removed]", "我在上海"]),
        (["my pin is 4812", "the twelve"], ["my pin is [removed]", "the twelve"]),
        (["there were 12", "I paid 300 pounds"], ["there were 12", "I paid 300 pounds"]),
    ],
)
def test_a_secret_split_over_turns_is_taken_out(turns: list[str], left: list[str]) -> None:
    redacted: list[str] = []
    for said in turns:
        before = redacted[-1] if redacted else ""
        redacted.append(redact(said, EN, Asked(left_open=digits_left_open(before))))
    assert redacted == left


def with_check_digit(body: str) -> str:
    return next(body + str(check) for check in range(10) if luhn(body + str(check)))


@st.composite
def spoken_cards(draw: st.DrawFn) -> tuple[str, str]:
    """A card number, and a way in which somebody might say it, in either language or both."""
    digits = with_check_digit(draw(st.text("0123456789", min_size=12, max_size=18)))
    said, at = "", 0
    while at < len(digits):
        if at + 1 < len(digits) and digits[at] == digits[at + 1] and draw(st.booleans()):
            word = "double " + draw(st.sampled_from([w for w in WORDS[digits[at]] if w.isascii() and w.isalpha()]))
            at += 2
        elif digits[at] in "23456789" and at + 1 < len(digits) and digits[at + 1] != "0" and draw(st.booleans()):
            word = numbers.say_number(int(digits[at : at + 2]), "en-GB")
            at += 2
        else:
            word = draw(st.sampled_from(WORDS[digits[at]]))
            at += 1
        said += word + (draw(st.sampled_from(BETWEEN)) if at < len(digits) else "")
    return digits, said


@given(spoken_cards(), st.sampled_from(["", "card ", "卡号", "yes it is me, "]), st.sampled_from([None, *Question]))
def test_no_card_number_survives_in_any_wording(card: tuple[str, str], before: str, question: Question | None) -> None:
    digits, said = card
    left = redact(f"{before}{said}", EN, Asked(question))
    assert "[removed]" in left
    kept = "".join(run.value for run in runs(left))
    assert not any(digits[at : at + CODE_DIGITS] in kept for at in range(len(digits) - CODE_DIGITS + 1))


@given(st.text("0123456789", min_size=4, max_size=8), st.sampled_from(["en-GB", "zh-CN"]))
def test_no_code_survives_where_it_is_named(code: str, locale: str) -> None:
    said = numbers.say_digits(code, locale)
    left = redact(f"my code is {said}" if locale == "en-GB" else f"验证码是{said}", EN)
    assert not any(len(run.value) >= 1 for run in runs(left))


@given(st.integers(100, 10**9), st.sampled_from(["GBP", "USD", "EUR", "CNY"]), st.sampled_from(["en-GB", "zh-CN"]))
def test_amounts_survive(minor: int, currency: str, locale: str) -> None:
    said = numbers.say_money(Money(minor, currency), locale)
    text = f"I paid {said} for it" if locale == "en-GB" else f"我付了{said}"
    assert redact(text, EN) == text


FRAGMENTS = st.sampled_from(
    [
        "my pin is",
        "4812",
        "one two",
        "oh",
        "double",
        "hunter",
        "[removed]",
        "密码是",
        "四八",
        "一千",
        "pounds",
        ".",
        ",",
    ]
)


@example("²A", EN)
@given(st.lists(FRAGMENTS, max_size=14).map(" ".join) | st.text(max_size=60), st.sampled_from(list(Language)))
def test_redacted_words_are_not_redacted_again(text: str, language: Language) -> None:
    once = redact(text, language)
    assert redact(once, language) == once
    assert secret_at(once) is None
    assert (secret_at(text) is None) == (once == text)


def test_the_mark_is_in_the_language_of_the_call() -> None:
    assert redact("密码是四八二九", ZH) == f"密码是{REDACTED[ZH]}"


@pytest.mark.parametrize(
    ("said", "stays"),
    [
        ("It's on their invoice, 4 4 7 1 2 9", True),
        ("The order number, that's 8 8 1 2 0", True),
        ("发票上写的，四四七一二九", True),
        ("My pin is on the invoice, 4 4 7 1", False),
        ("It's on the invoice, 4539 1488 0343 6467", False),
        ("验证码在发票上，四四七一", False),
    ],
)
def test_the_number_of_a_document_stays_where_no_secret_is_named(said: str, stays: bool) -> None:
    assert (redact(said, Language.EN) == said) is stays
