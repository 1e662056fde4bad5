"""What the record counts against a dial, compared with counting by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.domain.alert import Contact, ContactKind
from cases.domain.case import Case, CaseState
from cases.domain.ruling import ContactAttempt
from cases.domain.vocabulary import DialRefusal, Disposition
from cases.store.dials import dial_usage, write_dials
from cases.store.records import DialUsage
from cases.store.tables import DIALS
from tests.support import case_facts as facts

NOW = facts.NOON
NUMBERS = ("+442079460000", "+442079460001")


_CONTACTS = tuple(Contact(ContactKind.PHONE, one) for one in NUMBERS)
ALERT = replace(facts.example_alert(), customer=replace(facts.example_alert().customer, contacts=_CONTACTS))


@dataclass(frozen=True)
class Dial:
    """A dial as it happened: when, to which number, on which leg, how it ended."""

    ago: timedelta
    number: int
    leg: str
    end: str | None


DIALS_BEFORE = st.lists(
    st.builds(
        Dial,
        st.integers(0, 60 * 26).map(lambda minutes: timedelta(seconds=minutes * 60 + 1))
        | st.integers(0, 120).map(lambda seconds: timedelta(seconds=seconds)),
        st.integers(0, 1),
        st.sampled_from(["sip", "sip", "browser"]),
        st.sampled_from([None, "", "sip_486", *DialRefusal]),
    ),
    max_size=12,
)


def case_at(number: int, moment: datetime, leg: str) -> tuple[Case, Case]:
    """A case before and after its dial was placed."""
    attempt = ContactAttempt("", 1, moment, moment + timedelta(minutes=20), contact=number)
    case = Case(ALERT.id, ALERT, CaseState.CONTACTING, 2, moment, moment, (attempt,))
    return case, replace(case, attempts=(replace(attempt, leg=leg),))


def named(case: Case, name: str) -> Case:
    return replace(case, attempts=(replace(case.attempts[0], id=name),))


def stored(connection: sa.Connection, place: int, dial: Dial) -> None:
    before, placed = (named(case, f"dial-{place}") for case in case_at(dial.number, NOW - dial.ago, dial.leg))
    write_dials(connection, before, placed, place)
    if dial.end is not None:
        over = replace(placed.attempts[0], ended_at=NOW, disposition=Disposition.FAILED, detail=dial.end)
        write_dials(connection, placed, replace(placed, attempts=(over,)), place)


def memory() -> sa.Engine:
    engine = sa.create_engine("sqlite://")
    DIALS.create(engine)
    return engine


@settings(deadline=None, max_examples=50)
@given(DIALS_BEFORE, st.integers(0, 1))
def test_the_record_counts_as_one_counts_by_hand(dials: list[Dial], number: int) -> None:
    engine = memory()
    with engine.begin() as connection:
        for place, dial in enumerate(dials):
            stored(connection, place, dial)
        found = dial_usage(connection, "new", leg="sip", address=NUMBERS[number], at=NOW)
    engine.dispose()
    counting = [one for one in dials if one.leg == "sip" and one.ago < timedelta(days=1)]
    counting = [one for one in counting if one.end not in set(DialRefusal)]
    assert found == DialUsage(
        at_once=sum(one.end is None and one.ago < timedelta(hours=1) for one in counting),
        last_minute=sum(one.ago < timedelta(minutes=1) for one in counting),
        last_day=len(counting),
        number_last_day=sum(one.number == number for one in counting),
    )


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 8), st.integers(1, 8))
def test_of_many_dials_at_one_moment_as_many_go_through_as_are_allowed(dials: int, allowed: int) -> None:
    engine = memory()
    with engine.begin() as connection:
        for place in range(dials):
            stored(connection, place, Dial(timedelta(0), 0, "sip", None))
        usages = [
            dial_usage(connection, f"dial-{place}", leg="sip", address=NUMBERS[0], at=NOW) for place in range(dials)
        ]
    engine.dispose()
    assert sum(one.at_once < allowed for one in usages) == min(dials, allowed)


def test_numbers_are_not_kept_in_the_clear() -> None:
    engine = memory()
    with engine.begin() as connection:
        stored(connection, 0, Dial(timedelta(0), 0, "sip", None))
        row = connection.execute(sa.select(DIALS)).one()
    engine.dispose()
    assert NUMBERS[0] not in str(row) and NUMBERS[0][1:] not in str(row)
