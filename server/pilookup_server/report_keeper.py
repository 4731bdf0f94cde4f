"""Keeps reports in the service database, writes those that custody is to have, takes up answers, and has receipts
countersigned.

One process of a server does this: the one that keeps the counts.
"""

from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pilookup import durable
from pilookup.bundles.report_files import ANSWERS_FILE, REPORTS_FILE, read_answers
from pilookup.clock import Clock, Elapsed
from pilookup.errors import FormatError, PilookupError
from pilookup.file_id import FileId
from pilookup.plain_file import read_plain
from pilookup.protocol.received_reports import MAX_RECEIVED_BYTES, received_to_bytes
from pilookup.protocol.reports import Quarter
from pilookup_server.logs import describe, logger
from pilookup_server.receipts import countersign
from pilookup_server.report_calls import Call, Countersign, Outcome, Reply, Submit
from pilookup_server.settings import Settings

if TYPE_CHECKING:
    from pilookup_server.service_database.counts import ServiceDatabase

LOOK_SECONDS: Final = 60.0
"""How often it looks for reports that another server received, and how long it leaves alone what has failed."""

YEARS_BACK: Final = 2
"""Reports on earlier quarters are not written for custody any more."""


class ReportKeeper:
    """Answers the calls of workers. Use it in one process."""

    def __init__(
        self, online: Path, database: Callable[[], "ServiceDatabase | None"], elapsed: Elapsed, clock: Clock
    ) -> None:
        """Open nothing yet.

        Args:
            online: HOME's online half.
            database: Gives the open database; None while it is left alone because it failed.
            elapsed: The clock of elapsed seconds.
            clock: The wall clock.
        """
        self._online = online
        self._database = database
        self._elapsed = elapsed
        self._clock = clock
        self._look_at = 0.0
        self._answers: FileId | None = None

    def handle(self, call: Call) -> Reply:
        """Answer a call; UNAVAILABLE if the database cannot be used."""
        try:
            database = self._database()
            if database is None:
                return Reply(Outcome.UNAVAILABLE)
            if isinstance(call, Countersign):
                return countersign(call, database, self._online, self._clock())
            if not isinstance(call, Submit):
                return database.reports.find(call.platform, call.report)
            reply = database.reports.submit(call.report)
        except (PilookupError, OSError) as error:
            what = "countersigned" if isinstance(call, Countersign) else "kept or found"
            logger().error(f"a report or receipt cannot be {what}", **describe(error))
            return Reply(Outcome.UNAVAILABLE)
        if reply.outcome is Outcome.NEW:
            self._look_at = 0.0
        return reply

    def tick(self) -> None:
        """Take up answers that have arrived, and write the reports for custody if there are new ones."""
        try:
            database = self._database()
            if database is None:
                return
            self._take_up_answers(database)
            if self._elapsed() >= self._look_at:
                self._look_at = self._elapsed() + LOOK_SECONDS
                self._write_reports(database)
        except (PilookupError, OSError) as error:
            self._look_at = self._elapsed() + LOOK_SECONDS
            logger().error("reports are not written for custody, or answers not taken up", **describe(error))

    def _take_up_answers(self, database: "ServiceDatabase") -> None:
        """Put the answers of custody into the database if their file has changed."""
        path = self._online / ANSWERS_FILE
        try:
            seen = FileId.of(path.stat())
        except FileNotFoundError:
            return
        if seen == self._answers:
            return
        try:
            answers = read_answers(self._online)
        except FormatError:
            self._answers = seen  # it stays as it is, so this is said once
            raise
        database.reports.put_answers(answers or ())
        self._answers = seen

    def _write_reports(self, database: "ServiceDatabase") -> None:
        """Write the reports that custody is to have, if they are other ones than before."""
        present = Quarter.of(self._clock().astimezone(UTC).date())
        data = received_to_bytes(database.reports.received(str(Quarter(present.year - YEARS_BACK, present.number))))
        if len(data) > MAX_RECEIVED_BYTES:
            raise PilookupError(f"{REPORTS_FILE}: the reports are too many for one file")
        path = self._online / REPORTS_FILE
        try:
            same = read_plain(path, MAX_RECEIVED_BYTES) == data
        except FileNotFoundError:
            same = not data
        if not same:
            durable.replace(path, data)


class LocalReports:
    """Makes calls in this process, which alone has the database."""

    def __init__(self, keeper: ReportKeeper, keep_counts: Callable[[], None]) -> None:
        """Make calls of a keeper; `keep_counts` has what was counted written before each."""
        self._keeper = keeper
        self._keep_counts = keep_counts

    async def call(self, call: Call) -> Reply:
        """Make a call."""
        self._keep_counts()
        self._keeper.tick()
        reply = self._keeper.handle(call)
        self._keeper.tick()
        return reply


def reports_of_one_process(
    settings: Settings, elapsed: Elapsed, clock: Clock, keep_counts: Callable[[], None]
) -> LocalReports:
    """Reports that this process alone keeps; the database is opened at the first call."""
    online = settings.home / "online"
    opened: list[ServiceDatabase] = []

    def database() -> "ServiceDatabase":
        if not opened:
            # It imports SQLAlchemy, which workers do not need.
            from pilookup_server.service_database.counts import ServiceDatabase  # noqa: PLC0415

            opened.append(ServiceDatabase.open(online, settings.read_service_database_url()))
        return opened[0]

    return LocalReports(ReportKeeper(online, database, elapsed, clock), keep_counts)
