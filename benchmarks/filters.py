"""fuse16 and, beside it, pybloom-live's Bloom filter at the same false-positive rate."""

import random

import pybloom_live
from report import Report
from timing import rates

from pilookup import _core
from pilookup.protocol.bloom import ERROR_RATE, BloomBody

BITS = 16
BLOOM_KEYS = 100_000


def bench(report: Report, count: int, runs: int) -> None:
    source = random.Random(16)
    keys = source.randbytes(8 * count)
    others = source.randbytes(8 * count)
    report.add(
        "filter", "fuse16: build", rates(count, runs, lambda: _core.FuseFilter.build(keys, BITS)), "keys/s", count
    )
    fuse = _core.FuseFilter.build(keys, BITS)
    report.add("filter", "fuse16: bits per key", len(fuse.to_bytes()) * 8 / len(fuse), "bits/key", count)
    report.add(
        "filter", "fuse16: contains_many", rates(count, runs, lambda: fuse.contains_many(others)), "keys/s", count
    )
    _bloom(report, keys[: 8 * BLOOM_KEYS], others[: 8 * BLOOM_KEYS], runs)


def _bloom(report: Report, keys: bytes, others: bytes, runs: int) -> None:
    """The library itself, made for just these keys, and asked key by key: it has no other way."""
    count = len(keys) // 8
    known, unknown = ([int.from_bytes(data[at : at + 8]) for at in range(0, len(data), 8)] for data in (keys, others))

    def build() -> pybloom_live.BloomFilter:
        bloom = pybloom_live.BloomFilter(capacity=count, error_rate=ERROR_RATE)
        for key in known:
            bloom.add(key)
        return bloom

    report.add("filter", "pybloom-live: build", rates(count, runs, build), "keys/s", count)
    bloom = build()
    report.add("filter", "pybloom-live: bits per key", bloom.num_bits / count, "bits/key", count)
    body = len(BloomBody.build(keys).to_bytes()) * 8 / count
    report.add("filter", "pybloom-live: as published (room for 1/8 more)", body, "bits/key", count)
    answers = rates(count, runs, lambda: [key in bloom for key in unknown])
    report.add("filter", "pybloom-live: contains", answers, "keys/s", count)
