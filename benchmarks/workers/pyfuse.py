"""pyfusefilter's Fuse16, built from a list and queried key by key."""

from importlib.metadata import version

from inputs import Prepared, keys, numbers
from pyfusefilter import Fuse16


def prepare(n: int) -> Prepared:
    known, others = map(numbers, keys(n))
    fuse = Fuse16(known)
    if not all(key in fuse for key in known):
        raise SystemExit("the filter does not contain one of its keys")
    jobs = {
        "build": (n, lambda: Fuse16(known)),
        "contains": (n, lambda: [key in fuse for key in others]),
    }
    false_positives = sum(key in fuse for key in others)
    bits = len(fuse.serialize()) * 8 / n
    return jobs, {"version": version("pyfusefilter"), "bits": bits, "false_positives": false_positives}
