"""Generated passphrases, and the rules for own ones. No error repeats a passphrase."""

import re

import pytest

from pilookup.errors import KeyringError
from pilookup.keyring.passphrase_rules import check_passphrases, generate_passphrase

LONG, OTHER = b"sixteen letters!", b"another of sixteen letters"


def test_a_generated_passphrase_has_26_characters_of_base32_and_keeps_the_rules():
    made = {generate_passphrase() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(rb"[a-z2-7]{26}", each) for each in made)
    assert {chr(letter) for each in made for letter in each} == set("abcdefghijklmnopqrstuvwxyz234567")
    first, second, *_ = made
    check_passphrases(first, second)


@pytest.mark.parametrize(
    "passphrase", [LONG, "一二三四五六七八九十一二三四五六".encode(), b"\xff" * 16, b"a longer one than that"]
)
def test_16_characters_are_enough_whatever_they_are(passphrase):
    check_passphrases(passphrase, OTHER)
    check_passphrases(OTHER, passphrase)


@pytest.mark.parametrize("passphrase", [b"", LONG[:-1], "一二三四五六七八九十一二三四五".encode(), b"\xff" * 15])
@pytest.mark.parametrize("half", ["custody", "online"])
def test_fewer_are_not_even_if_they_are_more_bytes(passphrase, half):
    given = (passphrase, OTHER) if half == "custody" else (OTHER, passphrase)
    with pytest.raises(
        KeyringError, match=f"^the passphrase of the {half} half is too short; choose one of 16"
    ) as told:
        check_passphrases(*given)
    assert not passphrase or passphrase.decode("utf-8", "replace") not in str(told.value)


def test_the_halves_do_not_share_a_passphrase():
    with pytest.raises(
        KeyringError, match=r"^the passphrase of the online half is the one of the custody half"
    ) as told:
        check_passphrases(LONG, LONG)
    assert LONG.decode() not in str(told.value)
