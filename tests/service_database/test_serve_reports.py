"""Reports through `pilookup serve`: over a kill of the process that keeps them, and while the database is stopped."""

import os
import signal
import time

import httpx2
import pytest

from pilookup.bundles.report_files import REPORTS_FILE
from pilookup.clock import utc_now
from pilookup.errors import ReportError
from pilookup.protocol.received_reports import received_from_bytes
from pilookup.protocol.reports import Quarter
from pilookup.reports import report_state, send_report
from tests.support.reports.made import made
from tests.support.server.platform_keys import FORMER_TOKEN as TOKEN
from tests.support.server.serve_process import Home, launched

PATIENCE = 60


@pytest.fixture
def home(tmp_path):
    return Home.published(tmp_path / "home")


@pytest.fixture
def launch(home, tmp_path):
    with launched(home, tmp_path, platform_tokens=TOKEN) as start:
        yield start


def report(case):
    return made(case=case, quarter=Quarter.of(utc_now().date()))


def send_until_taken(server, case):
    """Send a report as a platform does: again, until it is taken."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return send_report(report(case), server.url, TOKEN)
        except ReportError as error:
            if "503" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.2)


def wait_written(home, count):
    path, end = home.path / "online" / REPORTS_FILE, time.monotonic() + PATIENCE
    while not path.exists() or len(received_from_bytes(path.read_bytes())) < count:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_killed_keeper_loses_no_report_that_was_taken(launch, home):
    server = launch("--workers", "2").wait()
    send_until_taken(server, 1)
    keeper = server.keeper()
    os.kill(keeper, signal.SIGKILL)
    for case in (2, 3, 4):
        send_until_taken(server, case)
    wait_written(home, 4)
    for case in (1, 2, 3, 4):
        assert report_state(report(case).id, server.url, TOKEN).answer is None
    assert server.stop() == 0
    text = server.log.read_text()
    assert report(1).id not in text
    assert TOKEN not in text


def test_while_the_database_is_stopped_reports_are_refused_and_then_taken(postgresql, launch, home):
    server = launch(service_database_url=postgresql.database()).wait()
    send_until_taken(server, 1)
    postgresql.stop()
    try:
        with pytest.raises(ReportError, match="503"):
            send_report(report(2), server.url, TOKEN)
        assert httpx2.get(f"{server.url}/healthz").status_code == 200
    finally:
        postgresql.start()
    send_until_taken(server, 2)
    wait_written(home, 2)
    assert server.stop() == 0
