"""pybloom-live's Bloom filter at fuse16's false-positive rate: filled and queried key by key."""

from importlib.metadata import version

from inputs import Prepared, keys, numbers
from pybloom_live import BloomFilter

RATE = 2**-16


def prepare(n: int) -> Prepared:
    known, others = map(numbers, keys(n))

    def build() -> BloomFilter:
        bloom = BloomFilter(capacity=n, error_rate=RATE)
        for key in known:
            bloom.add(key)
        return bloom

    bloom = build()
    jobs = {"build": (n, build), "contains": (n, lambda: [key in bloom for key in others])}
    false_positives = sum(key in bloom for key in others)
    return jobs, {"version": version("pybloom-live"), "bits": bloom.num_bits / n, "false_positives": false_positives}
