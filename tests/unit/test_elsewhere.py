"""Telephone calls of other databases count against a try-out's caps, and looking at them changes nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from cases.store import Database, DialUsage
from cases.store.dials import address_hash
from cases.store.tables import DIALS
from riskcall.elsewhere import Elsewhere
from tests.support.case_facts import NOON

LONDON = "+442079460000"


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Two databases with a call each, one that is older than telephone calls, and one that is not there."""
    paths = [tmp_path / f"{name}.sqlite" for name in ("serve", "earlier", "older", "none")]
    for path in paths[:2]:
        database = Database(f"sqlite:///{path}")
        database.migrate()
        with database.write() as connection:
            dial = {
                "attempt_id": "a-1:1",
                "place": 3,
                "leg": "sip",
                "address_hash": address_hash(LONDON),
                "placed_at": NOON - timedelta(minutes=5),
                "ended_at": NOON,
                "refused": False,
            }
            connection.execute(DIALS.insert(), dial)
        database.dispose()
    older = sa.create_engine(f"sqlite:///{paths[2]}")
    with older.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
    older.dispose()
    return paths


async def test_what_every_record_tells_of_is_counted(paths: list[Path]) -> None:
    elsewhere = Elsewhere(paths)
    found = await elsewhere("a-2:1", leg="sip", address=LONDON, at=NOON)
    elsewhere.close()
    assert found == DialUsage(at_once=0, last_minute=0, last_day=2, number_last_day=2)
    assert not paths[3].exists()


async def test_a_record_that_is_being_written_is_read_all_the_same(paths: list[Path]) -> None:
    writer = Database(f"sqlite:///{paths[0]}")
    with writer.write() as connection:
        connection.execute(DIALS.delete())
        elsewhere = Elsewhere(paths)
        found = await elsewhere("a-2:1", leg="sip", address=LONDON, at=NOON)
        elsewhere.close()
    writer.dispose()
    assert found.last_day == 2
