"""Filters of many keys: tasks build them in parts, in any amount of memory, with the bytes of one built at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup import _core
from pilookup.compute.executors import DEFAULT_MEMORY
from pilookup.custody.publish import epoch_release
from pilookup.custody.publish.filters import schedule
from pilookup.custody.publish.filters import tasks as filter_tasks
from pilookup.custody.publish.filters.keys import AdditionKeys, SpilledKeys
from pilookup.custody.publish.filters.tasks import FILTER_PART_MEMORY, BloomTask, CountTask, FilterPartTask, KeyCount
from pilookup.custody.publish.publish import publish
from pilookup.custody.publish.spill_file import SpillFiles, spill_path, write_spill_file
from pilookup.custody.task_keyring import register_keyring
from pilookup.errors import FormatError, PublishError
from pilookup.protocol.filter import Algorithm, Role
from pilookup.protocol.label import Kind
from pilookup.protocol.names import CANARIES
from pilookup.release_files.verify import verify_directory, verify_files
from tests.support.custody.channel import NOW, at, initialised, manifests, quiet
from tests.support.custody.home import numbers, run_load, write_csv
from tests.support.custody.reference import filter_keys
from tests.support.filters import Filter, build_body, contains

PART_KEYS = 200
FEW = settings(deadline=None, max_examples=25)
keys_of = st.lists(st.integers(0, 2**64 - 1), max_size=60)


def few(count):
    """Like the core's `part_bits_for`, for parts of 200 keys instead of two million."""
    return next(bits for bits in range(11) if count <= PART_KEYS << bits)


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(schedule, "part_bits_for", few)


@pytest.fixture
def session(tmp_path):
    initialised(tmp_path / "home")
    return at(tmp_path / "home")


def loaded(session, path, first, count, slug):
    run_load(session, [write_csv(path / f"{slug}.csv", numbers(first + count)[first:])], slug)


def served(session, name):
    repository = session.repository("public")
    data = (repository.targets / repository.listed()[0].path(name)).read_bytes()
    return data, Filter.from_bytes(data)


def reference_keys(session):
    """The filter keys of the channel's newest epoch, as the reference computes them from the vault."""
    return filter_keys(session, "public", session.repository("public").listed()[0].epoch)


@pytest.mark.parametrize("memory", [DEFAULT_MEMORY, FILTER_PART_MEMORY // 2], ids=["in parallel", "one by one"])
def test_a_filter_built_in_parts_equals_one_built_at_once(session, tmp_path, small_parts, memory):
    loaded(session, tmp_path, 0, 2_500, "leak")
    with ThreadPoolExecutor(3) as executor:
        publish(session, "public", quiet, executor=executor, memory=memory, bloom=True)
    keys = reference_keys(session)
    for kind in Kind:
        _, base = served(session, f"{kind}.base.fuse16")
        bits = few(len(keys[kind]))
        assert base.body.part_bits == bits
        assert base.body.to_bytes() == _core.FuseFilter.build(b"".join(keys[kind]), 16, bits).to_bytes()
        assert len(base.body) == len(keys[kind])
        _, bloom = served(session, f"{kind}.base.bloom")
        assert bloom.body.to_bytes() == build_body(b"".join(keys[kind]), Algorithm.BLOOM).to_bytes()
    assert few(len(keys[Kind.EXPOSURE])) == 4


def test_a_part_gets_only_its_own_keys(session, tmp_path, small_parts, monkeypatch):
    """This bounds the memory: no call of the core gets the keys of more than one part."""
    handed, build_part = [], filter_tasks.build_part
    monkeypatch.setattr(filter_tasks, "build_part", lambda keys: handed.append(len(keys) // 8) or build_part(keys))
    loaded(session, tmp_path, 0, 2_500, "leak")
    publish(session, "public", quiet)
    assert sum(handed) == 2_500 + 2 * len(CANARIES)
    assert max(handed) < 2 * PART_KEYS


@pytest.mark.parametrize("bits", [0, 3, 7])
def test_additions_are_the_keys_that_the_base_lacks_for_any_number_of_parts(session, tmp_path, monkeypatch, bits):
    monkeypatch.setattr(schedule, "part_bits_for", lambda count: bits if count > 1000 else min(bits, 2))
    loaded(session, tmp_path, 0, 2_500, "leak")
    publish(session, "public", quiet)
    kept, base = served(session, "exposure.base.fuse16")
    loaded(session, tmp_path, 2_500, 240, "more")
    publish(session, "public", quiet)
    assert served(session, "exposure.base.fuse16")[0] == kept
    _, additions = served(session, "exposure.additions.fuse16")
    keys = reference_keys(session)[Kind.EXPOSURE]
    lacked = b"".join(key for key in keys if not contains(base.body, int.from_bytes(key, "big")))
    assert len(lacked) == 8 * 240
    assert additions.body.to_bytes() == _core.FuseFilter.build(lacked, 16, min(bits, 2)).to_bytes()
    loaded(session, tmp_path, 2_740, 20, "too-much")
    publish(session, "public", quiet)
    assert not [name for name in manifests(session)[0].files if "exposure.additions" in name]
    assert served(session, "exposure.base.fuse16")[1].body.part_bits == bits


def test_a_base_of_another_number_of_parts_is_built_again(session, tmp_path, monkeypatch):
    monkeypatch.setattr(schedule, "part_bits_for", lambda count: 0)
    loaded(session, tmp_path, 0, 2_500, "leak")
    publish(session, "public", quiet)
    monkeypatch.setattr(schedule, "part_bits_for", few)
    loaded(session, tmp_path, 2_500, 10, "more")
    publish(session, "public", quiet)
    _, base = served(session, "exposure.base.fuse16")
    assert (base.body.part_bits, len(base.body)) == (4, 2_510 + len(CANARIES))


def packed(keys):
    return np.array(keys, ">u8").tobytes()


def spilled(session, folder, sets):
    """Write a spill file for each set of keys, for one kind; return the vault's store."""
    folder.mkdir(exist_ok=True)
    store = session.vault.store
    for number, keys in enumerate(sets):
        kept = {kind: [packed(keys)] if kind is Kind.MALICIOUS else [] for kind in Kind}
        write_spill_file(spill_path(folder, number), store, [], kept)
    return store


@given(st.lists(keys_of, min_size=1, max_size=3), st.integers(0, 10), st.data())
@FEW
def test_keys_are_read_by_their_upper_bits(session, tmp_path, sets, bits, data):
    store = spilled(session, tmp_path / "work", sets)
    every = {key for keys in sets for key in keys}
    number = data.draw(st.sampled_from([0, (1 << bits) - 1, *(key >> 64 - bits for key in every)]))
    spills = SpillFiles(tmp_path / "work", len(sets))
    found = spills.filter_keys(store, Kind.MALICIOUS, bits, number)
    assert found == [packed(sorted({key for key in keys if key >> 64 - bits == number})) for keys in sets]
    assert spills.filter_keys(store, Kind.EXPOSURE, bits, number) == [b""] * len(sets)


def sources_of(session, folder, spills, cut):
    common = (str(Kind.MALICIOUS), cut)
    return SpilledKeys(session.home.real, str(folder), spills, *common), AdditionKeys(
        session.home.real, str(folder), *common
    )


@pytest.fixture
def sources(session, tmp_path):
    """One spill file of 256 keys, read in 8 ranges."""
    spilled(session, tmp_path / "work", [list(range(0, 2**64, 2**56))])
    register_keyring(session.home, session.keyring)
    return sources_of(session, tmp_path / "work", 1, 3)


def test_a_task_run_twice_writes_the_same_part(sources, tmp_path):
    keys, _ = sources
    tasks = (FilterPartTask(keys, 1, 1, str(tmp_path / "part")), BloomTask(keys, 256, str(tmp_path / "bloom")))
    filter_tasks.build_filters(tasks)
    first = (tmp_path / "part").read_bytes(), (tmp_path / "bloom").read_bytes()
    filter_tasks.build_filters(tasks)
    assert ((tmp_path / "part").read_bytes(), (tmp_path / "bloom").read_bytes()) == first
    assert contains(_core.FuseFilter.from_bytes(first[0]), 3 << 62)
    assert len(_core.FuseFilter.from_bytes(first[0])) == 128


def test_counting_twice_writes_the_same_keys_that_the_base_lacks(sources, tmp_path):
    keys, lacked = sources
    held = packed(range(0, 2**63, 2**56))
    common = ("public", 1, 1, Kind.MALICIOUS, Role.BASE, Algorithm.FUSE16)
    (tmp_path / "base").write_bytes(Filter(*common, build_body(held, Algorithm.FUSE16)).to_bytes())
    tasks = tuple(CountTask(keys, number, str(tmp_path / "base"), lacked) for number in (3, 4))
    for _ in range(2):
        counts = filter_tasks.count_keys(tasks)
        assert counts == (KeyCount(Kind.MALICIOUS, 32, 32, 0), KeyCount(Kind.MALICIOUS, 32, 32, 32))
        assert lacked.keys(3) == b""
        assert lacked.keys(4) == packed(range(2**63, 5 * 2**61, 2**56))
        assert counts[0] + counts[1] == KeyCount(Kind.MALICIOUS, 64, 64, 32)


def test_additions_are_built_without_reading_any_spilled_key_twice(session, tmp_path, small_parts, monkeypatch):
    loaded(session, tmp_path, 0, 2_500, "leak")
    publish(session, "public", quiet)
    loaded(session, tmp_path, 2_500, 100, "more")
    read, runs = [], SpilledKeys.runs
    monkeypatch.setattr(
        SpilledKeys, "runs", lambda keys, number: read.append((keys.kind, number)) or runs(keys, number)
    )
    publish(session, "public", quiet)
    assert any("exposure.additions" in name for name in manifests(session)[0].files)
    assert len([kind for kind, _ in read if kind == Kind.EXPOSURE]) == 16
    assert len(read) == len(set(read))


def test_a_publish_that_reads_fewer_keys_than_were_spilled_fails(session, tmp_path, monkeypatch):
    loaded(session, tmp_path, 0, 50, "leak")
    runs = SpilledKeys.runs
    monkeypatch.setattr(SpilledKeys, "runs", lambda keys, number: [run[8:] for run in runs(keys, number)])
    with pytest.raises(PublishError, match="not the filter keys that were spilled"):
        publish(session, "public", quiet)
    assert session.repository("public").listed() == ()


def harmed(path, harm):
    data = path.read_bytes()
    path.unlink()
    if harm != "missing":
        path.write_bytes(data[:-1] + (b"" if harm == "cut" else bytes([data[-1] ^ 1])))


@pytest.mark.parametrize("harm", ["altered", "cut", "missing"])
def test_a_base_that_differs_from_the_signed_one_is_built_again(session, tmp_path, harm):
    loaded(session, tmp_path, 0, 400, "leak")
    publish(session, "public", quiet)
    repository = session.repository("public")
    harmed(repository.targets / repository.listed()[0].path("exposure.base.fuse16"), harm)
    loaded(session, tmp_path, 400, 5, "more")
    publish(session, "public", quiet)
    keys = b"".join(reference_keys(session)[Kind.EXPOSURE])
    assert served(session, "exposure.base.fuse16")[1].body.to_bytes() == build_body(keys, Algorithm.FUSE16).to_bytes()
    assert not [name for name in manifests(session)[0].files if "exposure.additions" in name]
    verify_directory(repository.directory, None, NOW)


def replace_base_before(session, monkeypatch, step, name_of):
    """Before `step`, replace the kept base by another valid filter of the same number of keys."""
    repository = session.repository("public")
    signed = repository.targets / repository.listed()[0].path("exposure.base.fuse16")
    count = len(Filter.from_bytes(signed.read_bytes()).body)
    common = ("public", repository.listed()[0].epoch, 1, Kind.EXPOSURE, Role.BASE, Algorithm.FUSE16)
    other = Filter(*common, build_body(packed(range(count)), Algorithm.FUSE16)).to_bytes()
    real = getattr(epoch_release, step)

    def replaced(*given):
        name_of(signed, session).write_bytes(other)
        return real(*given)

    monkeypatch.setattr(epoch_release, step, replaced)


def test_a_base_replaced_while_a_publish_runs_is_not_signed(session, tmp_path, monkeypatch):
    loaded(session, tmp_path, 0, 400, "leak")
    publish(session, "public", quiet)
    before, _ = served(session, "exposure.base.fuse16")
    loaded(session, tmp_path, 400, 5, "more")
    replace_base_before(session, monkeypatch, "write_filters", lambda signed, _: signed)
    publish(session, "public", quiet)
    assert served(session, "exposure.base.fuse16")[0] == before
    verify_directory(session.repository("public").directory, None, NOW)


def test_a_publish_whose_copy_of_the_base_is_replaced_fails(session, tmp_path, monkeypatch):
    loaded(session, tmp_path, 0, 400, "leak")
    publish(session, "public", quiet)
    before = manifests(session)
    loaded(session, tmp_path, 400, 5, "more")

    def copy(signed, session):
        return next(session.repository("public").staging.glob(f"work-*/{signed.name}"))

    replace_base_before(session, monkeypatch, "write_filters", copy)
    with pytest.raises(PublishError, match=r"fuse16: missing or altered while the publish ran"):
        publish(session, "public", quiet)
    assert manifests(session) == before


def test_additions_whose_serial_differs_from_the_manifests_are_refused(session, tmp_path):
    loaded(session, tmp_path, 0, 400, "leak")
    publish(session, "public", quiet)
    loaded(session, tmp_path, 400, 5, "more")
    publish(session, "public", quiet)
    repository, [manifest] = session.repository("public"), manifests(session)
    paths = {name: repository.targets / repository.listed()[0].path(name) for name in manifest.files}
    verify_files(manifest, paths)
    with pytest.raises(FormatError, match=r"exposure\.additions\.fuse16: a filter of another snapshot"):
        verify_files(replace(manifest, serial=manifest.serial + 1), paths)
