"""`pilookup passphrase` at a terminal, and with variables."""

import re

import pytest

from pilookup.keyring import Half, Keyring
from tests.support.passphrase_cost import shipped_profile
from tests.support.terminal import at_a_terminal

OLD, OWN = "custody passphrase of the tests", "a new passphrase of a person"
GIVEN = {"PILOOKUP_PASSPHRASE": OLD}


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    with shipped_profile():
        Keyring.create(tmp_path / "home" / "custody", Half.CUSTODY, OLD.encode()).add_bytes("vault-storage", b"k" * 32)
    return tmp_path / "home"


def opens(home, passphrase):
    return Keyring.unlock(home / "custody", Half.CUSTODY, passphrase.encode()).symmetric("vault-storage") == b"k" * 32


def test_a_generated_one_is_shown_once_before_it_is_needed(home):
    command = ["passphrase", "custody", "--home", home]
    shown, status = at_a_terminal(command, [("Written down?", "n")], **GIVEN)
    assert (status, opens(home, OLD)) == (1, True), shown
    answers = [("Passphrase of the custody half: ", OLD), ("Written down?", "y")]
    shown, status = at_a_terminal(command, answers)
    (generated,) = re.findall(r"^ {4}custody +([a-z2-7]{26})$", shown, re.MULTILINE)
    assert (status, opens(home, generated), shown.count(generated)) == (0, True, 1), shown
    assert OLD not in shown


@pytest.mark.parametrize("typed", [True, False])
def test_an_own_one_is_asked_for_or_in_its_variable(home, typed):
    prompts = [("New passphrase of the custody half: ", OWN), ("Once more: ", OWN)] if typed else []
    given = GIVEN if typed else GIVEN | {"PILOOKUP_NEW_PASSPHRASE": OWN}
    shown, status = at_a_terminal(["passphrase", "custody", "--home", home, "--own"], prompts, **given)
    assert (status, opens(home, OWN), OWN in shown) == (0, True, False), shown
