"""`pilookup keys`, `publish --prepare` and `--finish`: what they print and ask, and how they end."""

import json
import re

import pytest
from typer.testing import CliRunner

from pilookup.cli.app import build
from pilookup.custody import Custody
from pilookup.keyring import Half, Keyring
from pilookup.signing.sealed_key import read_sealed_key
from tests.support.custody.home import numbers, write_csv
from tests.support.passphrase_cost import shipped_profile
from tests.support.terminal import at_a_terminal

SETTINGS = {
    "PILOOKUP_PASSPHRASE": "custody passphrase of the tests",
    "PILOOKUP_ONLINE_PASSPHRASE": "online passphrase of the tests",
    "PILOOKUP_KEY_PASSPHRASE": "passphrase of a holder",
}
PASSPHRASES = {
    "passphrase": SETTINGS["PILOOKUP_PASSPHRASE"],
    "online_passphrase": SETTINGS["PILOOKUP_ONLINE_PASSPHRASE"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a published HOME of which two targets keys are on a medium. The tests use it in their order."""
    folder = tmp_path_factory.mktemp("keys")
    Custody.initialise(folder / "home", **PASSPHRASES)
    with Custody.open(folder / "home", **PASSPHRASES) as custody:
        custody.load(write_csv(folder / "a.csv", numbers(3)), dataset="leak", kind="exposure")
        custody.publish("public")
    for name in ("targets-public-1", "targets-public-2"):
        done = run(folder, "keys", "move", name, str(folder / f"{name}.key"))
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith(f"{name}: moved to ")
    return folder


def run(folder, *words, home=True, typed=None):
    settings = SETTINGS | {"COLUMNS": "200", "PILOOKUP_HOME": str(folder / "home") if home else None}
    return CliRunner().invoke(build(), [str(word) for word in words], env=settings, input=typed)


def test_the_list_shows_each_key_and_its_place(folder):
    shown = run(folder, "keys", "list").stdout
    assert re.search(r"^public targets: 2 of 3 sign, expires \d{4}-\d\d-\d\d \d\d:\d\d UTC$", shown, re.MULTILINE)
    assert re.search(r"^ {4}[0-9a-f]{16}  targets-public-1 +file$", shown, re.MULTILINE)
    assert re.search(r"^platform snapshot: 1 of 1 sign$", shown, re.MULTILINE)
    roles = json.loads(run(folder, "keys", "list", "--json").stdout)
    assert len(roles) == 8
    (stamp,) = (role for role in roles if (role["channel"], role["role"]) == ("public", "timestamp"))
    assert (stamp["threshold"], stamp["keys"][0]["name"], stamp["keys"][0]["place"]) == (
        1,
        "timestamp-public",
        "online",
    )


def test_what_needs_absent_keys_says_what_to_do(folder):
    done = run(folder, "publish", "public")
    assert done.exit_code == 1
    assert "channel public: role targets is short by 1 of 2 signatures; keys that can sign: " in done.stderr
    assert "run: pilookup publish public --prepare request-public.json" in done.stderr
    for words in (["erase", numbers(1)[0]], ["rotate", "public"], ["withdraw", "leak"]):
        done = run(folder, *words, "--json")
        assert done.exit_code == 3, done.output
        assert json.loads(done.stdout)["unsigned"] == ["public"]
        assert "public: the change is made here, but not served" in done.stderr
        assert "pilookup keys sign request-public.json --trust trust-public.json --key MEDIUM/" in done.stderr
    assert run(folder, "erase", numbers(1)[0]).exit_code == 3


def test_a_release_is_prepared_signed_and_finished(folder):
    request, signed = folder / "request.json", folder / "request.json.signed-targets-public-1.json"
    done = run(folder, "publish", "public", "--prepare", request)
    assert done.exit_code == 0, done.output
    assert "channel public: targets version 2" in done.stdout
    assert "dataset 1 is removed: leak (exposure)" in done.stdout
    again = run(folder, "publish", "public", "--prepare", request)
    assert (again.exit_code, "there is a file of that name" in again.stderr) == (2, True)
    key = folder / "targets-public-1.key"
    refused = run(folder, "keys", "sign", request, "--key", key, home=False, typed="n\n")
    assert (refused.exit_code, "nothing was signed" in refused.stderr, signed.exists()) == (1, True, False)
    assert "channel public: targets version 2" in refused.stdout
    made = run(folder, "keys", "sign", request, "--key", key, home=False, typed="y\n")
    assert made.exit_code == 0, made.output
    assert f"{signed}: written, 1 signature;" in made.stdout
    shown = json.loads(
        run(folder, "keys", "sign", request, "--key", key, "--out", folder / "2", "--yes", "--json", home=False).stdout
    )
    assert [each["role"] for each in shown["signatures"]] == ["targets"]
    assert any("targets version 2" in line for line in shown["summary"])
    assert run(folder, "keys", "sign", request, "--key", key, "--yes", home=False).exit_code == 2
    done = run(folder, "publish", "public", "--finish", signed)
    assert done.exit_code == 0, done.output
    assert "public: published: epoch 2" in done.stdout


def test_one_command_with_the_media_at_hand(folder):
    done = run(folder, "publish", "public", "--key", folder / "targets-public-2.key", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["changed"] is False
    done = run(folder, "keys", "replace", "public", "snapshot", "--key", folder / "targets-public-2.key", "--json")
    assert done.exit_code == 0, done.output
    assert "snapshot-public-2" in run(folder, "keys", "list").stdout


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["publish", "public", "--prepare", "a", "--finish", "b"], 2, "exclude each other"),
        (["publish", "public", "--finish", "missing.json"], 1, "missing.json"),
        (["keys", "replace", "public", "mirror"], 2, "not root, targets, snapshot or timestamp"),
        (["keys", "replace", "public", "root"], 1, "name one of the root keys"),
        (["keys", "replace", "platform", "root", "root-platform-1"], 1, "never published"),
        (["keys", "move", "timestamp-public", "a.key"], 1, "cannot move"),
        (["keys", "sign", "missing.json", "--key", "a.key"], 1, "missing.json"),
        (["publish", "public", "--key", "pkcs11:token=a"], 2, "names its key"),
        (["publish", "public", "--key", "missing.key"], 1, "missing.key: missing"),
    ],
)
def test_mistakes_are_named(folder, tmp_path, monkeypatch, words, status, text):
    monkeypatch.chdir(tmp_path)
    done = run(folder, *words)
    assert (done.exit_code, text in done.stderr) == (status, True), done.output


def test_a_request_that_was_changed_is_not_signed(folder, tmp_path):
    body = json.loads((folder / "request.json").read_bytes())
    body["summary"] = ["nothing changes"]
    (tmp_path / "text.json").write_text(json.dumps(body))
    shown = run(
        folder, "keys", "sign", tmp_path / "text.json", "--key", folder / "targets-public-1.key", "--yes", home=False
    )
    assert (shown.exit_code, "nothing changes" in shown.output, "targets version 2" in shown.stdout) == (0, False, True)
    targets = json.loads(body["sign"]["targets"])
    targets["signed"]["version"] = 9
    body["sign"]["targets"] = json.dumps(targets)
    (tmp_path / "bytes.json").write_text(json.dumps(body))
    done = run(
        folder, "keys", "sign", tmp_path / "bytes.json", "--key", folder / "targets-public-1.key", "--yes", home=False
    )
    assert (done.exit_code, list(tmp_path.glob("bytes.json.*"))) == (1, [])


@pytest.mark.slow
def test_the_passphrase_of_a_holder_is_generated_at_a_terminal(tmp_path):
    home, name = tmp_path / "home", "root-public-1"
    with shipped_profile():
        Custody.initialise(home, **PASSPHRASES)
    given = {name: SETTINGS[name] for name in ("PILOOKUP_PASSPHRASE", "PILOOKUP_ONLINE_PASSPHRASE")}
    command = ["keys", "move", name, tmp_path / "a.key", "--home", home]
    shown, status = at_a_terminal(command, [("Written down?", "n")], **given)
    assert (status, (tmp_path / "a.key").exists()) == (1, False), shown
    shown, status = at_a_terminal(command, [("Written down?", "y")], **given)
    (generated,) = re.findall(r"^ {4}root-public-1 +([a-z2-7]{26})$", shown, re.MULTILINE)
    assert (status, shown.count(generated)) == (0, 1), shown
    assert read_sealed_key(tmp_path / "a.key").open(generated.encode()).sign(b"data")
    assert name not in Keyring.unlock(home / "custody", Half.CUSTODY, PASSPHRASES["passphrase"].encode()).ids()
