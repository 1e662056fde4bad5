"""English numbers, money, dates, times and digits as they are read back from speech or text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time

from agent.numbers.english import MONTHS, ONES, ORDINALS, SCALES, SYMBOLS, TENS, UNITS
from agent.numbers.found import Found
from cases.domain.money import CURRENCY_EXPONENTS, Money

_CARDINAL = {word: value for value, word in enumerate(ONES)} | {"oh": 0, "o": 0, "nought": 0, "nil": 0}
_TEN_WORDS = {word: (index + 2) * 10 for index, word in enumerate(TENS)}
_ORDINAL = {word: value for value, word in enumerate(ORDINALS)} | {"twentieth": 20, "thirtieth": 30}
_MONTH_OF = {name: index + 1 for index, name in enumerate(MONTHS)}
_MONTH_OF |= {name[:3]: number for name, number in tuple(_MONTH_OF.items())} | {"sept": 9}
_TOKEN = re.compile(r"\d+(?:,\d{3})+|\d+|[a-z]+")
_FILLERS = frozenset({"uh", "um", "er", "erm", "and", "then", "dash", "hyphen", "space"})


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    start: int
    end: int


def _tokens(text: str) -> list[_Token]:
    return [_Token(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(text.lower())]


def _small(tokens: list[_Token], at: int) -> tuple[int, int] | None:
    """Read a number below 100 in words, or digits of any size; gives the value and the index after it."""
    if at >= len(tokens):
        return None
    word = tokens[at].word
    if word[0].isdigit():
        return int(word.replace(",", "")), at + 1
    if word in _CARDINAL:
        return _CARDINAL[word], at + 1
    if word not in _TEN_WORDS:
        return None
    follows = _CARDINAL.get(tokens[at + 1].word, 0) if at + 1 < len(tokens) else 0
    return (_TEN_WORDS[word] + follows, at + 2) if 0 < follows < 10 else (_TEN_WORDS[word], at + 1)


def _below_scale(tokens: list[_Token], at: int) -> tuple[int, int] | None:
    """Read a number below 1,000 in words ("a hundred and twelve"), or digits of any size."""
    if at + 1 < len(tokens) and tokens[at].word == "a" and tokens[at + 1].word == "hundred":
        head: tuple[int, int] | None = (1, at + 1)
    else:
        head = _small(tokens, at)
    if head is None:
        return None
    value, after = head
    if after < len(tokens) and tokens[after].word == "hundred":
        value, after = value * 100, after + 1
        rest = after + 1 if after < len(tokens) and tokens[after].word == "and" else after
        below = _small(tokens, rest)
        if below is not None and below[0] < 100:
            value, after = value + below[0], below[1]
    return value, after


def _cardinal(tokens: list[_Token], at: int) -> tuple[int, int] | None:
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
    tokens = _tokens(text)
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
    tokens, at = _tokens(text), 0
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


def _worded(lower: str, tokens: list[_Token], at: int, after: int, value: int) -> Found[Money] | None:
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
    tokens, at = _tokens(text), 0
    while at < len(tokens):
        read = _worded_time(tokens, at)
        if read is not None:
            found.append(Found(read[0], tokens[at].start, tokens[read[1] - 1].end))
        at = read[1] if read else at + 1
    return sorted(found, key=lambda f: f.start)


def _worded_time(tokens: list[_Token], at: int) -> tuple[time, int] | None:
    hour = _small(tokens, at)
    if hour is None or not 1 <= hour[0] <= 12:
        return None
    minute, after = 0, hour[1]
    words = [token.word for token in tokens]
    if words[after : after + 2] == ["o", "clock"]:
        after += 2
    else:
        padded = after + 1 if words[after : after + 1] in (["oh"], ["o"], ["zero"]) else after
        small = _small(tokens, padded)
        if small is not None and small[0] < 60:
            minute, after = small
    for size, part in ((3, "morning"), (3, "afternoon"), (3, "evening"), (1, "am"), (1, "pm")):
        if words[after : after + size] in (["in", "the", part], [part]):
            late = part in ("afternoon", "evening", "pm")
            return time(hour[0] % 12 + (12 if late else 0), minute), after + size
    return None


def find_days(text: str, *, month_first: bool) -> list[Found[tuple[int, int]]]:
    """Every (month, day) in a text, in words or digits, with or without a year.

    Args:
        text: For instance "the twelfth of March", "March twelve", "12/3/1980", "twelve three", "1203".
        month_first: Whether bare numbers name the month first, as in the United States.
    """
    tokens, at, found = _tokens(text), 0, []
    while at < len(tokens):
        read = _day_month(tokens, at) or _month_day(tokens, at) or _bare(tokens, at, month_first)
        if read is None:
            number_read = _ordinal_at(tokens, at)
            at = number_read[1] if number_read else at + 1
            continue
        (month, number_of_day), after = read
        found.append(Found((month, number_of_day), tokens[at].start, tokens[after - 1].end))
        at = after
    return found


def _ordinal_at(tokens: list[_Token], at: int) -> tuple[int, int] | None:
    """Read a day's number, ordinal or cardinal, with "12th" split by the tokenizer."""
    if at >= len(tokens):
        return None
    word = tokens[at].word
    if word in _ORDINAL:
        return _ORDINAL[word], at + 1
    if word in _TEN_WORDS and at + 1 < len(tokens) and 0 < _ORDINAL.get(tokens[at + 1].word, 0) < 10:
        return _TEN_WORDS[word] + _ORDINAL[tokens[at + 1].word], at + 2
    read = _padded(tokens, at)
    if read and read[1] < len(tokens) and word.isdigit() and tokens[read[1]].word in ("st", "nd", "rd", "th"):
        return read[0], read[1] + 1
    return read


def _padded(tokens: list[_Token], at: int) -> tuple[int, int] | None:
    """Read a number below 100, allowing a leading zero as in "oh three"."""
    if at + 1 < len(tokens) and tokens[at].word in ("oh", "o", "zero", "0"):
        follows = _small(tokens, at + 1)
        if follows and 0 < follows[0] < 10:
            return follows
    return _small(tokens, at)


def _valid(month: int, number_of_day: int) -> bool:
    try:
        date(2000, month, number_of_day)
    except ValueError:
        return False
    return True


def _skip(tokens: list[_Token], at: int, *words: str) -> int:
    while at < len(tokens) and tokens[at].word in words:
        at += 1
    return at


def _day_month(tokens: list[_Token], at: int) -> tuple[tuple[int, int], int] | None:
    read = _ordinal_at(tokens, at)
    if read is None:
        return None
    after = _skip(tokens, read[1], "of", "the", "day", "in")
    if after >= len(tokens):
        return None
    month = _MONTH_OF.get(tokens[after].word)
    if month is None and after > read[1] and tokens[after].word in _ORDINAL:
        month = _ORDINAL[tokens[after].word]
    if month is None or not 1 <= month <= 12 or not _valid(month, read[0]):
        return None
    return (month, read[0]), after + 1


def _month_day(tokens: list[_Token], at: int) -> tuple[tuple[int, int], int] | None:
    month = _MONTH_OF.get(tokens[at].word)
    if month is None:
        return None
    read = _ordinal_at(tokens, _skip(tokens, at + 1, "the"))
    return ((month, read[0]), read[1]) if read and _valid(month, read[0]) else None


def _bare(tokens: list[_Token], at: int, month_first: bool) -> tuple[tuple[int, int], int] | None:
    """Read two bare numbers, one number of four digits, or a date whose year comes first."""
    word = tokens[at].word
    if word.isdigit() and len(word) == 4 and not _year(tokens, at):
        return _pair(int(word[:2]), int(word[2:]), at + 1, month_first)
    first = _padded(tokens, at)
    if first is None:
        return None
    if word.isdigit() and len(word) == 4:
        month, number_of_day = _padded(tokens, at + 1), _padded(tokens, at + 2)
        if month and number_of_day and _valid(month[0], number_of_day[0]):
            return (month[0], number_of_day[0]), number_of_day[1]
        return _pair(int(word[:2]), int(word[2:]), at + 1, month_first)
    second = _padded(tokens, first[1])
    return _pair(first[0], second[0], second[1], month_first) if second else None


def _year(tokens: list[_Token], at: int) -> bool:
    return 1900 <= int(tokens[at].word) <= 2100 and _padded(tokens, at + 1) is not None


def _pair(first: int, second: int, after: int, month_first: bool) -> tuple[tuple[int, int], int] | None:
    month, number_of_day = (first, second) if month_first else (second, first)
    if not _valid(month, number_of_day):
        month, number_of_day = number_of_day, month
    return ((month, number_of_day), after) if _valid(month, number_of_day) else None


def find_digits(text: str) -> list[Found[str]]:
    """Every run of digits said one by one, in pairs or written, with fillers between them.

    Numbers with a scale ("four thousand") are amounts and no run; "double four" is two digits.
    """
    tokens, runs, at = _tokens(text), list[Found[str]](), 0
    while at < len(tokens):
        run, after = _digit_run(tokens, at)
        if run and (after >= len(tokens) or tokens[after].word not in ({"hundred"} | SCALES.keys())):
            runs.append(Found(run, tokens[at].start, tokens[after - 1].end))
        at = max(after, at + 1)
    return runs


def _digit_run(tokens: list[_Token], at: int) -> tuple[str, int]:
    run, after, ahead = "", at, at
    while ahead < len(tokens):
        word = tokens[ahead].word
        times = {"double": 2, "triple": 3, "treble": 3}.get(word, 1)
        read = _small(tokens, ahead + (times > 1))
        if read is None:
            if word not in _FILLERS or not run:
                break
            ahead += 1
            continue
        written = tokens[read[1] - 1].word
        run += (written.replace(",", "") if written[0].isdigit() else str(read[0])) * times
        after = ahead = read[1]
    return run, after
