"""The mark of a sandbox is in every root that custody writes: the first, a renewed one, and one with another key."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from pilookup.custody import Custody
from pilookup.errors import FormatError
from pilookup.protocol.release import is_sandbox, verify_root
from pilookup.signing.request import read_request

PASSPHRASES = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online one of the tests"}
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("sandbox", [True, False])
def test_the_mark_stays(sandbox, tmp_path):
    home, now = tmp_path / "home", [START]
    for path in Custody.initialise(home, **PASSPHRASES, clock=lambda: now[0], sandbox=sandbox):
        assert is_sandbox(verify_root(path.read_bytes())) == sandbox
    with Custody.open(home, **PASSPHRASES, clock=lambda: now[0], date_is_right=True) as custody:
        custody.publish("public")
        prepared = custody.replace_key("public", "root", "root-public-3", prepare=True)
        assert any("a sandbox" in line for line in prepared.summary) == sandbox
        custody.replace_key("public", "root", "root-public-3")
        now[0] += timedelta(days=290)
        custody.publish("public")
    roots = sorted((home / "online" / "channels" / "public" / "metadata").glob("*.root.json"))
    assert len(roots) == 3
    assert [is_sandbox(verify_root(path.read_bytes())) for path in roots] == [sandbox] * 3


def test_a_root_is_not_signed_that_changes_the_mark(tmp_path):
    Custody.initialise(tmp_path / "home", **PASSPHRASES, clock=lambda: START)
    with Custody.open(tmp_path / "home", **PASSPHRASES, clock=lambda: START) as custody:
        custody.publish("public")
        prepared = custody.replace_key("public", "root", "root-public-3", prepare=True)
    body = json.loads(prepared.request)
    root = json.loads(body["sign"]["root"])
    root["signed"]["sandbox"] = True
    body["sign"]["root"] = json.dumps(root)
    with pytest.raises(FormatError, match="the root of a sandbox follows another root"):
        read_request(json.dumps(body).encode())
