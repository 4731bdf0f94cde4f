"""Publish as tasks: any division of the work gives the bytes of the reference, and tasks carry no secret."""

import errno
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup import _core, durable
from pilookup.compute.executors import DEFAULT_MEMORY
from pilookup.custody.publish import assemble as building
from pilookup.custody.publish import spill_file
from pilookup.custody.publish.division import RECORD_COST, ROW_COST, bucket_range_count, vault_ranges
from pilookup.custody.publish.filters import schedule
from pilookup.custody.publish.publish import publish, rotate
from pilookup.custody.removal import erase
from pilookup.custody.vault.partitions import PARTITIONS, SPANS
from pilookup.errors import PublishError
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.label import Kind
from tests.support.custody.channel import at, initialised, manifests, quiet
from tests.support.custody.home import numbers, run_load, write_csv
from tests.support.custody.reference import snapshot
from tests.support.filters import Filter

ACCOUNTS = "phone,account,date"
LITTLE = 3 * 30 * ROW_COST
rotate_again = partial(rotate, compromised=True)
"""Begins a new epoch of the HOME that the tests share, however many are served."""
"""Memory for 30 rows on each of three threads."""
UNTIMED = settings(deadline=None)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A HOME with overlapping datasets of both kinds, one of them sensitive, repeated accounts and an erased number."""
    folder = tmp_path_factory.mktemp("pipeline")
    path = folder / "home"
    initialised(path)
    session = at(path)
    some = numbers(2500)
    run_load(session, [write_csv(folder / "a.csv", some)], "leak", seized_on=date(2026, 1, 1))
    run_load(session, [write_csv(folder / "b.csv", some[:900])], "older", seized_on=date(2025, 1, 1))
    run_load(session, [write_csv(folder / "c.csv", some[:40])], "dayless")
    run_load(session, [write_csv(folder / "d.csv", some[30:60])], "closed", sensitive=True)
    rows = [f"{number},{'abcdefgh'[: i % 9]},2025-0{i % 9 + 1}-01" for i, number in enumerate(some[500:1500])]
    again = [f"{number},x{i % 3},2026-01-01" for i, number in enumerate(some[800:1000])]
    files = [write_csv(folder / f"{i}.csv", each, ACCOUNTS) for i, each in enumerate([rows, rows[::2] + again])]
    run_load(session, files, "gang", Kind.MALICIOUS, seized_on=date(2026, 2, 2))
    erase(session, f"tel:+86{some[7]}".encode())
    session.control.close()
    return path


def published(session, channel):
    """The bytes of the newest epoch's buckets and tree, and its filters' bodies."""
    repository = session.repository(channel)
    epoch = repository.listed()[0]
    data = {name: (repository.targets / epoch.path(name)).read_bytes() for name in epoch.files}
    filters = {kind: Filter.from_bytes(data[f"{kind}.base.fuse16"]).body.to_bytes() for kind in Kind}
    return data["buckets.bin"], data["tree.bin"], filters


@pytest.mark.parametrize("memory", [DEFAULT_MEMORY, LITTLE], ids=["ample", "little"])
@pytest.mark.parametrize("channel", ["public", "platform"])
def test_the_snapshot_equals_the_reference(path, channel, memory):
    session = at(path)
    with ThreadPoolExecutor(3) as executor:
        done = rotate_again(session, channel, quiet, executor=executor, memory=memory)
    assert published(session, channel) == snapshot(session, channel, done.epoch)
    assert done.entries > 2500


def test_little_memory_divides_partitions_too(path, monkeypatch):
    tasks, write_entries = [], building.write_entries
    monkeypatch.setattr(building, "write_entries", lambda task: tasks.append(task) or write_entries(task))
    with ThreadPoolExecutor(3) as executor:
        rotate_again(at(path), "public", quiet, executor=executor, memory=LITTLE)
    assert len(tasks) > PARTITIONS
    assert {task.span.stop - task.span.start for task in tasks} != {SPANS}


def test_publishing_again_with_another_division_changes_nothing(path):
    session = at(path)
    first = publish(session, "platform", quiet)
    before = manifests(session, "platform")[0]
    with ThreadPoolExecutor(2) as executor:
        again = publish(session, "platform", quiet, executor=executor, memory=600 * ROW_COST)
    assert not again.changed
    assert again.serial == first.serial
    assert manifests(session, "platform")[0] == before


class Recording(ThreadPoolExecutor):
    """Threads that keep the pickled form of every task."""

    def __init__(self):
        super().__init__(2)
        self.sent = []

    def submit(self, fn, /, *args, **kwargs):
        self.sent.append(pickle.dumps((fn, args, kwargs)))
        fn, args, kwargs = pickle.loads(self.sent[-1])
        return super().submit(fn, *args, **kwargs)


def test_tasks_carry_no_number_no_element_and_no_key(path):
    session = at(path)
    with Recording() as executor:
        done = rotate_again(session, "public", quiet, executor=executor, memory=400 * ROW_COST)
    sent = b"".join(executor.sent)
    assert len(executor.sent) > 10
    assert str(path).encode() in sent
    keyring = session.keyring
    vault, channel = keyring.scalar("vault"), session.channel_key("public", done.epoch)
    secrets = [vault.export(), channel.export(), vault.shift_to(channel).export(), b"custody\x00", b"online\x00"]
    secrets += [keyring.symmetric("vault-storage"), keyring.symmetric("vault-digest")]
    for number in numbers(2500)[::50]:
        element = _core.tokenise([f"tel:+86{number}".encode()], vault)
        secrets += [number.encode(), element, _core.shift(element, vault.shift_to(channel))]
    assert not [i for i, secret in enumerate(secrets) if secret in sent]


def test_spill_files_contain_only_sealed_entries_and_are_deleted_afterwards(path, monkeypatch):
    """Searches every spilled byte for elements under either key, tokens and filter keys in clear."""
    session, written = at(path), []
    write_and_rename = durable.write_and_rename

    def kept(file, chunks, *, flushed):
        data = b"".join(chunks)
        if file.name.endswith(".spill"):
            written.append(data)
        write_and_rename(file, [data], flushed=flushed)

    monkeypatch.setattr(durable, "write_and_rename", kept)
    done = rotate_again(session, "public", quiet)
    spilled = b"".join(written)
    shift = session.keyring.scalar("vault").shift_to(session.channel_key("public", done.epoch))
    assert len(spilled) > 36 * done.entries
    for number in numbers(2500)[::10]:
        vault_element = _core.tokenise([f"tel:+86{number}".encode()], session.keyring.scalar("vault"))
        element = _core.shift(vault_element, shift)
        secret = _core.tokens(element, "public", done.epoch)
        for hidden in (vault_element, element, secret[:32], secret[8:16], secret[16:24], secret[32:]):
            assert hidden not in spilled
    assert not session.repository("public").staging.exists()


@pytest.mark.parametrize("file", ["spill", "range", "part"])
def test_a_full_disk_is_reported_and_leaves_the_former_release(path, monkeypatch, file):
    session = at(path)
    publish(session, "public", quiet)
    before = manifests(session)
    write_and_rename = durable.write_and_rename

    def full(target, chunks, *, flushed):
        if target.name.endswith(file):
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        write_and_rename(target, chunks, flushed=flushed)

    monkeypatch.setattr(durable, "write_and_rename", full)
    with pytest.raises(PublishError, match=rf"\.{file}: cannot be read or written: No space left on device"):
        rotate_again(session, "public", quiet)
    monkeypatch.undo()
    assert manifests(session) == before
    assert not session.repository("public").staging.exists()
    assert publish(session, "public", quiet).epoch == before[0].epoch + 1


def test_a_task_run_twice_gives_the_same_result(path, monkeypatch):
    """A task runs twice if its worker was wrongly believed dead; the second run changes no byte of the result."""
    session = at(path)
    for module, name in ((building, "write_entries"), (building, "write_bucket_range"), (schedule, "build_filters")):
        task = getattr(module, name)
        monkeypatch.setattr(module, name, lambda given, task=task: [task(given), task(given)][1])
    done = rotate_again(session, "public", quiet)
    assert published(session, "public") == snapshot(session, "public", done.epoch)


@given(st.integers(0, 10**10), st.integers(ROW_COST, 1 << 40))
@UNTIMED
def test_vault_ranges_cover_the_vault_once(rows, share):
    made = list(vault_ranges(rows, share))
    assert sum((each.stop - each.first) * (each.span.stop - each.span.start) for each in made) == PARTITIONS * SPANS
    assert len({(each.first, each.span.start) for each in made}) == len(made)
    if len(made) < PARTITIONS * SPANS:
        assert rows * ROW_COST <= share * len(made)


@given(st.integers(1, 10**10), st.integers(1, 1 << 40))
@UNTIMED
def test_bucket_ranges_are_whole_buckets_and_fit(entries, share):
    geometry = Geometry.for_entries(entries)
    count = bucket_range_count(entries, geometry, share)
    assert geometry.buckets % count == 0
    assert spill_file.BUCKET_RANGES % count == 0
    if count < min(spill_file.BUCKET_RANGES, geometry.buckets):
        assert (2 * geometry.size + RECORD_COST * entries) // count <= share
