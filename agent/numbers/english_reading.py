"""English numbers, money, times and digits as they are read back from speech or text."""

from __future__ import annotations

import re
from datetime import time

from agent.numbers.english import SCALES, SYMBOLS, UNITS
from agent.numbers.english_tokens import Token, small, tokens_of
from agent.numbers.found import Found
from cases.domain.money import CURRENCY_EXPONENTS, Money

_FILLERS = frozenset({"uh", "um", "er", "erm", "and", "then", "dash", "hyphen", "space"})


def _below_scale(tokens: list[Token], at: int) -> tuple[int, int] | None:
    """Read a number below 1,000 in words ("a hundred and twelve"), or digits of any size."""
    if at + 1 < len(tokens) and tokens[at].word == "a" and tokens[at + 1].word == "hundred":
        head: tuple[int, int] | None = (1, at + 1)
    else:
        head = small(tokens, at)
    if head is None:
        return None
    value, after = head
    if after < len(tokens) and tokens[after].word == "hundred":
        value, after = value * 100, after + 1
        rest = after + 1 if after < len(tokens) and tokens[after].word == "and" else after
        below = small(tokens, rest)
        if below is not None and below[0] < 100:
            value, after = value + below[0], below[1]
    return value, after


def _cardinal(tokens: list[Token], at: int) -> tuple[int, int] | None:
    """Read a whole number with its scales from the largest down."""
    if at + 1 < len(tokens) and tokens[at].word == "a" and tokens[at + 1].word in SCALES:
        part: tuple[int, int] | None = (1, at + 1)
    else:
        part = _below_scale(tokens, at)
    total, limit, after = 0, 10**12, at
    while part is not None:
        value, after = part
        scale = SCALES.get(tokens[after].word, 1) if after < len(tokens) else 1
        if scale >= limit:
            break
        total, limit = total + value * scale, scale
        if scale == 1:
            break
        after += 1
        rest = after + 1 if after < len(tokens) and tokens[after].word == "and" else after
        part = _below_scale(tokens, rest)
    return (total, after) if after > at else None


def find_number(text: str) -> Found[int] | None:
    """The first whole number in a text, in words or digits."""
    tokens = tokens_of(text)
    for at in range(len(tokens)):
        read = _cardinal(tokens, at)
        if read is not None:
            return Found(read[0], tokens[at].start, tokens[read[1] - 1].end)
    return None


def _unit_pattern() -> re.Pattern[str]:
    names = {name.lower() for unit in UNITS.values() for name in unit[:2]} | {"quid", "bucks"}
    return re.compile(r"[\s-]*\b(" + "|".join(sorted(names, key=len, reverse=True)) + r")\b")


_UNIT = _unit_pattern()
_CURRENCY = {name.lower(): code for code, unit in UNITS.items() for name in unit[:2]} | {"quid": "GBP", "bucks": "USD"}
_MINOR = {name: True for unit in UNITS.values() for name in unit[2:] if name}
_SYMBOL_AMOUNT = re.compile(r"([£$€¥￥])\s?(\d+(?:,\d{3})*)(?:\.(\d{1,2}))?")
_DECIMAL_AMOUNT = re.compile(r"(?<![\d.,])(\d+(?:,\d{3})*)\.(\d{1,2})" + _UNIT.pattern)


def find_money(text: str) -> list[Found[Money]]:
    """Every amount with a unit in a text: "£4,800.00", "4800 pounds", "twelve dollars and fifty cents"."""
    lower = text.lower()
    found = [_decimal(m, SYMBOLS[m.group(1)], m.group(2), m.group(3)) for m in _SYMBOL_AMOUNT.finditer(lower)]
    found += [_decimal(m, _CURRENCY[m.group(3)], m.group(1), m.group(2)) for m in _DECIMAL_AMOUNT.finditer(lower)]
    taken = [(f.start, f.end) for f in found]
    tokens, at = tokens_of(text), 0
    while at < len(tokens):
        read = _cardinal(tokens, at)
        amount = _worded(lower, tokens, at, read[1], read[0]) if read else None
        if amount is None:
            at += 1
            continue
        at = next((i for i, token in enumerate(tokens) if token.start >= amount.end), len(tokens))
        if not any(amount.start < end and start < amount.end for start, end in taken):
            found.append(amount)
    return sorted(found, key=lambda f: f.start)


def _decimal(match: re.Match[str], currency: str, major: str, fraction: str | None) -> Found[Money]:
    exponent = CURRENCY_EXPONENTS[currency]
    minor = int((fraction or "").ljust(exponent, "0")[:exponent] or 0)
    return Found(Money(int(major.replace(",", "")) * 10**exponent + minor, currency), match.start(), match.end())


def _worded(lower: str, tokens: list[Token], at: int, after: int, value: int) -> Found[Money] | None:
    """Read the unit after a number, and the minor units after that."""
    end = tokens[after - 1].end
    if after < len(tokens) and tokens[after].word in _MINOR:
        currency = next((code for code, unit in UNITS.items() if tokens[after].word in unit[2:]), "USD")
        return Found(Money(value, currency), tokens[at].start, tokens[after].end)
    unit = _UNIT.match(lower, end)
    if unit is None:
        return None
    currency = _CURRENCY[unit.group(1)]
    amount = value * 10 ** CURRENCY_EXPONENTS[currency]
    rest = next((i for i in range(after, len(tokens)) if tokens[i].start >= unit.end()), len(tokens))
    if rest < len(tokens) and tokens[rest].word == "and":
        rest += 1
    minor = _below_scale(tokens, rest)
    if minor and minor[1] < len(tokens) and tokens[minor[1]].word in UNITS[currency][2:]:
        return Found(Money(amount + minor[0], currency), tokens[at].start, tokens[minor[1]].end)
    return Found(Money(amount, currency), tokens[at].start, unit.end())


def find_times(text: str) -> list[Found[time]]:
    """Every time of day in a text: "14:05", "two oh five in the afternoon", "9 pm"."""
    pattern = re.compile(r"\b(\d{1,2}):(\d{2})\b")
    found = [
        Found(time(int(m.group(1)), int(m.group(2))), m.start(), m.end())
        for m in pattern.finditer(text)
        if int(m.group(1)) < 24 and int(m.group(2)) < 60
    ]
    tokens, at = tokens_of(text), 0
    while at < len(tokens):
        read = _worded_time(tokens, at)
        if read is not None:
            found.append(Found(read[0], tokens[at].start, tokens[read[1] - 1].end))
        at = read[1] if read else at + 1
    return sorted(found, key=lambda f: f.start)


def _worded_time(tokens: list[Token], at: int) -> tuple[time, int] | None:
    hour = small(tokens, at)
    if hour is None or not 1 <= hour[0] <= 12:
        return None
    minute, after = 0, hour[1]
    words = [token.word for token in tokens]
    if words[after : after + 2] == ["o", "clock"]:
        after += 2
    else:
        padded = after + 1 if words[after : after + 1] in (["oh"], ["o"], ["zero"]) else after
        minutes = small(tokens, padded)
        if minutes is not None and minutes[0] < 60:
            minute, after = minutes
    for size, part in ((3, "morning"), (3, "afternoon"), (3, "evening"), (1, "am"), (1, "pm")):
        if words[after : after + size] in (["in", "the", part], [part]):
            late = part in ("afternoon", "evening", "pm")
            return time(hour[0] % 12 + (12 if late else 0), minute), after + size
    return None


def find_digits(text: str) -> list[Found[str]]:
    """Every run of digits said one by one, in pairs or written, with fillers between them.

    Numbers with a scale ("four thousand") are amounts and no run; "double four" is two digits.
    """
    tokens, runs, at = tokens_of(text), list[Found[str]](), 0
    while at < len(tokens):
        run, after = _digit_run(tokens, at)
        if run and (after >= len(tokens) or tokens[after].word not in ({"hundred"} | SCALES.keys())):
            runs.append(Found(run, tokens[at].start, tokens[after - 1].end))
        at = max(after, at + 1)
    return runs


def _digit_run(tokens: list[Token], at: int) -> tuple[str, int]:
    run, after, ahead = "", at, at
    while ahead < len(tokens):
        word = tokens[ahead].word
        times = {"double": 2, "triple": 3, "treble": 3}.get(word, 1)
        read = small(tokens, ahead + (times > 1))
        if read is None:
            if word not in _FILLERS or not run:
                break
            ahead += 1
            continue
        written = tokens[read[1] - 1].word
        run += (written.replace(",", "") if written[0].isdigit() else str(read[0])) * times
        after = ahead = read[1]
    return run, after
