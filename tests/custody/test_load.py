import csv as python_csv
import errno
import gzip
import io
import os
import pickle
import resource
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date

import pytest

from pilookup import durable
from pilookup.custody.load import schedule
from pilookup.custody.load.split_task import SplitTask
from pilookup.errors import CustodyError, IntakeError, SeveralFilesError, VaultError
from pilookup.protocol.label import Kind
from tests.support.custody.home import content, files_under, numbers, run_load, write_csv


def accounts_csv(path, rows):
    return write_csv(path, [",".join(row) for row in rows], "手机号,账号,注册时间")


@pytest.fixture
def csv(tmp_path):
    def make(name, rows, header="phone"):
        return write_csv(tmp_path / name, rows, header)

    return make


def test_the_report_counts_accepted_repeated_and_rejected_rows(session, csv):
    rows = [*numbers(10), *numbers(3), "", "abc", "12345"]
    outcome = run_load(session, [csv("a.csv", rows)])
    total = outcome.total
    assert (total.accepted, total.distinct, total.duplicates) == (13, 10, 3)
    assert sum(total.rejected.values()) == total.rows - 13
    assert len(content(session)) == 10
    [load] = session.loads()
    assert (load.counts.accepted, load.counts.distinct) == (13, 10)


def test_files_are_loaded_together_and_a_number_in_two_of_them_is_distinct_once(session, csv):
    outcome = run_load(session, [csv("a.csv", numbers(10)), csv("b.csv", numbers(10, 5))])
    assert (outcome.total.accepted, outcome.total.distinct, outcome.total.duplicates) == (20, 15, 5)
    assert [report.distinct for report in outcome.files] == [10, 10]
    assert len(session.loads()) == 2
    assert len({row[1] for row in content(session)}) == 15


def test_exposure_keeps_one_row_per_number_and_no_account(session, csv):
    run_load(session, [csv("a.csv", [*numbers(5), *numbers(5)])])
    assert [row[2:4] for row in content(session)] == [(bytes(16), 0)] * 5


def test_an_account_counts_once_and_a_row_without_one_counts_each_time(session, tmp_path):
    [number, other] = numbers(2)
    rows = [
        (number, "alpha", "2024-03-01"),
        (number, "alpha", "2024-05-01"),
        (number, "beta", "2023-01-01"),
        (number, "", "2022-01-01"),
        (number, "", "2022-02-01"),
        (other, "alpha", ""),
    ]
    run_load(session, [accounts_csv(tmp_path / "a.csv", rows)], kind=Kind.MALICIOUS)
    stored = content(session)
    by_count = Counter((count, month) for _, _, _, count, month in stored)
    assert by_count == {(0, 24 * 12 + 5): 1, (0, 23 * 12 + 1): 1, (2, 22 * 12 + 2): 1, (0, 0): 1}
    assert len({row[1] for row in stored}) == 2
    tags = [row[2] for row in stored if row[2] != bytes(16)]
    assert len(set(tags)) == 3, "one account name on two numbers is two accounts"


def test_a_file_is_recognised_by_content_and_replaced_only_on_request(session, csv):
    first, second = csv("a.csv", numbers(5)), csv("b.csv", numbers(5, 100))
    run_load(session, [first, second])
    before, ids = content(session), {load.id for load in session.loads()}
    copy = csv("renamed.csv", numbers(5))
    with pytest.raises(CustodyError, match=r"renamed\.csv: already loaded into case-1; use --replace"):
        run_load(session, [csv("c.csv", numbers(5, 200)), copy])
    assert content(session) == before
    run_load(session, [copy], replace=True)
    assert content(session) == before
    kept = ids & {load.id for load in session.loads()}
    assert len(kept) == 1, "only that file's load is replaced"
    assert session.control.removals() == 1
    assert len(list((session.home.vault / "case-1").iterdir())) == 2


def test_the_same_file_twice_in_one_command_is_loaded_once_with_a_note(session, csv):
    outcome = run_load(session, [csv("a.csv", numbers(5)), csv("c.csv", numbers(3, 50)), csv("b.csv", numbers(5))])
    assert "b.csv: the same content as a.csv, loaded once" in outcome.total.notes
    assert outcome.names == ["a.csv", "c.csv"]
    assert [report.rows for report in outcome.files] == [5, 3]
    assert (outcome.total.rows, outcome.total.distinct, outcome.total.duplicates) == (8, 8, 0)
    assert len(session.loads()) == 2
    assert len(content(session)) == 8


def test_a_file_may_go_into_two_datasets(session, csv):
    path = csv("a.csv", numbers(5))
    run_load(session, [path], "case-1")
    run_load(session, [path], "case-2")
    assert [row[0] for row in content(session)] == [1] * 5 + [2] * 5


def test_a_dry_run_counts_and_stores_nothing(session, csv):
    before = files_under(session.home.path)
    outcome = run_load(session, [csv("a.csv", [*numbers(10), *numbers(3)])], dry_run=True)
    assert (outcome.total.accepted, outcome.total.distinct, outcome.total.duplicates) == (13, 10, 3)
    assert files_under(session.home.path) == before
    assert session.control.datasets(active_only=False) == []


def test_a_dry_run_of_a_replacement_leaves_what_was_loaded(session, csv):
    path = csv("a.csv", numbers(10))
    run_load(session, [path])
    before, files = content(session), files_under(session.home.path)
    outcome = run_load(session, [path], replace=True, dry_run=True)
    assert (outcome.dry_run, outcome.total.distinct) == (True, 10)
    assert content(session) == before
    assert files_under(session.home.path) == files
    assert session.control.removals() == 0


@pytest.mark.parametrize(
    ("name", "data"),
    [("empty.csv", b""), ("none.csv", b"phone\nabc\n"), ("bad.xlsx", b"no"), ("bad.gz", b"\x1f\x8b\x08")],
)
def test_one_bad_file_prevents_the_load_of_all(session, csv, tmp_path, name, data):
    bad = tmp_path / name
    bad.write_bytes(data)
    before = files_under(session.home.path)
    with pytest.raises(IntakeError, match=name):
        run_load(session, [csv("a.csv", numbers(5)), bad])
    assert files_under(session.home.path) == before
    assert session.control.datasets(active_only=False) == []


def test_a_missing_file_is_named(session, tmp_path):
    with pytest.raises(IntakeError, match=r"none\.csv"):
        run_load(session, [tmp_path / "none.csv"])


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ({"kind": Kind.MALICIOUS}, "does not change --kind, which is exposure; .* another id"),
        (
            {"title_zh": "二号"},
            "does not change --title-zh, which is 一号; .* pilookup dataset set case-1 --title-zh TEXT",
        ),
        (
            {"title_en": "Two"},
            "does not change --title-en, which is One; .* pilookup dataset set case-1 --title-en TEXT",
        ),
        ({"seized_on": date(2020, 1, 1)}, "does not change --seized-on, .* set case-1 --seized-on 2020-01-01"),
        ({"sensitive": True}, "does not change --sensitive, which is not sensitive; .* another id"),
    ],
)
def test_the_properties_of_a_dataset_cannot_change(session, csv, said, match):
    run_load(session, [csv("a.csv", numbers(5))], title_zh="一号", title_en="One", seized_on=date(2024, 1, 1))
    with pytest.raises(CustodyError, match=match):
        run_load(session, [csv("b.csv", numbers(5, 50))], **said)
    assert len(session.loads()) == 1
    run_load(session, [csv("b.csv", numbers(5, 50))], title_zh="一号", seized_on=date(2024, 1, 1))
    assert len(session.loads()) == 2


@pytest.mark.parametrize("slug", ["", "-a", "A", "a/b", "..", ".staging", "a" * 65, "a\n"])
def test_an_invalid_dataset_id_is_refused(session, csv, slug):
    with pytest.raises(CustodyError, match="not 1 to 64"):
        run_load(session, [csv("a.csv", numbers(5))], slug)


def test_small_splits_give_the_same_content(session, csv, monkeypatch):
    rows = [*numbers(3000), *numbers(2000, 500)]
    path = csv("a.csv", rows)
    whole = run_load(session, [path], "whole")
    monkeypatch.setattr(schedule, "SPLIT_BYTES", 700)
    splits = []
    monkeypatch.setattr(schedule, "SplitTask", lambda *given: splits.append(given) or SplitTask(*given))
    cut = run_load(session, [path], "cut")
    assert len(splits) > 50
    assert cut.total.to_json() == whole.total.to_json()
    assert [row[1:] for row in content(session) if row[0] == 1] == [row[1:] for row in content(session) if row[0] == 2]
    assert not list(session.home.vault.rglob("*.sorted"))


@contextmanager
def largest_file(size):
    """Writing beyond `size` fails as on a full disk: with an OSError, here EFBIG."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_write_that_the_system_refuses_leaves_nothing(session, csv):
    before = files_under(session.home.path)
    path = csv("a.csv", numbers(2000))
    with (
        largest_file(1000),
        pytest.raises(VaultError, match=rf"{session.home.vault}/\.staging/.*: cannot be read or written"),
    ):
        run_load(session, [path])
    assert files_under(session.home.path) == before
    run_load(session, [path])
    assert len(content(session)) == 2000


@pytest.mark.parametrize("writes", [0, 1, 17, 63])
def test_a_full_disk_is_reported_and_leaves_nothing(session, csv, monkeypatch, writes):
    put, done = durable.write_and_rename, []

    def full(path, chunks, *, flushed):
        if len(done) == writes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        done.append(path)
        put(path, chunks, flushed=flushed)

    before = files_under(session.home.path)
    monkeypatch.setattr(durable, "write_and_rename", full)
    with pytest.raises(VaultError, match="No space left on device"):
        run_load(session, [csv("a.csv", numbers(1000))])
    assert files_under(session.home.path) == before
    assert session.loads() == []


def test_progress_reaches_the_end_of_all_files(session, csv):
    seen = []
    paths = [csv("a.csv", numbers(2000)), csv("b.csv", numbers(10, 5000))]
    run_load(session, paths, on_progress=lambda *step: seen.append(step))
    size = sum(path.stat().st_size for path in paths)
    assert seen[-1] == (size, size, 2010)
    assert seen == sorted(seen)


def test_rejected_rows_are_written_only_to_the_rejects_file(session, csv):
    stream = io.StringIO()
    run_load(session, [csv("a.csv", [*numbers(5), "nobody-here"])], rejects=stream)
    assert "nobody-here" in stream.getvalue()
    assert b"nobody-here" not in b"".join(files_under(session.home.path).values())


def test_the_rejects_of_many_files_and_splits_are_in_order(session, csv, monkeypatch):
    monkeypatch.setattr(schedule, "SPLIT_BYTES", 200)
    files = [
        csv(f"{i}.csv", [*numbers(60, 100 * i), f"bad-{i}", *numbers(60, 100 * i), "12"], "号码") for i in range(3)
    ]
    with gzip.open(files[1].with_name("1.csv.gz"), "wt") as packed:
        packed.write(files[1].read_text(encoding="utf-8"))
    stream = io.StringIO()
    run_load(session, [files[0], files[1].with_name("1.csv.gz"), files[2]], rejects=stream)
    lines = list(python_csv.reader(io.StringIO(stream.getvalue())))
    assert [row[0] for row in lines] == ["place", *["0.csv"] * 2, *["1.csv.gz"] * 2, *["2.csv"] * 2]
    assert [(row[1], row[2], row[4]) for row in lines[1:3]] == [("62", "号码", "bad-0"), ("123", "号码", "12")]


def test_the_first_error_in_the_order_of_the_files_is_raised(session, csv, monkeypatch):
    monkeypatch.setattr(schedule, "SPLIT_BYTES", 1000)
    rows = [f"{number},x" for number in [*numbers(200), "y" * 140_000, *numbers(200, 300)]]
    long = csv("long.csv", rows, "phone,name")
    broken = csv("broken.csv", [f"{number},x" for number in numbers(200, 900)] + [rows[200]], "phone,name")
    before = files_under(session.home.path)
    with pytest.raises(IntakeError, match=r"long\.csv line 202: has a cell longer"):
        run_load(session, [long, broken])
    assert files_under(session.home.path) == before


@pytest.fixture
def some_bad(csv, monkeypatch):
    """Good files, one that is empty, and one that fails in a later split, after numbers and rejected cells."""
    monkeypatch.setattr(schedule, "SPLIT_BYTES", 500)
    late = ["bad-1,x", *(f"{number},x" for number in numbers(200, 1000)), f"{'y' * 140_000},x"]
    empty = csv("empty.csv", [])
    empty.write_bytes(b"")
    return [
        csv("a.csv", [*numbers(50), "bad-0"]),
        csv("late.csv", late, "phone,name"),
        empty,
        csv("b.csv", [*numbers(30, 500), "bad-2"]),
    ]


def test_a_bad_file_is_left_out_with_its_numbers_and_counts_and_told(session, some_bad):
    stream = io.StringIO()
    outcome = run_load(session, some_bad, skip_bad=True, rejects=stream)
    assert outcome.names == ["a.csv", "b.csv"]
    assert (outcome.total.rows, outcome.total.accepted, outcome.total.rejected.total()) == (82, 80, 2)
    empty, late = sorted(outcome.skipped)
    assert empty.startswith("empty.csv: ")
    assert late.startswith("late.csv line 203: has a cell longer")
    assert outcome.to_json()["skipped"] == outcome.skipped
    assert len(session.loads()) == 2
    assert len(content(session)) == 80
    lines = [line for line in stream.getvalue().splitlines()[1:] if "bad-" in line]
    assert [line.split(",")[0] for line in lines] == ["a.csv", "late.csv", "b.csv"]
    assert not (session.home.vault / ".staging").exists()


def test_files_that_are_all_bad_are_an_error_also_if_bad_files_are_skipped(session, some_bad):
    before = files_under(session.home.path)
    with pytest.raises(SeveralFilesError) as raised:
        run_load(session, some_bad[1:3], skip_bad=True)
    assert {error.location.split()[0] for error in raised.value.errors} == {"late.csv", "empty.csv"}
    assert files_under(session.home.path) == before


def test_a_load_that_fails_writes_what_was_rejected_before_in_the_order_of_the_files(session, some_bad):
    stream = io.StringIO()
    with pytest.raises(IntakeError, match=r"late\.csv line 203: has a cell longer"):
        run_load(session, some_bad[:2], rejects=stream)
    lines = [line.split(",") for line in stream.getvalue().splitlines()]
    assert [(line[0], line[1], line[-1]) for line in lines[1:]] == [
        ("a.csv", "52", "bad-0"),
        ("late.csv", "2", "bad-1"),
    ]
    assert session.loads() == []


def test_a_file_that_changes_between_splitting_and_reading_is_refused(session, csv, monkeypatch):
    path = csv("a.csv", numbers(100))
    run = schedule.run_split

    def changed(task):
        path.write_text("phone\n13800138000\n", encoding="utf-8")
        return run(task)

    monkeypatch.setattr(schedule, "run_split", changed)
    with pytest.raises(IntakeError, match=r"a\.csv: changed while it was read"):
        run_load(session, [path])
    assert session.loads() == []


def test_the_given_executor_writes_the_sorted_files_and_the_shards(session, csv):
    with ThreadPoolExecutor(2, thread_name_prefix="given") as executor:
        submitted = []
        submit = executor.submit
        executor.submit = lambda work, task: submitted.append(work.__name__) or submit(work, task)
        run_load(session, [csv("a.csv", numbers(100))], executor=executor)
    assert submitted == ["run_split", *["run_shard"] * 64]
    assert len(content(session)) == 100


def test_tasks_can_be_pickled_and_contain_no_cell(session, csv, monkeypatch):
    tasks = []
    monkeypatch.setattr(schedule, "SplitTask", lambda *given: tasks.append(SplitTask(*given)) or tasks[-1])
    run_load(session, [csv("a.csv", [f"secret-{n},{n}" for n in numbers(100)], "秘密列,手机")])
    [task] = tasks
    data = pickle.dumps(task)
    assert pickle.loads(data) == task
    assert not any(word in data for word in (b"secret", "秘密".encode(), numbers(1)[0].encode()))
