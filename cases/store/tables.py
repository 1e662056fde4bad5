"""Tables of the record; Alembic migrations in cases/store/migrations make them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa


def time_text(moment: datetime) -> str:
    """An aware time as the database keeps it: UTC with microseconds, sorted as text as it is in time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def time_value(text: str) -> datetime:
    """A time of the database as an aware UTC value."""
    return datetime.fromisoformat(text).astimezone(UTC)


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An aware UTC time, kept as text of fixed width, alike in SQLite and PostgreSQL."""

    impl = sa.String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        """To the database."""
        return None if value is None else time_text(value)

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:
        """From the database."""
        return None if value is None else time_value(value)


METADATA = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("case_id", sa.String(64), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("event_id", sa.String(255), nullable=False, unique=True),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("leaf_hash", sa.String(64), nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False, unique=True),
)
"""The event log; `position` is the leaf's place in the Merkle log, from 0."""

CASES = sa.Table(
    "cases",
    METADATA,
    sa.Column("case_id", sa.String(64), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.Column("hold_deadline", UtcTime, nullable=False),
    sa.Column("customer_reference", sa.String(64), nullable=False),
    sa.Column("customer_name", sa.String(140), nullable=False),
    sa.Column("payee_name", sa.String(140), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("points", sa.Integer),
    sa.Column("outcome", sa.String(32)),
    sa.Column("payment", sa.String(16)),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("review_due_at", UtcTime),
    sa.Column("review_urgent", sa.Boolean, nullable=False),
    sa.Column("review_overdue", sa.Boolean, nullable=False),
    sa.Column("claimed_by", sa.String(64)),
)
"""The case view: what lists show and sort by, rewritten with every event."""

TIMERS = sa.Table(
    "timers",
    METADATA,
    sa.Column("case_id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("due_at", UtcTime, nullable=False, index=True),
)
"""Timers that run; a case has at most one of a name."""

DIALS = sa.Table(
    "dials",
    METADATA,
    sa.Column("attempt_id", sa.String(80), primary_key=True),
    sa.Column("place", sa.BigInteger, nullable=False, unique=True),
    sa.Column("leg", sa.String(16), nullable=False),
    sa.Column("address_hash", sa.String(64), nullable=False),
    sa.Column("placed_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("refused", sa.Boolean, nullable=False),
    sa.Index("ix_dials_leg_placed_at", "leg", "placed_at"),
)
"""Dials that were placed, in the order of their `place` in the log, for caps on how often anybody is dialled."""
