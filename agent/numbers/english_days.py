"""Days in English as they are said: every order of day and month, in words, ordinals or digits, and put right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from agent.numbers.english import MONTHS, ORDINALS
from agent.numbers.english_tokens import TEN_WORDS, Token, small, tokens_of
from agent.numbers.found import Found

_ORDINAL = {word: value for value, word in enumerate(ORDINALS)} | {"twentieth": 20, "thirtieth": 30}
_MONTH_OF = {name: index + 1 for index, name in enumerate(MONTHS)}
_MONTH_OF |= {name[:3]: number for name, number in tuple(_MONTH_OF.items())} | {"sept": 9}
_SUFFIXES = ("st", "nd", "rd", "th")
_BETWEEN = ("of", "the", "day", "in", "er", "um", "uh", "erm")
_SLASHES = ("slash", "stroke", "dash", "dot", "point", "of")
_TAKEN_BACK = frozenset({"no", "sorry", "wait", "actually", "mean", "meant", "rather", "correction", "make"})
_PUT_RIGHT = 6
"""Words over which a correction reaches."""

Read = tuple[tuple[int, int], int]
"""Month and day, and the index after them."""


@dataclass(frozen=True, slots=True)
class _Day:
    month: int
    day: int
    first: int
    after: int


def find_days(text: str, *, month_first: bool) -> list[Found[tuple[int, int]]]:
    """Every (month, day) in a text, in words or digits, with or without a year.

    A day or month that is put right without the other ("March eleventh, no, twelfth") is found as well, after the
    one it replaces.

    Args:
        text: For instance "the twelfth of March", "March twelve", "12/3/1980", "twelve three", "third month twelfth
            day", "one two oh three", "1203".
        month_first: Whether bare numbers name the month first, as in the United States.
    """
    tokens, at, found = tokens_of(text), 0, list[_Day]()
    while at < len(tokens):
        read = (
            _named(tokens, at)
            or _day_month(tokens, at)
            or _month_day(tokens, at)
            or _spelled(tokens, at, month_first)
            or _bare(tokens, at, month_first)
        )
        if read is None:
            number_read = _ordinal_at(tokens, at)
            corrected = _put_right(tokens, at, found[-1]) if found else None
            if corrected is not None:
                found.append(corrected)
                at = corrected.after
                continue
            at = number_read[1] if number_read else at + 1
            continue
        (month, day), after = read
        found.append(_Day(month, day, at, after))
        at = after
    return [Found((one.month, one.day), tokens[one.first].start, tokens[one.after - 1].end) for one in found]


def find_scattered_day(text: str) -> tuple[int, int] | None:
    """A month and a day that are said apart ("I'm a March baby, born on the twelfth"), or None.

    Both must be unambiguous: one month's name, and one ordinal or, without ordinals, one number that is a day.
    "May" is a month only beside an ordinal.
    """
    tokens = tokens_of(text)
    months = {_MONTH_OF[token.word] for token in tokens if token.word in _MONTH_OF}
    ordinals, cardinals = set[int](), set[int]()
    at = 0
    while at < len(tokens):
        read = None if tokens[at].word in ("o", "oh") else _ordinal_at(tokens, at)
        if read is not None:
            (ordinals if _is_ordinal(tokens, at, read[1]) else cardinals).add(read[0])
        at = read[1] if read else at + 1
    days = ordinals or (cardinals if "may" not in {token.word for token in tokens} else set())
    if len(months) != 1 or len(days) != 1:
        return None
    month, day = months.pop(), days.pop()
    return (month, day) if _valid(month, day) else None


def _put_right(tokens: list[Token], at: int, before: _Day) -> _Day | None:
    """A day or a month alone, shortly after words that take back the one before."""
    between = [token.word for token in tokens[before.after : at]]
    if not _TAKEN_BACK.intersection(between) or len(between) > _PUT_RIGHT:
        return None
    month = _MONTH_OF.get(tokens[at].word)
    if month is not None and _valid(month, before.day):
        return replace(before, month=month, first=at, after=at + 1)
    read = _ordinal_at(tokens, at)
    if read is None or not _valid(before.month, read[0]):
        return None
    return replace(before, day=read[0], first=at, after=read[1])


def _ordinal_at(tokens: list[Token], at: int) -> tuple[int, int] | None:
    """Read a day's number, ordinal or cardinal, with "12th" split by the tokenizer."""
    if at >= len(tokens):
        return None
    word = tokens[at].word
    if word in _ORDINAL:
        return _ORDINAL[word], at + 1
    if word in TEN_WORDS and at + 1 < len(tokens) and 0 < _ORDINAL.get(tokens[at + 1].word, 0) < 10:
        return TEN_WORDS[word] + _ORDINAL[tokens[at + 1].word], at + 2
    read = _padded(tokens, at)
    if read and read[1] < len(tokens) and word.isdigit() and tokens[read[1]].word in _SUFFIXES:
        return read[0], read[1] + 1
    return read


def _is_ordinal(tokens: list[Token], at: int, after: int) -> bool:
    return any(token.word in _ORDINAL or token.word in _SUFFIXES for token in tokens[at:after])


def _padded(tokens: list[Token], at: int) -> tuple[int, int] | None:
    """Read a number below 100, allowing a leading zero as in "oh three"."""
    if at + 1 < len(tokens) and tokens[at].word in ("oh", "o", "zero", "0", "nought"):
        follows = small(tokens, at + 1)
        if follows and 0 < follows[0] < 10:
            return follows
    return small(tokens, at)


def _valid(month: int, number_of_day: int) -> bool:
    try:
        date(2000, month, number_of_day)
    except ValueError:
        return False
    return True


def _skip(tokens: list[Token], at: int, words: tuple[str, ...]) -> int:
    while at < len(tokens) and tokens[at].word in words:
        at += 1
    return at


def _named(tokens: list[Token], at: int) -> Read | None:
    """Read "third month twelfth day", "month three day twelve" and the same the other way round."""
    found: dict[str, int] = {}
    place = at
    for _ in range(2):
        place = _skip(tokens, place, ("of", "the", "and")) if found else place
        named = _named_part(tokens, place)
        if named is None:
            return None
        kind, value, place = named
        found[kind] = value
    if len(found) < 2 or not _valid(found["month"], found["day"]):
        return None
    return (found["month"], found["day"]), place


def _named_part(tokens: list[Token], at: int) -> tuple[str, int, int] | None:
    if at < len(tokens) and tokens[at].word in ("day", "month"):
        read = _ordinal_at(tokens, at + 1)
        return (tokens[at].word, *read) if read else None
    read = _ordinal_at(tokens, at)
    if read is None or read[1] >= len(tokens) or tokens[read[1]].word not in ("day", "month"):
        return None
    return tokens[read[1]].word, read[0], read[1] + 1


def _day_month(tokens: list[Token], at: int) -> Read | None:
    """Read "the twelfth of March", "twelve March", "twelfth of the third", "twelfth, third"."""
    read = _ordinal_at(tokens, at)
    if read is None:
        return None
    after = _skip(tokens, read[1], _BETWEEN)
    if after >= len(tokens):
        return None
    month = _MONTH_OF.get(tokens[after].word)
    if month is not None:
        return ((month, read[0]), after + 1) if _valid(month, read[0]) else None
    joined = after > read[1] and "of" in {token.word for token in tokens[read[1] : after]}
    second = _ordinal_at(tokens, after)
    ordinals = second is not None and _is_ordinal(tokens, after, second[1]) and _is_ordinal(tokens, at, read[1])
    if second is None or not (joined or ordinals) or not _valid(second[0], read[0]):
        return None
    return (second[0], read[0]), second[1]


def _month_day(tokens: list[Token], at: int) -> Read | None:
    month = _MONTH_OF.get(tokens[at].word)
    if month is None:
        return None
    read = _ordinal_at(tokens, _skip(tokens, at + 1, _BETWEEN))
    return ((month, read[0]), read[1]) if read and _valid(month, read[0]) else None


def _spelled(tokens: list[Token], at: int, month_first: bool) -> Read | None:
    """Read four, six or eight digits said one by one, or written in one: day, month, and a year that is left out."""
    digits, after = "", at
    while after < len(tokens) and (value := small(tokens, after)) is not None:
        word = tokens[after].word
        if value[1] != after + 1 or (not word.isdigit() and value[0] > 9) or (word.isdigit() and len(word) > 1):
            break
        digits, after = digits + str(value[0]), after + 1
    if not digits and tokens[at].word.isdigit() and len(tokens[at].word) in (6, 8):
        digits, after = tokens[at].word, at + 1
    if len(digits) not in (4, 6, 8):
        return None
    if len(digits) == 8 and digits[:2] in ("19", "20") and _valid(int(digits[4:6]), int(digits[6:])):
        return (int(digits[4:6]), int(digits[6:])), after
    return _pair(int(digits[:2]), int(digits[2:4]), after, month_first)


def _bare(tokens: list[Token], at: int, month_first: bool) -> Read | None:
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
    second = _padded(tokens, _skip(tokens, first[1], _SLASHES))
    return _pair(first[0], second[0], second[1], month_first) if second else None


def _year(tokens: list[Token], at: int) -> bool:
    return 1900 <= int(tokens[at].word) <= 2100 and _padded(tokens, at + 1) is not None


def _pair(first: int, second: int, after: int, month_first: bool) -> Read | None:
    month, number_of_day = (first, second) if month_first else (second, first)
    if not _valid(month, number_of_day):
        month, number_of_day = number_of_day, month
    return ((month, number_of_day), after) if _valid(month, number_of_day) else None
