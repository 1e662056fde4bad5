"""Customers who ring back with a code: who meets them, and in which room a code is in use; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from cases.domain.case import Case, CaseState

_TALKING = frozenset({CaseState.HOLDING, CaseState.WAITING, CaseState.CONTACTING})
_DECIDED = frozenset({CaseState.SETTLING, CaseState.CLOSED})


class Meeting(StrEnum):
    """Who meets a customer who came by themselves."""

    AGENT = "agent"
    """An attempt meets them in their room: at once, or when the one under way has ended."""
    PERSON = "person"
    """A person has the case and will get in touch."""
    NOBODY = "nobody"
    """The case is decided: there is nothing left to ask."""


def meeting(case: Case) -> Meeting:
    """Who meets a customer of this case who comes now."""
    if case.state in _TALKING:
        return Meeting.AGENT
    return Meeting.NOBODY if case.state in _DECIDED else Meeting.PERSON


def last_room(case: Case, code: str) -> str:
    """The room of whoever came by a code last, or empty where nobody did.

    Args:
        case: The case.
        code: Digest of the code.
    """
    return next((one.room for one in reversed(case.arrivals) if one.code == code), "")


def in_use(case: Case, code: str, at: datetime, waits: timedelta) -> bool:
    """Whether a code is in use: whoever came by it last is being met, or still waits to be.

    A call that ended without an end of the contact sets its code free, so that a customer whose line was cut can ring
    again. Where no agent meets anybody any more nothing is in use.

    Args:
        case: The case.
        code: Digest of the code.
        at: Current time, UTC.
        waits: For how long somebody who came is taken to wait.
    """
    room = last_room(case, code)
    if not room or case.state not in _TALKING:
        return False
    waiting = case.waiting
    if waiting is not None and waiting.room == room:
        return at - waiting.since <= waits
    met = [one for one in case.attempts if one.room == room]
    return bool(met) and met[-1].ended_at is None
