from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup import _core
from pilookup.errors import FormatError
from pilookup.protocol import merkle
from pilookup.protocol.buckets import (
    MAINLAND_PATTERNS,
    MAX_BITS,
    MAX_SLOTS,
    MIN_PATTERNS_A_BUCKET,
    MIN_SLOTS,
    Geometry,
    check_body,
)

ENTRIES = st.lists(st.binary(min_size=32, max_size=32).filter(any), max_size=12, unique=True)


def test_the_most_bits_leave_a_hundred_thousand_patterns():
    assert MAINLAND_PATTERNS == 7 * 10**9
    assert MAINLAND_PATTERNS / 2**MAX_BITS >= MIN_PATTERNS_A_BUCKET > MAINLAND_PATTERNS / 2 ** (MAX_BITS + 1)


@given(st.integers(0, 10**10))
def test_bits_are_the_most_that_keep_256_entries_and_the_patterns(entries):
    geometry = Geometry.for_entries(entries)

    def keeps(bits):
        return entries >= 256 * 2**bits and 2**bits * MIN_PATTERNS_A_BUCKET <= MAINLAND_PATTERNS

    assert geometry.bits == 0 or keeps(geometry.bits)
    assert not keeps(geometry.bits + 1)


@given(st.integers(0, 10**10))
def test_slots_have_headroom(entries):
    geometry = Geometry.for_entries(entries)
    mean = entries / geometry.buckets
    assert geometry.slots >= mean * 1.25 + 6 * sqrt(mean)
    assert geometry.slots % 8 == 0
    assert MIN_SLOTS <= geometry.slots <= max(MIN_SLOTS, 1.25 * mean + 6 * sqrt(1.25 * mean) + 8)


@pytest.mark.parametrize(
    ("entries", "bits", "slots"),
    [(0, 0, 64), (9, 0, 64), (511, 0, 792), (512, 1, 432), (600_000, 11, 488), (10_000_000, 15, 504)],
)
def test_geometries(entries, bits, slots):
    assert Geometry.for_entries(entries) == Geometry(bits, slots)


@pytest.mark.parametrize(
    ("bits", "slots"),
    [(-1, 64), (17, 64), (0, 63), (0, MAX_SLOTS + 1), (True, 64), (0, True), (1.0, 64), (0, 64.0), ("1", 64)],
)
def test_impossible_geometries(bits, slots):
    with pytest.raises(FormatError):
        Geometry(bits, slots)


def test_sizes():
    geometry = Geometry(3, 72)
    assert (geometry.buckets, geometry.stride, geometry.size, geometry.body_bytes) == (8, 2304, 18432, 2400)


def bodies(bits):
    """The bodies of all buckets of an artificial snapshot, and its root."""
    geometry = Geometry(bits, 64)
    buckets = [bytes([i]) * geometry.stride for i in range(geometry.buckets)]
    tree = merkle.build(map(merkle.leaf_hash, buckets))
    return geometry, [b + merkle.path(tree, i, bits) for i, b in enumerate(buckets)], merkle.root(tree)


@pytest.mark.parametrize("bits", [0, 1, 4])
def test_a_body_verifies_under_its_own_index_only(bits):
    geometry, made, root = bodies(bits)
    for i, body in enumerate(made):
        assert check_body(body, i, geometry, root) == body[: geometry.stride]
        for other in range(geometry.buckets):
            if other != i:
                with pytest.raises(FormatError, match="path"):
                    check_body(body, other, geometry, root)


@given(st.integers(0, 3), st.data())
def test_a_changed_body_is_refused(index, data):
    geometry, made, root = bodies(2)
    body = bytearray(made[index])
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(FormatError, match="path"):
        check_body(bytes(body), index, geometry, root)


@pytest.mark.parametrize("size", [0, 1, 2048, 2111, 2113, 4000])
def test_a_body_of_another_size_is_refused(size):
    geometry, made, root = bodies(2)
    with pytest.raises(FormatError, match="size"):
        check_body((made[1] * 2)[:size], 1, geometry, root)


@given(ENTRIES, st.integers(0, 5))
def test_entries_of_a_bucket_ascend(entries, empty):
    ordered = sorted(entries)

    def check(*slots):
        return _core.check_buckets(b"".join(slots) or bytes(32), max(1, len(slots)))[0]

    assert check(*ordered, *[bytes(32)] * empty) == len(entries)
    if len(entries) > 1:
        with pytest.raises(ValueError, match="order"):
            check(*reversed(ordered), *[bytes(32)] * empty)
    if entries:
        with pytest.raises(ValueError, match="order"):
            check(bytes(32), *ordered)
        with pytest.raises(ValueError, match="order"):
            check(ordered[0], *ordered)
