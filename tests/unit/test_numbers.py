from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import numbers
from cases.domain.money import CURRENCY_EXPONENTS, Money

LOCALES = ("en-GB", "en-US", "zh-CN")
locales = st.sampled_from(LOCALES)
currencies = st.sampled_from(sorted(CURRENCY_EXPONENTS))
days = st.integers(0, 365).map(lambda offset: date(2024, 1, 1) + timedelta(days=offset))


@given(st.integers(0, 10**12 - 1), locales)
def test_numbers_come_back(value: int, locale: str) -> None:
    found = numbers.find_number(numbers.say_number(value, locale), locale)
    assert found is not None
    assert found.value == value


@given(st.integers(1, 10**11), currencies, locales)
def test_money_comes_back(minor: int, currency: str, locale: str) -> None:
    amount = Money(minor, currency)
    said = numbers.say_money(amount, locale)
    found = numbers.find_money(f"about {said}?", locale)
    if locale != "zh-CN" and not amount.major and currency not in ("GBP", "CNY", "CHF", "KWD"):
        assert [f.value.minor for f in found] == [minor]
    else:
        assert [f.value for f in found] == [amount]


@given(days, locales)
def test_days_come_back(day: date, locale: str) -> None:
    said = numbers.say_day(day, locale)
    assert [f.value for f in numbers.find_days(said, locale)] == [(day.month, day.day)]


@given(st.times().map(lambda t: time(t.hour, t.minute)), locales)
def test_times_come_back(value: time, locale: str) -> None:
    assert [f.value for f in numbers.find_times(numbers.say_time(value, locale), locale)] == [value]


@given(st.text("0123456789", min_size=2, max_size=19), locales)
def test_digits_come_back(value: str, locale: str) -> None:
    assert [f.value for f in numbers.find_digits(numbers.say_digits(value, locale), locale)] == [value]


@given(st.text(max_size=80), locales)
def test_any_text_is_searched_without_error(text: str, locale: str) -> None:
    for find in (numbers.find_money, numbers.find_days, numbers.find_times, numbers.find_digits):
        for found in find(text, locale):
            assert 0 <= found.start < found.end <= len(text.lower())


@pytest.mark.parametrize(
    ("text", "locale", "month_day"),
    [
        ("the twelfth of March", "en-GB", (3, 12)),
        ("it's the twelve of march", "en-GB", (3, 12)),
        ("March twelve", "en-GB", (3, 12)),
        ("march twelfth nineteen eighty", "en-US", (3, 12)),
        ("twelve three", "en-GB", (3, 12)),
        ("three twelve", "en-US", (3, 12)),
        ("oh three twelve", "en-US", (3, 12)),
        ("12/03/1980", "en-GB", (3, 12)),
        ("1980-03-12", "en-GB", (3, 12)),
        ("1203", "en-GB", (3, 12)),
        ("0312", "en-US", (3, 12)),
        ("twelfth of the third", "en-GB", (3, 12)),
        ("12th March", "en-GB", (3, 12)),
        ("Mar 12", "en-US", (3, 12)),
        ("the thirty first of december", "en-GB", (12, 31)),
        ("May the twenty-second", "en-US", (5, 22)),
        ("三月十二号", "zh-CN", (3, 12)),
        ("我生日是3月12日", "zh-CN", (3, 12)),
        ("一九八零年三月十二日", "zh-CN", (3, 12)),
        ("三月十二", "zh-CN", (3, 12)),
        ("零三一二", "zh-CN", (3, 12)),
        ("19800312", "zh-CN", (3, 12)),
        ("十二月三十一号", "zh-CN", (12, 31)),
        ("三月份的十二号", "zh-CN", (3, 12)),
    ],
)
def test_days_as_people_say_them(text: str, locale: str, month_day: tuple[int, int]) -> None:
    assert [f.value for f in numbers.find_days(text, locale)][-1:] == [month_day]


@pytest.mark.parametrize("text", ["the thirty first of february", "forty five sixty", "may I ask", "march on"])
def test_what_is_no_day_is_not_found(text: str) -> None:
    assert numbers.find_days(text, "en-GB") == []


@pytest.mark.parametrize(
    ("text", "locale", "money"),
    [
        ("£4,800.00", "en-GB", Money(480000, "GBP")),
        ("4800 pounds", "en-GB", Money(480000, "GBP")),
        ("twelve hundred dollars", "en-US", Money(120000, "USD")),
        ("a thousand quid", "en-GB", Money(100000, "GBP")),
        ("49.99 dollars", "en-US", Money(4999, "USD")),
        ("four thousand eight hundred and twelve pounds and five pence", "en-GB", Money(481205, "GBP")),
        ("四千八百元", "zh-CN", Money(480000, "CNY")),
        ("四千八块", "zh-CN", Money(480000, "CNY")),
        ("一万二千元五角", "zh-CN", Money(1200050, "CNY")),
        ("4.8万元", "zh-CN", Money(4800000, "CNY")),
        ("人民币48000元", "zh-CN", Money(4800000, "CNY")),
        ("两元零五分", "zh-CN", Money(205, "CNY")),
    ],
)
def test_money_as_people_say_it(text: str, locale: str, money: Money) -> None:
    assert [f.value for f in numbers.find_money(text, locale)] == [money]


def test_how_it_is_said() -> None:
    assert numbers.say_money(Money(480050, "GBP"), "en-GB") == "four thousand eight hundred pounds and fifty pence"
    assert numbers.say_money(Money(481200, "GBP"), "en-GB") == "four thousand eight hundred and twelve pounds"
    assert numbers.say_money(Money(481200, "USD"), "en-US") == "four thousand eight hundred twelve dollars"
    assert numbers.say_money(Money(2200000, "CNY"), "zh-CN") == "两万两千元"
    assert numbers.say_money(Money(1002000, "CNY"), "zh-CN") == "一万零二十元"
    assert numbers.say_money(Money(1205, "CNY"), "zh-CN") == "十二元零五分"
    assert numbers.say_money(Money(12050, "USD"), "zh-CN") == "一百二十点五零美元"
    assert numbers.say_day(date(2026, 3, 12), "en-GB") == "the twelfth of March"
    assert numbers.say_day(date(2026, 3, 12), "en-US") == "March twelfth"
    assert numbers.say_day(date(2026, 3, 12), "zh-CN") == "三月十二号"
    assert numbers.say_time(time(14, 5), "en-GB") == "two oh five in the afternoon"
    assert numbers.say_time(time(14, 5), "zh-CN") == "下午两点零五分"
    assert numbers.say_digits("4071", "en-GB") == "four zero seven one"


def test_digits_as_people_say_them() -> None:
    assert [f.value for f in numbers.find_digits("double four three one", "en-GB")] == ["4431"]
    assert [f.value for f in numbers.find_digits("my code is 48 12 uh 7", "en-GB")] == ["48127"]
    assert [f.value for f in numbers.find_digits("验证码是三幺五，六二八", "zh-CN")] == ["315628"]
    assert numbers.find_digits("four thousand eight hundred", "en-GB") == [] or all(
        len(f.value) < 4 for f in numbers.find_digits("four thousand eight hundred", "en-GB")
    )


@pytest.mark.parametrize(
    "said",
    [
        "twelfth of the third month",
        "third month twelfth day",
        "month three, day twelve",
        "12th of 3rd",
        "twelve of three",
        "the twelfth, third",
        "one two oh three",
        "One two, oh three, eight six.",
        "twelve slash three",
        "12031986",
        "March eleventh, no, twelfth",
        "the twelfth of May, I mean March",
        "the eleventh, sorry, the twelfth of March",
    ],
)
def test_the_twelfth_of_march_in_many_ways(said: str) -> None:
    assert numbers.find_days(said, "en-GB")[-1].value == (3, 12)


@pytest.mark.parametrize(
    "said",
    [
        "三月，十二号",
        "十二号，三月",
        "三月的十二号",
        "860312",
        "三月拾贰号",
        "三 月 十 二",
        "三点一二",
        "三月十一，不对，十二号",
        "一九八六，三月，十二",
    ],
)
def test_the_twelfth_of_march_in_chinese(said: str) -> None:
    found = numbers.find_days(said, "zh-CN")[-1]
    assert found.value == (3, 12)
    assert said[found.start : found.end]


@pytest.mark.parametrize(
    ("said", "locale", "day"),
    [
        ("I'm a March baby, me, and it was the twelfth", "en-GB", (3, 12)),
        ("the blooming twelfth of sunny old March 1980", "en-GB", (3, 12)),
        ("March or April, the twelfth", "en-GB", None),
        ("March, the twelfth or the thirteenth", "en-GB", None),
        ("I may have twelve of them", "en-GB", None),
        ("我是三月里生的，下雪天，十二号", "zh-CN", (3, 12)),
        ("三月，不是四月，十二号", "zh-CN", None),
        ("三月，十二号或者十三号", "zh-CN", None),
        ("三月是二号", "zh-CN", None),
    ],
)
def test_a_day_said_apart_from_its_month(said: str, locale: str, day: tuple[int, int] | None) -> None:
    assert numbers.find_scattered_day(said, locale) == day
