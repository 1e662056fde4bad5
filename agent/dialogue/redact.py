"""Secrets out of the customer's words before they are stored, logged or sent to a model."""

from __future__ import annotations

import re
from collections.abc import Collection

from agent import numbers
from agent.numbers import Found
from cases.domain.alert import IdentityQuestionKind
from cases.domain.vocabulary import Language, Question

REDACTED = {Language.EN: "[removed]", Language.ZH: "[已隐去]"}
"""What stands in place of a secret."""
_LOCALES = {Language.EN: "en-GB", Language.ZH: "zh-CN"}
_CODE_DIGITS = 4
"""Shortest run of digits that may be a code."""
_CARD_DIGITS = 13
"""Shortest card number (ISO/IEC 7812)."""
_DATE_DIGITS = 8
"""Digits of a date with its year."""
_POSTCODE_DIGITS = 6
"""Longest postcode in digits alone (China's)."""
_BEFORE_YEAR = re.compile(r"(?i)\b(?:in|since|from|year)\s*$")
_YEAR = re.compile(r"(?:19|20)\d\d")
_SECRET_WORDS = re.compile(
    r"\b(?:my|the) (?:\w+ )?(?:pin|password|pass ?code|one[- ]time (?:code|password)|security code|cvv|cvc|otp|"
    r"card number)(?: number| code)?(?: is|'s|:)\s+(?P<en>\S.*)"
    r"|(?:密码|验证码|动态码|口令|校验码|卡号|安全码)(?:是|为|：|:)(?P<zh>\S.*)",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"(?i)^(?:not|wrong|safe|secret|fine|correct|on|in|private|none|的|什么|多少|不|没|保密|安全|对的|错)"
)


def luhn(digits: str) -> bool:
    """Whether digits end in the check digit of a card number (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def redact(
    text: str,
    question: Question | None,
    language: Language,
    keep: Collection[str] = (),
    identity: IdentityQuestionKind = IdentityQuestionKind.BIRTHDAY,
) -> str:
    """Take card numbers, codes, PINs and passwords out of words.

    A birthday or postcode that was asked for, amounts, dates, times and years stay.

    Args:
        text: What was said.
        question: The open question.
        language: Language of the script.
        keep: Runs of digits that are no secret, such as the amount in the alert.
        identity: What the identity question asks for.
    """
    spans = _secrets(text, question, keep, identity)
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + REDACTED[language] + text[end:]
    return text


def secret_at(
    text: str,
    question: Question | None,
    language: Language,
    keep: Collection[str] = (),
    identity: IdentityQuestionKind = IdentityQuestionKind.BIRTHDAY,
) -> int | None:
    """Index at which the first secret begins in what was said, or None; arguments as for `redact`."""
    return min((start for start, _ in _secrets(text, question, keep, identity)), default=None)


def _secrets(
    text: str, question: Question | None, keep: Collection[str], identity: IdentityQuestionKind
) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for match in _SECRET_WORDS.finditer(text):
        group = "en" if match["en"] else "zh"
        if not _NO_SECRET.match(match[group]):
            spans.append(match.span(group))
    allowed = [span for locale in _LOCALES.values() for span in _allowed(text, locale, question)]
    for locale in _LOCALES.values():
        for run in numbers.find_digits(text, locale):
            kept = sum(len(written) for written in re.findall(r"\d+", text[run.start : run.end]) if written in keep)
            given = question is Question.IDENTITY and _answers(run.value, identity)
            if len(run.value) - kept >= _CODE_DIGITS and not given and not _permitted(run, text, allowed):
                spans.append((run.start, run.end))
    return _merged(spans)


def _allowed(text: str, locale: str, question: Question | None) -> list[tuple[int, int]]:
    """Spans of amounts, times and dates; bare digits are a date only where a birthday was asked for."""
    found: list[tuple[int, int]] = [(f.start, f.end) for f in numbers.find_money(text, locale)]
    found += [(f.start, f.end) for f in numbers.find_times(text, locale)]
    for day in numbers.find_days(text, locale):
        if question is Question.IDENTITY or not _bare(text[day.start : day.end], locale):
            found.append((day.start, day.end))
    return found


def _bare(text: str, locale: str) -> bool:
    """Whether a span is nothing but a run of digits, in words or written."""
    runs = numbers.find_digits(text, locale)
    return bool(runs) and runs[0].start == 0 and runs[0].end == len(text)


def _permitted(run: Found[str], text: str, allowed: list[tuple[int, int]]) -> bool:
    if len(run.value) >= _CARD_DIGITS and luhn(run.value):
        return False
    if len(run.value) <= _DATE_DIGITS and any(start < run.end and run.start < end for start, end in allowed):
        return True
    before, after = text[: run.start], text[run.end : run.end + 1]
    return _YEAR.fullmatch(run.value) is not None and (after == "年" or _BEFORE_YEAR.search(before) is not None)


def _answers(digits: str, identity: IdentityQuestionKind) -> bool:
    """Whether digits may answer the identity question."""
    if identity is IdentityQuestionKind.POSTCODE:
        return len(digits) <= _POSTCODE_DIGITS
    return _birthday(digits)


def _birthday(digits: str) -> bool:
    """Whether digits may be a day with a month, a year, or both; six digits may be a code as well."""
    if _YEAR.fullmatch(digits):
        return True
    if len(digits) == 4:
        first, second = int(digits[:2]), int(digits[2:])
        return 1 <= min(first, second) <= 12 and max(first, second) <= 31
    return len(digits) == _DATE_DIGITS and (_YEAR.match(digits) or _YEAR.match(digits[4:])) is not None


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
