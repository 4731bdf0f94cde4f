"""Reading and changing the service database. Every method is one transaction, and raises ServiceDatabaseError."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine, select

from pilookup_server.limits.count_file import FileCounts
from pilookup_server.limits.usage_table import Usage
from pilookup_server.platforms.platform import Purpose
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
from pilookup_server.service_database.platforms import PlatformRecords
from pilookup_server.service_database.receipt_table import ReceiptTable
from pilookup_server.service_database.report_table import ReportTable
from pilookup_server.service_database.rows import add, value
from pilookup_server.service_database.schema import epoch_count, file_count, platform_day, platform_usage


class ServiceDatabase:
    """An open service database, for one process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = for_writing(engine)
        self.platforms = PlatformRecords(engine)
        """Platforms, their keys and what they had evaluated in each epoch."""

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

    @property
    def engine(self) -> Engine:
        """The connections, for the other modules that read and change tables of this database."""
        return self._engine

    def revision(self) -> str | None:
        """The revision of the tables."""
        with database_errors(), self._engine.connect() as connection:
            return migrate.revision(connection)

    @property
    def reports(self) -> ReportTable:
        """The reports of platforms, and the answers to them."""
        return ReportTable(self._engine, self._writing)

    @property
    def receipts(self) -> ReceiptTable:
        """What is countersigned in receipts."""
        return ReceiptTable(self._engine, self._writing)

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
                add(connection, file_count, key, {"evaluated": 0})
                known = value(connection, file_count, key)
                if count > known:
                    add(connection, file_count, key, {"evaluated": count - known})
                    add(connection, epoch_count, {"channel": channel, "epoch": epoch}, {"evaluated": count - known})

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
            add(connection, epoch_count, key, {"evaluated": needed})  # this locks the row
            count = value(connection, epoch_count, key)
            taken = max(0, min(ahead, ceiling - count))
            if taken:
                add(connection, epoch_count, key, {"evaluated": taken})
        return taken, count + taken

    def give_back(self, channel: str, epoch: int, elements: int) -> None:
        """Subtract elements that were taken in advance and not evaluated."""
        with self._begin() as connection:
            add(connection, epoch_count, {"channel": channel, "epoch": epoch}, {"evaluated": -elements})

    def add_usage(self, usage: Sequence[Usage]) -> None:
        """Add to the usage of platforms."""
        with self._begin() as connection:
            for one in usage:
                key = {"day": one.day, "platform": one.platform, "channel": one.channel, "purpose": str(one.purpose)}
                add(connection, platform_day, key, {"requests": one.requests, "elements": one.elements})

    def usage(self, since: date) -> list[Usage]:
        """The usage of all platforms from a day on, by day; that of former versions has no purpose."""
        with database_errors(), self._engine.connect() as connection:
            found = [
                Usage(row.day, row.platform, row.channel, Purpose(row.purpose), row.requests, row.elements)
                for row in connection.execute(select(platform_day).where(platform_day.c.day >= since))
            ]
            found += [
                Usage(row.day, row.platform, row.channel, None, row.requests, row.elements)
                for row in connection.execute(select(platform_usage).where(platform_usage.c.day >= since))
            ]
        return sorted(found, key=lambda one: (one.day, one.platform, one.channel, one.purpose or ""))

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
