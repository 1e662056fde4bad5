"""How events of the customer's recorded picture change a case, which may happen, and which recordings are due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from cases.domain import events as ev
from cases.domain.case import Case
from cases.domain.errors import IllegalEventError
from cases.domain.picture import MOST_PICTURES, Picture
from cases.domain.vocabulary import Arrival


def find_picture(case: Case, attempt: int, number: int) -> Picture | None:
    """A recording, or None."""
    return next((one for one in case.pictures if (one.attempt, one.number) == (attempt, number)), None)


def due_pictures(case: Case) -> frozenset[tuple[int, int]]:
    """Recordings that run and are to be ended and kept: their call is over, or the consent was taken back."""
    over = {one.number for one in case.attempts if one.ended_at is not None}
    return frozenset(
        (one.attempt, one.number)
        for one in case.pictures
        if one.egress and not one.settled and (one.withdrawn or one.attempt in over)
    )


def check_picture(case: Case, event: ev.Event) -> None:
    """Refuse an event of a recording that this case cannot have.

    Raises:
        IllegalEventError: The bank says of no consent, the attempt is no video session, or there is no such recording.
    """
    match event:
        case ev.PictureAllowed(attempt=attempt, number=number):
            if not case.alert.customer.consent.video_stills:
                raise IllegalEventError("the alert carries no consent to pictures of the customer")
            if not any(one.number == attempt and one.arrival is Arrival.VIDEO for one in case.attempts):
                raise IllegalEventError(f"attempt {attempt} of case {case.id} is no video session")
            if not 1 <= number <= MOST_PICTURES:
                raise IllegalEventError(f"a call has at most {MOST_PICTURES} recordings of a picture")
        case (
            ev.PictureBegun(attempt=attempt, number=number)
            | ev.PictureKept(attempt=attempt, number=number)
            | ev.PictureFailed(attempt=attempt, number=number)
        ):
            if find_picture(case, attempt, number) is None:
                raise IllegalEventError(f"attempt {attempt} of case {case.id} has no recording {number} of a picture")


def _change(case: Case, attempt: int, number: int, **changed: Any) -> Case:
    """Change a recording of which it is not known yet what became of it: what was known first stays."""

    def change(one: Picture) -> Picture:
        same = (one.attempt, one.number) == (attempt, number)
        return replace(one, **changed) if same and not one.settled else one

    return replace(case, pictures=tuple(change(one) for one in case.pictures))


def _allowed(case: Case, event: ev.PictureAllowed, at: datetime) -> Case:
    if find_picture(case, event.attempt, event.number) is not None:
        return case
    return replace(case, pictures=(*case.pictures, Picture(event.attempt, event.number, event.track, at)))


def _withdrawn(case: Case, event: ev.PictureWithdrawn, at: datetime) -> Case:
    def change(one: Picture) -> Picture:
        return replace(one, withdrawn=True) if one.attempt == event.attempt and not one.settled else one

    return replace(case, pictures=tuple(change(one) for one in case.pictures))


def _begun(case: Case, event: ev.PictureBegun, at: datetime) -> Case:
    return _change(case, event.attempt, event.number, egress=event.egress)


def _kept(case: Case, event: ev.PictureKept, at: datetime) -> Case:
    return _change(case, event.attempt, event.number, file=event.file)


def _failed(case: Case, event: ev.PictureFailed, at: datetime) -> Case:
    return _change(case, event.attempt, event.number, failure=event.reason, detail=event.detail)


PICTURE_CHANGES: Mapping[type[ev.Event], Callable[[Case, Any, datetime], Case]] = {
    ev.PictureAllowed: _allowed,
    ev.PictureWithdrawn: _withdrawn,
    ev.PictureBegun: _begun,
    ev.PictureKept: _kept,
    ev.PictureFailed: _failed,
}
