"""Write tests/vectors/deltas.json: deltas of SPEC.md section 15, from sets of entries and without the code under test.

`--check` compares instead of writing.
"""

import json
import struct
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from generated_file import main

FILE = Path(__file__).with_name("deltas.json")
BITS, SLOTS = 2, 64
Buckets = list[list[bytes]]


def entry(text: str) -> bytes:
    """The bytes of an entry, which a delta does not look into."""
    return sha256(text.encode()).digest()


def buckets(texts: list[str]) -> Buckets:
    """Entries in buckets, each bucket ascending."""
    return [sorted(entry(text) for text in texts if entry(text)[0] >> 6 == index) for index in range(1 << BITS)]


def root(of: Buckets) -> bytes:
    """The Merkle root over the buckets (section 6.3)."""
    level = [sha256(b"\0" + b"".join(one).ljust(SLOTS * 32, b"\0")).digest() for one in of]
    while len(level) > 1:
        level = [sha256(b"\1" + level[at] + level[at + 1]).digest() for at in range(0, len(level), 2)]
    return level[0]


def header(old: Buckets, new: Buckets, counts: tuple[int, int], **changed: Any) -> bytes:
    """The header of a delta, with members changed."""
    values = {"magic": b"PLKD", "version": 1, "bits": BITS, "zero": 0, "slots": SLOTS, "removals": counts[0]}
    values |= {"additions": counts[1], "old_root": root(old), "new_root": root(new)}
    return struct.pack(">4sBBHIII32s32s", *(values | changed).values())


def items(old: Buckets, new: Buckets) -> tuple[list[bytes], list[bytes]]:
    """The removals and additions that lead from old to new."""
    removals = [
        struct.pack(">II", index, slot)
        for index, bucket in enumerate(old)
        for slot, one in enumerate(bucket)
        if one not in new[index]
    ]
    additions = [
        struct.pack(">I", index) + one for index, bucket in enumerate(new) for one in bucket if one not in old[index]
    ]
    return removals, additions


def delta(old: Buckets, new: Buckets, **changed: Any) -> bytes:
    """A delta, with members of its header changed."""
    removals, additions = items(old, new)
    return header(old, new, (len(removals), len(additions)), **changed) + b"".join(removals + additions)


def case(name: str, old: Buckets, new: Buckets) -> dict[str, Any]:
    return {"type": "delta", "name": name, **sides(old, new), "delta": delta(old, new).hex()}


def sides(old: Buckets, new: Buckets) -> dict[str, Any]:
    return {
        "bucket_bits": BITS,
        "slots": SLOTS,
        "old": [[one.hex() for one in bucket] for bucket in old],
        "new": [[one.hex() for one in bucket] for bucket in new],
        "old_root": root(old).hex(),
        "new_root": root(new).hex(),
    }


def refused(old: Buckets, new: Buckets) -> list[dict[str, Any]]:
    """Deltas that a reader refuses, each for one reason."""
    right = delta(old, new)
    removals, additions = items(old, new)
    count = len(removals), len(additions)

    def other(removals: list[bytes], additions: list[bytes]) -> bytes:
        return header(old, new, (len(removals), len(additions))) + b"".join(removals + additions)

    full = [struct.pack(">I", 0) + bytes([0, *number.to_bytes(31)]) for number in range(1, SLOTS + 1)]
    bad = {
        "magic": delta(old, new, magic=b"PLKX"),
        "version": delta(old, new, version=2),
        "bucket bits": delta(old, new, bits=3),
        "bytes that are zero": delta(old, new, zero=1),
        "slots": delta(old, new, slots=72),
        "old root": delta(old, new, old_root=bytes(32)),
        "new root": delta(old, new, new_root=bytes(32)),
        "a count of removals above the file": delta(old, new, removals=count[0] + 1),
        "a count of additions above the file": delta(old, new, additions=count[1] + 1),
        "counts below the file": delta(old, new, additions=count[1] - 1),
        "empty": b"",
        "cut short": right[:-1],
        "too long": right + b"\0",
        "removals in another order": other(removals[::-1], additions),
        "a removal twice": other([removals[0], *removals], additions),
        "additions in another order": other(removals, additions[::-1]),
        "an addition twice": other(removals, [additions[0], *additions]),
        "a removal of a bucket that is not there": other([*removals, struct.pack(">II", 4, 0)], additions),
        "a removal of a slot that is not there": other([*removals, struct.pack(">II", 3, SLOTS)], additions),
        "a removal of an empty slot": other([*removals, struct.pack(">II", 3, SLOTS - 1)], additions),
        "an addition to a bucket that is not there": other(removals, [*additions, struct.pack(">I", 4) + entry("x")]),
        "an addition of an empty slot": other(removals, [bytes(36), *additions]),
        "an addition that is there": other(
            removals, sorted([*additions, struct.pack(">I", 0) + new_and_old(old, new)])
        ),
        "more entries than slots": other(removals, sorted([*full, *additions])),
        "another removal": other([struct.pack(">II", 0, 0), *removals[1:]], additions),
    }
    return [{"type": "refused", "name": name, **sides(old, new), "delta": data.hex()} for name, data in bad.items()]


def new_and_old(old: Buckets, new: Buckets) -> bytes:
    """An entry of bucket 0 that stays."""
    return next(one for one in old[0] if one in new[0])


def document() -> str:
    old = buckets([f"entry {number}" for number in range(16)])
    new = buckets([f"entry {number}" for number in range(3, 18)])
    relabelled = [[one[:4] + bytes(28) if one == old[1][0] else one for one in bucket] for bucket in old]
    cases = [
        case("removals and additions", old, new),
        case("the way back", new, old),
        case("additions alone", old, buckets([f"entry {number}" for number in range(19)])),
        case("removals alone", old, buckets([f"entry {number}" for number in range(13)])),
        case("a label that changes", old, [sorted(bucket) for bucket in relabelled]),
        case("everything removed", buckets(["entry 1"]), buckets([])),
        *refused(old, new),
    ]
    return json.dumps({"cases": cases}, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main(FILE, document(), __doc__))
