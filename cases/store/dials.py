"""Which dials were placed, kept with the events that tell of them, and how many of them count against a new one."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import sqlalchemy as sa

from cases.domain.case import Case
from cases.domain.fold import find_attempt
from cases.domain.ruling import ContactAttempt
from cases.domain.vocabulary import DialRefusal
from cases.store.records import DialUsage
from cases.store.tables import DIALS

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LONGEST_CALL = timedelta(hours=1)
"""When a dial that never ended, as in a process that was killed, counts as under way no more."""

_REFUSALS = frozenset(DialRefusal)
_INSERT = DIALS.insert()
_UPDATE = DIALS.update().where(DIALS.c.attempt_id == sa.bindparam("attempt_id_"))


def address_hash(address: str) -> str:
    """SHA-256 of an address (hex): equal for equal ones; whoever can try all numbers can undo it."""
    return hashlib.sha256(address.encode()).hexdigest()


def write_dials(connection: sa.Connection, before: Case | None, after: Case, place: int) -> None:
    """Note the dials that an event placed or ended; a customer who came by themselves was not dialled.

    Args:
        connection: The transaction that stores the event.
        before: The case before the event, or None.
        after: The case after it and all that follows from it.
        place: The event's place in the log.
    """
    for attempt in after.attempts:
        known = None if before is None else find_attempt(before, attempt.number)
        if attempt == known or attempt.leg is None or attempt.contact is None:
            continue
        if known is None or known.leg is None:
            address = after.alert.customer.contacts[attempt.contact].address
            connection.execute(_INSERT, _placed(attempt, attempt.leg, address, after, place))
        elif attempt.ended_at is not None and known.ended_at is None:
            refused = attempt.detail in _REFUSALS
            ended = {"attempt_id_": attempt.id, "ended_at": attempt.ended_at, "refused": refused}
            connection.execute(_UPDATE, ended)


def _placed(attempt: ContactAttempt, leg: str, address: str, case: Case, place: int) -> dict[str, object]:
    return {
        "attempt_id": attempt.id,
        "place": place,
        "leg": leg,
        "address_hash": address_hash(address),
        "placed_at": case.updated_at,
        "ended_at": attempt.ended_at,
        "refused": False,
    }


def dial_usage(connection: sa.Connection, attempt_id: str, *, leg: str, address: str, at: datetime) -> DialUsage:
    """What counts against a dial: those on its kind of leg that were placed before it and not refused.

    Each dial looks only at those before it, so that of many at the same moment as many go through as are allowed.
    """
    own = sa.select(DIALS.c.place).where(DIALS.c.attempt_id == attempt_id).scalar_subquery()
    earlier = sa.or_(own.is_(None), DIALS.c.place < own)
    count = sa.func.count
    query = sa.select(
        count(sa.case((sa.and_(DIALS.c.ended_at.is_(None), DIALS.c.placed_at > at - LONGEST_CALL), 1))),
        count(sa.case((DIALS.c.placed_at > at - MINUTE, 1))),
        count(),
        count(sa.case((DIALS.c.address_hash == address_hash(address), 1))),
    ).where(DIALS.c.leg == leg, DIALS.c.placed_at > at - DAY, sa.not_(DIALS.c.refused), earlier)
    return DialUsage(*connection.execute(query).one())
