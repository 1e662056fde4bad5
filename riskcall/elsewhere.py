"""Telephone calls that other databases on this machine tell of, so that a try-out counts against the same caps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from cases.store import Database, DialUsage, Store
from cases.store.tables import DIALS
from telephony.limited_dialer import together


class Elsewhere:
    """Counts dials in databases that this process only reads; satisfies telephony.limited_dialer.FindUsage."""

    def __init__(self, paths: Iterable[Path]) -> None:
        """Look into these SQLite files; one that is not there, or is older than telephone calls, holds none."""
        self._databases = [Database(f"sqlite:///{path}") for path in paths if path.is_file()]
        self._stores = [Store(one) for one in self._databases if _has_dials(one)]

    async def __call__(self, attempt_id: str, *, leg: str, address: str, at: datetime) -> DialUsage:
        """What counts against a dial at this moment, in all of them together."""
        find = together(*(one.dial_usage for one in self._stores))
        return await find(attempt_id, leg=leg, address=address, at=at)

    def close(self) -> None:
        """Let the files go."""
        for store in self._stores:
            store.close()
        for database in self._databases:
            database.dispose()


def _has_dials(database: Database) -> bool:
    with database.read() as connection:
        return sa.inspect(connection).has_table(DIALS.name)
