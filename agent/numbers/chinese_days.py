"""Days in Mandarin as they are said: with or without a year, in either order, digit by digit, and put right."""

from __future__ import annotations

import re
from datetime import date

from agent.numbers.chinese import NUMERAL, find_digits, parse_number
from agent.numbers.found import Found

_JOIN = r"(?:份|里|的|，|,|、)*"
_PATTERNS = (
    re.compile(rf"(?P<month>{NUMERAL})月{_JOIN}(?P<day>{NUMERAL})[号號日]?"),
    re.compile(rf"(?P<day>{NUMERAL})[号號日]{_JOIN}(?P<month>{NUMERAL})月(?!{_JOIN}{NUMERAL})"),
    re.compile(r"(?:(?:19|20)\d\d[-/.])?(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)"),
    re.compile(r"(?P<month>[一二三四五六七八九十]{1,2})点(?P<day>[一二三四五六七八九十]{1,3})(?![分点])"),
)
_PUT_RIGHT = re.compile(
    rf"(?:不对|不是|说错|错了|哦不|噢不|更正|应该是|搞错)[^月\d一二三四五六七八九十]{{0,6}}(?P<day>{NUMERAL})[号號日](?!{NUMERAL}?月)"
)
_MONTH = re.compile(rf"(?<![上下个几每这那])(?P<month>{NUMERAL})月(?!前|后|嫂|饼|租|薪)")
_MISHEARD = re.compile(r"[是时事][一二三四五六七八九][号號日]")
"""What may be a day after ten that was misheard (是二号 for 十二号)."""
_DAY = re.compile(rf"(?P<day>{NUMERAL})[号號日](?![码線线楼])")
_BARE_DAY = re.compile(rf"(?<![第星期拜])(?>(?P<day>{NUMERAL}))(?![年岁歲个個天点點分次块元位月])")
_FINANCIAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾貳參陸", "一二三四五六七八九十二三六")
_YEAR = {6: 2, 8: 4}
"""Digits of the year in a date said digit by digit, by its length."""

Day = tuple[int, int]
"""Month and day."""


def find_days(text: str) -> list[Found[Day]]:
    """Every (month, day) in a text: 三月十二号, 3月12日, 十二号三月, 3-12, 零三一二, 860312.

    A day that is put right without its month (三月十一，不对，十二号) is found as well, after the one it replaces.
    """
    places = [place for place, character in enumerate(text) if not character.isspace()]
    plain = "".join(text[place] for place in places).translate(_FINANCIAL)
    found = _dates(plain)
    found += _digit_dates(plain, found)
    found += _put_right(plain, found)
    found.sort(key=lambda one: one.start)
    return [Found(one.value, places[one.start], places[one.end - 1] + 1) for one in found]


def find_scattered_day(text: str) -> Day | None:
    """A month and a day that are said apart (我是三月里生的，十二号), or None; both must be the only ones."""
    plain = "".join(text.split()).translate(_FINANCIAL)
    if _MISHEARD.search(plain):
        return None
    months = {parse_number(match["month"]) for match in _MONTH.finditer(plain)}
    days = {parse_number(match["day"]) for match in _DAY.finditer(plain)}
    days = days or {parse_number(match["day"]) for match in _BARE_DAY.finditer(_MONTH.sub("月", plain))}
    if len(months) != 1 or len(days) != 1:
        return None
    month, day = months.pop(), days.pop()
    return (month, day) if month is not None and day is not None and _valid(month, day) else None


def _dates(plain: str) -> list[Found[Day]]:
    found: list[Found[Day]] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            month, day = parse_number(match["month"]), parse_number(match["day"])
            covered = any(one.start < match.end() and match.start() < one.end for one in found)
            if month is not None and day is not None and _valid(month, day) and not covered:
                found.append(Found((month, day), match.start(), match.end()))
    return found


def _digit_dates(plain: str, before: list[Found[Day]]) -> list[Found[Day]]:
    found = []
    for run in find_digits(plain):
        digits = run.value[_YEAR.get(len(run.value), 0) :]
        covered = any(one.start < run.end and run.start < one.end for one in before)
        if len(digits) == 4 and not covered and _valid(int(digits[:2]), int(digits[2:])):
            found.append(Found((int(digits[:2]), int(digits[2:])), run.start, run.end))
    return found


def _put_right(plain: str, before: list[Found[Day]]) -> list[Found[Day]]:
    found = []
    for match in _PUT_RIGHT.finditer(plain):
        month = next((one.value[0] for one in reversed(before) if one.end <= match.start()), None)
        day = parse_number(match["day"])
        covered = any(one.start < match.end() and match.start("day") < one.end for one in before)
        if month is not None and day is not None and not covered and _valid(month, day):
            found.append(Found((month, day), match.start("day"), match.end()))
    return found


def _valid(month: int, day: int) -> bool:
    try:
        date(2000, month, day)
    except ValueError:
        return False
    return True
