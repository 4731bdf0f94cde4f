import io
import sys

import pytest

from pilookup.errors import KeyringError
from pilookup.keyring import Half, passphrase
from pilookup.keyring.passphrase import chosen_passphrase, read_passphrase

VARIABLES = {Half.CUSTODY: "PILOOKUP_PASSPHRASE", Half.ONLINE: "PILOOKUP_ONLINE_PASSPHRASE"}
HALVES = pytest.mark.parametrize("half", Half)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    """No passphrase in the environment, and standard input is not a terminal."""
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(f"{variable}_FILE", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO("a line that is not a passphrase\n"))


@pytest.fixture
def key_file(tmp_path):
    def make(data, mode=0o600):
        path = tmp_path / "passphrase"
        path.write_bytes(data)
        path.chmod(mode)
        return path

    return make


@pytest.fixture
def keyboard(monkeypatch):
    """A user at the keyboard who types the given answers."""

    def sit(*answers):
        waiting, asked = list(answers), []
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(passphrase, "getpass", lambda prompt: asked.append(prompt) or waiting.pop(0))
        return asked

    return sit


@HALVES
def test_each_half_has_its_own_variables(monkeypatch, half):
    for other, variable in VARIABLES.items():
        monkeypatch.setenv(variable, f"of the {other} half")
    assert read_passphrase(half) == f"of the {half} half".encode()


@HALVES
def test_the_other_halfs_passphrase_is_not_taken(monkeypatch, key_file, half):
    [other] = set(Half) - {half}
    monkeypatch.setenv(VARIABLES[other], "another")
    monkeypatch.setenv(f"{VARIABLES[other]}_FILE", str(key_file(b"another")))
    with pytest.raises(KeyringError, match=f"the {half} half needs its passphrase"):
        read_passphrase(half)


def test_a_passphrase_may_be_any_bytes_the_environment_holds(monkeypatch):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE", "密码 \udcff ")
    assert read_passphrase(Half.CUSTODY) == "密码 ".encode() + b"\xff "


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"word", b"word"),
        (b"word\n", b"word"),
        (b"word\r\n", b"word"),
        (b"word\n\n", b"word\n"),
        (b" two words \n", b" two words "),
        (b"\x00\xff\x80", b"\x00\xff\x80"),
    ],
)
def test_the_whole_passphrase_file_counts_without_one_line_end(monkeypatch, key_file, written, read):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE_FILE", str(key_file(written)))
    assert read_passphrase(Half.CUSTODY) == read


def test_the_variable_takes_precedence_over_the_file_unless_it_is_empty(monkeypatch, key_file):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE_FILE", str(key_file(b"of the file")))
    monkeypatch.setenv("PILOOKUP_PASSPHRASE", "of the variable")
    assert read_passphrase(Half.CUSTODY) == b"of the variable"
    monkeypatch.setenv("PILOOKUP_PASSPHRASE", "")
    assert read_passphrase(Half.CUSTODY) == b"of the file"


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n"])
def test_an_empty_key_file_is_refused(monkeypatch, key_file, data):
    path = key_file(data)
    monkeypatch.setenv("PILOOKUP_PASSPHRASE_FILE", str(path))
    with pytest.raises(KeyringError, match=f"{path}: empty"):
        read_passphrase(Half.CUSTODY)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_file_open_to_others_is_refused(monkeypatch, key_file, mode):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE_FILE", str(key_file(b"sesame", mode)))
    with pytest.raises(KeyringError, match="group or others") as told:
        read_passphrase(Half.CUSTODY)
    assert "sesame" not in str(told.value)


def test_a_key_file_that_is_missing_or_too_large_is_named(monkeypatch, key_file, tmp_path):
    monkeypatch.setenv("PILOOKUP_PASSPHRASE_FILE", str(tmp_path / "none"))
    with pytest.raises(KeyringError, match=f"{tmp_path / 'none'}: missing"):
        read_passphrase(Half.CUSTODY)
    monkeypatch.setenv("PILOOKUP_PASSPHRASE_FILE", str(key_file(b"x" * 4097)))
    with pytest.raises(KeyringError, match="too large"):
        read_passphrase(Half.CUSTODY)


@HALVES
def test_without_any_source_both_variables_are_named_and_standard_input_is_not_read(half):
    with pytest.raises(KeyringError, match=f"set {VARIABLES[half]} or {VARIABLES[half]}_FILE"):
        read_passphrase(half)
    assert sys.stdin.read() == "a line that is not a passphrase\n"


def test_a_person_is_asked_once(keyboard):
    asked = keyboard("typed")
    assert read_passphrase(Half.ONLINE) == b"typed"
    assert asked == ["Passphrase of the online half: "]


def test_a_new_passphrase_is_the_one_stored_or_asked_for_twice(monkeypatch, keyboard, key_file):
    asked = keyboard("typed", "typed")
    assert chosen_passphrase(Half.ONLINE, "PILOOKUP_NEW", ask=False) is None
    assert chosen_passphrase(Half.ONLINE, "PILOOKUP_NEW", ask=True) == b"typed"
    assert asked == ["New passphrase of the online half: ", "Once more: "]
    monkeypatch.setenv("PILOOKUP_NEW_FILE", str(key_file(b"of the file")))
    assert chosen_passphrase(Half.ONLINE, "PILOOKUP_NEW", ask=True) == b"of the file"
    monkeypatch.setenv("PILOOKUP_NEW", "of the variable")
    assert chosen_passphrase(Half.ONLINE, "PILOOKUP_NEW", ask=True) == b"of the variable"


def test_a_new_passphrase_needs_a_keyboard_or_a_variable():
    with pytest.raises(KeyringError, match=r"set PILOOKUP_NEW or PILOOKUP_NEW_FILE$"):
        chosen_passphrase(Half.CUSTODY, "PILOOKUP_NEW", ask=True)


def test_typed_answers_that_differ_or_are_empty_are_refused_and_not_shown(keyboard):
    keyboard("one answer", "another")
    with pytest.raises(KeyringError, match=r"^the two passphrases differ$"):
        chosen_passphrase(Half.CUSTODY, "PILOOKUP_NEW", ask=True)
    keyboard("")
    with pytest.raises(KeyringError, match="empty"):
        read_passphrase(Half.CUSTODY)
