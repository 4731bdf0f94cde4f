"""Filters of many keys: built in parts by tasks, whatever the memory, to the bytes of the plainest builder."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from custody_channel import NOW, at, manifests, quiet
from custody_home import numbers, run_load, write_csv
from custody_reference import filter_keys
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilookup import _core
from pilookup.compute import DEFAULT_MEMORY
from pilookup.custody import filter_tasks, filters
from pilookup.custody.filter_tasks import PART_MEMORY, BloomTask, KeySource, PartTask
from pilookup.custody.founding import found
from pilookup.custody.publish import publish
from pilookup.custody.spill import Spills, spill_path, write_spill
from pilookup.custody.workshop import lend
from pilookup.protocol.filter import Algorithm, Filter, build_body
from pilookup.protocol.label import Kind
from pilookup.protocol.names import CANARIES

PART_KEYS = 200
FEW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
keys_of = st.lists(st.integers(0, 2**64 - 1), max_size=60)


def few(count):
    """As the core decides, for parts of 200 keys instead of two million."""
    return next(bits for bits in range(11) if count <= PART_KEYS << bits)


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(filters, "part_bits_for", few)


@pytest.fixture
def session(tmp_path):
    found(tmp_path / "home", b"custody", b"online", NOW)
    return at(tmp_path / "home")


def loaded(session, path, first, count, slug):
    run_load(session, [write_csv(path / f"{slug}.csv", numbers(first + count)[first:])], slug)


def served(session, name):
    repository = session.repository("public")
    data = (repository.targets / repository.listed()[0].path(name)).read_bytes()
    return data, Filter.from_bytes(data)


def keys_told(session):
    """The filter keys of the channel's newest epoch, read from the vault in the plainest way."""
    return filter_keys(session, "public", session.repository("public").listed()[0].epoch)


@pytest.mark.parametrize("memory", [DEFAULT_MEMORY, PART_MEMORY // 2], ids=["beside each other", "one by one"])
def test_a_filter_in_parts_is_that_of_all_keys_at_once(session, tmp_path, small_parts, memory):
    loaded(session, tmp_path, 0, 2_500, "leak")
    with ThreadPoolExecutor(3) as executor:
        publish(session, "public", quiet, executor=executor, memory=memory, bloom=True)
    keys = keys_told(session)
    for kind in Kind:
        _, base = served(session, f"{kind}.base.fuse16")
        bits = few(len(keys[kind]))
        assert base.body.part_bits == bits
        assert base.body.to_bytes() == _core.FuseFilter.build(b"".join(keys[kind]), 16, bits).to_bytes()
        assert len(base.body) == len(keys[kind])
        _, bloom = served(session, f"{kind}.base.bloom")
        assert bloom.body.to_bytes() == build_body(b"".join(keys[kind]), Algorithm.BLOOM).to_bytes()
    assert few(len(keys[Kind.EXPOSURE])) == 4


def test_a_part_is_handed_its_own_keys_alone(session, tmp_path, small_parts, monkeypatch):
    """What bounds the memory: no call of the core is given more than one part's keys."""
    handed, build_part = [], filter_tasks.build_part
    monkeypatch.setattr(
        filter_tasks, "build_part", lambda keys, to: handed.append(len(keys) // 8) or build_part(keys, to)
    )
    loaded(session, tmp_path, 0, 2_500, "leak")
    publish(session, "public", quiet)
    assert sum(handed) == 2_500 + 2 * len(CANARIES)
    assert max(handed) < 2 * PART_KEYS


@pytest.mark.parametrize("before", [lambda count: 0, few, lambda count: 7], ids=["one part", "as many", "more"])
def test_additions_are_what_the_base_lacks_however_either_is_cut(session, tmp_path, monkeypatch, before):
    monkeypatch.setattr(filters, "part_bits_for", before)
    loaded(session, tmp_path, 0, 2_500, "leak")
    publish(session, "public", quiet)
    kept, base = served(session, "exposure.base.fuse16")
    monkeypatch.setattr(filters, "part_bits_for", lambda count: 5 if count > 1000 else 2)
    loaded(session, tmp_path, 2_500, 240, "more")
    publish(session, "public", quiet)
    assert served(session, "exposure.base.fuse16")[0] == kept
    _, additions = served(session, "exposure.additions.fuse16")
    keys = keys_told(session)[Kind.EXPOSURE]
    lacked = b"".join(key for key in keys if not base.body.contains(int.from_bytes(key, "big")))
    assert len(lacked) == 8 * 240
    assert additions.body.to_bytes() == _core.FuseFilter.build(lacked, 16, 2).to_bytes()
    loaded(session, tmp_path, 2_740, 20, "too-much")
    publish(session, "public", quiet)
    assert not [name for name in manifests(session)[0].files if "exposure.additions" in name]
    assert served(session, "exposure.base.fuse16")[1].body.part_bits == 5


def packed(keys):
    return np.array(keys, ">u8").tobytes()


def spilled(session, folder, sets):
    """Spill files of these keys, for one kind."""
    folder.mkdir(exist_ok=True)
    store = session.vault.store
    for number, keys in enumerate(sets):
        told = {kind: packed(keys) if kind is Kind.MALICIOUS else b"" for kind in Kind}
        write_spill(spill_path(folder, number), store, b"", told)
    return store


@given(st.lists(keys_of, min_size=1, max_size=3), st.integers(0, 10), st.data())
@FEW
def test_keys_are_read_by_their_upper_bits(session, tmp_path, sets, bits, data):
    store = spilled(session, tmp_path / "work", sets)
    every = sorted({key for keys in sets for key in keys})
    number = data.draw(st.sampled_from([0, (1 << bits) - 1, *(key >> 64 - bits for key in every)]))
    spills = Spills(tmp_path / "work", len(sets))
    found = spills.filter_keys(store, Kind.MALICIOUS, bits, number)
    assert found == packed([key for key in every if key >> 64 - bits == number])
    assert spills.filter_keys(store, Kind.EXPOSURE, bits, number) == b""


def test_a_task_run_twice_leaves_the_same_part(session, tmp_path):
    spilled(session, tmp_path / "work", [list(range(0, 2**64, 2**56))])
    lend(session.home, session.keyring)
    source = KeySource(session.home.real, str(tmp_path / "work"), 1, str(Kind.MALICIOUS), 3)
    tasks = (
        PartTask(source, 1, 1, int(Algorithm.FUSE16), None, str(tmp_path / "part")),
        BloomTask(source, 256, str(tmp_path / "bloom")),
    )
    filter_tasks.build_filters(tasks)
    first = (tmp_path / "part").read_bytes(), (tmp_path / "bloom").read_bytes()
    filter_tasks.build_filters(tasks)
    assert ((tmp_path / "part").read_bytes(), (tmp_path / "bloom").read_bytes()) == first
    assert _core.FuseFilter.from_bytes(first[0]).contains(3 << 62)
    assert len(_core.FuseFilter.from_bytes(first[0])) == 128
