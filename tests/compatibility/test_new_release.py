"""The page and the Python client of commit eb587d7 answer a release that today's code has made, in a server of today.

The release has everything that came after that commit: a head of the audit log, `cases.json`, a delta, and new keys of
every role. Both clients have seen the release before, too. `clients/2026-11-29.tar.xz` is the Python client
(test_old_clients.py), and `clients/page-2026-11-29.tar.xz` the page's worker as it was built, with the program that runs it.
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
from pilookup.custody import Custody
from pilookup.custody.datasets import DatasetChange
from pilookup.protocol.cases import CASES_FILE
from pilookup.protocol.delta import delta_name
from tests.support.attacks.home import CUSTODY, ONLINE
from tests.support.attacks.server import Served
from tests.support.custody.home import write_csv
from tests.support.kit import Lines

CLIENTS = Path(__file__).with_name("clients")
PAGE_DIGEST = "9b9234a3370edc9229064e2f6b06a6b348493924f0012db0acd7baf11feb74a1"
FIRST, SECOND, MISS = "13800138000", "13900139001", "13700137002"
CHECK = """
import json, sys
import pilookup
url, trust, state, *numbers = sys.argv[1:]
with pilookup.Client(url, "public", trust, state) as client:
    print(json.dumps([client.check(one).to_json()["status"] for one in numbers]))
"""


def extracted(name, folder):
    with tarfile.open(CLIENTS / name, "r:xz") as tar:
        tar.extractall(folder, filter="data")
    return folder


@pytest.fixture(params=["python", "page"])
def ask(request, tmp_path):
    """Asks an old client for the state of each number."""
    folder = extracted(
        {"python": "2026-11-29.tar.xz", "page": "page-2026-11-29.tar.xz"}[request.param], tmp_path / "old"
    )
    if request.param == "page":
        program = Lines("node", str(folder / "run_kit.mjs"), str(folder))

        def ask_page(url, trust, numbers):
            question = {"server": url, "channel": "public", "trust": trust.read_text(), "again": False}
            answers = program.ask(question | {"numbers": numbers})
            return [answer["status"] for answer in answers]

        yield ask_page
        program.close()
        return
    (folder / "pilookup" / Path(_core.__file__).name).symlink_to(_core.__file__)

    def ask_python(url, trust, numbers):
        command = [sys.executable, "-c", CHECK, url, str(trust), str(tmp_path / "state"), *numbers]
        environment = os.environ | {"PYTHONPATH": str(folder)}
        done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    yield ask_python


def test_the_page_is_the_recorded_one():
    assert sha256((CLIENTS / "page-2026-11-29.tar.xz").read_bytes()).hexdigest() == PAGE_DIGEST


def test_old_clients_answer_a_release_of_today(ask, tmp_path):
    home = tmp_path / "home"
    Custody.initialise(home, passphrase=CUSTODY, online_passphrase=ONLINE)
    trust = home / "trust-public.json"
    with Custody.open(home, passphrase=CUSTODY, online_passphrase=ONLINE) as custody:
        custody.load(write_csv(tmp_path / "first.csv", [FIRST]), dataset="first", kind="exposure")
        custody.publish("public")
        served = Served(home)
        try:
            assert ask(served.url, trust, [FIRST, SECOND]) == ["found", "not_found"]
            texts = {"platforms": [{"zh": "某平台", "en": "A platform"}]}
            custody.change_dataset("first", DatasetChange(texts=texts))
            custody.load(write_csv(tmp_path / "second.csv", [SECOND]), dataset="second", kind="exposure")
            custody.publish("public")
            for role, key in (
                ("root", "root-public-1"),
                ("targets", "targets-public-1"),
                ("snapshot", None),
                ("timestamp", None),
            ):
                custody.replace_key("public", role, key)
            repository = custody._session().repository("public")
            (epoch,) = repository.listed()
            assert {CASES_FILE, delta_name(1)} <= set(epoch.files)
            assert repository.root().version == 5
        finally:
            served.close()
    served = Served(home)
    try:
        assert ask(served.url, trust, [FIRST, SECOND, MISS]) == ["found", "found", "not_found"]
    finally:
        served.close()
