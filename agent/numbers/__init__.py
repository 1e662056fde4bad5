"""Numbers, money, dates, times and digits between text and speech, in en-GB, en-US and zh-CN."""

from __future__ import annotations

from datetime import date, datetime, time

from agent.numbers import chinese, chinese_days, english, english_days, english_reading
from agent.numbers.found import Found
from cases.domain.money import Money
from cases.domain.vocabulary import Language

__all__ = [
    "Found",
    "find_days",
    "find_digits",
    "find_money",
    "find_number",
    "find_scattered_day",
    "find_times",
    "language_of",
    "say_day",
    "say_digits",
    "say_money",
    "say_moment",
    "say_number",
    "say_time",
]


def language_of(locale: str) -> Language:
    """The language of a BCP 47 tag."""
    return Language.ZH if locale.startswith("zh") else Language.EN


def _chinese(locale: str) -> bool:
    return language_of(locale) is Language.ZH


def _british(locale: str) -> bool:
    return locale != "en-US"


def say_number(value: int, locale: str) -> str:
    """Say a whole number from 0 up to a trillion."""
    return chinese.number(value) if _chinese(locale) else english.number(value, british=_british(locale))


def say_money(amount: Money, locale: str) -> str:
    """Say an amount with its unit."""
    return chinese.money(amount) if _chinese(locale) else english.money(amount, british=_british(locale))


def say_day(value: date, locale: str) -> str:
    """Say a day without its year."""
    return chinese.day(value) if _chinese(locale) else english.day(value, british=_british(locale))


def say_time(value: time, locale: str) -> str:
    """Say a time of day to the minute."""
    return chinese.clock(value) if _chinese(locale) else english.clock(value)


def say_moment(value: datetime, locale: str) -> str:
    """Say day and time of a moment that is already in the customer's time zone."""
    if _chinese(locale):
        return say_day(value.date(), locale) + say_time(value.time(), locale)
    return f"{say_day(value.date(), locale)}, at {say_time(value.time(), locale)}"


def say_digits(value: str, locale: str) -> str:
    """Say digits one by one."""
    return chinese.digits(value) if _chinese(locale) else english.digits(value)


def find_number(text: str, locale: str) -> Found[int] | None:
    """The first whole number in a text, or None."""
    return chinese.find_number(text) if _chinese(locale) else english_reading.find_number(text)


def find_money(text: str, locale: str) -> list[Found[Money]]:
    """Every amount with a unit, in the order of the text."""
    return chinese.find_money(text) if _chinese(locale) else english_reading.find_money(text)


def find_times(text: str, locale: str) -> list[Found[time]]:
    """Every time of day, in the order of the text."""
    return chinese.find_times(text) if _chinese(locale) else english_reading.find_times(text)


def find_days(text: str, locale: str) -> list[Found[tuple[int, int]]]:
    """Every (month, day), in the order of the text; bare numbers are month first only in en-US and zh-CN."""
    if _chinese(locale):
        return chinese_days.find_days(text)
    return english_days.find_days(text, month_first=not _british(locale))


def find_scattered_day(text: str, locale: str) -> tuple[int, int] | None:
    """The (month, day) of a text that names one month and one day apart from each other, or None."""
    return chinese_days.find_scattered_day(text) if _chinese(locale) else english_days.find_scattered_day(text)


def find_digits(text: str, locale: str) -> list[Found[str]]:
    """Every run of digits said one by one, in the order of the text."""
    return chinese.find_digits(text) if _chinese(locale) else english_reading.find_digits(text)
