"""Data that the core refuses in a task become a VaultError that names the shard."""

import re

import pytest

from pilookup.custody.load import shard_task
from pilookup.custody.publish import entry_task
from pilookup.custody.publish.publish import publish
from pilookup.custody.vault.vault import Vault
from pilookup.errors import VaultError
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.release import MANIFEST
from tests.support.custody.channel import at, initialised, quiet
from tests.support.custody.home import numbers, run_load, write_csv

SHARD = re.compile(r"[0-9a-f]{2}\.shard: |[0-9]{2}\.shard: ")


@pytest.fixture
def session(tmp_path):
    initialised(tmp_path / "home")
    session = at(tmp_path / "home")
    yield session
    session.control.close()


def test_an_invalid_element_in_a_shard_ends_the_publish_and_names_the_shard(session, tmp_path, monkeypatch):
    run_load(session, [write_csv(tmp_path / "a.csv", numbers(300))])
    runs = Vault.runs

    def altered(self, partition, loads, span):
        for load, rows in runs(self, partition, loads, span):
            elements = rows["element"].to_pylist()
            yield load, rows.set_column(0, rows.schema.field(0), [[b"\xff" * 32, *elements[1:]]] if elements else [[]])

    monkeypatch.setattr(entry_task.Vault, "runs", altered)
    with pytest.raises(VaultError, match=SHARD):
        publish(session, "public", quiet)
    assert session.repository("public").listed() == ()


def test_a_partial_row_in_a_sorted_file_ends_the_load_and_names_the_shard(session, tmp_path, monkeypatch):
    segments = shard_task.PartitionRows.segments
    monkeypatch.setattr(
        shard_task.PartitionRows, "segments", lambda *given: [segment[:-1] for segment in segments(*given)]
    )
    with pytest.raises(VaultError, match=SHARD):
        run_load(session, [write_csv(tmp_path / "a.csv", numbers(300))])
    assert session.loads() == []


def test_published_files_are_accessible_only_to_their_owner(session, tmp_path):
    run_load(session, [write_csv(tmp_path / "a.csv", numbers(300))])
    publish(session, "public", quiet)
    repository = session.repository("public")
    [epoch] = repository.listed()
    paths = {name: repository.targets / epoch.path(name) for name in epoch.files}
    assert Manifest.from_bytes(paths[MANIFEST].read_bytes()).entries > 300
    assert {path.stat().st_mode & 0o777 for path in paths.values()} == {0o600}
