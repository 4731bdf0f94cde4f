"""Receipts through `pilookup serve`: what two workers counted is countersigned, over a kill of the process that keeps it."""

import os
import signal
import time
from datetime import timedelta

import httpx2
import pytest

from pilookup.clock import utc_now
from pilookup.errors import ReceiptError
from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, EvaluateRequest
from pilookup.receipts import send_receipt, verify_receipt
from tests.support.reports.stated import stated
from tests.support.server.platform_keys import add_platform, wait_keys
from tests.support.server.serve_process import Home, launched

PATIENCE = 60


@pytest.fixture
def home(tmp_path):
    return Home.published(tmp_path / "home", "platform")


def send_until(server, token, wanted):
    """Send a statement as a platform does: again, until it is countersigned with what is wanted."""
    now, end = utc_now(), time.monotonic() + PATIENCE
    # The day may change while the test runs.
    receipt = stated(since=now.date(), screened=now + timedelta(days=1))
    while True:
        try:
            found = send_receipt(receipt, server.url, token)
            if wanted(found.countersignature):
                return found
        except ReceiptError as error:
            if "503" not in str(error):
                raise
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_killed_keeper_loses_nothing_that_workers_counted(home, tmp_path):
    token = add_platform(home.path)
    bearing = {"authorization": f"Bearer {token}"}
    with launched(home, tmp_path) as launch:
        server = launch("--workers", "2").wait()
        wait_keys(server.url)
        os.kill(server.keeper(), signal.SIGKILL)
        channel = f"{server.url}/v1/channels/platform"
        (notice,) = httpx2.get(f"{channel}/notices", headers=bearing).json()["notices"]
        assert httpx2.get(server.url + notice["manifest"], headers=bearing).status_code == 200
        _, elements = oprf.blind([b"tel:+8613912345678"] * 7)
        body, head = EvaluateRequest(1, elements).to_json(), bearing | {"content-type": JSON}
        end = time.monotonic() + PATIENCE
        while httpx2.post(f"{channel}/evaluate", content=body, headers=head, timeout=30).status_code != 200:
            assert time.monotonic() < end  # the lease of the quota comes with the next keeper
            time.sleep(0.2)
        receipt = send_until(server, token, lambda added: added.fetched and added.elements["screening"] == 7)
        assert receipt.countersignature.fetched.serial == 1
        assert receipt.countersignature.elements["signup"] == 0
        verify_receipt(receipt, home.path / "trust-machine.json")
        assert server.stop() == 0
        text = server.log.read_text()
    assert token not in text
    assert receipt.statement.sha256 not in text
