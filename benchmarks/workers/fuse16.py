"""pilookup's binary fuse filter of 16 bits, with keys as one buffer and answers as one bitmap."""

import importlib.metadata

from inputs import Prepared, keys

from pilookup import _core

BITS = 16


def prepare(n: int) -> Prepared:
    _core.set_threads(1)
    known, others = keys(n)
    fuse = _core.FuseFilter.build(known, BITS)
    if hits(fuse.contains_many(known)) != n:
        raise SystemExit("the filter does not contain one of its keys")
    jobs = {
        "build": (n, lambda: _core.FuseFilter.build(known, BITS)),
        "contains": (n, lambda: fuse.contains_many(others)),
    }
    facts = {
        "version": importlib.metadata.version("pilookup"),
        "bits": len(fuse.to_bytes()) * 8 / n,
        "false_positives": hits(fuse.contains_many(others)),
    }
    return jobs, facts


def hits(bitmap: bytes) -> int:
    return int.from_bytes(bitmap, "little").bit_count()
