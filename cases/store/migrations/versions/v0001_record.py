"""Event log, case view and timers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

_TIME = sa.String(27)


def upgrade() -> None:
    """Make the tables."""
    _events()
    _cases()
    op.create_table(
        "timers",
        sa.Column("case_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "name", name="pk_timers"),
    )
    op.create_index("ix_timers_due_at", "timers", ["due_at"])


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("case_id", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("event_id", sa.String(255), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("leaf_hash", sa.String(64), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "seq", name="pk_events"),
        sa.UniqueConstraint("event_id", name="uq_events_event_id"),
        sa.UniqueConstraint("position", name="uq_events_position"),
    )


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("case_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("closed_at", _TIME),
        sa.Column("hold_deadline", _TIME, nullable=False),
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
        sa.Column("review_due_at", _TIME),
        sa.Column("review_urgent", sa.Boolean, nullable=False),
        sa.Column("review_overdue", sa.Boolean, nullable=False),
        sa.Column("claimed_by", sa.String(64)),
        sa.PrimaryKeyConstraint("case_id", name="pk_cases"),
    )
    op.create_index("ix_cases_state", "cases", ["state"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("timers")
    op.drop_table("cases")
    op.drop_table("events")
