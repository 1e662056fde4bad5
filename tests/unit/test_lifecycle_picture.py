"""Recordings of the customer's picture as a case keeps them, and what they ask of the world."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cases.domain import events as ev
from cases.domain.case import CaseState
from cases.domain.errors import IllegalEventError
from cases.domain.picture import MOST_PICTURES, Picture, PictureFailure, PictureFile
from cases.domain.vocabulary import Arrival, Disposition
from tests.support import case_facts as facts
from tests.support.case_story import Story

ALLOWED, BEGUN = ev.PictureAllowed(1, 1, "TR_1"), ev.PictureBegun(1, 1, "EG_1")


def in_session(*, consents: bool = True, arrival: Arrival = Arrival.VIDEO) -> Story:
    """A customer who opened the link is met by the agent."""
    alert = facts.example_alert()
    consent = replace(alert.customer.consent, video_stills=consents)
    story = Story(replace(alert, customer=replace(alert.customer, consent=consent)))
    story.on(ev.AlertReceived(story.alert))
    story.on(ev.CustomerArrived(arrival, "video-1"))
    story.ack("a-1:hold")
    assert story.dials == [1]
    return story


def picture(story: Story, number: int = 1) -> Picture:
    assert story.case is not None
    return story.case.pictures[number - 1]


def file(story: Story) -> PictureFile:
    return PictureFile("video-1-1.webm", "/out/video-1-1.webm", story.now, story.now + timedelta(seconds=9), 70_000)


def test_an_allowed_picture_is_recorded_and_kept_once_the_call_is_over() -> None:
    story = in_session()
    story.on(ALLOWED)
    assert story.recorded == [(1, 1)] and story.kept == []
    story.on(BEGUN)
    assert story.kept == [] and picture(story).egress == "EG_1"
    story.end(facts.HANGS_UP)
    assert story.kept == [(1, 1)]
    story.on(ev.PictureKept(1, 1, file(story)))
    kept = picture(story)
    assert kept.settled and kept.file is not None and kept.file.duration_ms == 9_000
    assert story.kept == [(1, 1)]


def test_it_is_kept_also_where_the_call_was_lost_or_ran_out_of_time() -> None:
    story = in_session()
    story.on(ALLOWED)
    story.on(BEGUN)
    story.on(ev.DialEnded(1, Disposition.FAILED, "worker_lost"))
    assert story.kept == [(1, 1)]
    story = in_session()
    story.on(ALLOWED)
    story.on(BEGUN)
    story.on(ev.TimerFired("attempt", 1), timedelta(hours=1))
    assert story.kept == [(1, 1)]


def test_a_recording_that_begins_after_the_end_is_kept_at_once() -> None:
    story = in_session()
    story.on(ALLOWED)
    story.end(facts.HANGS_UP)
    assert story.kept == []
    story.on(BEGUN)
    assert story.kept == [(1, 1)]


def test_consent_taken_back_ends_every_recording_of_the_call_and_a_later_one_is_new() -> None:
    story = in_session()
    story.on(ALLOWED)
    story.on(BEGUN)
    story.on(ev.PictureAllowed(1, 2, "TR_2"))
    story.on(ev.PictureWithdrawn(1))
    assert story.kept == [(1, 1)]
    story.on(ev.PictureBegun(1, 2, "EG_2"))
    assert story.kept == [(1, 1), (1, 2)]
    story.on(ev.PictureAllowed(1, 3, "TR_2"))
    assert story.recorded == [(1, 1), (1, 2), (1, 3)]
    assert [one.withdrawn for one in (picture(story, 1), picture(story, 2), picture(story, 3))] == [True, True, False]


def test_what_came_of_it_first_stays() -> None:
    story = in_session()
    story.on(ALLOWED)
    story.on(ev.PictureFailed(1, 1, PictureFailure.NO_EGRESS, "unavailable"))
    story.on(BEGUN)
    story.on(ev.PictureKept(1, 1, file(story)))
    story.end(facts.HANGS_UP)
    failed = picture(story)
    assert (failed.failure, failed.detail, failed.file) == (PictureFailure.NO_EGRESS, "unavailable", None)
    assert story.kept == []


def test_a_failure_changes_nothing_of_the_case() -> None:
    story = in_session()
    story.on(ALLOWED)
    story.on(ev.PictureFailed(1, 1, PictureFailure.NO_EGRESS))
    assert story.state is CaseState.CONTACTING
    story.end(facts.GENUINE)
    assert story.state is CaseState.SETTLING


def test_the_same_told_twice_is_recorded_once() -> None:
    story = in_session()
    story.on(ALLOWED)
    story.on(ALLOWED)
    assert story.recorded == [(1, 1)]


@pytest.mark.parametrize(
    "event",
    [
        BEGUN,
        ev.PictureFailed(1, 1, PictureFailure.BROKEN),
        ev.PictureWithdrawn(2),
        ev.PictureAllowed(2, 1, "TR_1"),
        ev.PictureAllowed(1, 0, "TR_1"),
        ev.PictureAllowed(1, MOST_PICTURES + 1, "TR_1"),
    ],
)
def test_what_cannot_be_is_refused(event: ev.Event) -> None:
    with pytest.raises(IllegalEventError):
        in_session().on(event)


def test_nothing_is_recorded_without_the_consent_of_the_alert_or_outside_of_a_video_session() -> None:
    with pytest.raises(IllegalEventError, match="consent"):
        in_session(consents=False).on(ALLOWED)
    with pytest.raises(IllegalEventError, match="no video session"):
        in_session(arrival=Arrival.INBOUND).on(ALLOWED)
