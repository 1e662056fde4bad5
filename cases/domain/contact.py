"""Contact rules: which address to try, when, and how often; pure, with time and time zones as arguments."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from cases.domain.alert import Alert, Contact, ContactKind
from cases.domain.policy import CallingHours, Jurisdiction, Policy, TierPolicy


@dataclass(frozen=True, slots=True)
class DialNow:
    """Start the attempt.

    Attributes:
        contact: Which address, as an index into the customer's contacts.
    """

    contact: int


@dataclass(frozen=True, slots=True)
class DialLater:
    """Start the attempt later.

    Attributes:
        due_at: When, UTC.
    """

    due_at: datetime


@dataclass(frozen=True, slots=True)
class DialNever:
    """Nobody may be dialled; a person must find another way.

    Attributes:
        reason: Stable code: `no_safe_contact`, `numbers_refused`, `no_voice_consent`, `attempts_used`,
            `no_calling_hours` or `hold_ends_first`.
    """

    reason: str


Plan = DialNow | DialLater | DialNever
"""What to do about an attempt."""


@dataclass(frozen=True, slots=True)
class ContactRules:
    """What policy says about reaching the customer of one alert.

    Attributes:
        tier: How hard to try.
        area: Rules of the legal area.
        zones: Time zones of the customer's country; a call must be within hours in each.
        sim_swap_window: How long a line counts as recently swapped.
    """

    tier: TierPolicy
    area: Jurisdiction
    zones: tuple[tzinfo, ...]
    sim_swap_window: timedelta

    def allow(self, moment: datetime) -> bool:
        """Whether a call may be placed at this moment: inside calling hours, or an urgent fraud alert."""
        if self.tier.urgent and self.area.urgent_fraud_alerts:
            return True
        return all(_open(self.area.calling_hours, moment, zone) for zone in self.zones)

    def next_allowed(self, moment: datetime) -> datetime | None:
        """The moment itself, or the next opening within two weeks, UTC; None where calling never opens."""
        if self.allow(moment):
            return moment
        openings = sorted(
            opening
            for zone in self.zones
            for opening in _openings(self.area.calling_hours, moment, zone)
            if opening > moment
        )
        # Where the zones' hours overlap, they begin to overlap when the last of them opens.
        return next((opening for opening in openings if self.allow(opening)), None)

    def wait_before(self, attempt: int) -> timedelta:
        """How long to wait before this attempt after the last one ended; not at all before the first."""
        spacing = self.tier.spacing_seconds
        if attempt < 2 or not spacing:
            return timedelta(0)
        return timedelta(seconds=spacing[min(attempt - 2, len(spacing) - 1)])


def contact_rules(alert: Alert, policy: Policy, zones: Mapping[str, tzinfo]) -> ContactRules:
    """What policy says about reaching the customer of this alert.

    Args:
        alert: The alert.
        policy: The policies.
        zones: Time zones by IANA name; holds all that the policies name.

    Raises:
        InvalidValueError: No jurisdiction covers the alert's country.
    """
    area = policy.jurisdiction(alert.jurisdiction)
    return ContactRules(
        tier=policy.contact_rules(alert),
        area=area,
        zones=tuple(zones[name] for name in area.time_zones[alert.jurisdiction]),
        sim_swap_window=timedelta(days=policy.limits.sim_swap_days),
    )


def safe_for_voice(contact: Contact, now: datetime, sim_swap_window: timedelta) -> bool:
    """Whether a payment may be confirmed by voice on this address.

    A forwarded or recently swapped line may be in a fraudster's hands; mail and chat carry no voice.
    """
    if contact.kind not in {ContactKind.APP, ContactKind.PHONE} or contact.forwarding:
        return False
    return contact.sim_swapped_at is None or now - contact.sim_swapped_at > sim_swap_window


def plan_attempt(
    alert: Alert,
    attempt: int,
    not_before: datetime,
    now: datetime,
    rules: ContactRules,
    refused: Collection[int] = (),
) -> Plan:
    """What to do about an attempt.

    Args:
        alert: The alert.
        attempt: Number of the attempt, from 1.
        not_before: The earliest moment that spacing allows, UTC.
        now: Current time, UTC.
        rules: What policy says about reaching this customer.
        refused: Contacts that may never be dialled, as indices into the customer's contacts.
    """
    if attempt > rules.tier.attempts:
        return DialNever("attempts_used")
    if not alert.customer.consent.ai_voice:
        return DialNever("no_voice_consent")
    safe = [
        index
        for index, contact in enumerate(alert.customer.contacts)
        if safe_for_voice(contact, now, rules.sim_swap_window)
    ]
    if not safe:
        return DialNever("no_safe_contact")
    safe = [index for index in safe if index not in refused]
    if not safe:
        return DialNever("numbers_refused")
    due = rules.next_allowed(max(not_before, now))
    if due is None:
        return DialNever("no_calling_hours")
    if due <= now:
        return DialNow(safe[(attempt - 1) % len(safe)])
    if due >= alert.hold_deadline:
        return DialNever("hold_ends_first")
    return DialLater(due)


def _open(hours: CallingHours, moment: datetime, zone: tzinfo) -> bool:
    local = moment.astimezone(zone)
    return local.weekday() in hours.weekdays and hours.start <= local.time() < hours.end


def _openings(hours: CallingHours, moment: datetime, zone: tzinfo) -> list[datetime]:
    """When calling opens in one zone on each of the next days, UTC."""
    first = moment.astimezone(zone).date()
    days = (first + timedelta(days=count) for count in range(-1, 15))
    return [datetime.combine(day, hours.start, zone).astimezone(UTC) for day in days]
