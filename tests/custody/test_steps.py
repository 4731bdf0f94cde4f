"""A partition of a load is merged in steps of bounded size; its shard has the same bytes for any size of step."""

import os
import random
from itertools import count, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup import _core
from pilookup.custody.load import shard_task
from pilookup.custody.load.shard_task import ShardTask, run_shard, steps
from pilookup.custody.load.sorted_file import COARSE_SPANS, PartitionRows, VaultRows, _sorted_file, write_sorted_file
from pilookup.custody.load.staging import StagedLoad
from pilookup.custody.task_keyring import register_keyring
from pilookup.custody.vault import PARTITIONS, shard
from pilookup.errors import VaultError
from pilookup.protocol.label import Kind
from tests.support.custody.home import run_load, write_csv

PARTITION = 5
FILES = (0, 1, 3, 4, 6, 9, 10)
"""The numbers of the sorted files of a load. The others are those of discarded splits and of rejected cells."""


def elements_of(count, rng):
    """Random elements of one partition."""
    return [
        bytes([rng.randrange(0, 256, 2), rng.randrange(4) << 6 | PARTITION]) + rng.randbytes(30) for _ in range(count)
    ]


def packed(elements, accounts, months):
    indices = np.arange(len(elements), dtype="<u4").tobytes()
    return VaultRows(b"".join(elements), indices, np.array(months, "<u2").tobytes(), b"".join(accounts))


@pytest.fixture(params=[False, True], ids=["exposure", "accounts"])
def staged(request, session):
    """A load of 7 sorted files with rows of one partition; elements and accounts repeat within and between files."""
    load = StagedLoad(os.urandom(16).hex(), 7, accounts=request.param)
    register_keyring(session.home, session.keyring)
    session.vault.stage(load.folder(session.vault), load.sorted_folder(session.vault))
    rng = random.Random(1)
    pool = elements_of(1500, rng)
    for number in FILES:
        elements = rng.choices(pool, k=700)
        accounts = [rng.choice([bytes(16), b"a" * 16, b"b" * 16]) for _ in elements] if load.accounts else []
        write_sorted_file(
            session.vault, load, number, packed(elements, accounts, [rng.randrange(300) for _ in elements])
        )
    return load


@pytest.fixture
def counted(monkeypatch):
    """A list that collects the number of rows given to the core in each call."""
    given, merge = [], _core.merge_segments

    def merged(segments, accounts):
        given.append(sum(map(len, segments)) // (54 if accounts else 34))
        return merge(segments, accounts)

    monkeypatch.setattr(shard_task._core, "merge_segments", merged)
    return given


def made(session, load, monkeypatch, step_rows):
    """Make the shard in steps of `step_rows` rows, with fixed random bytes; return its bytes and the outcome."""
    numbered = count()
    monkeypatch.setattr(shard_task, "STEP_ROWS", step_rows)
    monkeypatch.setattr(shard.os, "urandom", lambda size: next(numbered).to_bytes(size, "big"))
    outcome = run_shard(ShardTask(session.home.real, PARTITION, ((load, FILES),), dry_run=False))
    monkeypatch.undo()
    [path] = load.folder(session.vault).iterdir()
    return path.read_bytes(), outcome


@pytest.mark.parametrize("frame_rows", [1 << 14, 100])
def test_a_shard_has_the_same_bytes_for_any_size_of_step(session, staged, frame_rows):
    results = []
    for step_rows in (1, 90, 400, 1 << 16):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(shard, "FRAME_ROWS", frame_rows)
            results.append(made(session, staged, patched, step_rows))
    assert len(set(results)) == 1
    assert results[0][1].distinct_in_all > 1000


def test_at_most_the_rows_of_a_step_are_merged_at_once(session, staged, monkeypatch, counted):
    rows = PartitionRows(session.vault, staged, FILES, PARTITION).counts
    most = 3 * int(rows.max())
    monkeypatch.setattr(shard_task, "STEP_ROWS", most)
    run_shard(ShardTask(session.home.real, PARTITION, ((staged, FILES),), dry_run=False))
    assert max(counted) <= most
    assert sum(counted) == rows.sum()
    assert len(counted) < COARSE_SPANS


def test_a_file_much_larger_than_a_step_is_merged_in_steps(session, tmp_path, monkeypatch, counted):
    """The largest step of a load is the same for a file of 10,000 rows and one of 80,000."""
    monkeypatch.setattr(shard_task, "STEP_ROWS", 100)
    largest = []
    for rows in (10_000, 80_000):
        counted.clear()
        path = write_csv(tmp_path / f"{rows}.csv", (f"138{i:08}" for i in range(rows)))
        assert run_load(session, [path], f"case-{rows}").total.distinct == rows
        largest.append(max(counted))
    assert largest[1] <= 100
    assert sum(counted) == 80_000


def test_rows_of_one_number_and_account_are_one_row_of_a_sorted_file(session, tmp_path, counted):
    """A number in every other row of a file must not fill a span."""
    rows = [f"138{i % 2 * i:08},{'same' * (i % 3)},2024-0{i % 9 + 1}-01" for i in range(6000)]
    outcome = run_load(session, [write_csv(tmp_path / "a.csv", rows, "phone,account,date")], kind=Kind.MALICIOUS)
    assert (outcome.total.accepted, outcome.total.distinct) == (6000, 3001)
    assert sum(counted) == 3000 + 3


def test_many_loads_are_counted_together_in_steps(session, staged, monkeypatch):
    """A number in two loads of a command is distinct once, for any size of step."""
    other = StagedLoad(os.urandom(16).hex(), 7, staged.accounts)
    session.vault.stage(other.folder(session.vault), other.sorted_folder(session.vault))
    elements = sorted(set(read(session, staged)["element"].to_pylist()))[:50] + elements_of(30, random.Random(2))
    accounts = [b"c" * 16] * len(elements) if staged.accounts else []
    write_sorted_file(session.vault, other, 0, packed(elements, accounts, [1] * len(elements)))
    counts, count_distinct = [], _core.count_distinct

    def counted(segments, accounts):
        counts.append(sum(map(len, segments)) // (54 if accounts else 34))
        return count_distinct(segments, accounts)

    monkeypatch.setattr(shard_task._core, "count_distinct", counted)
    together = set()
    for step_rows in (200, 1 << 16):
        monkeypatch.setattr(shard_task, "STEP_ROWS", step_rows)
        task = ShardTask(session.home.real, PARTITION, ((staged, FILES), (other, (0,))), dry_run=True)
        outcome = run_shard(task)
        assert outcome.distinct[1] == 80
        together.add(outcome.distinct_in_all - outcome.distinct[0])
        assert max(counts) <= max(step_rows, 200)
        counts.clear()
    assert together == {30}


def read(session, load):
    """Make the load's shard of the partition; return its rows."""
    run_shard(ShardTask(session.home.real, PARTITION, ((load, FILES),), dry_run=False))
    path = load.folder(session.vault) / f"{PARTITION:02}.shard"
    return session.vault.store.read_table(path, f"7/{load.id}/{PARTITION}")


@pytest.mark.parametrize("harm", ["flip", "swap", "cut", "gone"])
def test_an_altered_or_missing_sorted_file_is_refused(session, staged, harm):
    first, second = (staged.sorted_folder(session.vault) / f"{number:06}.sorted" for number in range(2))
    data = bytearray(first.read_bytes())
    data[_sorted_file(session.vault, staged, 0).index(PARTITION).start] ^= 1
    if harm == "gone":
        first.unlink()
    else:
        first.write_bytes({"flip": data, "swap": second.read_bytes(), "cut": data[:-20]}[harm])
    with pytest.raises(VaultError, match=r"000000\.sorted: (altered|missing)"):
        run_shard(ShardTask(session.home.real, PARTITION, ((staged, FILES),), dry_run=False))
    assert not list(staged.folder(session.vault).iterdir())


@given(st.lists(st.integers(0, 50), max_size=COARSE_SPANS), st.integers(1, 200))
def test_steps_take_every_row_once_and_as_many_spans_as_fit(rows, most):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shard_task, "STEP_ROWS", most)
        taken = list(steps(rows))
    sums = [sum(rows[first:stop]) for first, stop in taken]
    assert sum(sums) == sum(rows)
    assert all(stop <= first for (_, stop), (first, _) in pairwise(taken))
    for (first, stop), total in zip(taken, sums, strict=True):
        assert total <= most or sum(row > 0 for row in rows[first:stop]) == 1
    assert all(one + rows[stop] > most for (_, stop), one in zip(taken[:-1], sums, strict=False))


def test_sorted_files_contain_no_element_in_clear(session, staged):
    """Searches for each element without its first two bytes."""
    elements = read(session, staged)["element"].to_pylist()
    for path in staged.sorted_folder(session.vault).iterdir():
        data = path.read_bytes()
        assert len(data) > PARTITIONS * 292
        assert not [element for element in elements if element[2:] in data]
