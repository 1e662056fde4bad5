"""A customer who comes by themselves: opens a video session's link, or rings the bank's number."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.domain import events as ev
from cases.domain.case import CaseState
from cases.domain.ruling import ContactAttempt
from cases.domain.vocabulary import Arrival, Disposition
from cases.store.codec import decode_event
from tests.support import case_facts as facts
from tests.support.case_story import RULES, Story, dialled, in_review

VIDEO = ev.CustomerArrived(Arrival.VIDEO, "video-1")


def attempts(story: Story) -> tuple[ContactAttempt, ...]:
    assert story.case is not None
    return story.case.attempts


def test_a_customer_who_comes_between_two_attempts_is_met_at_once() -> None:
    story = dialled()
    story.on(ev.DialEnded(1, Disposition.NO_ANSWER))
    story.on(VIDEO)
    assert story.state is CaseState.CONTACTING
    assert story.dials == [1, 2]
    met = attempts(story)[1]
    assert (met.contact, met.arrival, met.room) == (None, Arrival.VIDEO, "video-1")
    assert story.case is not None and story.case.waiting is None
    assert "next_attempt" not in story.timers


def test_a_customer_who_comes_before_the_bank_answers_is_met_at_once() -> None:
    story = Story()
    story.on(ev.AlertReceived(story.alert))
    story.on(VIDEO)
    story.ack("a-1:hold")
    assert story.dials == [1]
    assert attempts(story)[0].arrival is Arrival.VIDEO


def test_a_customer_who_comes_while_their_telephone_rings_is_met_once_nobody_answered() -> None:
    story = dialled()
    story.on(VIDEO)
    assert story.dials == [1]
    story.on(ev.DialEnded(1, Disposition.NO_ANSWER), timedelta(seconds=30))
    assert story.dials == [1, 2]
    assert attempts(story)[1].room == "video-1"


def test_a_customer_who_came_too_long_ago_is_dialled_again_instead() -> None:
    story = dialled()
    story.on(VIDEO)
    story.on(ev.DialEnded(1, Disposition.NO_ANSWER), RULES.timings.arrival_waits + timedelta(seconds=1))
    assert story.state is CaseState.WAITING
    assert story.dials == [1]


def test_attempts_that_met_a_customer_who_came_use_up_none_that_policy_allows() -> None:
    story = dialled()
    number = 1
    for _ in range(2):
        story.on(ev.DialEnded(number, Disposition.NO_ANSWER))
        story.on(VIDEO)
        number += 1
        story.on(ev.DialEnded(number, Disposition.NO_ANSWER))
        story.now = story.timers["next_attempt"]
        number += 1
        story.on(ev.TimerFired("next_attempt", number), timedelta())
    assert [one.arrival is None for one in attempts(story)] == [True, False, True, False, True]
    story.on(ev.DialEnded(number, Disposition.NO_ANSWER))
    assert story.state is CaseState.REVIEW


def test_a_case_of_which_the_first_attempt_met_nobody_dials_at_once() -> None:
    story = Story()
    story.on(ev.AlertReceived(story.alert))
    story.on(VIDEO)
    story.on(ev.DialEnded(1, Disposition.NO_ANSWER))
    assert story.dials == [1, 2]
    assert attempts(story)[1].contact == 0


@pytest.mark.parametrize("answered", [False, True])
def test_a_call_that_met_a_customer_who_came_counts_like_any_other(answered: bool) -> None:
    story = dialled()
    story.on(ev.DialEnded(1, Disposition.NO_ANSWER))
    story.on(VIDEO)
    if answered:
        story.end(facts.GENUINE, attempt=2)
        assert story.instructions[-1][1].value == "release"
    else:
        story.on(ev.DialEnded(2, Disposition.NO_ANSWER))
        assert story.state is CaseState.WAITING


def test_where_a_person_decides_the_arrival_is_noted_and_nobody_is_called() -> None:
    story = in_review()
    story.on(VIDEO)
    assert story.state is CaseState.REVIEW
    assert story.dials == [1]
    assert story.case is not None and story.case.waiting is not None


def test_an_attempt_stored_before_customers_could_come_reads_as_a_dial() -> None:
    stored = '{"attempt":1,"contact":0,"expires_at":"2026-03-12T10:00:00Z"}'
    event = decode_event("AttemptStarted", 1, stored)
    assert isinstance(event, ev.AttemptStarted)
    assert (event.contact, event.arrival, event.room) == (0, None, "")


def test_an_arrival_stored_before_there_were_codes_reads_as_one_without() -> None:
    event = decode_event("CustomerArrived", 1, '{"arrival":"video","room":"video-1","visitor":"v"}')
    assert event == ev.CustomerArrived(Arrival.VIDEO, "video-1", "v", "")


def test_a_code_changes_no_state_and_may_be_made_at_any_time() -> None:
    story = dialled()
    before = story.state
    story.on(ev.CallbackCodeIssued("digest", story.now + timedelta(hours=1), "bank"))
    assert story.state is before and story.dials == [1]
    assert story.case is not None and [one.digest for one in story.case.codes] == ["digest"]
