"""Passwords of encrypted files come from a file that only its owner can read, or from the keyboard."""

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.cli import passwords as module
from pilookup.cli.passwords import ASKED_TIMES, read_passwords, with_passwords
from pilookup.errors import KeyringError, PasswordRequiredError


@pytest.fixture
def password_file(tmp_path):
    def write(data, mode=0o600):
        path = tmp_path / "passwords"
        path.write_bytes(data)
        path.chmod(mode)
        return path

    return write


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def keyboard(monkeypatch):
    """A terminal on which the passwords "1", "2", ... are typed; the prompts so far."""
    prompts = []

    def answer(prompt):
        prompts.append(prompt)
        return str(len(prompts))

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(module, "getpass", answer)
    return prompts


def test_each_line_is_a_password_and_empty_lines_are_none(password_file):
    path = password_file("\ufeffone\r\n two words \n\n密码\nlast".encode())
    assert read_passwords(path) == ("one", " two words ", "密码", "last")
    assert read_passwords(None) == ()


@pytest.mark.parametrize(
    ("data", "mode", "text"),
    [
        (b"sesame", 0o640, "group or others may read or write it"),
        (b"sesame\xff", 0o600, "not UTF-8"),
        (b"\n\r\n", 0o600, "has no password"),
        (b"sesame\n" * 1000, 0o600, "too large"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_not_repeated(password_file, data, mode, text):
    with pytest.raises(KeyringError, match=text) as caught:
        read_passwords(password_file(data, mode))
    assert "passwords: " in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(KeyringError, match="nowhere: missing"):
        read_passwords(tmp_path / "nowhere")


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\r\n\ufeff", codec="utf-8"), min_size=1, max_size=20), max_size=20
    )
)
def test_all_passwords_are_read_back(tmp_path_factory, lines):
    path = tmp_path_factory.getbasetemp() / "read-back"
    path.write_bytes("\r\n".join(lines).encode())
    path.chmod(0o600)
    if lines:
        assert read_passwords(path) == tuple(lines)
    else:
        with pytest.raises(KeyringError, match="has no password"):
            read_passwords(path)


def needing(*wanted):
    """A function that needs these passwords, those of a.zip first."""
    calls = []

    def attempt(passwords, _locked):
        calls.append(passwords)
        for i, password in enumerate(wanted):
            if password not in passwords:
                raise PasswordRequiredError(f"{'ab'[i]}.zip", "is encrypted")
        return len(calls)

    return attempt, calls


def test_a_password_that_is_known_is_not_asked_for(keyboard):
    attempt, calls = needing("known")
    assert with_passwords(("known",), attempt) == 1
    assert (calls, keyboard) == ([("known",)], [])


def test_each_missing_password_is_asked_for_by_the_name_of_its_file(keyboard):
    attempt, calls = needing("2", "3")
    assert with_passwords(("known",), attempt) == 4
    assert calls[-1] == ("known", "1", "2", "3")
    assert keyboard == ["Password of a.zip: ", "Password of a.zip: ", "Password of b.zip: "]


def test_a_file_is_asked_for_three_times_at_most(keyboard):
    attempt, calls = needing("none of them")
    with pytest.raises(PasswordRequiredError, match=r"a\.zip: is encrypted"):
        with_passwords((), attempt)
    assert (len(keyboard), len(calls)) == (ASKED_TIMES, ASKED_TIMES + 1)


def test_without_a_terminal_nobody_is_asked(keyboard, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("typed\n"))
    attempt, _ = needing("typed")
    with pytest.raises(PasswordRequiredError):
        with_passwords((), attempt)
    assert keyboard == []


def leaving_out(*wanted):
    """A function that needs these passwords, or leaves out the files that it may."""
    calls = []

    def attempt(passwords, locked):
        calls.append(passwords)
        for i, password in enumerate(wanted):
            if password not in passwords and locked is not None and f"{'ab'[i]}.zip" not in locked:
                raise PasswordRequiredError(f"{'ab'[i]}.zip", "is encrypted")
        return locked

    return attempt, calls


def test_where_bad_files_are_skipped_each_password_is_asked_for_all_the_same(keyboard):
    attempt, calls = leaving_out("none of them", "4")
    assert with_passwords((), attempt, skip_bad=True) == {"a.zip"}
    assert calls[-1] == ("1", "2", "3", "4")
    question = " (nothing leaves it out): "
    assert keyboard == [f"Password of a.zip{question}"] * ASKED_TIMES + [f"Password of b.zip{question}"]


def test_a_file_is_left_out_if_nothing_is_entered(keyboard, monkeypatch):
    monkeypatch.setattr("pilookup.cli.passwords.getpass", lambda question: keyboard.append(question) or "")
    attempt, calls = leaving_out("1", "2")
    assert with_passwords((), attempt, skip_bad=True) == {"a.zip", "b.zip"}
    assert (len(keyboard), calls) == (2, [(), (), ()])


def test_without_a_terminal_all_are_left_out(keyboard, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("typed\n"))
    attempt, _ = leaving_out("typed")
    assert with_passwords((), attempt, skip_bad=True) is None
    assert keyboard == []
