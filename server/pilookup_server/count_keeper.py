"""Keeps the counts of all workers in the service database, or, while that cannot be used, in `evaluated.json`, and
publishes the keys of platforms to the workers.

One process of a server does this, so that a database that does not answer delays no request, and no connection is used
by two processes.
"""

from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pilookup.clock import Clock, Elapsed, seconds_since_boot, utc_now
from pilookup.errors import FormatError, PilookupError
from pilookup.protocol.names import PUBLIC
from pilookup.release_files.serving_state import (
    DatabaseFault,
    read_database_fault,
    remove_database_fault,
    write_database_fault,
)
from pilookup_server.limits.channel_ledger import Keeping
from pilookup_server.limits.count_file import CountFile
from pilookup_server.limits.quotas import SharedCounts
from pilookup_server.logs import describe, logger
from pilookup_server.notice_keeper import NoticeKeeper
from pilookup_server.settings import Settings

if TYPE_CHECKING:
    from pilookup_server.service_database.counts import ServiceDatabase

IDLE_SECONDS: Final = 1.0
"""How often the keeper looks at the counts if it is not woken."""

RETRY_SECONDS: Final = 5.0
"""How long a database that failed is left alone."""

_MISSING: Final = (
    "usage of platforms is not kept, keys that are revoked now are still valid, for 24 hours at most, platforms "
    "evaluate what is left of their leases, and `public` evaluates at most 1% of an epoch's ceiling more"
)
_NOTHING: Final = "the count of the epoch is not known, so `public` evaluates nothing"


class CountKeeper:
    """Takes elements for the workers, and keeps the usage of platforms. Use it in one process."""

    def __init__(
        self,
        settings: Settings,
        counts: SharedCounts,
        elapsed: Elapsed,
        clock: Clock,
        notices: NoticeKeeper | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            settings: The server's settings.
            counts: What all workers count in.
            elapsed: The clock of elapsed seconds.
            clock: The wall clock.
            notices: What also uses the database, after the counts; None if nothing does.

        Raises:
            ServeError: The URL of the database cannot be read.
        """
        self._notices = notices
        self._online: Path = settings.home / "online"
        self._url = settings.read_service_database_url()
        self._counts = counts
        self._elapsed = elapsed
        self._clock = clock
        self._file = CountFile(self._online, clock)
        self._database: ServiceDatabase | None = None
        self._retry_at = 0.0
        self._file_retry_at = 0.0
        self._taken_over: object = None
        self._said: Keeping | None = None

    def tick(self) -> None:
        """Take what the workers want, and keep the usage of platforms; raises CountersError."""
        try:
            if self._elapsed() >= self._retry_at:
                self._keep_in_database()
                self._say(Keeping.DATABASE, None)
                return
        except (PilookupError, OSError) as error:
            self._close_database()
            self._retry_at = self._elapsed() + RETRY_SECONDS
            self._read_without_writing()
            self._say(self._keep_outside(), error)
        else:
            self._say(self._keep_outside(), None)

    def database(self) -> "ServiceDatabase | None":
        """The database, opened if need be; None while it is left alone because it failed.

        Raises:
            ServeError, ServiceDatabaseError: It cannot be used.
        """
        return None if self._elapsed() < self._retry_at else self._open()

    def close(self) -> None:
        """Give back what was taken and not used, when no worker runs any more; raises CountersError."""
        self._retry_at = 0.0
        try:
            self._keep_in_database()
            for epoch, elements in self._counts.ledger.remainders().items():
                self._open().give_back(PUBLIC, epoch, elements)
            for account, elements in self._counts.platform_ledger.remainders().items():
                self._open().platforms.give_back(account, elements)
        except (PilookupError, OSError) as error:
            logger().error("the service database cannot be used: counts may be too high", **describe(error))
            self._keep_outside()
        finally:
            self._close_database()

    def _open(self) -> "ServiceDatabase":
        if self._database is None:
            # It imports SQLAlchemy, which workers do not need.
            from pilookup_server.service_database.counts import ServiceDatabase  # noqa: PLC0415

            self._database, self._taken_over = ServiceDatabase.open(self._online, self._url), None
        return self._database

    def _close_database(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _keep_in_database(self) -> None:
        """Do everything in the database; raises ServiceDatabaseError, ServeError, FormatError, OSError."""
        database, ledger = self._open(), self._counts.ledger
        now = int(self._clock().timestamp())
        self._counts.key_table.publish(database.platforms.valid_keys(now))
        self._take_for_platforms(database, now)
        self._take_over_file(database)
        ledger.read(database.epochs(PUBLIC), with_outside=True)
        for want in ledger.wants():
            taken, count = database.take(PUBLIC, want.epoch, want.evaluated, want.ahead, ledger.ceiling)
            ledger.took(want.epoch, want.evaluated + taken, count)
        usage = self._counts.usage.take(self._clock().astimezone(UTC).date())
        if usage:
            try:
                database.add_usage(usage)
            except PilookupError:
                self._counts.usage.give_back(usage)
                raise
        fetches = self._counts.fetches.new()
        if fetches:
            database.receipts.add_fetches(fetches, self._clock().astimezone(UTC).date())
            self._counts.fetches.kept(fetches)
        if self._notices is not None:
            self._notices.keep(database)

    def _take_for_platforms(self, database: "ServiceDatabase", now: int) -> None:
        """Read what all servers count for the platforms of this one, and take what they want."""
        ledger = self._counts.platform_ledger
        accounts = ledger.accounts()
        if accounts:
            ledger.read(database.platforms.counts(accounts))
        for want in ledger.wants():
            taken = database.platforms.take(want, now)
            ledger.took(want.account, taken.elements, taken.evaluated)
            if taken.warn:
                platform, channel, purpose, epoch = want.account
                logger().warning(
                    "a platform has used much of a quota", platform=platform, channel=channel, purpose=str(purpose),
                    epoch=epoch, elements=taken.evaluated, quota=want.limit,
                )  # fmt: skip

    def _take_over_file(self, database: "ServiceDatabase") -> None:
        """Add what `evaluated.json` counts and the database does not know yet, if the file has changed."""
        seen = self._file.state()
        if seen != self._taken_over:
            counts = self._file.read()
            if counts is not None:
                database.take_over(PUBLIC, counts)
            self._taken_over = seen

    def _read_without_writing(self) -> None:
        """Read the counts where they can be read and not changed, such as on a full disk."""
        if self._counts.ledger.readable or self._url:
            return
        from pilookup_server.service_database.counts import read_epochs  # noqa: PLC0415 - see `_open`

        with suppress(FormatError, OSError):
            found = read_epochs(self._online, PUBLIC, self._file.read_only())
            if found is not None:
                self._counts.ledger.read(found, with_outside=True)

    def _keep_outside(self) -> Keeping:
        """Take what is wanted in `evaluated.json`, as far as that may be done, and say where the counts are kept."""
        ledger = self._counts.ledger
        if not ledger.readable or self._elapsed() < self._file_retry_at:
            return Keeping.MEMORY
        try:
            for want in ledger.wants():
                elements = min(want.evaluated + want.ahead, want.outside_left)
                if elements:
                    self._file.add(want.epoch, elements)
                    ledger.took_outside(want.epoch, elements)
        except (FormatError, OSError) as error:
            self._file_retry_at = self._elapsed() + RETRY_SECONDS
            logger().error("the count of evaluated elements cannot be written", **describe(error))
            return Keeping.MEMORY
        return Keeping.FILE

    def _say(self, keeping: Keeping, error: Exception | None) -> None:
        """Let everybody know where the counts are kept, once for each change."""
        self._counts.ledger.set_keeping(keeping)
        if (keeping is Keeping.DATABASE) == (self._said is Keeping.DATABASE) and self._said is not None:
            return
        first, self._said = self._said is None, keeping
        with suppress(FormatError, OSError):  # a full disk; the log and the metrics say it too
            self._record(keeping, error)
        if keeping is Keeping.DATABASE:
            if not first:
                logger().info("the service database is used again")
        else:
            missing = _MISSING if self._counts.ledger.readable else _NOTHING
            reason = describe(error) if error else {}
            logger().error("the service database cannot be used", missing=missing, **reason)

    def _record(self, keeping: Keeping, error: Exception | None) -> None:
        if keeping is Keeping.DATABASE:
            if read_database_fault(self._online) is not None:
                remove_database_fault(self._online)
        elif error is not None:
            now = self._clock().astimezone(UTC).replace(microsecond=0)
            reason = str(error) if isinstance(error, PilookupError) else type(error).__name__
            write_database_fault(self._online, DatabaseFault(now, reason))


def counts_of_one_process(
    settings: Settings, elapsed: Elapsed = seconds_since_boot, clock: Clock = utc_now
) -> SharedCounts:
    """Counts that this process alone uses and keeps, at the moment when something is wanted.

    Raises:
        HomeError: The count of a former version cannot be read.
        ServeError: The URL of the service database cannot be read.
    """

    def wake() -> None:
        keeper.tick()

    counts = SharedCounts.from_settings(settings, wake, elapsed)
    keeper = CountKeeper(settings, counts, elapsed, clock)
    return counts


def check_database_url(settings: Settings) -> None:
    """Find a URL that can never be used before the server starts; raises ServeError."""
    url = settings.read_service_database_url()
    if url:
        from pilookup_server.service_database.engine import connect  # noqa: PLC0415 - imports SQLAlchemy

        connect(settings.home, url).dispose()
