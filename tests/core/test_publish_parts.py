"""Compares the core's steps of a publish with the simplest way to write them."""

import hashlib
import pickle
import struct
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup import _core

UNTIMED = settings(deadline=None)
EXPOSED, MALICIOUS, MORE = 1, 2, 64
NAMELESS = bytes(16)

elements = st.sampled_from(
    [bytes(31) + b"\x01", b"\x02" * 32, b"\x02" * 31 + b"\x03", b"\xff" * 32, b"\x02" + bytes(31)]
)
accounts = st.sampled_from([NAMELESS, b"\x01" * 16, b"\x02" * 16, b"\xff" * 16])
rows = st.tuples(elements, accounts, st.sampled_from([0, 1, 2, 40000, 2**32 - 1]), st.integers(0, 1200))
sources = st.lists(
    st.tuples(st.integers(1, 65535), st.sampled_from([EXPOSED, MALICIOUS])),
    min_size=1,
    max_size=6,
    unique_by=lambda s: s[0],
)


def run(rows, source):
    element, account, count, month = zip(*rows, strict=True) if rows else ((), (), (), ())
    counts, months = struct.pack(f"<{len(rows)}I", *count), struct.pack(f"<{len(rows)}H", *month)
    return b"".join(element), b"".join(account), counts, months, source


def merged(runs, sources, erased):
    """The same merge by dictionaries: element -> dataset -> account."""
    told = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for rows, source in runs:
        for element, account, count, month in rows:
            if element not in erased:
                told[element][source][account].append((count, month))
    labels = []
    for element in sorted(told):
        flags = total = latest = 0
        for source, by_account in told[element].items():
            flags |= sources[source][1]
            latest = max(latest, *(month for seen in by_account.values() for _, month in seen))
            if sources[source][1] == MALICIOUS:
                total += sum(1 if name != NAMELESS else sum(c for c, _ in seen) for name, seen in by_account.items())
        cases = [sources[source][0] for source in sorted(told[element])]
        flags |= MORE if len(cases) > 3 else 0
        labels.append(struct.pack(">BBHH3H", flags, 0, min(total, 65535), latest, *(cases + [0] * 3)[:3]))
    return b"".join(sorted(told)), b"".join(labels)


@given(st.data())
@UNTIMED
def test_rows_merge_to_the_label_of_the_specification(data):
    known = data.draw(sources)
    runs = data.draw(st.lists(st.tuples(st.lists(rows, max_size=12), st.integers(0, len(known) - 1)), max_size=5))
    erased = data.draw(st.lists(elements, max_size=2))
    given_runs = [run(*each) for each in runs]
    assert _core.merge_labels(given_runs, known, b"".join(erased)) == merged(runs, known, erased)


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        ((bytes(31), NAMELESS, bytes(4), bytes(2), 0), "elements: 31 bytes"),
        ((bytes(32), bytes(15), bytes(4), bytes(2), 0), "accounts: 15 bytes"),
        ((bytes(32), NAMELESS, bytes(3), bytes(2), 0), "counts: 3 bytes"),
        ((bytes(32), NAMELESS, bytes(4), bytes(1), 0), "months: 1 bytes"),
        ((bytes(64), NAMELESS, bytes(8), bytes(4), 0), "number of accounts: expected 2, found 1"),
        ((bytes(32), NAMELESS, bytes(8), bytes(2), 0), "number of counts: expected 1, found 2"),
        ((bytes(32), NAMELESS, bytes(4), bytes(4), 0), "number of months: expected 1, found 2"),
        ((bytes(32), NAMELESS, bytes(4), bytes(2), 1), "source must be from 0 to 0"),
    ],
)
def test_broken_columns_are_refused(broken, text):
    with pytest.raises(ValueError, match=text):
        _core.merge_labels([broken], [(1, EXPOSED)], b"")


def test_a_partial_erased_element_is_refused():
    with pytest.raises(ValueError, match="erased elements: 33 bytes"):
        _core.merge_labels([], [], bytes(33))


def record(index, fill):
    return index.to_bytes(4, "big") + hashlib.sha256(fill.to_bytes(8, "big")).digest()


indexed = st.integers(1, 10).flatmap(
    lambda bits: st.tuples(st.just(bits), st.integers(0, bits), st.lists(st.integers(0, 2**bits - 1), max_size=40))
)


@given(indexed)
@UNTIMED
def test_records_are_grouped_by_range_and_keep_their_order(drawn):
    bits, range_bits, indices = drawn
    records = [record(index, i) for i, index in enumerate(indices)]
    grouped, starts = _core.group_records(b"".join(records), bits, range_bits)
    ranges = [index >> (bits - range_bits) for index in indices]
    assert grouped == b"".join(each for _, each in sorted(zip(ranges, records, strict=True), key=lambda pair: pair[0]))
    wanted = [sum(one < place for one in ranges) for place in range(2**range_bits + 1)]
    assert struct.unpack(f"<{2**range_bits + 1}Q", starts) == tuple(wanted)


def packed_plainly(records, bucket):
    entries = sorted(each[4:] for each in records if int.from_bytes(each[:4], "big") == bucket)
    return b"".join(entries).ljust(48 * 32, b"\0")


@given(indexed, st.integers(0, 4))
@UNTIMED
def test_bucket_ranges_equal_those_of_all_buckets_packed_together(drawn, finer):
    bits, range_bits, indices = drawn
    bits, range_bits = max(bits - finer, 0), min(range_bits, max(bits - finer, 0))
    records = [record(index >> max(drawn[0] - bits - finer, 0), i) for i, index in enumerate(indices)]
    whole = [(int.from_bytes(each[:4], "big") >> finer).to_bytes(4, "big") + each[4:] for each in records]
    wanted = b"".join(packed_plainly(whole, bucket) for bucket in range(1 << bits))
    count, buckets, leaves = 1 << (bits - range_bits), b"", b""
    for first in range(0, 1 << bits, count):
        here = [each for each in records if first <= int.from_bytes(each[:4], "big") >> finer < first + count]
        packed, hashed = _core.pack_buckets(b"".join(here), first, count, 48, finer)
        buckets, leaves = buckets + packed, leaves + hashed
    stride = 48 * 32
    assert buckets == wanted
    hashes = [hashlib.sha256(b"\x00" + wanted[at : at + stride]).digest() for at in range(0, len(wanted), stride)]
    assert leaves == b"".join(hashes)
    assert _core.check_buckets(buckets, 48) == (len(records), leaves)


def test_a_record_of_another_range_is_refused():
    with pytest.raises(ValueError, match="record 1 belongs to a bucket outside the range"):
        _core.group_records(record(3, 0) + record(4, 1), 2, 1)
    with pytest.raises(ValueError, match="record 0 belongs to a bucket outside the range"):
        _core.pack_buckets(record(8, 0), 0, 2, 4, 2)


@pytest.mark.parametrize(("index_bits", "range_bits"), [(33, 1), (8, 9), (32, 17)])
def test_impossible_bits_are_refused(index_bits, range_bits):
    with pytest.raises(ValueError, match="range bits must be from 0 to"):
        _core.group_records(b"", index_bits, range_bits)


def test_more_finer_bits_than_an_index_has_are_refused():
    with pytest.raises(ValueError, match="finer bits must be from 0 to 32"):
        _core.pack_buckets(b"", 0, 1, 1, 33)
    assert _core.pack_buckets(record(2**32 - 1, 0), 0, 1, 1, 32)[0] == record(0, 0)[4:]


LOW, HIGH, EMPTY = b"\x01" * 32, b"\x02" * 32, bytes(32)


@pytest.mark.parametrize(
    "slots", [[HIGH, LOW], [LOW, LOW], [EMPTY, LOW], [EMPTY, EMPTY, LOW, EMPTY], [LOW, EMPTY, HIGH]]
)
def test_buckets_out_of_order_are_refused_by_name(slots):
    count = 4
    good = [LOW, HIGH, EMPTY, EMPTY]
    bad = (slots + [EMPTY] * count)[:count]
    with pytest.raises(ValueError, match="bucket 1: slots are not in order"):
        _core.check_buckets(b"".join(good + bad + bad), count)


def test_a_partial_bucket_is_refused():
    for size, slots in ((65, 2), (32, 2), (1, 1)):
        with pytest.raises(ValueError, match="are not a whole number of"):
            _core.check_buckets(bytes(size), slots)
    with pytest.raises(ValueError, match="slots must be from 1"):
        _core.check_buckets(b"", 0)
    assert _core.check_buckets(b"", 5) == (0, b"")


def test_an_overflow_can_be_pickled():
    with pytest.raises(_core.BucketOverflow) as told:
        _core.pack_buckets(record(0, 0) + record(0, 1), 0, 1, 1, 0)
    back = pickle.loads(pickle.dumps(told.value))
    assert (type(back), back.bucket, back.entries, str(back)) == (_core.BucketOverflow, 0, 2, str(told.value))


@given(st.lists(st.integers(0, 2**64 - 1), max_size=300), st.integers(1, 4))
@UNTIMED
def test_keys_are_sorted_and_repeated_ones_dropped(keys, copies):
    packed = b"".join(key.to_bytes(8, "big") for key in keys * copies)
    assert _core.sort_unique_keys(packed) == b"".join(key.to_bytes(8, "big") for key in sorted(set(keys)))


def test_ragged_filter_keys_are_refused():
    with pytest.raises(ValueError, match="8-byte items"):
        _core.sort_unique_keys(bytes(15))
