"""Arguments that cannot be understood end a command with status 2 and a text that says what is expected."""

import io
import sys
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from pilookup.cli import options
from pilookup.cli.app import build
from pilookup.cli.commands import load, status
from pilookup.errors import KeyringError


def run(*words):
    # Wide, so that no line of an error is broken.
    return CliRunner().invoke(build(), words, env={"COLUMNS": "200", "TERMINAL_WIDTH": "200"})


@pytest.mark.parametrize("size", ["", "lots", "-1", "1.5GiB", "2GB", "1  GiB", "1e9", "9" * 16])
def test_a_size_that_is_none_is_refused(size):
    with pytest.raises(typer.BadParameter, match="not a size such as 512MiB"):
        options._size(size)
    done = run("publish", "--memory", size)
    assert done.exit_code == 2
    assert "not a size such as 512MiB" in done.output


@pytest.mark.parametrize(
    ("text", "size"), [("512", 512), ("3KiB", 3 << 10), ("512 MiB", 1 << 29), ("2GiB", 1 << 31), ("1TiB", 1 << 40)]
)
def test_sizes_have_binary_units(text, size):
    assert options._size(text) == size


@pytest.mark.parametrize(("text", "size"), [("100MB", 10**8), ("4GiB", 1 << 32), ("700 kB", 700_000), ("8192", 8192)])
def test_sizes_of_files_also_have_decimal_units(text, size):
    assert options._file_size(text) == size
    with pytest.raises(typer.BadParameter, match="not a size such as 100MB"):
        options._file_size(f"{text}s")


@pytest.mark.parametrize("column", ["", "phone", "phone=", "=A", "name=A", "PHONE=A"])
def test_a_column_without_a_known_role_or_a_name_is_refused(column):
    with pytest.raises(typer.BadParameter, match="not phone=NAME"):
        load._columns([column], [])


def test_a_column_that_is_given_and_left_out_is_refused():
    with pytest.raises(typer.BadParameter, match="B: is also given with --column"):
        load._columns(["phone=A", "date=B"], ["B"])


def test_columns_are_named_by_their_roles():
    assert load._columns(["phone=A=B", "date= d ", "phone=C,D"], ["E"]) == {"phone": ["A=B", "C,D"], "date": [" d "]}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (KeyringError("the passphrase does not open it"), "pilookup: the passphrase does not open it\n"),
        (FileNotFoundError(2, "No such file", "/a"), "pilookup: /a: No such file\n"),
        (TimeoutError(), "pilookup: TimeoutError\n"),
        (MemoryError(), "pilookup: not enough memory (a command that publishes uses less with a smaller --memory)\n"),
    ],
)
def test_an_error_of_a_command_is_one_line_and_status_1(error, text, monkeypatch):
    def failing(*_, **__):
        raise error

    monkeypatch.setattr("pilookup.release_files.verify.verify_directory", failing)
    done = run("verify", "/nowhere")
    assert (done.exit_code, done.stderr) == (1, text)


def test_a_number_is_asked_for_without_echo_on_a_terminal_only(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(options, "getpass", lambda prompt: f"answer to {prompt}")
    monkeypatch.setattr(sys, "stdin", Terminal("echoed\n"))
    assert options.ask_number(None) == "answer to Phone number: "
    assert options.ask_number("given") == "given"
    monkeypatch.setattr(sys, "stdin", io.StringIO(" first \nsecond\n"))
    assert options.ask_number(None) == "first"


@pytest.mark.parametrize(
    ("withdrawn", "warnings", "text"),
    [
        (False, {}, "dataset leak (exposure): 2 files, 1,000 numbers accepted\n"),
        (True, {}, "dataset leak (exposure): withdrawn\n"),
        (
            False,
            {"hidden_sheet": 1, "unread_numbers": 1234},
            """dataset leak (exposure): 2 files, 1,000 numbers accepted
  warnings of its loads: hidden_sheet 1, unread_numbers 1,234
""",
        ),
    ],
)
def test_the_status_of_a_dataset_is_a_line_and_another_for_warnings(withdrawn, warnings, text, capsys):
    dataset = SimpleNamespace(
        id="leak", kind="exposure", withdrawn=withdrawn, loads=2, accepted=1000, warnings=warnings, expires_on=None
    )
    status._print_dataset(dataset)
    assert capsys.readouterr().out == text
