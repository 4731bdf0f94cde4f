"""Loads of many sorted files, and the sums of the figures in a report."""

import os
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup import _core
from pilookup.custody.control import Counts, Load
from pilookup.custody.load import load as loading
from pilookup.custody.load import schedule, split_task
from pilookup.custody.load.shard_task import ShardTask, run_shard
from pilookup.custody.load.sorted_file import VaultRows, write_sorted_file
from pilookup.custody.load.staging import StagedLoad
from pilookup.custody.removal import erase
from pilookup.custody.task_keyring import register_keyring
from pilookup.custody.vault import PARTITIONS
from pilookup.errors import VaultError
from pilookup.protocol.label import Kind
from tests.support.custody.home import content, numbers, run_load, write_csv

HEADER = "phone,account,date"
FEW = settings(max_examples=15, deadline=None)


def rows_of(count, seed):
    """Registrations with repeated numbers, with and without an account, in different months."""
    rng = random.Random(seed)
    several = numbers(count // 3)
    accounts = ["", "", "alpha", "beta"]
    return [f"{rng.choice(several)},{rng.choice(accounts)},2024-{rng.randint(1, 12):02}-01" for _ in range(count)]


def limited(monkeypatch, size):
    """Set the size of splits in bytes; return a list that collects the number of each sorted file written."""
    monkeypatch.setattr(schedule, "SPLIT_BYTES", size)
    written, write = [], split_task.write_sorted_file
    monkeypatch.setattr(split_task, "write_sorted_file", lambda *given: written.append(given[2]) or write(*given))
    return written


def test_a_load_in_many_splits_stores_the_same_rows_as_in_one(session, tmp_path, monkeypatch):
    rows = rows_of(100_000, seed=1)
    path = write_csv(tmp_path / "a.csv", rows, HEADER)
    plenty = run_load(session, [path], "plenty", Kind.MALICIOUS)
    sorted_files = limited(monkeypatch, 200_000)
    little = run_load(session, [path], "little", Kind.MALICIOUS)
    assert len(sorted_files) >= 10, "there were too few splits"
    stored = [[row[1:] for row in content(session, session.control.loads(slug))] for slug in ("plenty", "little")]
    assert stored[0] == stored[1]
    assert plenty.total == little.total
    assert sorted(sorted_files) == list(range(len(sorted_files)))
    nameless = sum(",," in row for row in rows)
    assert sum(row[2] for row in stored[0]) == nameless
    assert not list(session.home.vault.rglob("*.sorted"))


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3), st.integers(0, 400)), max_size=60), max_size=6),
    st.booleans(),
)
@FEW
def test_sorted_files_become_one_row_for_each_number_and_account(session, files, accounts):
    staged = StagedLoad(os.urandom(16).hex(), 7, accounts)
    vault = session.vault
    register_keyring(session.home, session.keyring)
    vault.stage(staged.folder(vault), staged.sorted_folder(vault))
    wanted = {}
    for number, rows in enumerate(files):
        elements = [bytes([who, who]) + bytes(30) for who, _, _ in rows]
        tags = [bytes([account]) * 16 if accounts else bytes(16) for _, account, _ in rows]
        for element, tag, (_, account, month) in zip(elements, tags, rows, strict=True):
            count, latest = wanted.get((element, tag), (0, 0))
            wanted[element, tag] = (count + (accounts and not account), max(latest, month))
        indices = np.arange(len(rows), dtype="<u4").tobytes()
        months = np.array([month for _, _, month in rows], "<u2").tobytes()
        write_sorted_file(
            vault, staged, number, VaultRows(b"".join(elements), indices, months, b"".join(tags) * accounts)
        )
    tasks = [
        ShardTask(session.home.real, p, ((staged, tuple(range(len(files)))),), dry_run=False) for p in range(PARTITIONS)
    ]
    outcomes = [run_shard(task) for task in [*tasks, *tasks[:3]]][: len(tasks)]
    vault.write_index(staged.folder(vault), 7, [outcome.partition for outcome in outcomes if outcome.distinct_in_all])
    vault.adopt(staged.folder(vault), "made")
    load = Load(staged.id, "made", 7, staged.id, Counts(0, 0, 0, 0, {}))
    kept = [((element, account), (count, month)) for _, element, account, count, month in content(session, [load])]
    assert kept == sorted(wanted.items())
    assert sum(outcome.distinct_in_all for outcome in outcomes) == len({element for element, _ in wanted})
    session.recover()


@pytest.mark.parametrize("harm", ["flip", "swap", "cut"])
def test_a_sorted_file_that_is_altered_during_the_load_ends_it(session, tmp_path, monkeypatch, harm):
    limited(monkeypatch, 10_000)
    make = loading._write_shards

    def altered(*given, **options):
        first, second = sorted((session.home.vault / ".staging").rglob("*.sorted"))[:2]
        data = first.read_bytes()
        if harm == "swap":
            data = second.read_bytes()
        else:
            data = data[:-1] + bytes([data[-1] ^ 1]) if harm == "flip" else data[:-1]
        first.write_bytes(data)
        return make(*given, **options)

    monkeypatch.setattr(loading, "_write_shards", altered)
    with pytest.raises(VaultError, match=r"\.sorted: altered"):
        run_load(session, [write_csv(tmp_path / "a.csv", numbers(3000))])
    assert session.loads() == []
    assert not (session.home.vault / ".staging").exists()
    assert not (session.home.vault / "case-1").exists()


def test_erased_numbers_stay_out_of_a_load_in_many_splits(session, tmp_path, monkeypatch):
    gone = [b"tel:+86" + number.encode() for number in numbers(3)]
    for identifier in gone:
        erase(session, identifier)
    limited(monkeypatch, 500)
    outcome = run_load(session, [write_csv(tmp_path / "a.csv", [*numbers(500), *numbers(2)])])
    assert outcome.total.rejected == {"erased": 5}
    assert (outcome.total.accepted, outcome.total.distinct, outcome.total.duplicates) == (497, 497, 0)
    elements = _core.tokenise(gone, session.keyring.scalar("vault"))
    kept = {row[1] for row in content(session)}
    assert not kept & {elements[at : at + 32] for at in range(0, len(elements), 32)}


ROWS = st.lists(
    st.one_of(st.sampled_from(numbers(12)), st.sampled_from(["", "abc", "12345", "110101199003078515"])), max_size=25
)


@given(st.lists(ROWS, min_size=1, max_size=3))
@FEW
def test_every_row_of_a_report_is_accounted_for(session, tmp_path, files):
    paths = [write_csv(tmp_path / f"{i}.csv", [numbers(1, 90 + i)[0], *rows]) for i, rows in enumerate(files)]
    outcome = run_load(session, paths, dry_run=True)
    for report in [outcome.total, *outcome.files]:
        assert report.accepted == report.distinct + report.duplicates
        assert report.rows == report.accepted + report.rejected.total()
    phones = [[row for row in rows if row in numbers(12)] for rows in files]
    assert [report.accepted for report in outcome.files] == [len(found) + 1 for found in phones]
    assert [report.distinct for report in outcome.files] == [len(set(found)) + 1 for found in phones]
    assert outcome.total.distinct == len(set().union(*phones)) + len(files)
    assert outcome.total.accepted == sum(report.accepted for report in outcome.files)


def test_partitions_cover_the_vault(session, tmp_path):
    run_load(session, [write_csv(tmp_path / "a.csv", numbers(2000))])
    [load] = session.loads()
    assert session.vault.partitions(load) == list(range(PARTITIONS))
