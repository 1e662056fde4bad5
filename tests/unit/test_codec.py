"""Events to canonical JSON and back."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from cases.domain.call import Turn
from cases.domain.events import EVENT_TYPES, AlertReceived, BankAcknowledged, CallEnded, Event
from cases.domain.money import CURRENCY_EXPONENTS, Money
from cases.domain.vocabulary import Disposition, Speaker
from cases.store import EventFormatError, decode_event, encode_event
from cases.store.tables import time_text, time_value
from tests.support import case_facts as facts

st.register_type_strategy(
    Money, st.builds(Money, st.integers(0, 2**53 - 1), st.sampled_from(sorted(CURRENCY_EXPONENTS)))
)
st.register_type_strategy(datetime, st.datetimes(datetime(1970, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)))
st.register_type_strategy(float, st.floats(0, 1))
st.register_type_strategy(int, st.integers(-(2**53) + 1, 2**53 - 1))
st.register_type_strategy(str, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))

ANY_EVENT = st.one_of([st.builds(cls) for cls in EVENT_TYPES.values()])


@given(ANY_EVENT)
def test_every_event_comes_back_as_it_was(event: Event) -> None:
    type_name, version, body = encode_event(event)
    assert decode_event(type_name, version, body) == event


@given(ANY_EVENT)
def test_the_body_is_canonical(event: Event) -> None:
    body = encode_event(event)[2]
    assert rfc8785.dumps(json.loads(body)).decode() == body


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_times_sort_as_text_as_they_do_in_time(one: datetime, other: datetime) -> None:
    assert time_value(time_text(one)) == one
    assert (time_text(one) < time_text(other)) == (one < other)


def test_a_stored_alert_has_all_its_fields() -> None:
    _, _, body = encode_event(AlertReceived(facts.example_alert()))
    stored = json.loads(body)["alert"]
    assert set(stored) == {one.name for one in fields(facts.example_alert())}


@pytest.mark.parametrize(
    ("type_name", "version", "body"),
    [
        ("Unheard", 1, "{}"),
        ("BankAcknowledged", 2, "{}"),
        ("BankAcknowledged", 1, "{}"),
        ("BankAcknowledged", 1, '{"action":"give","key":"k","reference":"r"}'),
        ("BankAcknowledged", 1, "no json"),
    ],
)
def test_what_cannot_be_read_is_an_error(type_name: str, version: int, body: str) -> None:
    with pytest.raises(EventFormatError):
        decode_event(type_name, version, body)


def test_a_call_of_before_anything_was_muted_is_still_read() -> None:
    turn = Turn(1, Speaker.CUSTOMER, "[removed]", "[removed]", 2000, 5000, muted=((2400, 5000),))
    event = CallEnded(1, Disposition.ANSWERED, facts.call("c", 1, turns=(turn,)))
    type_name, version, body = encode_event(event)
    assert version == 4 and decode_event(type_name, version, body) == event
    stored = json.loads(body)
    del stored["call"]["turns"][0]["muted"]
    old = decode_event(type_name, 1, json.dumps(stored))
    assert isinstance(old, CallEnded) and old.call.turns == (replace(turn, muted=()),)


def test_a_call_of_before_reviewers_spoke_in_calls_is_still_read() -> None:
    event = CallEnded(1, Disposition.ANSWERED, facts.call("c", 1))
    type_name, _, body = encode_event(event)
    stored = json.loads(body)
    del stored["call"]["verification"]["person_spoke"]
    for version in (1, 2):
        assert decode_event(type_name, version, json.dumps(stored)) == event


def test_a_call_of_before_it_told_who_answered_is_still_read() -> None:
    event = CallEnded(1, Disposition.ANSWERED, facts.call("c", 1))
    type_name, _, body = encode_event(event)
    stored = json.loads(body)
    for field in ("answered_by", "detail"):
        del stored["call"][field]
    for version in (1, 2, 3):
        assert decode_event(type_name, version, json.dumps(stored)) == event


def test_the_error_tells_the_field_and_not_what_stands_in_it() -> None:
    with pytest.raises(EventFormatError) as caught:
        decode_event(BankAcknowledged.__name__, 1, '{"action":"secret words","key":"k","reference":"r"}')
    assert "action" in str(caught.value)
    assert "secret" not in str(caught.value)
