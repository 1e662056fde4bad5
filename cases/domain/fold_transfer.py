"""How events of persons in a call change a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from cases.domain import events as ev
from cases.domain.case import Case
from cases.domain.transfer import LeftReason, ReviewerPart, Transfer


def _of(case: Case, attempt: int) -> Transfer:
    """What is known of the attempt's call; a later attempt begins anew."""
    known = case.transfer
    return known if known is not None and known.attempt >= attempt else Transfer(attempt)


def _change(case: Case, attempt: int, **changed: Any) -> Case:
    """Change what is known of the attempt's call; news of an earlier one, or of one that is over, change nothing."""
    transfer = _of(case, attempt)
    ended = any(one.number == attempt and one.ended_at is not None for one in case.attempts)
    if transfer.attempt != attempt or transfer.over or ended:
        return case
    return replace(case, transfer=replace(transfer, **changed))


def _requested(case: Case, event: ev.TransferRequested, at: datetime) -> Case:
    return _change(
        case,
        event.attempt,
        cause=event.cause,
        requested_at=at,
        so_far=event.so_far,
        accepted_by="",
        failure=None,
        referred=False,
    )


def _accepted(case: Case, event: ev.TransferAccepted, at: datetime) -> Case:
    return _change(case, event.attempt, accepted_by=event.by)


def _failed(case: Case, event: ev.TransferFailed, at: datetime) -> Case:
    return _change(case, event.attempt, failure=event.reason)


def _referred(case: Case, event: ev.CallReferred, at: datetime) -> Case:
    return _change(case, event.attempt, referred=True)


def _joined(case: Case, event: ev.ReviewerJoined, at: datetime) -> Case:
    known = _of(case, event.attempt)
    if event.part is ReviewerPart.LISTENING:
        listening = (*_without(known.listening, event.by), event.by)
        return _change(
            case, event.attempt, listening=listening, talking="" if known.talking == event.by else known.talking
        )
    return _change(
        case,
        event.attempt,
        talking=event.by,
        spoke=(*_without(known.spoke, event.by), event.by),
        listening=_without(known.listening, event.by),
    )


def _left(case: Case, event: ev.ReviewerLeft, at: datetime) -> Case:
    known = _of(case, event.attempt)
    if event.part is ReviewerPart.LISTENING:
        return _change(case, event.attempt, listening=_without(known.listening, event.by))
    if known.talking != event.by:
        return _change(case, event.attempt, accepted_by="") if known.accepted_by == event.by else case
    # Whoever was called for has been there; a later request begins anew.
    done = event.reason in (LeftReason.HANDED_BACK, LeftReason.DONE)
    return _change(case, event.attempt, talking="", cause=None if done else known.cause)


def _without(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(one for one in names if one != name)


def hung_up(case: Case, attempt: int) -> Case:
    """The attempt's call is over: nobody waits, talks or listens any more."""
    if case.transfer is None or case.transfer.attempt != attempt:
        return case
    return _change(case, attempt, over=True, talking="", listening=())


TRANSFER_CHANGES: Mapping[type[ev.Event], Callable[[Case, Any, datetime], Case]] = {
    ev.TransferRequested: _requested,
    ev.TransferAccepted: _accepted,
    ev.TransferFailed: _failed,
    ev.CallReferred: _referred,
    ev.ReviewerJoined: _joined,
    ev.ReviewerLeft: _left,
}
