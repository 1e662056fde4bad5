"""What signals, answers and facts of the alert add to a score: the scorecard's rules applied one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from cases.domain.alert import Alert, ContactKind
from cases.domain.call import Verification
from cases.domain.policy import Fact, FactRule, Policy
from cases.domain.ruling import Finding

UNSURE: frozenset[str] = frozenset({"", "unsure"})
"""Values that leave a question unanswered."""


def _foreign(alert: Alert) -> float | None:
    ours, theirs = alert.transaction.debtor.country, alert.transaction.creditor.country
    return None if ours is None or theirs is None else float(ours != theirs)


def _payee_account_age(alert: Alert) -> float | None:
    days = alert.transaction.creditor_account_age_days
    return None if days is None else float(days)


def _customer_age(alert: Alert) -> float | None:
    born, on = alert.customer.date_of_birth, alert.raised_at.date()
    if born is None:
        return None
    return float(on.year - born.year - ((on.month, on.day) < (born.month, born.day)))


FACTS: dict[Fact, Callable[[Alert], float | None]] = {
    Fact.FIRST_TIME_PAYEE: lambda alert: float(alert.transaction.first_time_payee),
    Fact.PAYEE_ACCOUNT_AGE_DAYS: _payee_account_age,
    Fact.ALERT_SCORE: lambda alert: alert.score,
    Fact.CUSTOMER_AGE_YEARS: _customer_age,
    Fact.FOREIGN_PAYEE: _foreign,
}
"""How each fact is read off an alert; None where it is not known."""


def _holds(rule: FactRule, value: float | None) -> bool:
    if value is None:
        return False
    return (rule.at_least is None or value >= rule.at_least) and (rule.below is None or value < rule.below)


def alert_findings(alert: Alert, policy: Policy) -> tuple[Finding, ...]:
    """Points for what the alert says."""
    return tuple(
        Finding(rule.id, rule.points, False, rule.reason.en, rule.reason.zh)
        for rule in policy.scorecard.facts
        if _holds(rule, FACTS[rule.fact](alert))
    )


def signal_findings(verification: Verification, policy: Policy) -> tuple[Finding, ...]:
    """One finding a signal, however often it was observed, citing every turn it was observed in."""
    turns: dict[str, list[int]] = {}
    for observed in verification.signals:
        turns.setdefault(observed.signal.code, []).append(observed.turn)
    found = []
    for signal in policy.signals.values():
        cited = turns.get(signal.code)
        if cited:
            points = 0 if signal.hard else signal.weight
            label = signal.label
            found.append(Finding(signal.code, points, signal.hard, label.en, label.zh, tuple(dict.fromkeys(cited))))
    return tuple(found)


def answer_findings(verification: Verification, policy: Policy) -> tuple[Finding, ...]:
    """What the scorecard says about the answers: the latest one to each question, for hard rules every one."""
    latest = {answer.question: answer for answer in verification.answers}
    found = []
    for rule in policy.scorecard.answers:
        answers = verification.answers if rule.hard else tuple(latest.values())
        cited = [a.turn for a in answers if a.question is rule.question and a.value in rule.values]
        if cited:
            turns = tuple(dict.fromkeys(cited))
            found.append(Finding(rule.id, rule.points, rule.hard, rule.reason.en, rule.reason.zh, turns))
    return tuple(found)


def recently_swapped(alert: Alert, days: int) -> bool:
    """Whether any of the customer's phone lines had its SIM swapped within so many days before the alert."""
    since = alert.raised_at - timedelta(days=days)
    lines = (contact for contact in alert.customer.contacts if contact.kind is ContactKind.PHONE)
    return any(line.sim_swapped_at is not None and line.sim_swapped_at >= since for line in lines)
