"""Runs migrations on the connection that Database.migrate hands over."""

from __future__ import annotations

from alembic import context

from cases.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
