"""rbloom's Bloom filter at fuse16's false-positive rate: built from an iterable and queried key by key."""

from importlib.metadata import version

from inputs import Prepared, keys, numbers
from rbloom import Bloom

RATE = 2**-16


def prepare(n: int) -> Prepared:
    known, others = map(numbers, keys(n))

    def build() -> Bloom:
        bloom = Bloom(n, RATE)
        bloom.update(known)
        return bloom

    bloom = build()
    jobs = {"build": (n, build), "contains": (n, lambda: [key in bloom for key in others])}
    false_positives = sum(key in bloom for key in others)
    return jobs, {"version": version("rbloom"), "bits": bloom.size_in_bits / n, "false_positives": false_positives}
