"""Which address is tried, when, and how often."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cases.domain.alert import Alert, ContactKind
from cases.domain.contact import ContactRules, DialLater, DialNever, DialNow, contact_rules, plan_attempt
from cases.domain.policy import CallingHours
from tests.support import case_facts as facts
from tests.support.case_policy import DAY, ZONES, small_policy

WORKDAYS = CallingHours(time(9), time(20), frozenset(range(5)))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))


def rules(alert: Alert, hours: CallingHours = DAY, urgent: bool = False) -> ContactRules:
    return contact_rules(alert, small_policy(hours=hours, urgent=urgent), ZONES)


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_an_attempt_inside_calling_hours_starts_now() -> None:
    alert = facts.example_alert()
    assert plan_attempt(alert, 1, at(2, 12), at(2, 12), rules(alert)) == DialNow(0)


def test_an_attempt_at_night_waits_for_the_morning() -> None:
    alert = facts.example_alert()
    assert plan_attempt(alert, 1, at(2, 23), at(2, 23), rules(alert)) == DialLater(at(3, 8))


def test_an_urgent_tier_calls_at_night() -> None:
    alert = facts.example_alert()
    assert plan_attempt(alert, 1, at(2, 23), at(2, 23), rules(alert, urgent=True)) == DialNow(0)


def test_weekdays_alone_are_called_on() -> None:
    alert = facts.example_alert()
    assert rules(alert, WORKDAYS).next_allowed(at(6, 21)) == at(9, 9)


def test_summer_time_moves_the_opening_with_the_customers_clock() -> None:
    alert = facts.example_alert()
    assert rules(alert).next_allowed(at(28, 22)) == at(29, 7), "clocks in London go forward on 29 March 2026"
    assert rules(alert).next_allowed(at(24, 21, month=10)) == at(25, 8, month=10), "and back on 25 October"


def test_a_country_of_many_zones_is_called_where_all_are_awake() -> None:
    alert = replace(facts.example_alert(), jurisdiction="US")
    allowed = rules(alert).next_allowed(at(2, 13, 30))
    assert allowed == at(2, 16), "eight in Los Angeles; New York has been awake for three hours"


def test_hours_that_never_open_call_for_a_person() -> None:
    alert = facts.example_alert()
    never = CallingHours(time(9), time(20), frozenset())
    assert plan_attempt(alert, 1, at(2, 12), at(2, 12), rules(alert, never)) == DialNever("no_calling_hours")


def test_no_attempt_begins_after_the_hold_has_ended() -> None:
    alert = replace(facts.example_alert(), hold_deadline=at(3, 6))
    assert plan_attempt(alert, 1, at(2, 23), at(2, 23), rules(alert)) == DialNever("hold_ends_first")


def test_attempts_are_counted() -> None:
    alert = facts.example_alert()
    assert plan_attempt(alert, 4, at(2, 12), at(2, 12), rules(alert)) == DialNever("attempts_used")
    assert [rules(alert).wait_before(n) for n in (2, 3, 4)] == [timedelta(seconds=s) for s in (600, 1800, 1800)]


def test_lines_that_a_fraudster_may_hold_are_not_dialled() -> None:
    alert = facts.example_alert()
    app, phone, mail = alert.customer.contacts
    swapped = replace(phone, sim_swapped_at=at(1, 12))
    forwarded = replace(app, forwarding=True)
    customer = replace(alert.customer, contacts=(forwarded, swapped, mail))
    suspicious = replace(alert, customer=customer)
    assert plan_attempt(suspicious, 1, at(2, 12), at(2, 12), rules(alert)) == DialNever("no_safe_contact")
    a_week_later = at(9, 13)
    suspicious = replace(suspicious, hold_deadline=at(30, 1))
    assert plan_attempt(suspicious, 1, a_week_later, a_week_later, rules(alert)) == DialNow(1)


def test_a_number_that_was_refused_for_good_is_not_tried_again() -> None:
    alert = facts.example_alert()
    assert plan_attempt(alert, 2, at(2, 12), at(2, 12), rules(alert), {1}) == DialNow(0)
    assert plan_attempt(alert, 2, at(2, 12), at(2, 12), rules(alert), {0, 1}) == DialNever("numbers_refused")


def test_attempts_go_round_the_safe_addresses() -> None:
    alert = facts.example_alert()
    kinds = []
    for number in (1, 2, 3):
        plan = plan_attempt(alert, number, at(2, 12), at(2, 12), rules(alert))
        assert isinstance(plan, DialNow)
        kinds.append(alert.customer.contacts[plan.contact].kind)
    assert kinds == [ContactKind.APP, ContactKind.PHONE, ContactKind.APP]


def test_without_consent_no_machine_calls() -> None:
    alert = facts.example_alert()
    customer = replace(alert.customer, consent=replace(alert.customer.consent, ai_voice=False))
    plan = plan_attempt(replace(alert, customer=customer), 1, at(2, 12), at(2, 12), rules(alert))
    assert plan == DialNever("no_voice_consent")


@given(MOMENTS, st.sampled_from(["GB", "US", "CN"]), st.sampled_from([DAY, WORKDAYS]))
def test_the_next_opening_is_allowed_and_nothing_before_it_is(
    moment: datetime, country: str, hours: CallingHours
) -> None:
    alert = replace(facts.example_alert(), jurisdiction=country)
    found = rules(alert, hours).next_allowed(moment)
    assert found is not None
    assert found >= moment
    assert rules(alert, hours).allow(found)
    if found > moment:
        probe = moment
        while probe < found:
            assert not rules(alert, hours).allow(probe)
            probe += timedelta(minutes=97)
        assert not rules(alert, hours).allow(found - timedelta(microseconds=1))
