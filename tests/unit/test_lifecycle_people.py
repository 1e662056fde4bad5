"""Persons in a running call as a case keeps them, and what a person may decide meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.domain import events as ev
from cases.domain.case import CaseState
from cases.domain.errors import IllegalEventError
from cases.domain.transfer import LeftReason, ReviewerPart, Transfer, TransferCause, TransferFailure
from cases.domain.vocabulary import BankAction, Disposition
from tests.support import case_facts as facts
from tests.support.case_story import Story, dialled

TALKING, LISTENING = ReviewerPart.TALKING, ReviewerPart.LISTENING


def people(story: Story) -> Transfer:
    assert story.case is not None and story.case.transfer is not None
    return story.case.transfer


def waiting() -> Story:
    story = dialled()
    story.on(ev.CallAnswered(1))
    story.on(ev.TransferRequested(1, TransferCause.CUSTOMER_ASKED, facts.HANGS_UP))
    assert people(story).waiting and people(story).requested_at == story.now
    return story


def talking(by: str = "rosa") -> Story:
    story = waiting()
    story.on(ev.TransferAccepted(1, by))
    assert people(story).accepted_by == by and people(story).waiting
    story.on(ev.ReviewerJoined(1, by, TALKING))
    assert people(story).talking == by and not people(story).waiting
    return story


def test_a_talk_may_last_longer_than_a_call_without_a_person() -> None:
    story = dialled()
    before = story.timers["attempt"]
    story.on(ev.TransferRequested(1, TransferCause.PERSON_NEEDED, facts.HANGS_UP))
    assert story.timers["attempt"] > before
    assert story.timers["attempt"] - story.now == story.rules.transfer_limit
    story.on(ev.ReviewerJoined(1, "rosa", TALKING), timedelta(seconds=50))
    assert story.timers["attempt"] - story.now == story.rules.transfer_limit


@pytest.mark.parametrize("reason", list(TransferFailure))
def test_a_transfer_that_fails_waits_no_more_and_says_why(reason: TransferFailure) -> None:
    story = waiting()
    story.on(ev.TransferFailed(1, reason))
    assert not people(story).waiting and people(story).failure is reason


def test_who_talks_may_decide_during_the_call_and_nobody_else() -> None:
    story = talking()
    with pytest.raises(IllegalEventError):
        story.decision(BankAction.RELEASE, by="liu")
    story.decision(BankAction.RELEASE)
    assert story.state is CaseState.SETTLING and "attempt" not in story.timers
    story.end(facts.HANGS_UP)
    assert story.state is CaseState.SETTLING and story.case is not None
    assert not people(story).talking and people(story).over


@pytest.mark.parametrize("part", [LISTENING, None])
def test_whoever_only_listens_or_waits_decides_nothing_during_a_call(part: ReviewerPart | None) -> None:
    story = waiting()
    if part is not None:
        story.on(ev.ReviewerJoined(1, "rosa", part))
    with pytest.raises(IllegalEventError):
        story.decision(BankAction.RELEASE)


def test_a_reviewer_who_has_left_decides_once_the_call_is_over() -> None:
    story = talking()
    story.on(ev.ReviewerLeft(1, "rosa", TALKING, LeftReason.HANDED_BACK))
    assert not people(story).talking and not people(story).waiting and people(story).spoke == ("rosa",)
    with pytest.raises(IllegalEventError):
        story.decision(BankAction.RELEASE)
    story.end(facts.HANGS_UP)
    assert story.state is CaseState.REVIEW
    story.decision(BankAction.RELEASE)


def test_listeners_come_and_go_and_a_listener_may_take_over() -> None:
    story = dialled()
    for by in ("rosa", "liu", "rosa"):
        story.on(ev.ReviewerJoined(1, by, LISTENING))
    assert people(story).listening == ("liu", "rosa") and not people(story).waiting
    story.on(ev.ReviewerJoined(1, "liu", TALKING))
    assert people(story).listening == ("rosa",) and people(story).talking == "liu"
    story.on(ev.ReviewerLeft(1, "rosa", LISTENING, LeftReason.DONE))
    assert people(story).listening == ()


@pytest.mark.parametrize("ended", [ev.DialEnded(1, Disposition.FAILED, "worker_lost"), None])
def test_when_the_call_is_over_nobody_is_in_it(ended: ev.Event | None) -> None:
    story = talking()
    story.on(ev.ReviewerJoined(1, "liu", LISTENING))
    story.on(ended) if ended is not None else story.end(facts.HANGS_UP)
    assert people(story).over and not people(story).talking and not people(story).listening
    story.on(ev.ReviewerJoined(1, "liu", TALKING))
    assert not people(story).talking, "news that comes late changes nothing"


def test_a_reviewer_who_does_not_answer_leaves_the_customer_to_others() -> None:
    story = waiting()
    story.on(ev.TransferAccepted(1, "rosa"))
    story.on(ev.ReviewerLeft(1, "rosa", TALKING, LeftReason.NOT_ANSWERED))
    assert people(story).waiting and people(story).accepted_by == ""


def test_a_lost_call_with_a_person_in_it_is_given_up_like_any_other() -> None:
    story = talking()
    story.on(ev.TimerFired("attempt", 1), timedelta(hours=1))
    assert people(story).over


def test_only_accounts_are_in_calls_and_only_in_calls_that_are() -> None:
    story = dialled()
    for event in (
        ev.ReviewerJoined(1, "", TALKING),
        ev.ReviewerJoined(1, "policy", LISTENING),
        ev.TransferAccepted(7, "rosa"),
        ev.TransferRequested(7, TransferCause.CUSTOMER_ASKED, facts.HANGS_UP),
    ):
        with pytest.raises(IllegalEventError):
            story.on(event)
