"""Reading and changing the service database. Every method is one transaction, and raises ServiceDatabaseError."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Connection, Engine, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from pilookup_server.limits.count_file import FileCounts
from pilookup_server.limits.usage_table import Usage
from pilookup_server.service_database import migrate
from pilookup_server.service_database.engine import (
    FILE,
    ServiceDatabaseError,
    connect,
    database_errors,
    for_writing,
    is_empty,
    read_only,
)
from pilookup_server.service_database.report_table import ReportTable
from pilookup_server.service_database.schema import epoch_count, file_count, platform_usage

MAX_COUNT: Final = 2**62
"""More than anything that is counted; a column holds 2**63."""


class ServiceDatabase:
    """An open service database, for one process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = for_writing(engine)

    @classmethod
    def open(cls, online: Path, url: str, *, migrate_tables: bool = True) -> Self:
        """Open the database and migrate its tables to this version.

        Args:
            online: HOME's online half.
            url: The URL of a PostgreSQL database; empty for the SQLite file in `online`.
            migrate_tables: False to refuse tables of another version instead.

        Raises:
            ServeError: The URL or the driver cannot be used.
            ServiceDatabaseError: The database cannot be used.
        """
        engine = connect(online, url)
        try:
            with database_errors():
                (migrate.upgrade if migrate_tables else migrate.check)(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def revision(self) -> str | None:
        """The revision of the tables."""
        with database_errors(), self._engine.connect() as connection:
            return migrate.revision(connection)

    @property
    def reports(self) -> ReportTable:
        """The reports of platforms, and the answers to them."""
        return ReportTable(self._engine, self._writing)

    def epochs(self, channel: str) -> dict[int, int]:
        """The count of each epoch of a channel."""
        with database_errors(), self._engine.connect() as connection:
            return _epochs(connection, channel)

    def take_over(self, channel: str, counts: FileCounts) -> None:
        """Add what a file counts and this database does not know yet.

        Repeating it adds nothing, and the count of a file that has grown adds the difference. So it may be killed
        anywhere, and the file may be copied together with its id.

        Args:
            channel: The channel.
            counts: The counts of the file.
        """
        with self._begin() as connection:
            for epoch, count in sorted(counts.epochs.items()):
                key = {"source": counts.source, "channel": channel, "epoch": epoch}
                _add(connection, file_count, key, {"evaluated": 0})
                known = _value(connection, file_count, key)
                if count > known:
                    _add(connection, file_count, key, {"evaluated": count - known})
                    _add(connection, epoch_count, {"channel": channel, "epoch": epoch}, {"evaluated": count - known})

    def take(self, channel: str, epoch: int, needed: int, ahead: int, ceiling: int) -> tuple[int, int]:
        """Add elements to the count of an epoch: those that were evaluated already, and some in advance.

        Args:
            channel: The channel.
            epoch: The epoch.
            needed: Elements that were evaluated, which are added in any case.
            ahead: Elements to take in advance; only as many as the ceiling leaves are added.
            ceiling: Most elements of the epoch.

        Returns:
            How many were taken in advance, and the new count.
        """
        with self._begin() as connection:
            key = {"channel": channel, "epoch": epoch}
            _add(connection, epoch_count, key, {"evaluated": needed})  # this locks the row
            count = _value(connection, epoch_count, key)
            taken = max(0, min(ahead, ceiling - count))
            if taken:
                _add(connection, epoch_count, key, {"evaluated": taken})
        return taken, count + taken

    def give_back(self, channel: str, epoch: int, elements: int) -> None:
        """Subtract elements that were taken in advance and not evaluated."""
        with self._begin() as connection:
            _add(connection, epoch_count, {"channel": channel, "epoch": epoch}, {"evaluated": -elements})

    def add_usage(self, usage: Sequence[Usage]) -> None:
        """Add to the usage of platforms."""
        with self._begin() as connection:
            for one in usage:
                key = {"day": one.day, "platform": one.platform, "channel": one.channel}
                _add(connection, platform_usage, key, {"requests": one.requests, "elements": one.elements})

    def usage(self, since: date) -> list[Usage]:
        """The usage of all platforms from a day on, by day."""
        table = platform_usage.c
        query = select(platform_usage).where(table.day >= since).order_by(table.day, table.platform, table.channel)
        with database_errors(), self._engine.connect() as connection:
            return [Usage(*row) for row in connection.execute(query)]

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with database_errors(), self._writing.begin() as connection:
            yield connection


def read_epochs(online: Path, channel: str, counts: FileCounts | None) -> dict[int, int] | None:
    """The counts that the SQLite file in `online` leads to, without writing anything.

    Args:
        online: HOME's online half.
        channel: The channel.
        counts: The counts of this HOME's `evaluated.json`; None if there is none.

    Returns:
        The counts, those of `evaluated.json` included; None if they cannot be read.
    """
    path, files = online / FILE, dict(counts.epochs) if counts else {}
    if not path.exists() or is_empty(path):
        return files
    engine = read_only(path)
    if engine is None:
        return None
    try:
        with database_errors(), engine.connect() as connection:
            if migrate.revision(connection) != migrate.head():
                return None
            found = _epochs(connection, channel)
            for epoch, count in files.items():
                known = select(file_count.c.evaluated).where(
                    file_count.c.source == (counts.source if counts else ""),
                    file_count.c.channel == channel,
                    file_count.c.epoch == epoch,
                )
                missing = count - (connection.execute(known).scalar() or 0)
                found[epoch] = found.get(epoch, 0) + max(0, missing)
            return found
    except ServiceDatabaseError:
        return None
    finally:
        engine.dispose()


def _epochs(connection: Connection, channel: str) -> dict[int, int]:
    table = epoch_count.c
    query = select(table.epoch, table.evaluated).where(table.channel == channel)
    return {row.epoch: row.evaluated for row in connection.execute(query)}


def _value(connection: Connection, table: Table, key: Mapping[str, Any]) -> int:
    query = select(table.c.evaluated)
    for name, value in key.items():
        query = query.where(table.c[name] == value)
    return int(connection.execute(query).scalar_one())


def _add(connection: Connection, table: Table, key: Mapping[str, Any], amounts: Mapping[str, int]) -> None:
    """Add to columns of a row, which is made if there is none. No column gets below 0 or above MAX_COUNT."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = dialect.insert(table).values(**key, **{name: max(0, amount) for name, amount in amounts.items()})
    sums = {name: _bounded(connection, table.c[name] + amount) for name, amount in amounts.items()}
    connection.execute(row.on_conflict_do_update(index_elements=list(key), set_=sums))


def _bounded(connection: Connection, value: Any) -> Any:
    if connection.dialect.name == "postgresql":
        return func.greatest(0, func.least(value, MAX_COUNT))
    return func.max(0, func.min(value, MAX_COUNT))
