"""Dials that were placed; an older database had none on a telephone, so that none are brought over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None

_TIME = sa.String(27)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "dials",
        sa.Column("attempt_id", sa.String(80), nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("leg", sa.String(16), nullable=False),
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("placed_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.Column("refused", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_dials"),
        sa.UniqueConstraint("place", name="uq_dials_place"),
    )
    op.create_index("ix_dials_leg_placed_at", "dials", ["leg", "placed_at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("dials")
