"""`pilookup bundle export` and `pilookup bundle import`, as they are typed on each machine."""

import json

import pytest
from typer.testing import CliRunner

from pilookup.cli.app import build
from tests.support.bundles.machines import opened, published
from tests.support.custody.channel import NUMBERS


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE", "custody passphrase of the tests")

    def run_command(*words, status=0):
        done = CliRunner().invoke(build(), [str(word) for word in words])
        assert done.exit_code == status, done.output
        return done.output

    return run_command


def test_a_release_travels_and_is_acknowledged(tmp_path, run, monkeypatch):
    custody, serving, disc = published(tmp_path / "custody"), tmp_path / "serving", tmp_path / "disc"
    disc.mkdir()
    said = run("bundle", "export", disc / "bundle", "--home", custody, "--piece-size", "20kB")
    assert "bundle.001 to bundle." in said
    assert "public: serial 1, epoch 1" in said
    monkeypatch.delenv("PILOOKUP_PASSPHRASE")
    assert "nothing says which custody half to trust" in run("bundle", "import", disc, serving, status=1)
    said = run("bundle", "import", disc, serving, "--trust", custody)
    assert "no erasure or withdrawal arrived; the journal has 0 entries" in said
    assert "was here already" in run("bundle", "import", *sorted(disc.iterdir()), serving)
    said = run("bundle", "export", tmp_path / "ack", "--home", serving)
    assert "with a journal of 0 entries" in said
    assert "give it with --trust" in run("bundle", "import", tmp_path / "ack", custody, status=1)
    said = run("bundle", "import", tmp_path / "ack", custody, "--trust", serving)
    assert "has taken up bundle" in said
    assert "public: imported, and not served yet; is the server running?" in said
    machine = said.split()[2]
    said = run("status", "--home", serving)
    assert "with a journal of 0 entries" in said
    assert f"custody knows this machine as {machine}" in said


def test_scripts_read_what_was_erased(tmp_path, run):
    custody, serving = published(tmp_path / "custody"), tmp_path / "serving"
    with opened(custody) as open_home:
        open_home.erase(NUMBERS[0])
    exported = json.loads(run("bundle", "export", tmp_path / "one", "--home", custody, "--json"))
    imported = json.loads(run("bundle", "import", tmp_path / "one", serving, "--trust", custody, "--json"))
    assert exported["new_removals"] == imported["removals"]
    assert len(imported["removals"]) == imported["journal"] == 1
    assert imported["not_included"] == []
    exported = json.loads(run("bundle", "export", tmp_path / "two", "--home", serving, "--json"))
    assert exported["journal"] == 1
    assert json.loads(run("bundle", "import", tmp_path / "two", custody, "--trust", serving, "--json"))["journal"] == 1
    assert "exists; choose another name" in run("bundle", "export", tmp_path / "one", "--home", custody, status=1)


def test_a_backup_is_made_checked_and_restored(tmp_path, run, monkeypatch):
    custody, disc, restored = published(tmp_path / "custody"), tmp_path / "backup", tmp_path / "restored"
    monkeypatch.setenv("PILOOKUP_BACKUP_PASSPHRASE", "short")
    assert "too short" in run("backup", disc, "--home", custody, status=1)
    monkeypatch.setenv("PILOOKUP_BACKUP_PASSPHRASE", "passphrase of the backup")
    assert "needed to write a backup" in run("backup", disc, status=2)
    said = run("backup", disc, "--home", custody)
    assert "was read back: 1 dataset" in said
    assert "left out, so that nothing can be signed with the backup alone: root-platform-2, root-platform-3" in said
    assert json.loads(run("backup", disc, "--check", "--json"))["datasets"] == 1
    with opened(custody) as open_home:
        open_home.erase(NUMBERS[0])
    said = run("restore", disc, restored, "--journal", custody / "online")
    assert "erased again: 1 number; withdrawn again: none" in said
    assert "no release of channel public can be signed with the keys that are known" in said
    assert "not empty" in run("restore", disc, restored, "--journal", custody / "online", status=1)
    assert "case-1" in run("status", "--home", restored)
