"""How `pilookup serve` starts: what it refuses and why, and what it records and destroys before it answers."""

import socket
import subprocess
import sys

import httpx2
import pytest
from pilookup_server.process.start import _unlock
from pilookup_server.settings import Settings
from tuf.api.metadata import Metadata, Timestamp

from pilookup.clock import boot_id
from pilookup.errors import HomeError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.half_lock import half_locked
from pilookup.keyring.weak_passphrase import Weakness, recorded_weaknesses
from pilookup.release_files.serving_state import read_clock_record
from tests.support.server.serve_process import Process

PUBLIC = "/v1/channels/public"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"online_passphrase": "sentinel-wrong"}, "passphrase"),
        ({"platform_tokens": "sentinel"}, "token"),
        ({"public_quota": "sentinel"}, "PILOOKUP_PUBLIC_QUOTA"),
        ({"quota_storage": "redis://:sentinel@127.0.0.1:x/y"}, "PILOOKUP_QUOTA_STORAGE"),
    ],
)
def test_what_cannot_start_says_why_and_exits_1(launch, settings, named):
    server = launch(**settings)
    assert server.process.wait(30) == 1
    log = server.log.read_text()
    assert named in log
    assert "sentinel" not in log
    assert "Traceback" not in log


def test_a_home_without_an_online_half_exits_1(tmp_path):
    server = Process(tmp_path, tmp_path / "log")
    assert server.process.wait(30) == 1
    assert "online half" in server.log.read_text()


def test_a_port_in_use_exits_1(launch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = launch("--port", str(taken.getsockname()[1]))
        assert server.process.wait(30) == 1
    assert "cannot listen" in server.log.read_text()


def test_a_server_and_a_change_of_the_passphrase_exclude_each_other(launch, home):
    online = home.path / "online"
    server = launch("--workers", "2").wait()
    with pytest.raises(HomeError, match="a server is running on it"), half_locked(online, shared=False):
        pytest.fail("its passphrase could be changed")
    server.stop()
    with half_locked(online, shared=False):
        server = launch()
        assert server.process.wait(30) == 1
    assert "its passphrase is being changed; try again when that has ended" in server.log.read_text()


def test_a_server_records_a_weak_passphrase_and_destroys_what_a_killed_change_left(tmp_path, monkeypatch):
    keyring = Keyring.create(tmp_path / "online", Half.ONLINE, b"weak")
    (tmp_path / "online" / "channels").mkdir()
    left = keyring.directory / f"keys-{'0' * 32}"
    left.mkdir()
    (left / "channel-public-1.key").write_bytes(b"sealed")
    monkeypatch.setenv("PILOOKUP_ONLINE_PASSPHRASE", "weak")
    _unlock(Settings(home=tmp_path))
    assert recorded_weaknesses(keyring.directory) == {Weakness.SHORT}
    assert not left.exists()


def test_the_operators_word_and_taking_over_are_written_before_the_first_answer(launch, home):
    server = launch("--clock-is-right", "--take-over").wait()
    record = read_clock_record(home.path / "online")
    assert (record.boot, record.doubtful) == (boot_id(), False)
    stamp = Metadata[Timestamp].from_bytes(httpx2.get(f"{server.url}{PUBLIC}/metadata/timestamp.json").content).signed
    assert stamp.version >= int(home.now.timestamp())
    assert httpx2.get(f"{server.url}/readyz").json()["clock_doubtful"] is False
    assert server.stop() == 0


def test_the_entry_point_does_not_import_the_server():
    """Every command imports this entry point, so it must not import the server."""
    code = "import sys, pilookup_server.commands.serve; print([m for m in ('fastapi', 'uvicorn', 'pydantic', 'limits', 'structlog') if m in sys.modules])"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "[]"
