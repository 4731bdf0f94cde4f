"""Tokens, entries and buckets."""

import hashlib
import hmac
import struct

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from hypothesis import given
from hypothesis import strategies as st

from pilookup import _core

KEY = _core.SecretKey.derive(bytes(32), b"test")
ELEMENTS = _core.tokenise([b"tel:+861380000%04d" % i for i in range(64)], KEY)
LABELS = b"".join(hashlib.sha256(b"label %d" % i).digest()[:12] for i in range(64))


def field(data):
    return struct.pack(">H", len(data)) + data


def bound(tag, channel, epoch):
    return field(tag) + field(channel.encode()) + field(struct.pack(">I", epoch))


def split(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize(("channel", "epoch"), [("public", 1), ("platform", 2**32 - 1), ("é", 0), ("", 7)])
def test_tokens_and_entries_are_what_the_specification_says(channel, epoch):
    tokens = split(_core.tokens(ELEMENTS, channel, epoch), 64)
    entries = split(_core.seal(b"".join(tokens), LABELS, channel, epoch), 32)
    for element, label, token, entry in zip(split(ELEMENTS, 32), split(LABELS, 12), tokens, entries, strict=True):
        assert token == hashlib.sha512(bound(b"pilookup-v1-token", channel, epoch) + field(element)).digest()
        assert entry[:4] == token[4:8]
        aad = bound(b"pilookup-v1-label", channel, epoch)
        assert AESGCMSIV(token[32:]).decrypt(bytes(12), entry[4:], aad) == label
        assert _core.open_entry(token, entry, channel, epoch) == label


def test_more_than_32_bits_are_refused():
    with pytest.raises(ValueError, match="bucket bits"):
        _core.shift_and_seal(ELEMENTS, LABELS, KEY, "public", 3, 33)


@given(st.integers(0, 64), st.integers(0, 32), st.text(max_size=60), st.integers(0, 2**32 - 1))
def test_shift_and_seal_equals_its_steps_one_after_another(count, bits, channel, epoch):
    elements, labels = ELEMENTS[: 32 * count], LABELS[: 12 * count]
    shift = KEY.shift_to(_core.SecretKey.derive(bytes(32), b"channel"))
    records, keys = _core.shift_and_seal(elements, labels, shift, channel, epoch, bits)
    tokens = _core.tokens(_core.shift(elements, shift), channel, epoch)
    entries = split(_core.seal(tokens, labels, channel, epoch), 32)
    for token, entry, record, key in zip(split(tokens, 64), entries, split(records, 36), split(keys, 8), strict=True):
        assert record == struct.pack(">I", int.from_bytes(token[:4]) >> (32 - bits)) + entry
        assert key == token[16:24]


@pytest.mark.parametrize("bad", [bytes(32), b"\xff" * 32])
def test_shift_and_seal_names_the_element_that_shift_names(bad):
    elements = ELEMENTS[: 32 * 40] + bad + ELEMENTS[32 * 41 :]
    with pytest.raises(ValueError, match="element 40") as fused:
        _core.shift_and_seal(elements, LABELS, KEY, "public", 3, 8)
    with pytest.raises(ValueError, match="element 40") as alone:
        _core.shift(elements, KEY)
    assert str(fused.value) == str(alone.value)


def test_shift_and_seal_needs_a_label_for_every_element():
    with pytest.raises(ValueError, match="number of labels: expected 64, found 63"):
        _core.shift_and_seal(ELEMENTS, LABELS[:-12], KEY, "public", 3, 8)


def test_entries_open_only_where_they_belong():
    token, other = split(_core.tokens(ELEMENTS[:64], "public", 1), 64)
    entry = _core.seal(token, b"twelve bytes", "public", 1)
    assert _core.open_entry(token, entry, "public", 1) == b"twelve bytes"
    assert _core.open_entry(other, entry, "public", 1) is None
    assert _core.open_entry(other, other[4:8] + entry[4:], "public", 1) is None
    assert _core.open_entry(token, entry, "public", 2) is None
    assert _core.open_entry(token, entry, "platform", 1) is None
    assert _core.open_entry(token, bytes(32), "public", 1) is None


@given(st.integers(0, 255))
def test_an_entry_with_any_flipped_bit_does_not_open(bit):
    token = _core.tokens(ELEMENTS[:32], "public", 1)
    entry = bytearray(_core.seal(token, b"twelve bytes", "public", 1))
    entry[bit // 8] ^= 1 << bit % 8
    assert _core.open_entry(token, entry, "public", 1) is None


def test_sizes_are_checked():
    with pytest.raises(ValueError, match="token"):
        _core.open_entry(bytes(63), bytes(32), "public", 1)
    with pytest.raises(ValueError, match="entry"):
        _core.open_entry(bytes(64), bytes(31), "public", 1)
    with pytest.raises(ValueError, match="channel"):
        _core.tokens(ELEMENTS, "x" * 65_536, 1)


def record(bucket, entry):
    return struct.pack(">I", bucket) + entry


entries = st.binary(min_size=32, max_size=32).filter(any)


@given(st.sets(st.tuples(st.integers(10, 14), entries), max_size=30), st.randoms(use_true_random=False))
def test_buckets_are_sorted_and_padded_whatever_the_order(wanted, random):
    records = [record(*one) for one in wanted]
    random.shuffle(records)
    packed, _ = _core.pack_buckets(b"".join(records), 10, 5, 30, 0)
    for place, bucket in enumerate(split(packed, 30 * 32)):
        mine = sorted(entry for number, entry in wanted if number == 10 + place)
        assert bucket == b"".join(mine).ljust(30 * 32, b"\0")


def test_an_overflow_names_its_bucket_and_its_entries():
    records = b"".join(record(2**32 - 1, bytes([i]) * 32) for i in range(1, 4))
    with pytest.raises(_core.BucketOverflow, match="bucket 4294967295 has 3 entries but 2 slots") as caught:
        _core.pack_buckets(records, 2**32 - 1, 1, 2, 0)
    assert (caught.value.bucket, caught.value.entries) == (2**32 - 1, 3)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("records", "text"),
    [
        (record(3, b"a" * 32) + record(2, b"a" * 32), "record 1 belongs"),
        (record(5, b"a" * 32), "record 0 belongs"),
        (record(3, bytes(32)), "record 0 is all zeros"),
        (record(3, b"a" * 32) * 2, "bucket 3 holds the same entry twice"),
        (bytes(35), "36-byte items"),
    ],
)
def test_bad_records_are_refused(records, text):
    with pytest.raises(ValueError, match=text):
        _core.pack_buckets(records, 3, 2, 4, 0)


def test_a_result_that_does_not_fit_is_a_memory_error():
    for count, slots in ((2**62, 1), (2**20, 2**50)):
        with pytest.raises(MemoryError):
            _core.pack_buckets(b"", 0, count, slots, 0)


def test_any_kind_of_buffer_gives_the_same_tokens():
    assert hmac.compare_digest(_core.tokens(bytearray(ELEMENTS), "a", 1), _core.tokens(memoryview(ELEMENTS), "a", 1))
