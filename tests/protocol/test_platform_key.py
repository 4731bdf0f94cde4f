"""The format of a key: any wrong copy of it is refused by itself, and it shows its secret nowhere."""

from hashlib import sha256
from zlib import crc32

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pilookup_server.platforms.platform import NAME_CHARACTERS, epoch_quota, is_name

from pilookup.protocol.platform_key import KeyKind, PlatformKey
from tests.support.docs.documents import ROOT

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KINDS = st.sampled_from(KeyKind)
KEYS = st.builds(
    PlatformKey,
    KINDS,
    st.text(BASE62, min_size=8, max_size=8),
    st.text(BASE62, min_size=43, max_size=43),
)


@given(KEYS)
def test_a_key_is_read_as_it_was_written(key):
    assert PlatformKey.parse(key.text.encode()) == key
    assert len(key.text) == 66
    assert key.text.startswith(f"plk_{key.kind}_{key.id}")


@given(KEYS)
def test_the_checksum_is_the_crc_of_all_before_it_in_base62(key):
    body, digits = key.text[:-6], key.text[-6:]
    number = 0
    for digit in digits:
        number = number * 62 + BASE62.index(digit)
    assert number == crc32(body.encode())
    assert key.digest == sha256(body[-43:].encode()).digest()


def test_the_example_of_the_specification():
    key = PlatformKey(KeyKind.TEST, "01234567", "0" * 42 + "1")
    assert key.text == "plk_test_0123456700000000000000000000000000000000000000000010u4W9g"
    assert key.text in (ROOT / "SPEC.md").read_text()


@given(KEYS, st.integers(0, 65), st.characters(max_codepoint=255))
def test_any_single_wrong_character_is_noticed(key, place, character):
    wrong = key.text[:place] + character + key.text[place + 1 :]
    assume(wrong != key.text)
    assert PlatformKey.parse(wrong.encode("latin-1")) is None


@given(KEYS, st.lists(st.integers(0, 65), min_size=1, unique=True))
def test_any_change_of_case_is_noticed(key, places):
    wrong = "".join(one.swapcase() if at in places else one for at, one in enumerate(key.text))
    assume(wrong != key.text)
    assert PlatformKey.parse(wrong.encode()) is None


@given(KEYS, st.integers(0, 65), st.integers(0, 65))
def test_two_characters_that_were_exchanged_are_noticed(key, one, other):
    characters = list(key.text)
    characters[one], characters[other] = characters[other], characters[one]
    wrong = "".join(characters)
    assume(wrong != key.text)
    assert PlatformKey.parse(wrong.encode()) is None


@given(KEYS, st.integers(0, 65), st.sampled_from(["", "\n", " ", "0", "A=", "\0"]))
def test_a_cut_or_longer_key_is_noticed(key, length, tail):
    assert PlatformKey.parse((key.text[:length] + tail).encode()) is None or key.text[:length] + tail == key.text
    assert tail == "" or PlatformKey.parse((key.text + tail).encode()) is None


@given(st.binary(max_size=200))
def test_other_bytes_are_no_key(data):
    assert PlatformKey.parse(data) is None


def test_a_key_shows_its_secret_nowhere():
    key = PlatformKey.generate(KeyKind.LIVE)
    assert key.secret not in repr(key) + str(key)
    assert key.text not in repr([key])


def test_keys_differ():
    keys = [PlatformKey.generate(KeyKind.LIVE) for _ in range(200)]
    assert len({key.id for key in keys}) == len({key.secret for key in keys}) == 200


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("a", True), ("shop-1", True), ("1", True), ("a" * NAME_CHARACTERS, True), ("a" * (NAME_CHARACTERS + 1), False),
        ("", False), ("-a", False), ("a-", False), ("A", False), ("a b", False), ("a\n", False), ("商店", False), ("a/b", False),
    ],
)  # fmt: skip
def test_names(name, right):
    assert is_name(name) is right


@given(st.integers(1, 2_000_000_000))
def test_the_quota_is_at_least_six_fifths_of_the_users(users):
    assert users * 6 <= epoch_quota(users) * 5 < users * 6 + 5
