"""Sentinel numbers go the whole way; then every byte written, logged, told or answered is searched for them.

Searched for: the digits in every usual encoding, common hashes of them, the vault's and channels' elements in the
clear, and the passphrases.
"""

import base64
import contextlib
import json
import socket
import sqlite3

import httpx2
import pytest

from pilookup import Client, _core
from pilookup.custody.control import ControlDatabase
from pilookup.custody.home import Home as Layout
from pilookup.keyring import Half, Keyring
from tests.support.server.platform_keys import KEY
from tests.support.whole.home import Home
from tests.support.whole.spellings import spellings

PRESENT = ("13712906458", "17098213467", "19137420586")
ABSENT = "18562930471"
BAD = "1371290645"
ACCOUNT = "sentinel-account-name"
NAME = "哨兵某某"
"""The name of a person, in a column of names and beside a number in its cell."""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Every byte that left a process, by where it was seen; the HOME they left it in."""
    home = Home(tmp_path_factory.mktemp("sentinel"))
    seen: dict[str, bytes] = {}
    custody(home, seen)
    carry(home)
    metrics = free_port()
    with home.serve("--workers", "2", metrics_port=metrics, log_level="debug") as url:
        check(home, url, seen)
        ask_raw(home, url, seen)
        seen["metrics"] = httpx2.get(f"http://127.0.0.1:{metrics}/metrics").content
    assert b"evaluate" in seen["metrics"]
    seen["commands"] = "\n".join(home.said).encode()
    seen |= {str(path): path.read_bytes() for path in files(home)}
    return home, seen


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def files(home):
    """Everything written but the inputs and the rejects files, which hold numbers on purpose."""
    given = {home.work / name for name in ("seized.csv", "again.txt", f"{PRESENT[0]}.csv", "rejects.csv", "dry.csv")}
    return [path for path in home.work.rglob("*") if path.is_file() and path not in given]


def custody(home, seen):
    source = home.work / "seized.csv"
    rows = [f"{NAME},{number},{ACCOUNT},2025-04-01" for number in PRESENT] + [f"{NAME},{BAD},x,2025-04-02"]
    rows += [f"x,{PRESENT[0]}({NAME}),{ACCOUNT},", f"x,{NAME}:{PRESENT[1]},{ACCOUNT},"]
    source.write_text("姓名,手机号,账号,注册时间\n" + "\n".join(rows), encoding="utf-8")
    again = home.work / "again.txt"
    again.write_text("".join(f"+86 {number[:3]} {number[3:7]} {number[7:]}\n" for number in PRESENT))
    home.run("init", home.path)
    load = ("--dataset", "va", "--kind", "malicious-registration")
    headless = home.work / f"{PRESENT[0]}.csv"
    headless.write_text("".join(f"{number},{number},{NAME}{number}\n" for number in PRESENT), encoding="utf-8")
    outputs = ("--rejects", home.work / "dry.csv", "--report", home.work / "dry.html")
    home.run("load", headless, source, *load, "--column", "phone=2", "--dry-run", *outputs)
    home.run("load", source, *load, "--rejects", home.work / "rejects.csv", "--report", home.work / "report.html")
    home.run("load", source, *load, expect=1)
    home.run("load", again, "--dataset", "sr", "--kind", "exposure", "--json")
    home.run("load", source, "--dataset", "sr", "--kind", "malicious-registration", expect=1)
    for channel in ("public", "platform"):
        home.run("publish", channel, "--json")
    home.run("erase", stdin=PRESENT[2])
    home.run("rotate", "public")
    home.run("status", "--json")
    home.run("verify", home.path / "online/channels/public", "--trust", home.trust("public"))


def carry(home):
    """A bundle to a serving machine, an acknowledgement back, and a backup that is restored."""
    serving, backup, bundle = home.work / "serving", home.work / "backup", home.work / "bundle"
    home.run("bundle", "export", bundle)
    home.run("bundle", "import", bundle, serving, "--trust", home.path)
    home.run("bundle", "export", home.work / "acknowledgement", "--home", serving)
    home.run("bundle", "import", home.work / "acknowledgement", home.path, "--trust", serving)
    home.run("backup", backup)
    home.run("backup", backup, "--check", "--json")
    home.run("restore", backup, home.work / "restored", "--journal", bundle)


def check(home, url, seen):
    trust = ("--trust", home.trust("public"))
    for number, expect in ((PRESENT[0], 0), (PRESENT[2], 0), (ABSENT, 0), (BAD, 1)):
        home.run("check", "--server", url, *trust, "--json", stdin=number, expect=expect)
        home.run("check", number, "--server", url, *trust, expect=expect)
    home.run("check", PRESENT[0], "--server", "http://127.0.0.1:1", *trust, expect=1)
    state = home.work / "client-state"
    with Client(url, "platform", home.trust("platform"), state, token=KEY) as client:
        results = client.check_many([*PRESENT, ABSENT, BAD])
        assert [str(result.status) for result in results] == ["found", "found", "not_found", "not_found", "unknown"]
        seen["results"] = repr(results).encode() + repr(client).encode()


def ask_raw(home, url, seen):
    """Every route, also with numbers where they do not belong: an answer never repeats what was asked."""
    digits = PRESENT[0]
    manifest = httpx2.get(f"{url}/v1/channels/public/targets/manifest.json")
    asked = [
        ("POST", "/v1/channels/public/evaluate", json.dumps({"epoch": 2, "elements": [digits]})),
        ("POST", "/v1/channels/public/evaluate", digits),
        ("POST", f"/v1/channels/public/evaluate?epoch={digits}", "x" * 32),
        ("GET", f"/v1/channels/{digits}/metadata/root.json", None),
        ("GET", f"/v1/channels/public/metadata/{digits}.root.json", None),
        ("GET", f"/v1/channels/public/targets/{digits}", None),
        ("GET", f"/v1/channels/public/snapshots/{digits}/buckets/0", None),
        ("GET", f"/v1/channels/public/snapshots/1/buckets/{digits}", None),
        ("GET", f"/{digits}?number={digits}", None),
        ("PUT", f"/v1/{digits}", digits),
        ("GET", "/v1/channels/public/metadata/timestamp.json", None),
        ("GET", "/readyz", None),
        ("GET", "/healthz", None),
    ]
    for method, path, body in asked:
        headers = {"content-type": "application/json"} if body else {}
        answer = httpx2.request(method, url + path, content=body, headers=headers)
        seen[f"{method} {path.replace(digits, 'NUMBER')}"] = answer.content + repr(answer.headers.raw).encode()
    assert manifest.status_code in (200, 404)


@pytest.mark.parametrize("number", [*PRESENT, ABSENT])
def test_no_number_is_anywhere(outputs, number):
    _, seen = outputs
    assert len(seen) > 50
    for needle in spellings(number):
        found = [source for source, data in seen.items() if needle in data]
        assert not found, found[0]


def test_a_refused_number_is_in_the_rejects_file_alone(outputs):
    home, seen = outputs
    assert BAD in (home.work / "rejects.csv").read_text(encoding="utf-8")
    assert (home.work / "rejects.csv").stat().st_mode & 0o777 == 0o600
    found = [source for source, data in seen.items() if BAD.encode() in data]
    assert not found


def test_no_account_no_name_and_no_secret_is_anywhere(outputs):
    home, seen = outputs
    assert {str(home.work / name) for name in ("report.html", "dry.html")} <= set(seen)
    secrets = [
        ACCOUNT,
        NAME,
        KEY,
        home.environment["PILOOKUP_PASSPHRASE"],
        home.environment["PILOOKUP_ONLINE_PASSPHRASE"],
        home.environment["PILOOKUP_BACKUP_PASSPHRASE"],
    ]
    for secret in secrets:
        for needle in (
            secret.encode(),
            secret.encode("utf-16-le"),
            secret.encode("gb18030"),
            secret.encode().hex().encode(),
        ):
            assert not [source for source, data in seen.items() if needle in data]


def test_no_element_token_or_key_is_in_the_clear(outputs):
    home, seen = outputs
    layout = Layout(home.path)
    custody = Keyring.unlock(layout.custody, Half.CUSTODY, home.environment["PILOOKUP_PASSPHRASE"].encode())
    needles = [custody.symmetric(name) for name in ("vault-storage", "vault-digest", "journal-seal", "audit")]
    needles.append(custody.signing("journal").private_bytes_raw())
    identifiers = [f"tel:+86{number}".encode() for number in (*PRESENT, ABSENT)]
    for name in custody.ids():
        if name == "vault" or name.startswith("channel-"):
            key = custody.scalar(name)
            elements = _core.tokenise(identifiers, key)
            needles += [key.export(), *(elements[at : at + 32] for at in range(0, len(elements), 32))]
            if name != "vault":
                _, channel, epoch = name.rsplit("-", 2)
                tokens = _core.tokens(elements, channel, int(epoch))
                needles += [tokens[at : at + 16] for at in range(0, len(tokens), 16)]
    for needle in needles:
        for spelled in (needle, needle.hex().encode(), base64.urlsafe_b64encode(needle).rstrip(b"=")):
            assert not [source for source, data in seen.items() if spelled in data]


def test_the_search_finds_what_is_there(outputs):
    """The test can fail: the inputs themselves are found."""
    home, _ = outputs
    data = (home.work / "seized.csv").read_bytes()
    assert any(needle in data for needle in spellings(PRESENT[0]))
    assert NAME.encode() in data


def test_the_database_keeps_no_file_name(outputs):
    home, _ = outputs
    with ControlDatabase.open(Layout(home.path)) as control:
        assert len(control.datasets(active_only=True)) == 2
    with contextlib.closing(sqlite3.connect(home.path / "custody/control.sqlite3")) as database:
        dump = "\n".join(database.iterdump())
    assert "seized" not in dump.replace("seized_on", "")
