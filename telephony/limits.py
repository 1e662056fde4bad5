"""What may be dialled by telephone, decided before every dial: toll fraud lives from numbers and floods of calls."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberType

from cases.domain.vocabulary import DialRefusal
from cases.store import DialUsage

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_ORDINARY = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
    }
)
"""Kinds of numbers that a person is reached at; whoever owns one of another kind may earn by the call."""


@dataclass(frozen=True, slots=True)
class DialLimits:
    """What may be dialled, and how often.

    Attributes:
        countries: ISO 3166-1 alpha-2 codes of the countries that may be dialled; empty: nobody is.
        at_once: Calls under way.
        per_minute: Calls begun in a minute.
        per_day: Calls begun in 24 hours.
        per_number_per_day: Calls to one number in 24 hours.
    """

    countries: frozenset[str]
    at_once: int
    per_minute: int
    per_day: int
    per_number_per_day: int


def refusal(number: str, given: Collection[str], usage: DialUsage, limits: DialLimits) -> DialRefusal | None:
    """Why a number may not be dialled now, or None where it may.

    Args:
        number: What is to be dialled.
        given: The telephone numbers that the bank sent for this customer.
        usage: What was dialled before, as of now.
        limits: What may be dialled, and how often.
    """
    if number not in given:
        return DialRefusal.NOT_A_CONTACT
    return number_refusal(number, limits.countries) or _usage_refusal(usage, limits)


def number_refusal(number: str, countries: Collection[str]) -> DialRefusal | None:
    """Why a number may never be dialled, or None where it may.

    The country is that of the number and not of its prefix: +1 is the United States as much as Jamaica.
    """
    if not _E164.fullmatch(number):
        return DialRefusal.NOT_E164
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return DialRefusal.INVALID_NUMBER
    if not phonenumbers.is_valid_number(parsed):
        return DialRefusal.INVALID_NUMBER
    if phonenumbers.number_type(parsed) not in _ORDINARY:
        return DialRefusal.PREMIUM_NUMBER
    if phonenumbers.region_code_for_number(parsed) not in countries:
        return DialRefusal.COUNTRY_NOT_ALLOWED
    return None


def _usage_refusal(usage: DialUsage, limits: DialLimits) -> DialRefusal | None:
    """The cap that lasts longest first: it is the one to tell of."""
    if usage.number_last_day >= limits.per_number_per_day:
        return DialRefusal.CALLS_PER_NUMBER
    if usage.last_day >= limits.per_day:
        return DialRefusal.CALLS_PER_DAY
    if usage.last_minute >= limits.per_minute:
        return DialRefusal.CALLS_PER_MINUTE
    if usage.at_once >= limits.at_once:
        return DialRefusal.CALLS_AT_ONCE
    return None
