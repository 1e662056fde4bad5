"""English numbers, money, dates, times and digits as they are said."""

from __future__ import annotations

from datetime import date, time

from cases.domain.money import Money

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
MONTHS = "january february march april may june july august september october november december".split()
SCALES = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
UNITS: dict[str, tuple[str, str, str, str]] = {
    "AUD": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "CAD": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "CHF": ("Swiss franc", "Swiss francs", "centime", "centimes"),
    "CNY": ("yuan", "yuan", "fen", "fen"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
    "HKD": ("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
    "JPY": ("yen", "yen", "", ""),
    "KWD": ("Kuwaiti dinar", "Kuwaiti dinars", "fils", "fils"),
    "SGD": ("Singapore dollar", "Singapore dollars", "cent", "cents"),
    "USD": ("dollar", "dollars", "cent", "cents"),
}
"""One and many of the major and of the minor unit."""
SYMBOLS = {"£": "GBP", "$": "USD", "€": "EUR", "¥": "CNY", "￥": "CNY"}

_DAY_PARTS = ((12, "in the morning"), (18, "in the afternoon"), (24, "in the evening"))


def number(value: int, *, british: bool) -> str:
    """Say a whole number below a trillion; British English puts "and" before the tens.

    Raises:
        ValueError: The number is negative or too large.
    """
    if not 0 <= value < 10**12:
        raise ValueError("only numbers from 0 up to a trillion are said")
    if value < 1000:
        return _below_thousand(value, british)
    scale, size = next((word, size) for word, size in reversed(SCALES.items()) if value >= size)
    head = f"{_below_thousand(value // size, british)} {scale}"
    rest = value % size
    if not rest:
        return head
    joint = " and " if british and rest < 100 else " "
    return head + joint + number(rest, british=british)


def _below_thousand(value: int, british: bool) -> str:
    if value < 20:
        return ONES[value]
    if value < 100:
        return TENS[value // 10 - 2] + (f"-{ONES[value % 10]}" if value % 10 else "")
    head = f"{ONES[value // 100]} hundred"
    if not value % 100:
        return head
    return head + (" and " if british else " ") + _below_thousand(value % 100, british)


def ordinal(value: int) -> str:
    """Say the number of a day, 1 to 31."""
    if value < 20:
        return ORDINALS[value]
    if value in (20, 30):
        return "twentieth" if value == 20 else "thirtieth"
    return f"{TENS[value // 10 - 2]}-{ORDINALS[value % 10]}"


def money(amount: Money, *, british: bool) -> str:
    """Say an amount with its unit: "four thousand eight hundred pounds and fifty pence"."""
    one, many, minor_one, minor_many = UNITS[amount.currency]
    major = f"{number(amount.major, british=british)} {one if amount.major == 1 else many}"
    minor = f"{number(amount.fraction, british=british)} {minor_one if amount.fraction == 1 else minor_many}"
    if not amount.fraction:
        return major
    return minor if not amount.major else f"{major} and {minor}"


def day(value: date, *, british: bool) -> str:
    """Say a day without its year: "the twelfth of March" or "March twelfth"."""
    month = MONTHS[value.month - 1].capitalize()
    return f"the {ordinal(value.day)} of {month}" if british else f"{month} {ordinal(value.day)}"


def clock(value: time) -> str:
    """Say a time of day: "two oh five in the afternoon"."""
    hour = value.hour % 12 or 12
    part = next(words for end, words in _DAY_PARTS if value.hour < end)
    if not value.minute:
        return f"{ONES[hour]} o'clock {part}"
    minute = f"oh {ONES[value.minute]}" if value.minute < 10 else _below_thousand(value.minute, False)
    return f"{ONES[hour]} {minute} {part}"


def digits(value: str) -> str:
    """Say digits one by one."""
    return " ".join(ONES[int(digit)] for digit in value)
