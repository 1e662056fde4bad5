"""Reading and writing rows inside a transaction that the caller holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

import rfc8785
import sqlalchemy as sa

from cases.domain.audit import leaf_hash
from cases.domain.case import Case, CaseState
from cases.domain.events import Event
from cases.domain.lifecycle import TimerChange
from cases.domain.money import Money
from cases.domain.vocabulary import BankAction, Language, Outcome
from cases.store.codec import decode_event, encode_event
from cases.store.records import CaseSummary, DueTimer, StoredEvent
from cases.store.tables import CASES, EVENTS, TIMERS, time_text

E = TypeVar("E", bound=StrEnum)

# Built once: every event runs most of them, and building a statement costs more than SQLite takes to run it.
_FIND_EVENT = sa.select(EVENTS).where(EVENTS.c.event_id == sa.bindparam("event_id_"))
_LOAD_EVENTS = (
    sa.select(EVENTS)
    .where(EVENTS.c.case_id == sa.bindparam("case_id_"), EVENTS.c.seq > sa.bindparam("after_"))
    .order_by(EVENTS.c.seq)
)
_LAST_POSITION = sa.select(sa.func.max(EVENTS.c.position))
_INSERT_EVENT = EVENTS.insert()
_INSERT_VIEW = CASES.insert()
_UPDATE_VIEW = CASES.update().where(CASES.c.case_id == sa.bindparam("case_id_"))
_STOP_TIMER = TIMERS.delete().where(
    TIMERS.c.case_id == sa.bindparam("case_id_"), TIMERS.c.name == sa.bindparam("name_")
)
_SET_TIMER = TIMERS.insert()


def leaf_content(
    *, case_id: str, seq: int, event_id: str, type_name: str, version: int, at: datetime, body: str, previous: str
) -> bytes:
    """What the leaf of an event hashes: canonical JSON (RFC 8785) of the row without its place in the tree."""
    content: dict[str, Any] = {
        "case_id": case_id,
        "seq": seq,
        "event_id": event_id,
        "type": type_name,
        "version": version,
        "at": time_text(at),
        "body": body,
        "previous": previous,
    }
    return rfc8785.dumps(content)


def find_event(connection: sa.Connection, event_id: str) -> sa.Row[Any] | None:
    """The row of an event by its own key."""
    return connection.execute(_FIND_EVENT, {"event_id_": event_id}).first()


def load_events(connection: sa.Connection, case_id: str, after: int = 0) -> Iterator[StoredEvent]:
    """A case's events in order, from the one behind `after` on."""
    rows = connection.execute(_LOAD_EVENTS, {"case_id_": case_id, "after_": after})
    return (stored_event(row) for row in rows)


def stored_event(row: sa.Row[Any]) -> StoredEvent:
    """A row of the event log as a value.

    Raises:
        EventFormatError: The row cannot be read.
    """
    return StoredEvent(
        case_id=row.case_id,
        seq=row.seq,
        event_id=row.event_id,
        at=row.at,
        event=decode_event(row.type, row.version, row.body),
        previous=row.previous,
        leaf_hash=row.leaf_hash,
        position=row.position,
    )


def next_position(connection: sa.Connection) -> int:
    """The first free place in the Merkle log; only the holder of the write lock may use it."""
    last = connection.execute(_LAST_POSITION).scalar()
    return 0 if last is None else int(last) + 1


def append_event(
    connection: sa.Connection,
    event: Event,
    *,
    case_id: str,
    seq: int,
    event_id: str,
    at: datetime,
    previous: str,
    position: int,
) -> str:
    """Write one event and return its leaf hash (hex)."""
    type_name, version, body = encode_event(event)
    leaf = leaf_hash(
        leaf_content(
            case_id=case_id,
            seq=seq,
            event_id=event_id,
            type_name=type_name,
            version=version,
            at=at,
            body=body,
            previous=previous,
        )
    ).hex()
    connection.execute(
        _INSERT_EVENT,
        {
            "case_id": case_id,
            "seq": seq,
            "event_id": event_id,
            "type": type_name,
            "version": version,
            "at": at,
            "body": body,
            "previous": previous,
            "leaf_hash": leaf,
            "position": position,
        },
    )
    return leaf


def write_view(connection: sa.Connection, case: Case, *, new: bool) -> None:
    """Write the case's line of the view: its first one, or anew."""
    values = _view_values(case)
    if new:
        connection.execute(_INSERT_VIEW, {"case_id": case.id, **values})
    else:
        connection.execute(_UPDATE_VIEW, {"case_id_": case.id, **values})


def _view_values(case: Case) -> dict[str, Any]:
    alert = case.alert
    review = case.review if case.state is CaseState.REVIEW else None
    assessment = case.assessment
    return {
        "state": case.state.value,
        "seq": case.seq,
        "opened_at": case.opened_at,
        "updated_at": case.updated_at,
        "closed_at": case.closed_at,
        "hold_deadline": alert.hold_deadline,
        "customer_reference": alert.customer.reference,
        "customer_name": alert.customer.name,
        "payee_name": alert.transaction.creditor.name,
        "amount_minor": alert.transaction.amount.minor,
        "currency": alert.transaction.amount.currency,
        "language": alert.language.value,
        "score": alert.score,
        "points": None if assessment is None else assessment.score,
        "outcome": None if assessment is None else assessment.outcome.value,
        "payment": None if case.payment is None else case.payment.value,
        "attempts": len(case.attempts),
        "review_due_at": None if review is None else review.due_at,
        "review_urgent": review is not None and review.urgent,
        "review_overdue": review is not None and review.overdue,
        "claimed_by": None if review is None else review.claimed_by,
    }


def summary(row: sa.Row[Any]) -> CaseSummary:
    """A line of the view as a value."""
    values = dict(row._mapping)
    minor, currency = values.pop("amount_minor"), values.pop("currency")
    return CaseSummary(
        amount=Money(minor, currency),
        state=CaseState(values.pop("state")),
        language=Language(values.pop("language")),
        outcome=_optional(Outcome, values.pop("outcome")),
        payment=_optional(BankAction, values.pop("payment")),
        **values,
    )


def _optional(cls: type[E], value: str | None) -> E | None:
    return None if value is None else cls(value)


def change_timers(connection: sa.Connection, case_id: str, changes: Iterable[TimerChange]) -> None:
    """Set and stop timers of a case, in order."""
    for change in changes:
        connection.execute(_STOP_TIMER, {"case_id_": case_id, "name_": change.name})
        if change.due_at is not None:
            values = {"case_id": case_id, "name": change.name, "attempt": change.attempt, "due_at": change.due_at}
            connection.execute(_SET_TIMER, values)


def take_timer(connection: sa.Connection, case_id: str, name: str, attempt: int, at: datetime) -> bool:
    """Remove a timer that fires now; False where there is no such timer due."""
    gone = connection.execute(
        TIMERS.delete().where(
            TIMERS.c.case_id == case_id,
            TIMERS.c.name == name,
            TIMERS.c.attempt == attempt,
            TIMERS.c.due_at <= at,
        )
    )
    return gone.rowcount > 0


def due_timers(connection: sa.Connection, now: datetime, limit: int) -> tuple[DueTimer, ...]:
    """Timers that are due, longest due first."""
    rows = connection.execute(sa.select(TIMERS).where(TIMERS.c.due_at <= now).order_by(TIMERS.c.due_at).limit(limit))
    return tuple(DueTimer(row.case_id, row.name, row.attempt, row.due_at) for row in rows)


def next_due(connection: sa.Connection) -> datetime | None:
    """When the next timer is due, UTC, or None without timers."""
    return connection.execute(sa.select(TIMERS.c.due_at).order_by(TIMERS.c.due_at).limit(1)).scalar()
