"""What the settings say about the telephone, as the rooms that telephone take it."""

from __future__ import annotations

from riskcall.settings import Settings
from telephony.limits import DialLimits


def dial_limits(settings: Settings) -> DialLimits:
    """What may be dialled, and how often."""
    return DialLimits(
        countries=frozenset(settings.sip_countries),
        at_once=settings.sip_calls_at_once,
        per_minute=settings.sip_calls_per_minute,
        per_day=settings.sip_calls_per_day,
        per_number_per_day=settings.sip_calls_per_number_per_day,
    )
