"""A client of earlier code answers from a release that lists files which it does not know.

`clients/2026-11-29.tar.xz` has the Python files of the client of commit 7057236, the last one before deltas. It runs
with the native core of this version.
"""

import json
import os
import subprocess
import sys
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from pilookup import _core
from pilookup.protocol.delta import delta_name
from tests.support.checking.numbers import HIT, LABEL, MISS
from tests.support.checking.server import Host
from tests.support.checking.static_channel import StaticChannel

ARCHIVE = Path(__file__).with_name("clients") / "2026-11-29.tar.xz"
DIGEST = "ff89fd2ce8d218e8e95da51cb4cddcbc6ed082d9e164dc6fc00f14b393b58825"
CHECK = """
import json, sys
import pilookup
url, trust, state, *numbers = sys.argv[1:]
with pilookup.Client(url, "public", trust, state) as client:
    answers = [client.check(one).to_json() for one in numbers]
    print(json.dumps([pilookup.__file__, sorted(client.manifest.files), answers]))
"""


@pytest.fixture
def client(tmp_path):
    """The folder with the client's package."""
    with tarfile.open(ARCHIVE, "r:xz") as tar:
        tar.extractall(tmp_path, filter="data")
    (tmp_path / "pilookup" / Path(_core.__file__).name).symlink_to(_core.__file__)
    return tmp_path


def test_the_archive_is_the_recorded_one():
    assert sha256(ARCHIVE.read_bytes()).hexdigest() == DIGEST


def test_a_client_from_before_deltas_ignores_them(client, tmp_path):
    publisher = StaticChannel(deltas=True)
    publisher.publish({b"tel:+8613800138000": LABEL, b"tel:+8613900139001": LABEL})
    publisher.publish({b"tel:+8613800138000": LABEL}, serial=2)
    pin = tmp_path / "trust-public.json"
    pin.write_bytes(publisher.pin)
    host = Host(publisher)
    try:
        done = subprocess.run(
            [sys.executable, "-c", CHECK, host.url, str(pin), str(tmp_path / "state"), HIT, MISS],
            env=os.environ | {"PYTHONPATH": str(client)},
            cwd=client,
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        host.close()
    package, files, (hit, miss) = json.loads(done.stdout)
    assert Path(package).is_relative_to(client)
    assert delta_name(1) in files
    assert (hit["status"], hit["exposed"], hit["malicious"]) == ("found", True, True)
    assert miss["status"] == "not_found"
    assert not host.paths("delta-")
