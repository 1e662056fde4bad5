"""Numbers in what a customer said: days, times, amounts and digits, in figures and in words of both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from agent import numbers
from agent.numbers import chinese
from evals.recording.spans import Span
from evals.recording.stand_in import StandIn

LOCALES = ("en-GB", "zh-CN")
"""Numbers are looked for in both languages, whichever is spoken."""
FEWEST_DIGITS = 3
"""Numbers with fewer digits tell nobody from anybody else."""
_MONTH = re.compile(r"月|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|\d\s*[-/.]\s*\d", re.IGNORECASE)
_ARTICLE = re.compile(r"\bthe\s+$", re.IGNORECASE)
_SHORT = re.compile(r"(\d+(?:[.,]\d+)?)\s?(k|grand|thousand|m|million)\b", re.IGNORECASE)
_SIZES = {"k": 1_000, "grand": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}
_MIXED = re.compile(r"(?:\d+(?:\.\d+)?[十百千万亿]+)+\d*")
_ANY_DIGITS = re.compile(r"\d(?:[ \-./,]?\d)*")


def number_spans(text: str, stand_in: StandIn, locale: str, *, birthday: bool) -> Iterator[Span]:
    """Every number of three digits or more, every day and every time, with what takes its place.

    Args:
        text: What was said.
        stand_in: How the case is replaced.
        locale: Of the call: how what takes its place is said.
        birthday: Whether a birthday was asked for, so that bare numbers are a day.
    """
    other = next(one for one in LOCALES if one[:2] != locale[:2])
    yield from _times(text, stand_in, locale)
    for reading in (locale, other):
        yield from _days(text, stand_in, reading, locale, birthday=birthday)
    yield from _short(text, stand_in, locale)
    for reading in (locale, other):
        for amount in numbers.find_money(text, reading):
            yield Span(amount.start, amount.end, numbers.say_money(stand_in.money(amount.value), locale))
    for reading in (locale, other):
        yield from _digits(text, stand_in, reading, locale)
    for reading in (locale, other):
        yield from _counts(text, stand_in, reading, locale)
    for match in _ANY_DIGITS.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if len(digits) >= FEWEST_DIGITS:
            yield Span(match.start(), match.end(), stand_in.chance.like("digits", digits))


def _times(text: str, stand_in: StandIn, locale: str) -> Iterator[Span]:
    for found in numbers.find_times(text, locale):
        moved = datetime.combine(date(2000, 1, 2), found.value, UTC) + stand_in.shift
        yield Span(found.start, found.end, numbers.say_time(time(moved.hour, moved.minute), locale))


def _days(text: str, stand_in: StandIn, reading: str, locale: str, *, birthday: bool) -> Iterator[Span]:
    for found in numbers.find_days(text, reading):
        said = text[found.start : found.end]
        if not birthday and not _MONTH.search(said):
            continue
        day = numbers.say_day(date(2000, *stand_in.day(*found.value)), locale)
        article = _ARTICLE.search(text[: found.start]) if day.startswith("the ") else None
        yield Span(article.start() if article else found.start, found.end, day)


def _short(text: str, stand_in: StandIn, locale: str) -> Iterator[Span]:
    """`2.4k`, `5 grand`, `8千6`: figures with a word for their size."""
    for match in _SHORT.finditer(text):
        value = int(float(match[1].replace(",", "")) * _SIZES[match[2].lower()])
        yield Span(match.start(), match.end(), _said(stand_in.count(value), locale))
    for match in _MIXED.finditer(text):
        written = re.sub(r"\d+(?:\.\d+)?", lambda one: chinese.number(int(float(one.group()))), match.group())
        read = chinese.parse_number(written)
        if read:
            yield Span(match.start(), match.end(), _said(stand_in.count(read), locale))


def _digits(text: str, stand_in: StandIn, reading: str, locale: str) -> Iterator[Span]:
    amount = stand_in.original.transaction.amount
    for run in numbers.find_digits(text, reading):
        if len(run.value) < FEWEST_DIGITS:
            continue
        value = int(run.value)
        if value in (amount.major, amount.minor) or "," in text[run.start : run.end].strip(","):
            new = _said(stand_in.count(value), locale)
        elif len(run.value) == 4 and 1900 <= value <= 2100:
            new = numbers.say_digits(str(value + _years(stand_in)), locale)
        else:
            new = numbers.say_digits(stand_in.chance.like("digits", run.value), locale)
        yield Span(run.start, run.end, new)


def _years(stand_in: StandIn) -> int:
    return (stand_in.alert.raised_at.year - stand_in.original.raised_at.year) or -1


def _counts(text: str, stand_in: StandIn, reading: str, locale: str) -> Iterator[Span]:
    """Whole numbers from a hundred on."""
    start = 0
    while (found := numbers.find_number(text[start:], reading)) is not None:
        if found.value >= 100:
            new = _said(stand_in.count(found.value), locale)
            yield Span(start + found.start, start + found.end, new)
        start += found.end


def _said(value: int, locale: str) -> str:
    return numbers.say_number(min(value, 10**12 - 1), locale)
