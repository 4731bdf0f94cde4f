import struct
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.errors import FormatError
from pilookup.protocol.bloom import BloomBody
from pilookup.protocol.filter import Algorithm, Role, file_name
from pilookup.protocol.label import Kind
from tests.support.filters import Filter, build_bloom, build_body, contains

ALGORITHMS = list(Algorithm)
KEYS = st.lists(st.integers(0, 2**64 - 1), max_size=40)


def packed(keys):
    return b"".join(key.to_bytes(8, "big") for key in keys)


def numbers(label, count):
    """`count` pseudorandom keys, different for each label."""
    digests = (sha256(f"{label} {i}".encode()).digest() for i in range((count + 3) // 4))
    return packed(key for digest in digests for key in struct.unpack(">4Q", digest))[: count * 8]


def bits(bitmap, count):
    return [bool(bitmap[i >> 3] >> (i & 7) & 1) for i in range(count)]


@cache
def good(algorithm=Algorithm.FUSE16, count=100):
    body = build_body(numbers("in", count), algorithm)
    return Filter("public", 3, 7, Kind.EXPOSURE, Role.BASE, algorithm, body)


@given(KEYS, KEYS, st.sampled_from(ALGORITHMS))
def test_every_key_of_the_set_is_found(keys, others, algorithm):
    body = build_body(packed(keys), algorithm)
    assert all(contains(body, key) for key in keys)
    assert len(body) == len(set(keys))
    asked = keys + others
    assert bits(body.contains_many(packed(asked)), len(asked)) == [contains(body, key) for key in asked]


@given(KEYS, st.sampled_from(ALGORITHMS), st.randoms())
def test_the_same_set_gives_the_same_bytes(keys, algorithm, random):
    shuffled = keys * 2
    random.shuffle(shuffled)
    assert build_body(packed(keys), algorithm).to_bytes() == build_body(packed(shuffled), algorithm).to_bytes()


@given(
    KEYS,
    st.sampled_from(ALGORITHMS),
    st.from_regex(r"[a-z0-9]{1,32}", fullmatch=True),
    st.integers(1, 2**32 - 1),
    st.integers(1, 2**53 - 1),
    st.sampled_from(Kind),
    st.sampled_from(Role),
)
def test_round_trip(keys, algorithm, channel, epoch, serial, kind, role):
    made = Filter(channel, epoch, serial, kind, role, algorithm, build_body(packed(keys), algorithm))
    data = made.to_bytes()
    parsed = Filter.from_bytes(data)
    assert parsed.to_bytes() == data
    assert all(contains(parsed.body, key) for key in keys)
    for name in ("channel", "epoch", "serial", "kind", "role", "algorithm", "file_name"):
        assert getattr(parsed, name) == getattr(made, name)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_empty_filter_contains_nothing(algorithm):
    body = build_body(b"", algorithm)
    assert len(body) == 0
    assert not any(body.contains_many(numbers("out", 64)))
    assert not contains(body, 0)
    made = Filter("public", 1, 1, Kind.EXPOSURE, Role.ADDITIONS, algorithm, body)
    assert not contains(Filter.from_bytes(made.to_bytes()).body, 0)


@pytest.mark.parametrize(
    ("algorithm", "asked", "most"),
    [
        (Algorithm.FUSE8, 40_000, 220),
        (Algorithm.FUSE16, 400_000, 25),
        (Algorithm.FUSE32, 400_000, 1),
        (Algorithm.BLOOM, 20_000, 5),
    ],
)
def test_the_rate_of_false_positives_is_in_bound(algorithm, asked, most):
    """The expected counts are 156, 6, 0 and 0. The bounds are five standard deviations away; the keys are fixed."""
    body = build_body(numbers("in", 5_000), algorithm)
    assert sum(bits(body.contains_many(numbers("in", 5_000)), 5_000)) == 5_000
    assert sum(byte.bit_count() for byte in body.contains_many(numbers("out", asked))) <= most


def test_header():
    data = good().to_bytes()
    assert data[:35] == b"PLKF" + bytes([1, 16, 1, 0]) + struct.pack(">IQQ", 3, 7, 100) + b"\x06public"
    assert data[35:] == good().body.to_bytes()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(st.data())
@settings(max_examples=150)
def test_changed_bytes_are_refused_or_another_filter(algorithm, data):
    whole = good(algorithm).to_bytes()
    at = data.draw(st.integers(0, 80) | st.integers(0, len(whole) - 1))
    changed = whole[:at] + data.draw(st.binary(max_size=9)) + whole[at + data.draw(st.integers(0, 9)) :]
    try:
        parsed = Filter.from_bytes(changed)
    except FormatError:
        return
    assert parsed.to_bytes() == changed
    parsed.body.contains_many(numbers("any", 100))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_truncated_and_lengthened_bytes_are_refused(algorithm):
    whole = good(algorithm).to_bytes()
    for size in {*range(110), len(whole) // 2, len(whole) - 33, len(whole) - 1}:
        with pytest.raises(FormatError):
            Filter.from_bytes(whole[:size])
    with pytest.raises(FormatError):
        Filter.from_bytes(whole + b"\x00")


@given(st.binary(max_size=300))
def test_any_bytes_raise_only_our_error(data):
    for sample in (data, b"PLKF\x01" + data, good().to_bytes()[:35] + data):
        with pytest.raises(FormatError):
            Filter.from_bytes(sample)


@pytest.mark.parametrize(
    ("at", "value", "text"),
    [
        (0, 0, "format 1"),
        (4, 2, "format 1"),
        (5, 0, "algorithm"),
        (5, 8, "fingerprints"),
        (5, 1, "bloom"),
        (6, 0, "kind"),
        (6, 3, "kind"),
        (7, 2, "role"),
        (11, 0, "epoch"),
        (19, 0, "serial"),
        (13, 0x20, "serial"),
        (27, 99, "count"),
        (20, 0x80, "count"),
        (29, 0x2D, "channel"),
        (29, 0xC3, "ASCII"),
    ],
)
def test_header_fields_that_are_refused(at, value, text):
    data = bytearray(good().to_bytes())
    data[at] = value
    with pytest.raises(FormatError, match=text):
        Filter.from_bytes(bytes(data))


def bloom(rate=2**-16, slices=16, per_slice=None, capacity=113, count=100, bits=None):
    per_slice = per_slice or struct.unpack_from("<dQQQQ", good(Algorithm.BLOOM).body.to_bytes())[2]
    return struct.pack("<dQQQQ", rate, slices, per_slice, capacity, count) + (bits or bytes(2 * per_slice))


def test_the_bloom_header_of_pybloom_is_accepted():
    assert good(Algorithm.BLOOM).body.to_bytes()[:40] == bloom()[:40]
    assert contains(BloomBody.from_bytes(bloom()), 0) is False


@pytest.mark.parametrize(
    "data",
    [
        bloom(rate=2**-15),
        bloom(rate=float("nan")),
        bloom(rate=float("inf")),
        bloom(rate=0.0),
        bloom(slices=15),
        bloom(slices=2**63),
        bloom(per_slice=1, bits=bytes(2)),
        bloom(per_slice=2**60, bits=bytes(2)),
        bloom(capacity=0, count=0),
        bloom(capacity=2**63),
        bloom(capacity=114),
        bloom(count=114),
        bloom(count=2**64 - 1),
        bloom()[:-1],
        bloom() + b"\x00",
        bloom()[:39],
        b"",
    ],
)
def test_bloom_bodies_that_are_refused(data):
    with pytest.raises(FormatError, match="bloom"):
        BloomBody.from_bytes(data)


def test_keys_can_be_added_in_place_up_to_the_capacity():
    body = build_bloom(numbers("in", 80))
    more = list(struct.unpack(">10Q", numbers("more", 10)))
    body.add(more)
    assert len(body) == 90
    assert all(contains(body, key) for key in more)
    parsed = BloomBody.from_bytes(body.to_bytes())
    assert parsed.to_bytes() == body.to_bytes()
    with pytest.raises(IndexError, match="full"):
        body.add([1])
    assert len(BloomBody.from_bytes(body.to_bytes())) == 90


def test_file_names():
    assert file_name(Kind.EXPOSURE, Role.BASE, Algorithm.FUSE16) == "exposure.base.fuse16"
    assert good().file_name == "exposure.base.fuse16"
    assert file_name(Kind.MALICIOUS, Role.ADDITIONS, Algorithm.BLOOM) == "malicious-registration.additions.bloom"
