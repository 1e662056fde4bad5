"""Secrets out of the customer's words before they are stored, logged or sent to a model.

A row of four digits or more is a secret unless something says what else it is: an amount, a date, a time, a year, a
house, a count, the answer to the identity question. Near a word for a code or a card three digits are enough. What is
known by its words alone ("my password is sunshine") goes too. The words live in words.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from agent import numbers
from agent.dialogue.redaction.digits import Piece, Run, is_filler, runs, words
from cases.domain.alert import IdentityQuestionKind
from cases.domain.vocabulary import Language, Question

__all__ = ["REDACTED", "Asked", "digits_left_open", "luhn", "redact", "secret_at"]

REDACTED = {Language.EN: "[removed]", Language.ZH: "[已隐去]"}
"""What stands in place of a secret."""
_LOCALES = ("en-GB", "zh-CN")
CODE_DIGITS = 4
"""Shortest row of digits that may be a code."""
NAMED_DIGITS = 3
"""Shortest row of digits that is a code where a code is named near it (a CVV)."""
CARD_DIGITS = 13
"""Shortest card number (ISO/IEC 7812-1); the longest has 19."""
MOST_LABELLED = 12
"""Longest number of an order or a flight."""
_DATE_DIGITS = 8
_POSTCODE_DIGITS = 6
"""Longest postcode in digits alone (China's)."""
_NEAR = 60
"""A word for a secret counts this many characters before a number, or after it, within a sentence."""
_YEAR = re.compile(r"19[3-9]\d|20[0-3]\d")
_WRITTEN_DATE = re.compile(r"(?<!\d)(?:\d{1,2}([/.-])\d{1,2}\1(?:\d{4}|\d{2})|\d{4}([/.-])\d{1,2}\2\d{1,2})(?!\d)")
_SENTENCE_END = re.compile(r"(?<=\w\w\w)[.!?](?=\s)|[。！？；;]")
_SPELLED = re.compile(r"(?<![\w'])[A-Za-z0-9](?:[\s,.-]+[A-Za-z0-9](?![\w'])){3,}")
_ROUNDS = 4
"""Redaction is repeated until nothing more is found: what a word stands near changes as words go."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the customer's words may answer.

    Attributes:
        question: The open question, or None.
        identity: What the identity question asks for.
        keep: Rows of digits that are no secret, such as the amount in the alert.
        left_open: `digits_left_open` of the customer's turn before: a secret may go on in the next one.
    """

    question: Question | None = None
    identity: IdentityQuestionKind = IdentityQuestionKind.BIRTHDAY
    keep: Collection[str] = ()
    left_open: int = 0


def luhn(digits: str) -> bool:
    """Whether digits end in the check digit of a card number (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def redact(text: str, language: Language, asked: Asked = Asked()) -> str:
    """Take card numbers, codes, PINs and passwords out of words; redacted words stay as they are.

    Args:
        text: What was said.
        language: Language of the mark that stands in their place.
        asked: What the words may answer.
    """
    for _ in range(_ROUNDS):
        spans = _secrets(text, asked)
        if not spans:
            break
        for start, end in reversed(spans):
            text = text[:start] + REDACTED[language] + text[end:]
    return text


def secret_at(text: str, asked: Asked = Asked()) -> int | None:
    """Index at which the first secret begins in what was said, or None."""
    return min((start for start, _ in _secrets(text, asked)), default=None)


def digits_left_open(redacted: str) -> int:
    """How many digits a redacted turn ends in, CODE_DIGITS where it ends in a secret."""
    if any(is_filler(redacted.rpartition(mark)[2]) for mark in REDACTED.values() if mark in redacted):
        return CODE_DIGITS
    last = runs(redacted)[-1:]
    return len(last[0].value) if last and is_filler(redacted[last[0].end :]) else 0


def _secrets(text: str, asked: Asked) -> list[tuple[int, int]]:
    found = [*_told(text), *_spelled(text)]
    neutral = _neutral(text)
    first = True
    for run in runs(text):
        goes_on = asked.left_open if first and is_filler(text[: run.start]) else 0
        first = False
        if len(run.whole) >= CARD_DIGITS and luhn(run.whole) and not run.pieces[0].scaled:
            found.append((run.start, run.end))
            continue
        for row in _rows(run, neutral):
            if _is_secret(row, text, asked, goes_on if row[0] is run.pieces[0] else 0):
                found.append((row[0].start, row[-1].end))
    return _merged(found)


def _is_secret(row: list[Piece], text: str, asked: Asked, goes_on: int) -> bool:
    value = "".join(piece.value for piece in row)
    counted = sum(len(piece.value) for piece in row if text[piece.start : piece.end] not in asked.keep)
    named = _named(text, row[0].start, row[-1].end)
    if named:
        return counted >= NAMED_DIGITS or (goes_on > 0 and counted > 0)
    # A single "twelve" may begin a birthday or a count; so may two digits while the birthday is asked for.
    in_a_row = len(row) > 1 or text[row[0].start].isdecimal()
    if goes_on + counted >= CODE_DIGITS and goes_on and in_a_row and asked.question is not Question.IDENTITY:
        return True
    if counted < CODE_DIGITS or _answers(value, asked):
        return False
    return not _is_something_else(value, text[: row[0].start], text[row[-1].end :])


def _answers(value: str, asked: Asked) -> bool:
    """Whether digits may answer the identity question."""
    if asked.question is not Question.IDENTITY:
        return False
    if asked.identity is IdentityQuestionKind.POSTCODE:
        return len(value) <= _POSTCODE_DIGITS
    if _YEAR.fullmatch(value):
        return True
    if len(value) == CODE_DIGITS:
        first, second = int(value[:2]), int(value[2:])
        return 1 <= min(first, second) <= 12 and max(first, second) <= 31
    # Six digits may be a code as well.
    return len(value) == _DATE_DIGITS and (_YEAR.match(value) or _YEAR.match(value[4:])) is not None


def _is_something_else(value: str, before: str, after: str) -> bool:
    """A year, a count, a house, an order."""
    patterns = _patterns()
    if _YEAR.fullmatch(value):
        return True
    if len(value) < _DATE_DIGITS and any(pattern.search(after) for pattern in patterns.counted):
        return True
    return len(value) <= MOST_LABELLED and any(pattern.search(before) for pattern in patterns.labelled)


def _rows(run: Run, neutral: list[tuple[int, int]]) -> Iterator[list[Piece]]:
    """A run cut where an amount, a date, a time or a number with a scale stands in it."""
    row: list[Piece] = []
    for piece in run.pieces:
        if piece.scaled or any(start <= piece.start and piece.end <= end for start, end in neutral):
            if row:
                yield row
            row = []
        else:
            row.append(piece)
    if row:
        yield row


def _neutral(text: str) -> list[tuple[int, int]]:
    """Spans of amounts, times and dates that are plainly such: not of bare digits."""
    found = [match.span() for match in _WRITTEN_DATE.finditer(text)]
    for locale in _LOCALES:
        found += [(one.start, one.end) for one in numbers.find_money(text, locale)]
        found += [(one.start, one.end) for one in numbers.find_times(text, locale)]
        for day in numbers.find_days(text, locale):
            if any(not is_filler(part) for part in _between(text[day.start : day.end])):
                found.append((day.start, day.end))
    return found


def _between(text: str) -> Iterator[str]:
    """What stands between and around the numbers of a text."""
    at = 0
    for run in runs(text):
        for piece in run.pieces:
            yield text[at : piece.start]
            at = piece.end
    yield text[at:]


@dataclass(frozen=True, slots=True)
class _Patterns:
    named: re.Pattern[str]
    unnamed: re.Pattern[str]
    birthday: re.Pattern[str]
    told: tuple[re.Pattern[str], ...]
    no_secret: re.Pattern[str]
    counted: tuple[re.Pattern[str], ...]
    labelled: tuple[re.Pattern[str], ...]


@cache
def _patterns() -> _Patterns:
    document = words()

    def compiled(key: str) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern, re.IGNORECASE) for pattern in document[key])

    return _Patterns(
        named=re.compile("|".join(document["named"]).replace("(?i:", "(?:"), re.IGNORECASE),
        unnamed=re.compile(document["unnamed"], re.IGNORECASE),
        birthday=re.compile(document["birthday"], re.IGNORECASE),
        told=compiled("told"),
        no_secret=re.compile(document["no_secret"]),
        counted=compiled("counted"),
        labelled=compiled("labelled"),
    )


def _named(text: str, start: int, end: int) -> bool:
    """Whether a code or a card is named near a number; a birthday or a postcode named nearer counts for more."""
    patterns = _patterns()
    before = re.split(r"[.!?。！？]\s*", text[max(0, start - _NEAR) : start])[-1]
    after = re.split(r"[.!?。！？，,]", text[end : end + _NEAR // 3])[0]
    plain = patterns.unnamed.sub(lambda match: " " * len(match.group()), before)
    names = [match.end() for match in patterns.named.finditer(plain)]
    births = [match.end() for match in patterns.birthday.finditer(before)]
    if names:
        return not births or names[-1] > births[-1]
    return not births and patterns.named.search(patterns.unnamed.sub(" ", after)) is not None


def _told(text: str) -> Iterator[tuple[int, int]]:
    """Secrets that are known by the words around them."""
    patterns = _patterns()
    for pattern in patterns.told:
        for match in pattern.finditer(text):
            start, end = match.span("secret")
            if not patterns.no_secret.match(match["secret"]):
                ends = _SENTENCE_END.search(text, start, end)
                yield start, ends.start() if ends else end


def _spelled(text: str) -> Iterator[tuple[int, int]]:
    """Letters and digits said one by one where a code is named."""
    for match in _SPELLED.finditer(text):
        if _named(text, *match.span()):
            yield match.span()


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
