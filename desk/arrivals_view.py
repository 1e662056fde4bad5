"""Times that the customer came by themselves, as a case's page shows them; no code is among it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.domain.case import Case
from cases.domain.vocabulary import Arrival


@dataclass(frozen=True, slots=True)
class ArrivalRow:
    """One time.

    Attributes:
        arrival: How they came.
        at: When, UTC.
        issued_by: Who had asked for the code that they said, or empty without one.
        issued_at: When that was, UTC, or None.
        attempt: Number of the attempt that met them, or None where none did.
    """

    arrival: Arrival
    at: datetime
    issued_by: str
    issued_at: datetime | None
    attempt: int | None


def arrival_rows(case: Case) -> tuple[ArrivalRow, ...]:
    """Every time that a customer came by themselves, in order."""
    rows = []
    for place, one in enumerate(case.arrivals):
        made = [code for code in case.codes if code.digest == one.code and code.issued_at <= one.at]
        latest = made[-1] if made else None
        rows.append(
            ArrivalRow(
                one.arrival,
                one.at,
                "" if latest is None else latest.by,
                None if latest is None else latest.issued_at,
                _met(case, place),
            )
        )
    return tuple(rows)


def _met(case: Case, place: int) -> int | None:
    """The attempt that met a customer: the first in their room, before they came there again."""
    arrived = case.arrivals[place]
    again = next((one.at for one in case.arrivals[place + 1 :] if one.room == arrived.room), None)
    in_room = (one for one in case.attempts if one.room == arrived.room and one.started_at >= arrived.at)
    first = next(in_room, None)
    return None if first is None or (again is not None and first.started_at >= again) else first.number
