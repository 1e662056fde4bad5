"""Alembic migrations of the record; Database.migrate runs them."""
