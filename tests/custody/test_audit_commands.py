"""`pilookup audit verify`, `show` and `restart`, on a HOME whose commands ran from the command line."""

import json
import shutil

import pytest

from pilookup.custody import Custody
from pilookup.custody.audit.check import check_audit
from pilookup.custody.audit.entry import Entry
from pilookup.custody.audit.log_file import read_lines
from pilookup.custody.audit.start import restart
from pilookup.custody.home import Home
from pilookup.errors import AuditError, TrustError
from pilookup.keyring import Half, Keyring
from tests.support.custody.channel import NOW, initialised
from tests.support.custody.command import run
from tests.support.custody.home import numbers, write_csv
from tests.support.passphrase_cost import shipped_profile

BOTH = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online passphrase of the tests"}
SENTINEL = "13912345678"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a HOME after a load, two releases, an erasure, a failure and a withdrawal; and an old release."""
    folder = tmp_path_factory.mktemp("audited")
    with shipped_profile():
        home = initialised(folder / "home")
    write_csv(folder / "a.csv", [*numbers(20), SENTINEL])
    with Custody.open(home, **BOTH, clock=lambda: NOW, operator="Li Hong") as custody:
        custody.load(folder / "a.csv", dataset="leak", kind="exposure")
        custody.publish("public")
        shutil.copytree(home / "online" / "channels" / "public", folder / "old")
        custody.erase(SENTINEL)
        with pytest.raises(ValueError, match="nowhere"):
            custody.load(folder / "a.csv", dataset="more", kind="nowhere")
        with pytest.raises(Exception, match="already loaded"):
            custody.load(folder / "a.csv", dataset="leak", kind="exposure")
        custody.withdraw("leak")
    return folder


@pytest.fixture
def home(made, tmp_path):
    return Home(shutil.copytree(made / "home", tmp_path / "home"))


def entries(home):
    return [Entry.from_line(line) for line in read_lines(home.audit_log).lines]


def keyring(home):
    return Keyring.unlock(home.custody, Half.CUSTODY, BOTH["passphrase"].encode())


def test_each_command_is_in_the_log_with_its_outcome(home):
    told = [(each.command, str(each.phase)) for each in entries(home)]
    assert told == [
        ("audit", "start"),
        *[("init", "begin"), ("init", "done"), ("load", "begin"), ("load", "done")],
        *[("publish", "begin"), ("publish", "done"), ("erase", "begin"), ("erase", "done")],
        *[("load", "begin"), ("load", "failed"), ("withdraw", "begin"), ("withdraw", "done")],
    ]
    found = {each.command: each for each in entries(home)}
    assert found["erase"].details == {"datasets": 1, "journal": 1, "releases": 1, "unsigned": 0}
    assert next(each for each in entries(home) if each.command == "erase").details == {}
    assert len(found["publish"].details["release"]) == 64
    load = [each for each in entries(home) if each.command == "load"][1].details
    assert (load["rows"], load["accepted"], load["loaded"]) == (21, 21, 1)
    assert {each.operator for each in entries(home)[3:]} == {"Li Hong"}


def test_nothing_of_a_file_or_a_number_is_in_the_log(made, home):
    log = home.audit_log.read_bytes()
    with Custody.open(home.path, **BOTH) as custody:
        digests = [load.digest for load in custody._session().loads()]
        element = custody._session().vault.suppressed.to_pylist()[0]
    for secret in (SENTINEL, SENTINEL[:7], "a.csv", *digests, element.hex()):
        assert secret.encode() not in log


def test_the_heads_of_all_releases_are_in_the_log(made, home):
    found = check_audit(home, keyring(home))
    assert (found.found, found.sealed, found.torn) == ((), True, 0)
    commands = {each.number: each.command for each in entries(home)}
    assert [(each.channel, commands[each.entry]) for each in found.releases] == [("public", "withdraw")]
    old = check_audit(home, None, [made / "old"])
    assert [(each.channel, commands[each.entry]) for each in old.releases] == [("public", "publish")]
    assert old.sealed is None


def test_a_log_that_was_written_anew_has_no_head_of_a_release(made, home):
    restart(home, keyring(home), "Wang", lambda: NOW)
    found = check_audit(home, keyring(home), [made / "old"])
    assert found.sealed is True
    [text] = found.found
    assert text.startswith(f"{home.audit_log}: the entry that release 1 of public is signed with ({made / 'old'}")
    assert "pilookup audit restart" in text


def test_a_release_of_another_home_is_refused(home, tmp_path):
    Custody.initialise(tmp_path / "third", **BOTH, clock=lambda: NOW)
    with Custody.open(tmp_path / "third", **BOTH, clock=lambda: NOW) as custody:
        custody.publish("public")
    with pytest.raises(TrustError, match="not a release of this HOME"):
        check_audit(home, None, [tmp_path / "third" / "online" / "channels" / "public"])


def test_commands_show_and_verify(home, tmp_path):
    assert "The audit log is whole." in run(home.path, "audit", "verify").stdout
    page = tmp_path / "log.html"
    told = json.loads(run(home.path, "audit", "show", "--json", "--html", str(page)).stdout)
    assert [each["command"] for each in told["commands"]] == [
        "audit",
        "init",
        "load",
        "publish",
        "erase",
        "load",
        "withdraw",
    ]
    assert told["found"] == []
    text = page.read_text(encoding="utf-8")
    assert page.stat().st_mode & 0o777 == 0o600
    assert "操作审计日志" in text
    assert "@media print" in text
    assert text.count("Li Hong") == 10
    late = run(home.path, "audit", "show", "--since", "2999-01-01", "--json")
    assert json.loads(late.stdout)["commands"] == []


def test_a_changed_entry_is_named_by_every_command(home):
    changed = home.audit_log.read_bytes().replace(b'"accepted":21', b'"accepted":20')
    home.audit_log.write_bytes(changed)
    verified = run(home.path, "audit", "verify", "--without-passphrase")
    assert verified.returncode == 1
    assert "entry 5: was changed" in verified.stderr
    assert "entry 5: was changed" in run(home.path, "audit", "show").stderr
    with pytest.raises(AuditError, match="entry 5: was changed"):
        Custody.open(home.path, **BOTH)
    assert run(home.path, "audit", "restart").returncode == 0
    with Custody.open(home.path, **BOTH, clock=lambda: NOW) as custody:
        custody.publish("public")
    assert run(home.path, "audit", "verify").returncode == 0


def test_a_home_without_a_log_says_when_it_gets_one(home):
    home.audit_log.unlink()
    home.audit_head.unlink()
    refused = run(home.path, "audit", "show")
    assert (refused.returncode, "missing; a HOME of an earlier version" in refused.stderr) == (1, True)
    with pytest.raises(AuditError, match="missing"):  # it had one, which its key says
        Custody.open(home.path, **BOTH)
