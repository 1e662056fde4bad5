"""The alert of a case with everything personal replaced, and the rules by which speech about it is replaced."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from cases.domain.alert import Alert, Contact, ContactKind, Customer, IdentityQuestion, IdentityQuestionKind, Party
from cases.domain.money import Money
from cases.domain.policy import Fact, Policy
from evals.recording.chance import Chance
from evals.recording.names import Naming, Words

_LEAP = 2000
"""Days of the year are counted in a leap year, so that 29 February is one."""
_FICTITIOUS = {"+44": "+447700900", "+1": "+120255501", "+86": "+86100"}
"""Beginnings of telephone numbers that nobody has: Ofcom's and the NANP's for fiction; in China none starts so."""
_MORE_DIGITS = {"+447700900": 3, "+120255501": 2, "+86100": 7}
_UNASSIGNED = "+999"
_HANDLES = (ContactKind.EMAIL, ContactKind.WECOM, ContactKind.DINGTALK)
"""Addresses that are made of words."""
CUSTOMER = "recorded-customer"
"""Reference of every recorded customer."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """What replaces a case.

    Attributes:
        original: The alert as it was.
        alert: The alert without anything personal.
        names: Every name with its stand-in.
        shift: What moments are moved by.
        factor: What amounts and counts are multiplied by.
        days: What days of the year, the payment's own apart, are moved by.
        chance: Draws for what else is said.
    """

    original: Alert
    alert: Alert
    names: tuple[Words, ...]
    shift: timedelta
    factor: Fraction
    days: int
    chance: Chance

    def money(self, amount: Money) -> Money:
        """Another amount; the payment's own becomes the new payment's."""
        if amount.minor == self.original.transaction.amount.minor:
            return Money(self.alert.transaction.amount.minor, amount.currency)
        if not amount.fraction:
            return Money(self.count(amount.major) * 10**amount.exponent, amount.currency)
        return Money(scaled(amount.minor, self.factor), amount.currency)

    def count(self, value: int) -> int:
        """Another number, as large as it in proportion."""
        old, new = self.original.transaction.amount, self.alert.transaction.amount
        known = {old.minor: new.minor, old.major: new.major}
        return known.get(value) or scaled(value, self.factor)

    def day(self, month: int, number: int) -> tuple[int, int]:
        """Another day of the year; the payment's own, in any time zone, becomes the new payment's."""
        paid = self.original.transaction.initiated_at
        for hours in (0, -12, 12):
            local = paid + timedelta(hours=hours)
            if (local.month, local.day) == (month, number):
                moved = local + self.shift
                return moved.month, moved.day
        return moved_day(month, number, self.days)


def stand_in(alert: Alert, policy: Policy, key: bytes, attempt: int, name: str) -> StandIn:
    """Replace everything personal in an alert.

    Args:
        alert: The alert.
        policy: Its facts and tier are kept as this policy sees them.
        key: What to draw from.
        attempt: Another attempt draws otherwise.
        name: Id of the new alert.
    """
    chance = Chance(key, attempt)
    naming = Naming(chance, _names_of(alert))
    shift = _shift(chance)
    factor = Fraction(chance.choice("factor", [*range(56, 88), *range(113, 187)]), 100)
    days = _days(alert, chance)
    paid = alert.transaction
    bank = naming.bank("bank_name", alert.bank_name)
    debtor = naming.person("transaction.debtor.name", paid.debtor.name)
    creditor = naming.payee("transaction.creditor.name", paid.creditor.name)
    customer = naming.person("customer.name", alert.customer.name)
    names = [bank, debtor, creditor, customer]
    memo = naming.memo("transaction.memo", paid.memo) if paid.memo is not None else None
    agents = {
        side: naming.bank(f"transaction.{side}.agent", party.agent)
        for side, party in (("debtor", paid.debtor), ("creditor", paid.creditor))
        if party.agent is not None
    }
    names += [*agents.values(), *([memo] if memo else [])]
    contacts = tuple(_contact(one, place, shift, chance) for place, one in enumerate(alert.customer.contacts))
    names += [
        naming.handle(f"customer.contacts[{place}].address", old.address, new.address)
        for place, (old, new) in enumerate(zip(alert.customer.contacts, contacts, strict=True))
        if old.kind in _HANDLES
    ]
    transaction = replace(
        paid,
        end_to_end_id=chance.like("end to end", paid.end_to_end_id, letters=True),
        uetr=str(uuid.UUID(bytes=chance.token("uetr", 16), version=4)) if paid.uetr else None,
        amount=Money(scaled(paid.amount.minor, factor), paid.amount.currency),
        debtor=_party(paid.debtor, debtor, agents.get("debtor"), chance, "debtor"),
        creditor=_party(paid.creditor, creditor, agents.get("creditor"), chance, "creditor"),
        creditor_account_age_days=_age_of_account(alert, policy, chance),
        initiated_at=paid.initiated_at + shift,
        memo=memo.new if memo else None,
    )
    new = replace(
        alert,
        id=name,
        bank_name=bank.new,
        transaction=transaction,
        customer=_customer(alert, customer.new, contacts, shift, days, chance),
        hold_deadline=alert.hold_deadline + shift,
        raised_at=alert.raised_at + shift,
        tier=policy.tier_of(alert),
    )
    return StandIn(alert, new, tuple(names), shift, factor, days, chance)


def _names_of(alert: Alert) -> tuple[str, ...]:
    """Every text of an alert that stand-ins must not repeat."""
    paid = alert.transaction
    texts = [alert.bank_name, alert.customer.name, paid.memo or ""]
    texts += [text or "" for party in (paid.debtor, paid.creditor) for text in (party.name, party.agent)]
    return tuple(text for text in texts if text)


def fictitious_start(address: str) -> str:
    """How an address begins as telephone numbers do that nobody has; empty for others."""
    return next((start for start in (*_FICTITIOUS.values(), _UNASSIGNED) if address.startswith(start)), "")


def scaled(value: int, factor: Fraction) -> int:
    """A number times a factor, as round as it was, but to two figures at least."""
    grain = 1
    while value >= 100 * grain and value % (10 * grain) == 0:
        grain *= 10
    return max(1, round(value * factor / grain)) * grain


def moved_day(month: int, number: int, days: int) -> tuple[int, int]:
    """A day of the year so many days later, round the year."""
    start = date(_LEAP, 1, 1)
    place = (date(_LEAP, month, number) - start).days
    moved = start + timedelta((place + days) % 366)
    return moved.month, moved.day


def _shift(chance: Chance) -> timedelta:
    """Back by whole weeks of two years at least, so that no year stays, and by some of a day."""
    return timedelta(
        weeks=-52 * chance.number("years", 2, 9),
        minutes=chance.number("minutes", 25, 700),
        seconds=chance.number("s", 7, 50),
    )


def _days(alert: Alert, chance: Chance) -> int:
    days = chance.number("days", 20, 340)
    asked = alert.customer.identity_question
    if asked.kind is IdentityQuestionKind.BIRTHDAY and moved_day(*_month_day(asked.expected), days) == (2, 29):
        return days + 1
    return days


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)


def _party(party: Party, name: Words, agent: Words | None, chance: Chance, side: str) -> Party:
    masked = party.account_masked
    return replace(
        party,
        name=name.new,
        account_masked=chance.like(f"{side} account", masked) if masked is not None else None,
        agent=agent.new if agent else None,
    )


def _customer(
    alert: Alert, name: str, contacts: tuple[Contact, ...], shift: timedelta, days: int, chance: Chance
) -> Customer:
    customer = alert.customer
    return replace(
        customer,
        reference=CUSTOMER,
        name=name,
        contacts=contacts,
        identity_question=_identity(customer.identity_question, days, chance),
        date_of_birth=_born(customer.date_of_birth, alert.raised_at, shift, days),
    )


def _contact(contact: Contact, place: int, shift: timedelta, chance: Chance) -> Contact:
    number = chance.number(f"contact {place}", 100, 999)
    if contact.kind is ContactKind.PHONE:
        start = next((new for old, new in _FICTITIOUS.items() if contact.address.startswith(old)), _UNASSIGNED)
        address = start + chance.like(f"telephone {place}", "0" * _MORE_DIGITS.get(start, 8))
    elif contact.kind is ContactKind.EMAIL:
        address = f"customer{number}@mail.invalid"
    else:
        address = f"device-{number}"
    return replace(
        contact,
        address=address,
        verified_at=_moved(contact.verified_at, shift),
        sim_swapped_at=_moved(contact.sim_swapped_at, shift),
    )


def _moved(moment: datetime | None, shift: timedelta) -> datetime | None:
    return moment + shift if moment is not None else None


def _identity(asked: IdentityQuestion, days: int, chance: Chance) -> IdentityQuestion:
    if asked.kind is IdentityQuestionKind.BIRTHDAY:
        month, day = moved_day(*_month_day(asked.expected), days)
        return replace(asked, expected=f"{month:02d}-{day:02d}")
    return replace(asked, expected=chance.like("postcode", asked.expected, letters=True))


def _born(born: date | None, raised_at: datetime, shift: timedelta, days: int) -> date | None:
    """A birthday at which the customer is as old as they were."""
    if born is None:
        return None
    on, then = raised_at.date(), (raised_at + shift).date()
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    month, day = moved_day(born.month, born.day, days)
    day = min(day, 28) if month == 2 else day
    return date(then.year - age - ((then.month, then.day) < (month, day)), month, day)


def _age_of_account(alert: Alert, policy: Policy, chance: Chance) -> int | None:
    """Days that the payee's account is old: from 100 on others of the same meaning to policy."""
    days = alert.transaction.creditor_account_age_days
    if days is None or days < 100:
        return days
    candidates = [*range(days * 85 // 100, days), *range(days + 1, days * 115 // 100 + 1)]
    held = _rules_that_hold(days, policy)
    same = [one for one in candidates if one >= 100 and _rules_that_hold(one, policy) == held]
    chosen: int = chance.choice("account age", same or [days])
    return chosen


def _rules_that_hold(days: int, policy: Policy) -> tuple[bool, ...]:
    rules = (rule for rule in policy.scorecard.facts if rule.fact is Fact.PAYEE_ACCOUNT_AGE_DAYS)
    return tuple(
        (rule.at_least is None or days >= rule.at_least) and (rule.below is None or days < rule.below) for rule in rules
    )
