"""Spill files, which lie on disk between the steps of a publish, are verified when read and deleted at the end."""

import errno
import os
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup import file_parts
from pilookup.custody.publish import assemble as building
from pilookup.custody.publish.publish import publish, rotate
from pilookup.custody.publish.spill_file import RECORDS, SECTIONS, SpillFiles, spill_path, write_spill_file
from pilookup.errors import PublishError
from pilookup.protocol.label import Kind
from pilookup.release_files.verify import verify_directory
from tests.support.custody.channel import NOW, at, initialised, look_up, manifests, quiet
from tests.support.custody.home import numbers, run_load, write_csv

FEW = settings(deadline=None, max_examples=25)
SEALING = 28
"""Bytes that sealing adds to an index or range."""

HEAD, INDEX = 9, 16 + 1024 * 4 + SEALING
"""Bytes before the indexes, and bytes of each sealed index."""

KIND = SECTIONS[1]
RANGE = {RECORDS: 36, KIND: 8}
"""Bytes of a range of one record or key."""


@pytest.fixture
def session(tmp_path):
    initialised(tmp_path / "home")
    return at(tmp_path / "home")


@pytest.fixture
def published(session, tmp_path):
    run_load(session, [write_csv(tmp_path / "a.csv", numbers(300))], "leak")
    publish(session, "public", quiet)
    return session


def packed(keys):
    return b"".join(key.to_bytes(8, "big") for key in keys)


def written(session, work, number):
    """A spill file of 1,024 records and 1,024 keys of each kind, one in each range; returns its path."""
    path = spill_path(work, number)
    records = b"".join((i << 6).to_bytes(4, "big") + bytes([number]) * 32 for i in range(1024))
    keys = packed(range(number, 2**64, 2**54))
    assert write_spill_file(path, session.vault.store, [records], {kind: [keys] for kind in Kind}) == (1024, 1024)
    return path


def read(session, work, section):
    spills, store = SpillFiles(work, 2), session.vault.store
    return spills.records(store, 0, 1024) if section == RECORDS else spills.filter_keys(store, section, 0, 0)


def start_of(section):
    """Where the ranges of a section start."""
    return HEAD + 3 * INDEX + (0 if section == RECORDS else 1024 * (SEALING + RANGE[RECORDS]))


def index_of(section):
    return HEAD + SECTIONS.index(section) * INDEX


def without_ranges(data, section):
    """Remove the ranges of a section, so that those of the next section follow its index."""
    at = start_of(section)
    return data[:at] + data[at + 1024 * (SEALING + RANGE[section]) :]


def swapped(data, section):
    """Exchange the first two sealed ranges of a section."""
    at, size = start_of(section), SEALING + RANGE[section]
    return data[:at] + data[at + size :][:size] + data[at:][:size] + data[at + 2 * size :]


def flipped(data, section):
    return flipped_at(data, start_of(section) + SEALING)


def flipped_at(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def of_another_section(data, section):
    """Replace the index of a section by that of another section."""
    at = index_of(section)
    return data[:at] + data[index_of(SECTIONS[2]) :][:INDEX] + data[at + INDEX :]


HARMS = {
    "ranges removed": without_ranges,
    "swapped": swapped,
    "flipped": flipped,
    "a start beyond the end": lambda data, section: flipped_at(data, index_of(section) + 12 + 8),
    "an end beyond the end": lambda data, section: flipped_at(data, index_of(section) + INDEX - 17),
    "the index of another section": of_another_section,
    "another format": lambda data, _: flipped_at(data, 4),
    "other counts": lambda data, _: flipped_at(data, 7),
    "cut": lambda data, section: data[: start_of(section) + 100],
    "longer": lambda data, _: data + bytes(1),
    "another's": lambda *_: None,
}


@pytest.mark.parametrize("section", [RECORDS, KIND])
@pytest.mark.parametrize("harm", HARMS)
def test_an_altered_spill_file_is_refused(session, tmp_path, section, harm):
    (tmp_path / "work").mkdir()
    path, other = (written(session, tmp_path / "work", number) for number in (0, 1))
    assert read(session, tmp_path / "work", section)
    own = path.read_bytes()
    bad = HARMS[harm](own, section) or other.read_bytes()
    assert bad != own
    path.write_bytes(bad)
    with pytest.raises(PublishError, match=re.escape(f"{path}: missing or altered")):
        read(session, tmp_path / "work", section)


@given(st.data())
@FEW
def test_the_keys_of_a_spill_file_with_an_altered_byte_are_right_or_refused(session, tmp_path, data):
    (tmp_path / "work").mkdir(exist_ok=True)
    path = spill_path(tmp_path / "work", 0)
    keys = packed(range(0, 2**64, 2**61))
    write_spill_file(path, session.vault.store, [], {kind: [keys] for kind in Kind})
    whole = bytearray(path.read_bytes())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)

    def answer(number):
        try:
            return SpillFiles(tmp_path / "work", 1).filter_keys(session.vault.store, Kind.MALICIOUS, 3, number)
        except PublishError:
            return "refused"

    assert all(answer(number) in ([packed([number << 61])], "refused") for number in range(8))


def test_an_entry_altered_before_it_reaches_the_buckets_ends_the_publish(published, monkeypatch):
    before = manifests(published)
    make_filters = building.make_filters

    def harmed(job, *given):
        path = spill_path(job.folder, 0)
        path.write_bytes(flipped(path.read_bytes(), RECORDS))
        return make_filters(job, *given)

    monkeypatch.setattr(building, "make_filters", harmed)
    with pytest.raises(PublishError, match=r"00000\.spill: missing or altered while the publish ran"):
        rotate(published, "public", quiet)
    monkeypatch.undo()
    assert manifests(published) == before
    rotate(published, "public", quiet)
    assert look_up(published, numbers(1)[0])[0]


@pytest.mark.parametrize("name", ["buckets.bin", "tree.bin", "exposure.base.fuse16"])
@pytest.mark.parametrize("harm", ["altered", "missing"])
def test_publishing_the_same_vault_repairs_files_that_differ_from_the_signed_ones(published, name, harm):
    repository = published.repository("public")
    rotate(published, "public", quiet)
    newest, former = repository.listed()
    for epoch in (newest, former):
        path = repository.targets / epoch.path(name)
        data = path.read_bytes()
        path.unlink()
        if harm == "altered":
            path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    assert publish(published, "public", quiet).changed
    assert len(verify_directory(repository.directory, None, NOW)) == 2
    assert not publish(published, "public", quiet).changed


def test_the_next_command_removes_what_a_killed_publish_left(published):
    repository = published.repository("public")
    (repository.stage() / "work-1").mkdir()
    (repository.staging / "work-1" / "00000.spill").write_bytes(b"left")
    published.recover()
    assert not repository.staging.exists()
    assert not list(repository.directory.glob(".staging*"))


def test_a_task_that_still_runs_elsewhere_does_not_stop_the_next_publish(published, monkeypatch):
    repository = published.repository("public")
    (repository.stage() / "left").mkdir()
    monkeypatch.setattr(os, "rmdir", lambda *_, **__: (_ for _ in ()).throw(OSError(errno.ENOTEMPTY, "not empty")))
    assert repository.stage().exists()
    assert not (repository.staging / "left").exists()
    monkeypatch.undo()
    repository.clear_staging()
    assert not list(repository.directory.glob(".staging*"))


def test_a_failing_read_names_the_file(tmp_path, monkeypatch):
    (tmp_path / "f").write_bytes(b"1234")

    def broken(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "pread", broken)
    with (tmp_path / "f").open("rb") as file, pytest.raises(OSError, match="Input/output") as caught:
        file_parts.read_at(file, 4, 0)
    assert caught.value.filename == str(tmp_path / "f")


@pytest.mark.parametrize(("size", "at"), [(5, 0), (1, 4), (-1, 0), (2**63, 0), (1, 2**64)])
def test_reads_beyond_the_file_are_refused(tmp_path, size, at):
    (tmp_path / "f").write_bytes(b"1234")
    with (tmp_path / "f").open("rb") as file, pytest.raises(EOFError):
        file_parts.read_at(file, size, at)
