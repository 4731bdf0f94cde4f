"""`pilookup init` at a terminal: it shows generated passphrases once, or asks for own ones."""

import re

import pytest

from pilookup.keyring import Half, Keyring
from tests.support.terminal import at_a_terminal

SHOWN = re.compile(r"^ {4}(custody|online) +([a-z2-7]{26})$", re.MULTILINE)
OWN = {"custody": "custody passphrase of a person", "online": "online passphrase of a person"}


def opens(home, passphrases):
    for half in Half:
        Keyring.unlock(home / half, half, passphrases[half].encode())


def test_generated_passphrases_are_shown_once_and_open_their_halves(tmp_path):
    home = tmp_path / "home"
    shown, status = at_a_terminal(["init", home], [("Written down? [y/N]: ", "y")])
    found = SHOWN.findall(shown)
    assert [half for half, _ in found] == ["custody", "online"]
    assert status == 0, shown
    opens(home, dict(found))
    assert not [passphrase for _, passphrase in found if shown.count(passphrase) > 1]
    assert [path.name for path in home.rglob("*") if path.is_file() and found[0][1].encode() in path.read_bytes()] == []


@pytest.mark.parametrize("answer", ["n", "", None])
def test_nothing_is_made_until_they_are_written_down(tmp_path, answer):
    shown, status = at_a_terminal(["init", tmp_path / "home"], [("Written down?", answer)])
    assert (status, list(tmp_path.iterdir())) == (1, []), shown


def test_only_the_missing_one_is_generated(tmp_path):
    home, custody = tmp_path / "home", OWN["custody"]
    shown, status = at_a_terminal(["init", home], [("Written down?", "y")], PILOOKUP_PASSPHRASE=custody)
    ((half, online),) = SHOWN.findall(shown)
    assert (half, status, custody in shown) == ("online", 0, False)
    opens(home, {"custody": custody, "online": online})


def test_own_passphrases_are_asked_for_twice_and_not_shown(tmp_path):
    home = tmp_path / "home"
    answers = [
        (prompt, passphrase)
        for half, passphrase in OWN.items()
        for prompt in (f"New passphrase of the {half} half: ", "Once more: ")
    ]
    shown, status = at_a_terminal(["init", home, "--own"], answers)
    assert status == 0, shown
    assert not [passphrase for passphrase in OWN.values() if passphrase in shown]
    opens(home, OWN)


def test_a_rule_is_told_before_anything_is_shown_or_made(tmp_path):
    shown, status = at_a_terminal(["init", tmp_path / "home"], [], PILOOKUP_PASSPHRASE="fifteen letters")
    assert status == 1
    assert "the passphrase of the custody half is too short; choose one of 16 characters or more" in shown
    assert not SHOWN.findall(shown)
    assert "fifteen letters" not in shown
    assert list(tmp_path.iterdir()) == []
