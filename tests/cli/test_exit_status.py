"""The outside contract: every command ends with 2 for a wrong usage and with 1 for a failure, and says why."""

import pytest
import typer
from typer.testing import CliRunner

from pilookup.checking import retries
from pilookup.cli.app import build
from pilookup.reports import ReportKey
from tests.support.bundles.machines import opened, published
from tests.support.custody.channel import NUMBERS
from tests.support.custody.home import write_csv
from tests.support.reports.stated import stated

FILE = "a-file"
"""Stands for a file with a few bytes that are no phone number, bundle, request or backup."""

REPORT = ["--key", "KEY", "--users", "1"]
STATED = ["--key", "KEY", "--epoch", "1", "--serial", "1", "--users", "1"]

WRONG_USAGE = {
    "init": [[], ["a", "b"]],
    "load": [
        [], [FILE, "--dataset", "NO ID", "--kind", "exposure", "--home", "HOME"],
        [FILE, "--dataset", "a", "--kind", "none", "--home", "HOME"],
        [FILE, "--dataset", "a", "--kind", "exposure", "--home", "HOME", "--expires", "2001-01-01"],
        [FILE, "--dataset", "a", "--kind", "exposure", "--home", "HOME", "--title-zh", ""],
        [FILE, "--dataset", "a", "--kind", "exposure", "--home", "HOME", "--operator", "a\nb"],
        [FILE, "--dataset", "a", "--kind", "exposure", "--home", "HOME", "--strict", "--skip-bad"],
        [FILE, "--dataset", "a", "--kind", "exposure", "--home", "HOME", "--region", "Utopia"],
    ],
    "publish": [[], ["nobody", "--home", "HOME"], ["public", "--home", "HOME", "--memory", "much"],
                ["public", "--home", "HOME", "--key", "pkcs11:token=a"],
                ["public", "--home", "HOME", "--prepare", FILE, "--finish", FILE]],
    "rotate": [[], ["nobody", "--home", "HOME"]],
    "withdraw": [[], ["a", "--home", "HOME", "--memory", "much"]],
    "erase": [["no number", "--home", "HOME"]],
    "passphrase": [[], ["neither", "--home", "HOME"]],
    "status": [["--home", "HOME", "more"]],
    "backup": [[], ["out"]],
    "restore": [[], [FILE, "new"]],
    "check": [["13800138000"], ["13800138000", "--server", "http://elsewhere.example"],
              ["13800138000", "--server", "https://user@elsewhere.example"],
              ["13800138000", "--server", "https://elsewhere.example", "--region", "Utopia"]],
    "sync": [[], ["https://elsewhere.example", "mirror"],
             ["http://elsewhere.example", "mirror", "--trust", "TRUST"],
             ["https://elsewhere.example", "mirror", "--trust", "TRUST", "--at-least", "0"],
             ["https://elsewhere.example", "mirror", "--trust", "TRUST", "--timeout", "0"]],
    "verify": [[], ["a", "b"]],
    "sandbox": [["a", "b"], ["--port", "none"]],
    "audit verify": [["more", "--home", "HOME"]],
    "audit show": [["--home", "HOME", "--since", "yesterday"]],
    "audit restart": [["more", "--home", "HOME"]],
    "bundle export": [[], ["out", "--home", "HOME", "--piece-size", "much"],
                      ["out", "--home", "HOME", "--piece-size", "1"]],
    "bundle import": [[]],
    "dataset show": [[]],
    "dataset set": [[], ["leak", "--home", "HOME"], ["leak", "--home", "HOME", "--expires", "2001-01-01"],
                    ["leak", "--home", "HOME", "--expires", "2999-01-01", "--never-expires"],
                    ["leak", "--home", "HOME", "--title-en", ""]],
    "keys list": [["more", "--home", "HOME"]],
    "keys move": [[], ["root-public-1", "--home", "HOME"]],
    "keys replace": [[], ["public", "mirror", "--home", "HOME"], ["nobody", "root", "--home", "HOME"],
                     ["public", "root", "--home", "HOME", "--new", "pkcs11:token=a"]],
    "keys sign": [[], [FILE]],
    "page": [[], ["page", "--server", "no address", "--trust", "TRUST"]],
    "serve": [["--home", "HOME", "--port", "none"]],
    "service": [[], ["mend", "--home", "HOME"]],
    "screen": [[]],
    "notify": [["no-such-command"]],
    "platform add": [[]],
    "platform list": [["more", "--home", "HOME"]],
    "platform revoke": [[]],
    "platform usage": [["more", "more", "--home", "HOME"]],
    "receipt make": [[], ["out", *STATED, "--elements", "1", "--since", "yesterday"],
                     ["out", *STATED, "--elements", "1", "--since", "2026-11-24", "--screened", "noon"],
                     ["out", *STATED, "--elements", "1", "--since", "2026-11-24", "--screened", "2026-11-23T00:00:00Z"],
                     ["out", *STATED, "--elements", "-1", "--since", "2026-11-24"],
                     [FILE, *STATED, "--elements", "1", "--since", "2026-11-24"]],
    "receipt send": [[], [FILE, FILE, "--server", "http://127.0.0.1:9", "--token", "key"],
                     ["RECEIPT", "out", "--server", "http://127.0.0.1:9"],
                     ["RECEIPT", "out", "--server", "http://elsewhere.example", "--token", "key"]],
    "receipt trust": [["more", "--home", "HOME"]],
    "receipt verify": [[]],
    "reports key": [[]],
    "reports make": [[], ["out", *REPORT, "--case", "1", "--case-numbers", "999"],
                     ["out", *REPORT, "--case", "0", "--case-numbers", "1000"],
                     ["out", *REPORT, "--case", "1", "--case-numbers", "1000", "--count", "eaten=1"],
                     ["out", *REPORT, "--case", "1", "--case-numbers", "1000", "--exact"],
                     ["out", *REPORT, "--case", "1", "--case-numbers", "1000", "--exact", "--because", "call 1380013"],
                     ["out", *REPORT, "--case", "1", "--case-numbers", "1000", "--quarter", "winter"]],
    "reports send": [[], [FILE, "--server", "http://127.0.0.1:9"],
                     [FILE, "--server", "http://elsewhere.example", "--token", "key"]],
    "reports status": [[], ["0" * 32, "--server", "http://127.0.0.1:9"]],
    "reports export": [[], ["out", "--home", "HOME", "--piece-size", "much"]],
    "reports import": [[]],
    "reports answer": [[], ["0123", "--home", "HOME", "--kind", "praise"],
                       ["0123", "--home", "HOME", "--kind", "question"],
                       ["0123", "--home", "HOME", "--text-en", "alone"]],
    "reports show": [["more", "--home", "HOME"]],
}  # fmt: skip

FAILURES = {
    "init": [["HOME"]],
    "load": [[FILE, "--dataset", "leak", "--kind", "exposure", "--home", "HOME"],
             ["missing", "--dataset", "leak", "--kind", "exposure", "--home", "HOME"],
             [FILE, "--dataset", "leak", "--kind", "exposure", "--home", "nowhere"],
             ["CSV", "--dataset", "leak", "--kind", "malicious-registration", "--home", "HOME"]],
    "publish": [["public", "--home", "nowhere"], ["public", "--home", "HOME", "--finish", "missing"]],
    "rotate": [["public", "--home", "nowhere"]],
    "withdraw": [["unknown", "--home", "HOME"]],
    "erase": [["13800138000", "--home", "nowhere"]],
    "passphrase": [["custody", "--home", "nowhere"]],
    "status": [["--home", "nowhere"], ["--home", "HOME", "--strict"]],
    "backup": [["out", "--home", "nowhere"], [FILE, "--check"]],
    "restore": [[FILE, "new", "--journal", "missing"]],
    "check": [["13800138000", "--server", "http://127.0.0.1:9", "--trust", "TRUST"],
              ["13800138000", "--server", "http://127.0.0.1:9", "--trust", "missing"],
              ["no number", "--server", "http://127.0.0.1:9", "--trust", "TRUST"]],
    "sync": [["http://127.0.0.1:9", "mirror", "--trust", "TRUST"], ["http://127.0.0.1:9", "mirror", "--trust", "missing"]],
    "verify": [["nowhere"], ["HOME", "--trust", "TRUST"]],
    "sandbox": [[FILE]],
    "audit verify": [["--home", "nowhere"]],
    "audit show": [["--home", "nowhere"]],
    "audit restart": [["--home", "nowhere"]],
    "bundle export": [["out", "--home", "nowhere"]],
    "bundle import": [[FILE, "HOME"], [FILE, "new"]],
    "dataset show": [["unknown", "--home", "HOME"]],
    "dataset set": [["unknown", "--home", "HOME", "--title-en", "Title"], ["leak", "--home", "HOME", "--texts", "missing"]],
    "keys list": [["--home", "nowhere"]],
    "keys move": [["root-public-9", "a.key", "--home", "HOME"], ["timestamp-public", "a.key", "--home", "HOME"]],
    "keys replace": [["public", "root", "--home", "HOME"]],
    "keys sign": [["missing", "--key", "a.key"], [FILE, "--key", "missing"]],
    "page": [["page", "--server", "https://elsewhere.example", "--trust", "missing"]],
    "serve": [["--home", "nowhere"]],
    "service": [["status", "--home", "nowhere"]],
    "screen": [["CSV", "out", "--server", "http://127.0.0.1:9", "--trust", "TRUST", "--key", "missing"],
               ["CSV", "out", "--server", "http://127.0.0.1:9", "--trust", "missing", "--key", "missing"],
               ["--make-key", FILE]],
    "notify": [["--home", "nowhere"], ["list", "--home", "nowhere"], ["pause", "nobody", "--home", "HOME"],
               ["add", "nobody", "http://elsewhere.example", "--home", "HOME"]],
    "platform add": [["bank", "--users", "10", "--home", "nowhere"], ["bank", "--home", "HOME"]],
    "platform list": [["--home", "nowhere"]],
    "platform revoke": [["nobody", "--home", "nowhere"], ["nobody", "--home", "HOME"]],
    "platform usage": [["--home", "nowhere"]],
    "receipt make": [["out", "--key", "missing", *STATED[2:], "--elements", "1", "--since", "2026-11-24"],
                     ["out", *STATED, "--elements", "1", "--since", "2026-11-24", "--report", FILE]],
    "receipt send": [["missing", "out", "--server", "http://127.0.0.1:9", "--token", "key"],
                     ["RECEIPT", "out", "--server", "http://127.0.0.1:9", "--token", "key"]],
    "receipt trust": [["--home", "nowhere"]],
    "receipt verify": [["missing"], [FILE], ["RECEIPT", "--trust", "missing"], ["RECEIPT", "--report", FILE]],
    "reports key": [[FILE]],
    "reports make": [["out", "--key", "missing", "--users", "1", "--case", "1", "--case-numbers", "1000"],
                     ["out", "--key", FILE, "--users", "1", "--case", "1", "--case-numbers", "1000"]],
    "reports send": [["missing", "--server", "http://127.0.0.1:9", "--token", "key"],
                     [FILE, "--server", "http://127.0.0.1:9", "--token", "key"]],
    "reports status": [["0" * 32, "--server", "http://127.0.0.1:9", "--token", "key"],
                       ["0" * 32, "--server", "http://127.0.0.1:9", "--token", "key", "--trust", "missing"]],
    "reports export": [["out", "--home", "nowhere"], ["out", "--home", "HOME"]],
    "reports import": [[FILE, "--home", "HOME"], ["missing", "--home", "HOME"], [FILE, "--home", "nowhere"],
                       [FILE, "--home", "HOME", "--trust", FILE]],
    "reports answer": [["0123", "--home", "HOME"], ["0123", "--home", "nowhere"]],
    "reports show": [["--home", "nowhere"]],
}  # fmt: skip


def names(command, above=()):
    if not hasattr(command, "commands"):
        return {" ".join(above)}
    return {name for key, each in command.commands.items() for name in names(each, (*above, key))}


def test_every_command_is_in_both_tables():
    assert names(typer.main.get_command(build())) == set(WRONG_USAGE) == set(FAILURES)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A HOME with one dataset and two files."""
    folder = tmp_path_factory.mktemp("exit-status")
    home = published(folder / "home")
    with opened(home) as custody:
        custody.load(write_csv(folder / "leak.csv", NUMBERS[:5]), dataset="leak", kind="exposure")
    (folder / "a-file").write_bytes(b"nothing of use")
    ReportKey.create(folder / "report.key")
    (folder / "receipt.json").write_bytes(stated().to_bytes())
    return {
        "HOME": str(home),
        "KEY": str(folder / "report.key"),
        "RECEIPT": str(folder / "receipt.json"),
        "TRUST": str(home / "trust-public.json"),
        "CSV": str(write_csv(folder / "a.csv", NUMBERS[:3])),
        FILE: str(folder / "a-file"),
    }


def run(command, words, places, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(retries, "FIRST_DELAY", 0.001)
    settings = {
        "PILOOKUP_PASSPHRASE": "custody passphrase of the tests",
        "PILOOKUP_ONLINE_PASSPHRASE": "online passphrase of the tests",
        "PILOOKUP_BACKUP_PASSPHRASE": "passphrase of the backup",
        "PILOOKUP_KEY_PASSPHRASE": "passphrase of a holder",
        "PILOOKUP_NEW_PASSPHRASE": "a new passphrase of the tests",
        "PILOOKUP_HOME": None,
        "COLUMNS": "200",
    }
    given = [*command.split(), *(places.get(word, word) for word in words)]
    return CliRunner().invoke(build(), given, env=settings, input="")


def cases(table):
    return [
        pytest.param(name, words, id=f"{name} {number}")
        for name, all_ in table.items()
        for number, words in enumerate(all_)
    ]


@pytest.mark.parametrize(
    ("command", "words"), [*cases(WRONG_USAGE), *((name, ["--no-such-option"]) for name in WRONG_USAGE)]
)
def test_a_wrong_usage_ends_with_2(command, words, places, tmp_path, monkeypatch):
    done = run(command, words, places, tmp_path, monkeypatch)
    assert done.exit_code == 2, done.output
    assert done.output.strip()


@pytest.mark.parametrize(("command", "words"), cases(FAILURES))
def test_a_failure_ends_with_1(command, words, places, tmp_path, monkeypatch):
    done = run(command, words, places, tmp_path, monkeypatch)
    assert done.exit_code == 1, done.output
    assert done.output.strip()
    assert "Traceback" not in done.output
