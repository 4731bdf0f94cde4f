"""Reading and changing the control database. Every method is one transaction, and raises CustodyError if it fails."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Connection, Engine, case, delete, func, insert, select, update

from pilookup import durable, file_errors
from pilookup.custody.control import migrate, schema
from pilookup.custody.control.engine import URL_VARIABLE, connect, database_errors, database_url, for_writing
from pilookup.custody.control.making import (
    Making,
    end_making,
    forget_made,
    is_made,
    lock_making,
    mark_made,
    read_making,
)
from pilookup.custody.control.report_rows import ReportRows
from pilookup.custody.control.rows import dump_rows, restore_rows
from pilookup.custody.control.tables import Channel, Counts, Dataset, Epoch, Load
from pilookup.custody.home import Home
from pilookup.errors import CustodyError, NoChannelError
from pilookup.protocol.label import Kind

MAX_DATASETS: Final = 0xFFFF
"""A catalogue id has two bytes in a label."""


class ControlDatabase:
    """The control database of one HOME: a SQLite file next to the vault, or the database of PILOOKUP_DATABASE_URL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = for_writing(engine)
        self._making: Making | None = None
        self._lock: Connection | None = None
        self.cleared: str | None = None
        """The HOME that a killed command was making from this database, whose tables `create` dropped."""

    @classmethod
    def create(cls, home: Home, place: Path | None = None) -> Self:
        """Make the tables for a new HOME. Once HOME is whole, `mark_made` and `end_making` are called.

        Args:
            home: the directories as they are made.
            place: the path that HOME gets in the end, if it is another one.

        Raises:
            CustodyError: the database cannot be used, holds control data already, or another command is making a HOME
                from it.
            OSError: the SQLite file cannot be made.
        """
        if not database_url():
            os.close(os.open(home.database, os.O_CREAT | os.O_EXCL | os.O_RDWR, durable.FILE_MODE))
        control = cls(connect(home))
        try:
            with database_errors("cannot be used"):
                control._create(Making(os.path.realpath(place or home.path)))
        except BaseException:
            control.close()
            raise
        return control

    def _create(self, making: Making) -> None:
        if self._engine.dialect.name == "postgresql":
            self._making = making
            self._lock = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            lock_making(self._lock)
        self.cleared = migrate.create(self._engine, making)

    def mark_made(self, home: Home) -> None:
        """Write into a HOME that it is whole, just before it gets its name; raises OSError."""
        if self._making is not None:
            mark_made(home.custody, self._making)

    def end_making(self, home: Home) -> None:
        """Forget that a HOME was being made, which has its name now; raises CustodyError, OSError."""
        if self._making is not None:
            with self._begin() as connection:
                end_making(connection)
            forget_made(home.custody)

    @classmethod
    def open(cls, home: Home) -> Self:
        """Open the database and migrate its tables to this version; raises CustodyError if it cannot be used."""
        if not database_url() and not home.database.exists():
            raise CustodyError(f"{home.database}: missing; are the control data elsewhere? Then set {URL_VARIABLE}")
        control = cls(connect(home))
        try:
            with database_errors("cannot be used"):
                control._end_interrupted(home)
                migrate.upgrade(control._engine)
        except BaseException:
            control.close()
            raise
        return control

    def _end_interrupted(self, home: Home) -> None:
        """Complete the making of a HOME that is whole; raises CustodyError if the tables are of another one."""
        if self._engine.dialect.name != "postgresql":
            return
        with self._engine.connect() as connection:
            self._making = read_making(connection)
        if self._making is None:
            return
        with file_errors.failures_as(CustodyError, home.custody):
            if not is_made(home.custody, self._making.id):
                raise CustodyError(
                    f"the control database has what a command left that was making {self._making.home} and was killed, "
                    "or still runs; run that command again"
                )
            self.end_making(home)

    def remove(self) -> None:
        """Drop all tables, because making the HOME failed; raises CustodyError."""
        with database_errors("failed"):
            migrate.remove(self._engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        if self._lock is not None:
            self._lock.close()
        self._engine.dispose()

    @property
    def reports(self) -> ReportRows:
        """The reports of platforms, and the answers to them."""
        return ReportRows(self._engine, self._writing)

    def datasets(self, *, active_only: bool) -> list[Dataset]:
        """Datasets in order of their catalogue ids; withdrawn ones are included unless `active_only`."""
        query = select(schema.dataset).order_by(schema.dataset.c.id)
        if active_only:
            query = query.where(schema.dataset.c.withdrawn_at.is_(None))
        return [_dataset(row) for row in self._all(query)]

    def dataset(self, slug: str) -> Dataset | None:
        """The dataset with this id, withdrawn or not; None if there is none."""
        rows = self._all(select(schema.dataset).where(schema.dataset.c.slug == slug))
        return _dataset(rows[0]) if rows else None

    def next_dataset_id(self) -> int:
        """The catalogue id of the next new dataset, never reused; raises CustodyError if the catalogue is full."""
        ids = [row.id for row in self._all(select(schema.dataset.c.id))]
        number = max(ids, default=0) + 1
        if number > MAX_DATASETS:
            raise CustodyError(f"the catalogue is full: {MAX_DATASETS} datasets")
        return number

    def first_loads(self) -> dict[int, date]:
        """The day (UTC) on which each dataset was first loaded, by its catalogue id."""
        return {row.id: row.created_at.date() for row in self._all(select(schema.dataset))}

    def loads(self, slug: str) -> list[Load]:
        """A dataset's loads, in unspecified order."""
        query = select(schema.load, schema.dataset.c.slug).join(schema.dataset).where(schema.dataset.c.slug == slug)
        return [_load(row) for row in self._all(query.order_by(schema.load.c.id))]

    def commit_loads(self, dataset: Dataset, loads: Sequence[Load], replaced: Iterable[str], now: datetime) -> None:
        """Insert a dataset if it is new, insert its loads, and delete the loads that they replace: one transaction.

        Args:
            dataset: the dataset.
            loads: its new loads, one a file.
            replaced: the ids of the loads to delete.
            now: when they are committed.
        """
        gone = list(replaced)
        with self._begin() as connection:
            if connection.execute(select(schema.dataset).where(schema.dataset.c.id == dataset.id)).first() is None:
                values = {name: getattr(dataset, name) for name in Dataset.__dataclass_fields__}
                connection.execute(insert(schema.dataset).values(created_at=_naive(now), **values))
            if gone:
                connection.execute(delete(schema.load).where(schema.load.c.id.in_(gone)))
                _count_removal(connection)
            connection.execute(insert(schema.load), [_load_values(load, now) for load in loads])

    def withdraw(self, slug: str, now: datetime) -> None:
        """Mark a dataset withdrawn and delete its loads."""
        with self._begin() as connection:
            row = connection.execute(select(schema.dataset).where(schema.dataset.c.slug == slug)).one()
            connection.execute(delete(schema.load).where(schema.load.c.dataset_id == row.id))
            marked = update(schema.dataset).where(schema.dataset.c.id == row.id)
            connection.execute(marked.values(withdrawn_at=_naive(now)))
            _count_removal(connection)

    def update_dataset(self, slug: str, values: Mapping[str, Any]) -> None:
        """Set columns of a dataset: titles, details, the days of the seizure, of a change and of its expiry."""
        table = schema.dataset
        with self._begin() as connection:
            connection.execute(update(table).where(table.c.slug == slug).values(**values))

    def removals(self) -> int:
        """How many times something was withdrawn, erased or replaced."""
        return int(self._all(select(schema.vault_state.c.removals))[0].removals)

    def count_removal(self) -> None:
        """Count one removal, so that the next publish rebuilds the former epoch too."""
        with self._begin() as connection:
            _count_removal(connection)

    def dump(self) -> bytes:
        """All rows, for a backup."""
        with database_errors("failed"), self._engine.connect() as connection:
            return dump_rows(connection)

    def restore(self, data: bytes) -> None:
        """Put the rows of a backup in the place of those of new tables; raises CustodyError."""
        with self._begin() as connection:
            restore_rows(connection, data)

    def reserve(self, dataset_id: int, slug: str, now: datetime) -> None:
        """Insert a withdrawn dataset, so that neither its catalogue id nor its id is used again.

        Does nothing if there is a dataset with this catalogue id or id.
        """
        table = schema.dataset
        values = {
            "id": dataset_id,
            "slug": slug,
            "kind": str(Kind.EXPOSURE),
            "title_zh": slug,
            "title_en": slug,
            "sensitive": True,
            "created_at": _naive(now),
            "withdrawn_at": _naive(now),
        }
        with self._begin() as connection:
            taken = select(table.c.id).where((table.c.id == dataset_id) | (table.c.slug == slug))
            if connection.execute(taken).first() is None:
                connection.execute(insert(table).values(**values))

    def create_channel(self, name: str, profile: str) -> None:
        """Insert a channel, without an epoch; its first serial is 1."""
        with self._begin() as connection:
            connection.execute(insert(schema.channel).values(name=name, profile=str(profile), next_serial=1))

    def channels(self) -> list[Channel]:
        """All channels, by name."""
        rows = self._all(select(schema.channel).order_by(schema.channel.c.name))
        return [Channel(row.name, row.profile) for row in rows]

    def channel(self, name: str) -> Channel:
        """A channel by name; raises NoChannelError if there is none."""
        for channel in self.channels():
            if channel.name == name:
                return channel
        raise NoChannelError(f"there is no channel {name}; there are: {', '.join(c.name for c in self.channels())}")

    def consume_serial(self, channel: str, above: int = 0) -> int:
        """Take the channel's next serial, which is above `above`. No serial is ever returned twice.

        The transaction is on the disk before this returns.
        """
        with self._begin() as connection:
            table = schema.channel
            least = case((table.c.next_serial > above, table.c.next_serial), else_=above + 1)
            step = update(table).where(table.c.name == channel).values(next_serial=least + 1)
            following = connection.execute(step.returning(table.c.next_serial)).scalar_one()
        return int(following) - 1

    def last_serial(self, channel: str) -> int:
        """The serial that was taken last; 0 before the first."""
        table = schema.channel
        return int(self._all(select(table.c.next_serial).where(table.c.name == channel))[0].next_serial) - 1

    def epochs(self, channel: str) -> list[Epoch]:
        """A channel's epochs, oldest first."""
        table = schema.epoch
        rows = self._all(select(table).where(table.c.channel == channel).order_by(table.c.number))
        return [_epoch(row) for row in rows]

    def start_epoch(self, channel: str, number: int, now: datetime, *, former_until: datetime | None = None) -> Epoch:
        """Insert an epoch, and in the same transaction set until when the former ones are served at most.

        Args:
            channel: the channel's name.
            number: the new epoch's number.
            now: when it begins.
            former_until: until when the epochs before it are served; None if there is none.
        """
        table = schema.epoch
        removals = select(schema.vault_state.c.removals).scalar_subquery()
        values = {"channel": channel, "number": number, "started_at": _naive(now), "removals_seen": removals}
        with self._begin() as connection:
            if former_until is not None:
                until = _naive(former_until)
                longer = table.c.serves_until.is_(None) | (table.c.serves_until > until)
                which = (table.c.channel == channel) & (table.c.number < number) & longer
                connection.execute(update(table).where(which).values(serves_until=until))
            connection.execute(insert(table).values(**values))
        return self.epochs(channel)[-1]

    def mark_epoch_destroyed(self, channel: str, number: int, now: datetime) -> None:
        """Record that an epoch's key was destroyed. The first time stays; an epoch that is not known is ignored."""
        table = schema.epoch
        with self._begin() as connection:
            which = (table.c.channel == channel) & (table.c.number == number) & table.c.destroyed_at.is_(None)
            connection.execute(update(table).where(which).values(destroyed_at=_naive(now)))

    def mark_epoch_released(self, channel: str, number: int, serial: int, removals: int, slots: int) -> None:
        """Record an epoch's served serial, the count of removals that its snapshot reflects, and its first slots."""
        table = schema.epoch
        with self._begin() as connection:
            which = (table.c.channel == channel) & (table.c.number == number)
            connection.execute(
                update(table)
                .where(which)
                .values(
                    serial=serial,
                    removals_seen=removals,
                    first_slots=func.coalesce(table.c.first_slots, slots),
                )
            )

    def _all(self, query: Any) -> list[Any]:
        with database_errors("failed"), self._engine.connect() as connection:
            return list(connection.execute(query))

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with database_errors("failed"), self._writing.begin() as connection:
            yield connection


def _count_removal(connection: Connection) -> None:
    table = schema.vault_state
    connection.execute(update(table).values(removals=table.c.removals + 1))


def _dataset(row: Any) -> Dataset:
    return Dataset(
        id=row.id,
        slug=row.slug,
        kind=row.kind,
        title_zh=row.title_zh,
        title_en=row.title_en,
        seized_on=row.seized_on,
        sensitive=row.sensitive,
        withdrawn_at=_aware(row.withdrawn_at),
        details=row.details,
        details_updated_on=row.details_updated_on,
        expires_on=row.expires_on,
    )


def _load(row: Any) -> Load:
    counts = Counts(row.rows, row.accepted, row.distinct, row.duplicates, row.rejected, row.warnings)
    return Load(row.id, row.slug, row.dataset_id, row.digest, counts)


def _load_values(load: Load, now: datetime) -> dict[str, Any]:
    counts = {name: getattr(load.counts, name) for name in Counts.__dataclass_fields__}
    counts |= {"rejected": dict(load.counts.rejected), "warnings": dict(load.counts.warnings)}
    return {
        "id": load.id,
        "dataset_id": load.dataset_id,
        "digest": load.digest,
        "committed_at": _naive(now),
        **counts,
    }


def _epoch(row: Any) -> Epoch:
    return Epoch(
        channel=row.channel,
        number=row.number,
        started_at=row.started_at.replace(tzinfo=UTC),
        serves_until=_aware(row.serves_until),
        destroyed_at=_aware(row.destroyed_at),
        removals_seen=row.removals_seen,
        serial=row.serial,
        first_slots=row.first_slots,
    )


def _naive(moment: datetime) -> datetime:
    """The time in UTC without a time zone, as the databases store it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
