"""Warnings of a load: `strict` stores nothing, and the status shows what was kept of them."""

import io
import pickle

import pytest

from pilookup.custody.intake.load_warning import WarningCode
from pilookup.custody.load.load import LoadJob
from pilookup.custody.load.schedule import LoadSchedule
from pilookup.errors import IntakeError, StrictLoadError
from pilookup.protocol.label import Kind
from tests.support.custody.home import files_under, numbers, write_csv

UNREAD, HIDDEN = WarningCode.UNREAD_NUMBERS, WarningCode.HIDDEN_SHEET


@pytest.fixture
def warned(monkeypatch):
    """Lets each file of a load have the warnings in this list, as (code, count)."""
    warnings = [(UNREAD, 7), (HIDDEN, 1), (UNREAD, 5)]
    read = LoadSchedule.read

    def read_and_warn(*given):
        files = read(*given)
        for file in files:
            for code, count in warnings:
                file.report.warn(code, file.path.name, count, "Look at it.")
        return files

    monkeypatch.setattr(LoadSchedule, "read", read_and_warn)
    return warnings


def load(custody, path, **given):
    return custody.load(path, dataset="case-1", kind=Kind.EXPOSURE, **given)


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_strict_load_with_warnings_stores_nothing_and_reports_all(custody, home, tmp_path, warned, dry_run):
    files = [write_csv(tmp_path / "a.csv", [*numbers(20), "none"]), write_csv(tmp_path / "b.csv", numbers(20, 10))]
    before, rejects = files_under(home.vault), io.StringIO()
    with pytest.raises(StrictLoadError, match=r"^6 warnings, so nothing was stored: ") as caught:
        load(custody, files, strict=True, dry_run=dry_run, rejects=rejects)
    outcome = caught.value.outcome
    assert (outcome.refused, outcome.dry_run, len(outcome.total.warnings)) == (True, dry_run, 6)
    assert (outcome.total.accepted, outcome.total.distinct, outcome.total.duplicates) == (40, 30, 10)
    assert "a.csv,22,phone,no_digits,none" in rejects.getvalue()
    assert custody.status().datasets == ()
    assert files_under(home.vault) == before
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    warned.clear()
    assert not load(custody, files, strict=True).refused
    assert custody.status().datasets[0].accepted == 40


def test_one_warning_is_told_as_one(custody, tmp_path, warned):
    del warned[1:]
    with pytest.raises(StrictLoadError, match=r"^1 warning, so nothing was stored: "):
        load(custody, write_csv(tmp_path / "a.csv", numbers(3)), strict=True)


def test_strict_and_skip_bad_together_are_a_value_error(custody, tmp_path):
    with pytest.raises(ValueError, match="a strict load cannot skip bad files"):
        load(custody, write_csv(tmp_path / "a.csv", numbers(3)), strict=True, skip_bad=True)
    assert LoadJob([], None, None, skip_bad=True).skip_bad


def test_the_status_sums_the_warnings_of_a_dataset_by_code(custody, tmp_path, warned):
    load(custody, write_csv(tmp_path / "a.csv", numbers(3)))
    [dataset] = custody.status().datasets
    assert dataset.warnings == {"hidden_sheet": 1, "unread_numbers": 12}
    load(custody, write_csv(tmp_path / "b.csv", numbers(4)))
    [dataset] = custody.status().datasets
    assert dataset.warnings == {"hidden_sheet": 2, "unread_numbers": 24}
    assert dataset.to_json()["warnings"] == dataset.warnings


def test_replacing_a_load_replaces_its_warnings(custody, tmp_path, warned):
    path = write_csv(tmp_path / "a.csv", numbers(3))
    load(custody, path)
    warned[:] = [(HIDDEN, 3)]
    load(custody, path, replace=True)
    assert custody.status().datasets[0].warnings == {"hidden_sheet": 3}
    warned.clear()
    load(custody, path, replace=True)
    assert custody.status().datasets[0].warnings == {}


@pytest.mark.usefixtures("warned")
def test_a_dry_run_keeps_no_warning(custody, tmp_path):
    assert len(load(custody, write_csv(tmp_path / "a.csv", numbers(3)), dry_run=True).total.warnings) == 3
    assert custody.status().datasets == ()


def test_several_columns_of_a_role_are_given_as_text_or_sequence(custody, tmp_path):
    rows = [f"{a},{b},{c}" for a, b, c in zip(numbers(4), numbers(4, 10), numbers(4, 20), strict=True)]
    path = write_csv(tmp_path / "a.csv", rows, "A,B,C")
    for given, accepted in ((["A", "C"], 8), ("A,C", 8), (("1", "B,C"), 12), ("B", 4)):
        assert load(custody, path, columns={"phone": given}, dry_run=True).total.accepted == accepted
    with pytest.raises(ValueError, match="a column is given and left out: B"):
        load(custody, path, columns={"phone": ["A", "B"]}, not_columns="B", dry_run=True)
    assert load(custody, path, not_columns=["A", "2"], dry_run=True).total.accepted == 4


def test_a_column_that_is_left_out_by_its_name_is_not_read(custody, tmp_path):
    rows = [f"{a},{b}" for a, b in zip(numbers(4), numbers(4, 10), strict=True)]
    path = write_csv(tmp_path / "a.csv", rows, "手机号,联系电话")
    assert load(custody, path, dry_run=True).total.accepted == 8
    assert load(custody, path, not_columns=["联系电话"], dry_run=True).total.accepted == 4


@pytest.mark.parametrize("region", ["hk", "", "China"])
def test_an_unknown_region_is_a_value_error(custody, tmp_path, region):
    with pytest.raises(ValueError, match="unknown region"):
        load(custody, write_csv(tmp_path / "a.csv", numbers(3)), region=region)


def test_a_phone_column_that_is_in_no_file_is_refused_with_the_columns_that_are_there(custody, home, tmp_path):
    first = write_csv(tmp_path / "a.csv", [f"x,{number}" for number in numbers(5)], "姓名,联系电话")
    second = write_csv(tmp_path / "b.csv", [f"{number},x" for number in numbers(5, 10)], "手机号,姓名")
    before = files_under(home.vault)
    for given in ("9", "号码", ["电话号码", "3"]):
        with pytest.raises(IntakeError, match=r"a\.csv: no table has numbers .* found are 2 \(联系电话\)$"):
            load(custody, first, columns={"phone": given})
        with pytest.raises(IntakeError, match=r"a\.csv and the other files: .* 2 \(联系电话\), 1 \(手机号\)$"):
            load(custody, [first, second], columns={"phone": given})
    assert files_under(home.vault) == before
    assert load(custody, [first, second], columns={"phone": "联系电话"}).total.accepted == 10


def test_rejects_are_written_where_the_column_given_holds_no_numbers(custody, tmp_path):
    path, rejects = write_csv(tmp_path / "a.csv", [f"P,{place}" for place in "xyz"], "姓名,住址"), io.StringIO()
    with pytest.raises(
        IntakeError, match=r"3 rows, rejected: no_digits 3; .*phone= \(住址\) holds .* are 姓名, 住址; "
    ):
        load(custody, path, columns={"phone": "住址"}, rejects=rejects)
    assert rejects.getvalue().count("no_digits") == 3


def test_a_column_without_numbers_in_one_file_is_not_the_column_of_the_others(custody, tmp_path):
    first = write_csv(tmp_path / "a.csv", [f"P,{number}" for number in numbers(5)], "姓名,联系电话")
    second = write_csv(tmp_path / "b.csv", ["P,x", "P,y"], "姓名,住址")
    with pytest.raises(IntakeError, match=r"a\.csv: no table has numbers in a column as given with --column phone="):
        load(custody, [first, second], columns={"phone": "姓名"}, skip_bad=True)


@pytest.mark.parametrize("given", ["联系电话,电话号码", ["联系电话", "电话号码"]])
def test_each_name_that_no_file_has_is_refused_with_the_headers_that_are_there(custody, home, tmp_path, given):
    path = write_csv(tmp_path / "a.csv", [f"x,{number}," for number in numbers(5)], "姓名,联系电话,备用电话")
    before = files_under(home.vault)
    wrong = r"a\.csv: no table has a column 电话号码 as given with --column phone=; the headers are 姓名, 联系电话, 备用电话$"
    with pytest.raises(IntakeError, match=wrong):
        load(custody, path, columns={"phone": given})
    with pytest.raises(
        IntakeError, match=r"a\.csv: no table has a column 座机 as given with --not-column; the headers are"
    ):
        load(custody, path, not_columns=["座机"])
    assert files_under(home.vault) == before
    assert load(custody, path, columns={"phone": ["联系电话", "备用电话"]}).total.accepted == 5


def test_names_may_be_in_different_files(custody, tmp_path):
    first = write_csv(tmp_path / "a.csv", [f"x,{number}" for number in numbers(5)], "姓名,联系电话")
    second = write_csv(tmp_path / "b.csv", [f"{number},x" for number in numbers(5, 10)], "手机号,备注")
    report = load(custody, [first, second], columns={"phone": "手机号,联系电话"}, not_columns=["备注"])
    assert report.total.accepted == 10
