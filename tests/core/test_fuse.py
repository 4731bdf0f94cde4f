"""Binary fuse filters, called from Python."""

import hashlib
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup import _core
from tests.support.filters import contains

keys_of = st.lists(st.integers(0, 2**64 - 1), max_size=200)
bits_of = st.sampled_from([8, 16, 32])


def packed(keys):
    return struct.pack(f">{len(keys)}Q", *keys)


def hits(bitmap):
    return sum(byte.bit_count() for byte in bitmap)


@given(keys_of, bits_of, st.randoms(use_true_random=False))
def test_no_false_negative_and_one_encoding(keys, bits, shuffler):
    built = _core.FuseFilter.build(packed(keys), bits)
    assert (len(built), built.bits) == (len(set(keys)), bits)
    assert all(contains(built, key) for key in keys)
    assert hits(built.contains_many(packed(keys))) == len(keys)
    again = keys * 2
    shuffler.shuffle(again)
    assert _core.FuseFilter.build(packed(again), bits).to_bytes() == built.to_bytes()
    read = _core.FuseFilter.from_bytes(built.to_bytes())
    assert read.to_bytes() == built.to_bytes()
    assert read.contains_many(packed(keys)) == built.contains_many(packed(keys))


@given(keys_of, keys_of)
def test_many_agree_with_one(keys, asked):
    built = _core.FuseFilter.build(packed(keys), 8)
    bitmap = built.contains_many(packed(asked))
    assert len(bitmap) == -(-len(asked) // 8)
    assert [bool(bitmap[i // 8] >> i % 8 & 1) for i in range(len(asked))] == [contains(built, key) for key in asked]


@pytest.mark.parametrize(("bits", "expected"), [(8, 200_000 / 2**8), (16, 200_000 / 2**16), (32, 0)])
def test_the_false_positive_rate_stays_in_bound(bits, expected):
    keys = random.Random(bits).randbytes(8 * 220_000)
    built = _core.FuseFilter.build(keys[: 8 * 20_000], bits)
    assert hits(built.contains_many(keys[8 * 20_000 :])) <= expected + 6 * expected**0.5 + 1


def test_a_million_keys_take_18_2_bits_each():
    keys = random.Random(1).randbytes(8_000_000)
    built = _core.FuseFilter.build(keys, 16)
    assert len(built) == 1_000_000
    assert len(built.to_bytes()) * 8 <= 18.2 * 1_000_000
    assert hits(built.contains_many(keys)) == 1_000_000


def test_a_filter_of_nothing_contains_nothing():
    empty = _core.FuseFilter.build(b"", 8)
    assert len(empty) == 0
    assert hits(empty.contains_many(random.Random(2).randbytes(80_000))) == 0
    assert contains(empty, 0) is False


@given(keys_of, bits_of, st.data())
def test_altered_bytes_are_refused(keys, bits, data):
    encoded = bytearray(_core.FuseFilter.build(packed(keys), bits).to_bytes())
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match="not a fuse filter"):
        _core.FuseFilter.from_bytes(encoded)


@given(keys_of, bits_of, st.data())
def test_truncated_or_lengthened_bytes_are_refused(keys, bits, data):
    encoded = _core.FuseFilter.build(packed(keys), bits).to_bytes()
    cut = data.draw(st.integers(0, len(encoded) - 1))
    for wrong in (encoded[:cut], encoded + data.draw(st.binary(min_size=1, max_size=40))):
        with pytest.raises(ValueError, match="not a fuse filter"):
            _core.FuseFilter.from_bytes(wrong)


@given(keys_of, bits_of, st.integers(0, 27), st.integers(1, 255), keys_of)
def test_an_altered_header_with_a_digest_to_match_does_no_harm(keys, bits, at, flip, asked):
    body = bytearray(_core.FuseFilter.build(packed(keys), bits).to_bytes()[:-32])
    body[at] ^= flip
    encoded = bytes(body) + hashlib.sha256(body).digest()
    try:
        read = _core.FuseFilter.from_bytes(encoded)
    except ValueError as error:
        assert "not a fuse filter" in str(error)  # noqa: PT017 - success is as right
    else:
        assert read.to_bytes() == encoded
        read.contains_many(packed(asked))


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(data):
    try:
        read = _core.FuseFilter.from_bytes(data)
    except ValueError:
        return
    assert read.to_bytes() == data


@pytest.mark.parametrize("bits", [0, 1, 12, 64])
def test_other_widths_are_refused(bits):
    with pytest.raises(ValueError, match="8, 16 or 32"):
        _core.FuseFilter.build(packed([1]), bits)


def test_ragged_keys_are_refused():
    with pytest.raises(ValueError, match="8-byte items"):
        _core.FuseFilter.build(bytes(9), 16)
    with pytest.raises(ValueError, match="8-byte items"):
        _core.FuseFilter.build(bytes(8), 16).contains_many(bytes(9))


@given(keys_of, bits_of, st.integers(1, 6))
def test_parts_join_to_the_filter(keys, bits, part_bits):
    built = _core.FuseFilter.build(packed(keys), bits, part_bits)
    assert (len(built), built.bits, built.part_bits) == (len(set(keys)), bits, part_bits)
    head = _core.FuseFilter.head(bits, part_bits, len(built))
    assert _core.FuseFilter.part_bits_of(head) == part_bits
    own = [[key for key in keys if key >> 64 - part_bits == number] for number in range(1 << part_bits)]
    parts = [_core.FuseFilter.build(packed(keys), bits, 0).to_bytes() for keys in own]
    assert [_core.FuseFilter.part_bytes(part) for part in parts] == list(map(len, parts))
    assert {_core.FuseFilter.part_bits_of(part) for part in parts} == {0}
    joined = b"".join([head, *parts])
    assert built.to_bytes() == joined + hashlib.sha256(joined).digest()
    read = _core.FuseFilter.from_bytes(built.to_bytes())
    assert hits(read.contains_many(packed(keys))) == len(keys)
    assert all(contains(read, key) for key in keys)


@pytest.mark.parametrize("part_bits", [11, 64, 255])
def test_too_many_parts_are_refused(part_bits):
    with pytest.raises(ValueError, match="part bits must be from 0 to 10"):
        _core.FuseFilter.build(packed([1]), 16, part_bits)
    with pytest.raises(ValueError, match="part bits must be from 1 to 10"):
        _core.FuseFilter.head(16, part_bits, 1)


def test_the_sizes_of_the_beginnings_are_enough_and_needed():
    sizes = _core.FuseFilter.HEAD_BYTES, _core.FuseFilter.PART_HEAD_BYTES, _core.FuseFilter.DIGEST_BYTES
    assert sizes == (16, 28, 32)
    part, parts = (_core.FuseFilter.build(packed([1, 2**63]), 16, part_bits).to_bytes() for part_bits in (0, 1))
    for encoded, part_bits in ((part, 0), (parts, 1)):
        assert _core.FuseFilter.part_bits_of(encoded[: sizes[0]]) == part_bits
        for wrong in (encoded[: sizes[0] - 1], b"Q" + encoded[1 : sizes[0]]):
            with pytest.raises(ValueError, match="not a fuse filter"):
                _core.FuseFilter.part_bits_of(wrong)
    assert _core.FuseFilter.part_bytes(parts[sizes[0] :][: sizes[1]]) * 2 == len(parts) - sizes[0] - sizes[2]
    with pytest.raises(ValueError, match="not a fuse filter"):
        _core.FuseFilter.part_bytes(part[: sizes[1] - 1])


@given(st.binary(max_size=40))
def test_any_beginning_is_refused_or_read(beginning):
    for read in (_core.FuseFilter.part_bits_of, _core.FuseFilter.part_bytes):
        try:
            assert read(beginning) >= 0
        except ValueError as error:
            assert "not a fuse filter" in str(error)  # noqa: PT017 - success is as right
