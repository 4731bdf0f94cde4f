"""What the process runs that has the service database: it keeps the counts of all workers, and reports."""

import os
import signal
from pathlib import Path

from pilookup.clock import seconds_since_boot, utc_now
from pilookup.private_process import name_process
from pilookup_server.count_keeper import IDLE_SECONDS, CountKeeper
from pilookup_server.limits.counters import CountersError
from pilookup_server.limits.quotas import SharedCounts
from pilookup_server.limits.wake_up import WakeUp
from pilookup_server.logs import describe, logger
from pilookup_server.notice_keeper import NoticeKeeper
from pilookup_server.notices.board import NoticeBoard
from pilookup_server.report_calls import ReportDesk
from pilookup_server.report_keeper import ReportKeeper
from pilookup_server.settings import Settings

END = signal.SIGUSR1
"""The signal that ends this process."""

NAME = "counts"
"""The name of the process in logs."""

PROCESS = "pilookup-counts"
"""Its name for the system."""


def keep_counts(settings: Settings, counts: SharedCounts, wake_up: WakeUp, scratch: Path, desk: ReportDesk) -> None:
    """Keep the counts, the notices and the reports until no worker runs any more.

    It outlives SIGTERM, which a service manager sends to all processes, because workers still answer open requests
    then. It ends at END from the supervisor, or when the supervisor has died.

    Args:
        settings: The server's settings.
        counts: What all workers count in.
        wake_up: What workers wake this process with.
        scratch: The private directory that the processes of this server share.
        desk: Where workers ask about reports.

    Raises:
        ServeError: The URL of the database cannot be read.
    """
    name_process(PROCESS)
    ended = False

    def end(*_: object) -> None:
        nonlocal ended
        ended = True
        wake_up.set()

    signal.signal(END, end)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    supervisor = os.getppid()
    notices = NoticeKeeper(NoticeBoard(scratch))
    keeper = CountKeeper(settings, counts, seconds_since_boot, utc_now, notices)
    reports = ReportKeeper(settings.home / "online", keeper.database, seconds_since_boot, utc_now)
    while not ended and os.getppid() == supervisor:
        try:
            keeper.tick()
        except CountersError:
            logger().error("the counts cannot be kept: another process does not release the lock")
        desk.answer(reports.handle)
        reports.tick()
        wake_up.wait(IDLE_SECONDS, desk.descriptors)


def close_counts(settings: Settings, counts: SharedCounts) -> None:
    """Give back what was taken in advance, when no other process of the server runs any more."""
    try:
        CountKeeper(settings, counts, seconds_since_boot, utc_now).close()
    except Exception as error:  # noqa: BLE001 - the server ends anyway, and what was taken counts as evaluated
        logger().error("the counts cannot be closed", **describe(error))
