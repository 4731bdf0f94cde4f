"""`pilookup load`: what it passes on, in which order it prints, and when it exits with which status."""

import io
import json
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from pilookup.cli import opening, passwords
from pilookup.cli.app import build
from pilookup.cli.load_text import outcome_lines
from pilookup.custody.intake import Report
from pilookup.custody.intake.load_warning import WarningCode
from pilookup.custody.load.outcome import LoadOutcome
from pilookup.errors import PasswordRequiredError, StrictLoadError
from tests.support.custody.outcomes import rich_outcome


def warned():
    """A report with two warnings."""
    report = Report(5, 3, 2, 1)
    report.rejected.update(letters=1, empty=1)
    report.notes += ["a.csv: phone column 1 by name"]
    report.warn(
        WarningCode.UNREAD_NUMBERS, "a.csv", 1234, "Read them with --column phone=NAME.", column=3, header="备用号码"
    )
    report.warn(WarningCode.HIDDEN_SHEET, "b.xlsx sheet two", 1, "Read it with --hidden-sheets.")
    return report


def plain():
    return Report(2, 2, 2, 0, notes=["a.csv: phone column 1 by name"])


@pytest.fixture
def loading(monkeypatch):
    """Replaces the HOME by one whose load calls `answer`; the keyword arguments of its calls."""
    calls = SimpleNamespace(given=[], answer=lambda _: LoadOutcome("case", dry_run=False, total=plain()))

    def load(files, **given):
        calls.given.append(given | {"files": files})
        return calls.answer(given)

    monkeypatch.setattr(opening, "opened", lambda *_, **__: nullcontext(SimpleNamespace(load=load)))
    return calls


def run(*words, kind="exposure"):
    command = ["load", "a.csv", "--dataset", "case", "--kind", kind, "--home", "home", *words]
    return CliRunner().invoke(build(), command, env={"COLUMNS": "200", "TERMINAL_WIDTH": "200"})


def test_options_are_passed_on(loading, tmp_path):
    secrets = tmp_path / "passwords"
    secrets.write_text("one\ntwo\n")
    secrets.chmod(0o600)
    words = [
        "--column",
        "phone=A",
        "--column",
        "phone=B,C",
        "--column",
        "date=D",
        "--not-column",
        "E",
        "--not-column",
        "6",
    ]
    done = run(
        *words, "--scan-text", "--hidden-sheets", "--skip-bad", "--region", "HK", "--password-file", str(secrets)
    )
    assert done.exit_code == 0, done.output
    [given] = loading.given
    assert given["columns"] == {"phone": ["A", "B,C"], "date": ["D"]}
    assert given["not_columns"] == ["E", "6"]
    assert (given["scan_text"], given["hidden_sheets"], given["skip_bad"], given["strict"]) == (True, True, True, False)
    assert (given["region"], given["passwords"]) == ("HK", ("one", "two"))


def test_without_options_nothing_is_left_out_or_added(loading):
    assert run().exit_code == 0
    [given] = loading.given
    assert (given["columns"], list(given["not_columns"]), given["passwords"], given["region"]) == ({}, [], (), "CN")
    assert not any(given[name] for name in ("scan_text", "hidden_sheets", "strict", "skip_bad", "replace", "dry_run"))


@pytest.mark.parametrize("region", ["hk", "XX", "", "China", "001"])
def test_an_unknown_region_is_a_usage_error(loading, region):
    done = run("--region", region)
    assert (done.exit_code, loading.given) == (2, [])
    assert "not the code of a country or region in two capital letters, such as HK" in done.output


def test_an_unknown_encoding_is_a_usage_error_that_lists_the_known_ones(loading):
    done = run("--encoding", "rot13")
    assert (done.exit_code, loading.given) == (2, [])
    assert "rot13: not one of " in done.output
    assert "big5" in done.output
    assert run("--encoding", "big5").exit_code == 0
    assert loading.given[0]["encoding"] == "big5"


def test_strict_and_skip_bad_together_are_a_usage_error(loading):
    done = run("--strict", "--skip-bad")
    assert (done.exit_code, loading.given) == (2, [])
    assert "cannot be given with --strict" in done.output


def test_the_counts_stand_after_the_notes_and_the_warnings_last():
    assert list(outcome_lines(LoadOutcome("case", dry_run=True, total=warned()))) == [
        "a.csv: phone column 1 by name",
        "case: 5 rows, 3 numbers accepted",
        "  2 distinct, 1 duplicate, 2 rejected",
        "    empty: 1",
        "    letters: 1",
        "  dry run: nothing was stored",
        "",
        "warnings: 2",
        "",
        "  a.csv, column 3 (备用号码)",
        "  unread_numbers: 1,234",
        "  Read them with --column phone=NAME.",
        "",
        "  b.xlsx sheet two",
        "  hidden_sheet: 1",
        "  Read it with --hidden-sheets.",
    ]


def test_a_load_of_many_files_prints_few_lines():
    total = Report()
    for i in range(201):
        total.notes += [f"{i}.csv: phone column 1 by name", f"{i}.csv: read as UTF-8, one cell a line"]
    lines = list(outcome_lines(LoadOutcome("case", dry_run=False, total=total)))
    assert lines[:2] == [
        "0.csv, 1.csv, 2.csv and 198 more: phone column 1 by name",
        "0.csv, 1.csv, 2.csv and 198 more: read as UTF-8, one cell a line",
    ]
    assert len(lines) == 4


def test_warnings_alone_do_not_fail_a_load(loading):
    loading.answer = lambda _: LoadOutcome("case", dry_run=False, total=warned())
    done = run()
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.endswith("--hidden-sheets.\n")


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_a_strict_load_with_warnings_prints_all_of_it_and_exits_with_1(loading, as_json, tmp_path):
    outcome = LoadOutcome("case", dry_run=False, total=warned(), files=[warned()], refused=True)

    def refuse(given):
        given["rejects"].write("a row\n")
        raise StrictLoadError(outcome)

    loading.answer = refuse
    rejects = tmp_path / "rejects.csv"
    done = run("--strict", "--rejects", str(rejects), *["--json"] * as_json)
    assert done.exit_code == 1
    expected = outcome.to_json() if as_json else "\n".join(outcome_lines(outcome)) + "\n"
    assert (json.loads(done.stdout) if as_json else done.stdout) == expected
    assert done.stderr == (
        "pilookup: 2 warnings, so nothing was stored: settle each one as it says, or load without --strict\n"
    )
    assert rejects.read_text() == "a row\n"
    assert loading.given[0]["strict"]


def test_files_that_were_left_out_are_told_and_the_status_is_1(loading):
    reasons = ["bad.csv: the file is empty", "worse.zip: is truncated or damaged"]
    loading.answer = lambda _: LoadOutcome("case", dry_run=False, total=plain(), skipped=reasons)
    done = run("--skip-bad")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-4:] == ["", "files left out: 2", *(f"  {reason}" for reason in reasons)]
    assert done.stderr == "pilookup: 2 files could not be read; the others were loaded\n"
    done = run("--skip-bad", "--json")
    assert (done.exit_code, json.loads(done.stdout)["skipped"]) == (1, reasons)


def test_a_password_is_asked_for_and_the_load_repeated(loading, monkeypatch, tmp_path):
    def locked(given):
        given["rejects"].write("header\n")
        if given["passwords"] != ("sesame",):
            raise PasswordRequiredError("a.zip", "is encrypted")
        return LoadOutcome("case", dry_run=False, total=plain())

    loading.answer = locked
    monkeypatch.setattr(passwords, "getpass", lambda _: "sesame")
    monkeypatch.setattr(passwords, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    done = run("--rejects", str(tmp_path / "rejects.csv"))
    assert done.exit_code == 0, done.output
    assert len(loading.given) == 2
    assert (tmp_path / "rejects.csv").read_text() == "header\n"
    assert "sesame" not in done.output


def test_a_missing_password_without_a_terminal_is_an_error(loading, monkeypatch):
    def locked(_):
        raise PasswordRequiredError("a.zip", "is encrypted")

    loading.answer = locked
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    done = run()
    assert (done.exit_code, done.stderr) == (1, "pilookup: a.zip: is encrypted\n")


@pytest.mark.parametrize("refused", [False, True], ids=["stored", "strict"])
def test_a_report_is_a_new_file_that_only_its_owner_can_read(loading, tmp_path, refused):
    def answer(_):
        if refused:
            raise StrictLoadError(rich_outcome(refused=True))
        return rich_outcome()

    loading.answer = answer
    report = tmp_path / "report.html"
    done = run("--report", str(report))
    assert done.exit_code == refused
    assert report.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    page = report.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert ("nothing was stored" in page) == refused


@pytest.mark.parametrize(
    ("name", "text"), [("taken", "already exists"), ("link", "already exists"), ("nowhere/report", "no such directory")]
)
def test_a_report_that_cannot_be_a_new_file_is_a_usage_error(loading, tmp_path, name, text):
    (tmp_path / "taken").write_text("kept")
    (tmp_path / "link").symlink_to("nothing")
    done = run("--report", str(tmp_path / name))
    assert (done.exit_code, loading.given) == (2, [])
    assert text in done.output
    assert (tmp_path / "taken").read_text() == "kept"


@pytest.mark.parametrize(("dry_run", "stored"), [(False, "; the load is complete"), (True, "")])
def test_a_report_whose_name_is_taken_meanwhile_says_what_became_of_the_load(loading, tmp_path, dry_run, stored):
    report = tmp_path / "report.html"

    def answer(_):
        report.write_text("another's")
        return rich_outcome(dry_run=dry_run)

    loading.answer = answer
    done = run("--report", str(report))
    assert done.exit_code == 1
    assert done.stderr == (f"pilookup: {report}: was created by another program, so no report was written{stored}\n")
    assert report.read_text() == "another's"
