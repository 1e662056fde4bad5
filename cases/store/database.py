"""One database, two ways in: short writing transactions that exclude each other, and reads that wait for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from cases.store.errors import StoreUnavailableError

VERSION = "0002"
"""Version of the tables that this code reads and writes: the newest revision in cases/store/migrations."""
BUSY_MS = 30_000
"""How long a writer waits for SQLite's lock before the call is refused, ms."""


class Database:
    """Engines for one database URL; SQLite runs in WAL mode with every commit on disk before it counts.

    Attributes:
        url: SQLAlchemy URL, `sqlite:///path` or `postgresql+psycopg://…`.
    """

    def __init__(self, url: str) -> None:
        """Make the engines; nothing is opened before the first use."""
        self.url = url
        self._sqlite = sa.make_url(url).get_backend_name() == "sqlite"
        if self._sqlite:
            # Writers queue for SQLite's one lock anyway: one connection each for the writer and its helpers.
            self._writer = _sqlite_engine(url, "BEGIN IMMEDIATE")
            self._reader = _sqlite_engine(url, "BEGIN")
        else:
            self._writer = self._reader = sa.create_engine(url, pool_pre_ping=True)

    @property
    def engine(self) -> sa.Engine:
        """The engine that writes."""
        return self._writer

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A writing transaction; on SQLite it holds the write lock from its first statement.

        Raises:
            StoreUnavailableError: The database is locked, full or gone; nothing was stored.
        """
        try:
            with self._writer.begin() as connection:
                yield connection
        except OperationalError as error:
            raise StoreUnavailableError(f"the database did not take the change: {error.orig}") from error

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A reading transaction with one view of the data.

        Raises:
            StoreUnavailableError: The database is gone.
        """
        try:
            with self._reader.begin() as connection:
                yield connection
        except OperationalError as error:
            raise StoreUnavailableError(f"the database did not answer: {error.orig}") from error

    def migrate(self) -> None:
        """Bring the tables to the version of this code; a database that is there already is left as it is."""
        if self._sqlite:
            path = sa.make_url(self.url).database
            if path:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            # The journal mode cannot be changed inside a transaction; it stays with the file.
            raw = self._reader.raw_connection()
            try:
                raw.cursor().execute("PRAGMA journal_mode=WAL")
            finally:
                raw.close()
        if self._version() != VERSION:
            self._upgrade()

    def _version(self) -> str | None:
        """Revision of the tables as Alembic keeps it in the database, or None where there are none."""
        with self.read() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            return version

    def _upgrade(self) -> None:
        # Alembic and what it brings along are 60 ms of every start that has nothing to migrate.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def dispose(self) -> None:
        """Close every connection."""
        self._writer.dispose()
        self._reader.dispose()


def _sqlite_engine(url: str, begin: str) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_MS / 1000})

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # Transactions begin where the event below says, not where the driver guesses.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        # An alert that was acknowledged must outlive a power cut.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
