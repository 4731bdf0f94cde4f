from hashlib import sha512

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup import _core
from pilookup.errors import FormatError
from pilookup.protocol import oprf, token
from pilookup.protocol.label import Label

KEY = oprf.SecretKey.generate()
LABEL = Label(exposed=True, cases=(7,))
TOKENS = st.binary(min_size=64, max_size=64)


def f(data):
    return len(data).to_bytes(2, "big") + data


def made(name=b"tel:+8613800138000", channel="public", epoch=1):
    return token.tokens(oprf.tokenise([name], KEY), channel, epoch)[0]


def with_tag_of(secret):
    """Another token with the same bucket and tag."""
    return secret[:8] + bytes(byte ^ 0xFF for byte in secret[8:])


@given(st.binary(max_size=40), st.sampled_from(["public", "platform", "a"]), st.integers(1, 2**32 - 1))
def test_a_token_is_the_hash_the_specification_says(name, channel, epoch):
    element = oprf.tokenise([name], KEY)
    fields = (b"pilookup-v1-token", channel.encode(), epoch.to_bytes(4, "big"), element)
    assert token.tokens(element, channel, epoch) == [sha512(b"".join(map(f, fields))).digest()]


def test_tokens_keep_their_order():
    names = [f"tel:+86138{i:08}".encode() for i in range(50)]
    assert token.tokens(oprf.tokenise(names, KEY), "public", 1) == [made(name) for name in names]
    assert token.tokens(b"", "public", 1) == []


@given(TOKENS)
def test_fields(secret):
    number = int.from_bytes(secret[:4], "big")
    assert token.bucket_index(secret, 0) == 0
    assert token.bucket_index(secret, 32) == number
    for bits in (1, 8, 16):
        assert token.bucket_index(secret, bits) == number // 2 ** (32 - bits) < 2**bits
    assert token.filter_key(secret).to_bytes(8, "big") == secret[16:24]


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_an_entry_is_found_at_any_position(before, between, after):
    secret = made()
    right = _core.seal(secret, LABEL.to_bytes(), "public", 1)
    wrong = _core.seal(with_tag_of(secret), Label(canary=True).to_bytes(), "public", 1)
    other = _core.seal(made(b"tel:+8613900139000"), Label(malicious=True).to_bytes(), "public", 1)
    assert wrong[:4] == right[:4] != other[:4]
    slots = wrong * before + other * between + right + wrong * after + bytes(64)
    assert token.find(secret, slots, "public", 1) == LABEL
    assert token.find(secret, slots.replace(right, b""), "public", 1) is None


def test_an_unaligned_tag_is_not_an_entry():
    secret = made()
    shifted = (b"\xaa" + _core.seal(secret, LABEL.to_bytes(), "public", 1) + b"\xaa" * 31)[:64]
    assert token.find(secret, shifted, "public", 1) is None


def test_an_empty_slot_is_not_an_entry_even_for_the_tag_zero():
    secret = made()[:4] + bytes(4) + made()[8:]
    assert token.find(secret, bytes(2048), "public", 1) is None
    entry = _core.seal(secret, LABEL.to_bytes(), "public", 1)
    assert token.find(secret, bytes(2048) + entry, "public", 1) == LABEL


@pytest.mark.parametrize(("channel", "epoch"), [("platform", 1), ("public", 2)])
def test_an_entry_of_another_channel_or_epoch_does_not_open(channel, epoch):
    secret = made()
    entry = _core.seal(secret, LABEL.to_bytes(), "public", 1)
    assert token.find(secret, entry, channel, epoch) is None


@given(st.integers(0, 255))
def test_a_changed_entry_does_not_open(bit):
    secret = made()
    entry = bytearray(_core.seal(secret, LABEL.to_bytes(), "public", 1))
    entry[bit // 8] ^= 1 << bit % 8
    assert token.find(secret, bytes(entry), "public", 1) is None


@pytest.mark.parametrize("garbage", [bytes(12), b"\x05" + bytes(11), b"\xff" * 12])
def test_an_entry_that_opens_to_no_label_is_the_publishers_fault(garbage):
    secret = made()
    with pytest.raises(FormatError, match="label"):
        token.find(secret, bytes(32) + _core.seal(secret, garbage, "public", 1), "public", 1)


@pytest.mark.parametrize("size", [1, 31, 33])
def test_partial_slots_are_refused(size):
    with pytest.raises(FormatError, match="slots"):
        token.find(made(), bytes(size), "public", 1)
