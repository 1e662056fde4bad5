"""Mandarin numbers, money, dates, times and digits, as they are said and as they are read back from speech."""

from __future__ import annotations

import re
from datetime import date, time

from agent.numbers.found import Found
from cases.domain.money import CURRENCY_EXPONENTS, Money

DIGITS = "零一二三四五六七八九"
UNITS = {
    "AUD": "澳元",
    "CAD": "加元",
    "CHF": "瑞士法郎",
    "CNY": "元",
    "EUR": "欧元",
    "GBP": "英镑",
    "HKD": "港元",
    "JPY": "日元",
    "KWD": "科威特第纳尔",
    "SGD": "新加坡元",
    "USD": "美元",
}
_VALUE = {character: value for value, character in enumerate(DIGITS)}
_VALUE |= {"〇": 0, "○": 0, "两": 2, "兩": 2, "俩": 2, "幺": 1, "么": 1, "洞": 0, "拐": 7}
_VALUE |= {str(value): value for value in range(10)} | {chr(ord("０") + value): value for value in range(10)}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_SAID = "零〇一二两兩三四五六七八九十百千万萬亿億"
NUMERAL = rf"(?:[{_SAID}]+|[0-9０-９]+(?:,[0-9]{{3}})*)"
"""Pattern of a numeral in characters or digits."""
_DAY_PARTS = ((6, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
_GAP = r"[\s,，、.。…]*"


def number(value: int) -> str:
    """Say a whole number below 10^12, with 两 where it is said.

    Raises:
        ValueError: The number is negative or too large.
    """
    if not 0 <= value < 10**12:
        raise ValueError("only numbers from 0 up to 10^12 are said")
    if value == 0:
        return "零"
    parts: list[str] = []
    for size, name in ((10**8, "亿"), (10**4, "万"), (1, "")):
        group, value_left = divmod(value, size)
        if group:
            if parts and group < 1000:
                parts.append("零")
            parts.append("两" + name if group == 2 and name else _group(group, leading=not parts) + name)
        value = value_left
    return "".join(parts)


def _group(value: int, *, leading: bool) -> str:
    said, pending = "", False
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // place % 10
        if not digit:
            pending = bool(said)
            continue
        if pending:
            said, pending = said + "零", False
        if digit == 1 and place == 10 and not said and leading:
            said += name
        elif digit == 2 and (place == 1000 or (place == 100 and not said)):
            said += "两" + name
        else:
            said += DIGITS[digit] + name
    return said


def money(amount: Money) -> str:
    """Say an amount: 四千八百元, 十二元零五分, 一百二十点五零美元."""
    unit = UNITS[amount.currency]
    major = "两" if amount.major == 2 else number(amount.major)
    if not amount.fraction:
        return major + unit
    if amount.currency != "CNY":
        return f"{number(amount.major)}点{digits(f'{amount.fraction:0{amount.exponent}d}')}{unit}"
    tenths, hundredths = divmod(amount.fraction, 10)
    jiao = ("两" if tenths == 2 else DIGITS[tenths]) + "角" if tenths else ""
    fen = ("两" if hundredths == 2 and not tenths else DIGITS[hundredths]) + "分" if hundredths else ""
    if not amount.major:
        return jiao + fen
    return f"{major}元{jiao}{'零' if fen and not jiao else ''}{fen}"


def day(value: date) -> str:
    """Say a day without its year: 三月十二号."""
    return f"{number(value.month)}月{number(value.day)}号"


def clock(value: time) -> str:
    """Say a time of day: 下午两点零五分."""
    part = next(words for end, words in _DAY_PARTS if value.hour < end)
    hour = value.hour - 12 if value.hour > 12 else value.hour
    said = f"{part}{'两' if hour == 2 else number(hour)}点"
    if not value.minute:
        return said + "整"
    return said + ("零" if value.minute < 10 else "") + number(value.minute) + "分"


def digits(value: str) -> str:
    """Say digits one by one."""
    return "".join(DIGITS[int(digit)] for digit in value)


def parse_number(said: str) -> int | None:
    """Read a whole numeral, in characters or digits; None where it is none."""
    plain = said.replace(",", "")
    if plain and all(character in _VALUE for character in plain):
        return int("".join(str(_VALUE[character]) for character in plain))
    total, group, digit = 0, 0, None
    for character in plain:
        if character in _VALUE:
            digit = _VALUE[character]
        elif character in _PLACES:
            group += (1 if digit is None or digit == 0 else digit) * _PLACES[character]
            digit = None
        elif character in _MYRIADS:
            total = (
                (total + group + (digit or 0)) * _MYRIADS[character]
                if total < _MYRIADS[character]
                else (total + (group + (digit or 0)) * _MYRIADS[character])
            )
            group, digit = 0, None
        else:
            return None
    return total + group + _trailing(plain, digit)


def _trailing(plain: str, digit: int | None) -> int:
    """The value of a last digit; right after a place it is short for the next one (四千八 is 4,800)."""
    before = plain[-2:-1]
    if digit is None:
        return 0
    place = {"百": 10, "千": 100, "万": 1000, "萬": 1000, "亿": 10**7, "億": 10**7}.get(before, 1)
    return digit * place


def find_number(text: str) -> Found[int] | None:
    """The first whole number in a text."""
    match = re.search(NUMERAL, text)
    value = parse_number(match.group()) if match else None
    return Found(value, match.start(), match.end()) if match and value is not None else None


_CURRENCY = {name: code for code, name in UNITS.items()} | {
    "人民币": "CNY", "块钱": "CNY", "块": "CNY", "元": "CNY", "圆": "CNY", "美金": "USD", "刀": "USD",
    "港币": "HKD", "英磅": "GBP",
}  # fmt: skip
_UNIT = "|".join(sorted(_CURRENCY, key=len, reverse=True))
_AMOUNT = re.compile(
    rf"(?P<symbol>[£$€¥￥])?(?P<major>{NUMERAL})(?P<myriad>[万萬亿億])?(?:[.点](?P<decimal>[零〇一二三四五六七八九\d]+)"
    rf"(?P<scale>[万萬亿億])?)?(?P<unit>{_UNIT})?(?P<cny>(?:[零〇]?(?P<jiao>[一二两三四五六七八九\d])[角毛])?"
    rf"(?:[零〇]?(?P<fen>[一二两三四五六七八九\d])分)?)"
)
_SMALL = re.compile(
    r"(?P<jiao>[一二两三四五六七八九\d])[角毛](?:(?P<fen>[一二三四五六七八九\d])分)?"
    r"|(?P<only>[一二两三四五六七八九\d])分(?!钟)"
)
_SYMBOLS = {"£": "GBP", "$": "USD", "€": "EUR", "¥": "CNY", "￥": "CNY"}


def find_money(text: str) -> list[Found[Money]]:
    """Every amount with a unit in a text: 四千八百元, 4800块, 一万二千元五角, £4,800.00, 4.8万元."""
    found = []
    for match in _AMOUNT.finditer(text):
        if match["unit"] or match["symbol"]:
            amount = _amount(match)
            if amount is not None:
                found.append(Found(amount, match.start(), match.end()))
    for match in _SMALL.finditer(text):
        if not any(f.start <= match.start() < f.end for f in found):
            fen = _VALUE[match["jiao"] or "零"] * 10 + _VALUE[match["fen"] or match["only"] or "零"]
            found.append(Found(Money(fen, "CNY"), match.start(), match.end()))
    return sorted(found, key=lambda f: f.start)


def _amount(match: re.Match[str]) -> Money | None:
    currency = _CURRENCY[match["unit"]] if match["unit"] else _SYMBOLS[match["symbol"]]
    exponent = CURRENCY_EXPONENTS[currency]
    major = parse_number(match["major"] + (match["myriad"] or ""))
    if major is None:
        return None
    minor = major * 10**exponent
    if match["decimal"]:
        decimals = "".join(str(_VALUE[character]) for character in match["decimal"])
        scale = _MYRIADS.get(match["scale"] or "", 1)
        minor = int(f"{major}{decimals}") * scale * 10**exponent // 10 ** len(decimals)
    if currency == "CNY":
        minor += _VALUE[match["jiao"] or "零"] * 10 + _VALUE[match["fen"] or "零"]
    return Money(minor, currency)


_TIME = re.compile(
    rf"(?P<part>凌晨|早上|清晨|上午|中午|下午|傍晚|晚上|夜里)?(?P<hour>{NUMERAL})(?:[点點时時](?:(?P<half>半)|整|"
    rf"(?P<minute>{NUMERAL})分?)?|[:：](?P<digital>\d\d))"
)


def find_times(text: str) -> list[Found[time]]:
    """Every time of day in a text: 下午两点零五分, 晚上九点半, 14:05; a bare 一点 is no time."""
    found = []
    for match in _TIME.finditer(text):
        hour = parse_number(match["hour"])
        minute = 30 if match["half"] else parse_number(match["minute"] or match["digital"] or "零")
        vague = not match["part"] and match.group().endswith(("点", "點", "时", "時"))
        if vague or hour is None or minute is None or hour > 24 or minute > 59:
            continue
        if match["part"] in ("下午", "傍晚", "晚上", "夜里") and hour < 12 or match["part"] == "中午" and hour < 11:
            hour += 12
        found.append(Found(time(hour % 24, minute), match.start(), match.end()))
    return found


_DIGIT = "[零〇○一二两三四五六七八九幺么洞拐0-9０-９]"
_RUN = re.compile(rf"{_DIGIT}(?:{_GAP}(?:然后|再)?{_GAP}{_DIGIT})*")


def find_digits(text: str) -> list[Found[str]]:
    """Every run of digits said one by one or written; numbers with a place (四千八) are amounts and no run."""
    found = []
    for match in _RUN.finditer(text):
        around = text[match.start() - 1 : match.start()] + text[match.end() : match.end() + 1]
        if any(character in _PLACES or character in _MYRIADS for character in around):
            continue
        value = "".join(str(_VALUE[character]) for character in match.group() if character in _VALUE)
        found.append(Found(value, match.start(), match.end()))
    return found
