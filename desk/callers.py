"""Who rings: a number, or the digest of one that LiveKit SIP makes where numbers are hidden; pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from phonenumbers import MatchType, NumberParseException, PhoneNumberFormat, format_number, is_number_match, parse

HIDDEN = "sip_"
"""What such a digest begins with; the rest is the first 16 hexadecimal digits of the number's SHA-256."""
# Not SHORT_NSN_MATCH: a caller who says to be "1" would match every number that ends so.
_SAME = frozenset({MatchType.EXACT_MATCH, MatchType.NSN_MATCH})


def hidden(number: str) -> str:
    """The digest of a number, which tells callers apart and is easily undone: it is no secret."""
    return HIDDEN + hashlib.sha256(number.encode()).hexdigest()[:16]


def told_apart(caller: str) -> str:
    """The same text for the same caller, however their number is written."""
    return caller if caller.startswith(HIDDEN) else re.sub("[^0-9]", "", caller)


def calls_from(caller: str, numbers: Iterable[str]) -> bool:
    """Whether somebody calls from one of these numbers.

    Args:
        caller: Their number, its digest, or empty where it is withheld.
        numbers: Numbers in E.164 form.
    """
    if caller.startswith(HIDDEN):
        return any(caller == hidden(way) for number in numbers for way in _ways(number))
    return bool(caller) and any(is_number_match(number, caller) in _SAME for number in numbers)


def _ways(number: str) -> list[str]:
    """How carriers write a number that calls."""
    digits = number.removeprefix("+")
    ways = [number, digits, f"00{digits}"]
    try:
        national = format_number(parse(number), PhoneNumberFormat.NATIONAL)
    except NumberParseException:
        return ways
    return [*ways, re.sub("[^0-9]", "", national)]
