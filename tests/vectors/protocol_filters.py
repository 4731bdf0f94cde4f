"""The vectors of Bloom filters, of both kinds and roles, and of the rules under which filters settle a number as absent."""

from hashlib import sha256
from typing import Any

from protocol_cases import Vector, filter_case, parts_case
from protocol_channel import CHANNEL, EPOCH, SERIAL, Snapshot, absent_elements, split
from protocol_negatives import negative
from pybloom_live.pybloom import make_hashfuncs

from pilookup import _core
from pilookup.protocol.filter import Algorithm, Role, file_name
from pilookup.protocol.label import Kind
from tests.support.filters import Filter, build_body

SLICES = 16


def other_keys(snapshot: Snapshot) -> tuple[bytes, bytes]:
    """Keys of the snapshot, and keys that it does not hold."""
    absent = _core.tokens(absent_elements(), CHANNEL, EPOCH)
    return snapshot.filter_keys, b"".join(secret[16:24] for secret in split(absent, 64))


def more_filter_cases(snapshot: Snapshot) -> list[Vector]:
    """The other kind and role, and the widest fingerprints in parts."""
    keys, absent = other_keys(snapshot)
    few = keys[:16]
    return [
        parts_case(Algorithm.FUSE32, 1, keys, absent),
        kind_case(Kind.MALICIOUS, Role.BASE, Algorithm.FUSE16, keys, absent),
        kind_case(Kind.MALICIOUS, Role.BASE, Algorithm.BLOOM, keys, absent),
        kind_case(Kind.MALICIOUS, Role.ADDITIONS, Algorithm.FUSE16, few, absent),
        kind_case(Kind.EXPOSURE, Role.ADDITIONS, Algorithm.FUSE8, few, absent),
    ]


def kind_case(kind: Kind, role: Role, algorithm: Algorithm, keys: bytes, absent: bytes) -> Vector:
    body = build_body(keys, algorithm)
    case = filter_case(body, algorithm, keys, absent)
    made = Filter(CHANNEL, EPOCH, SERIAL, kind, role, algorithm, body)
    return case | {"name": made.file_name, "kind": str(kind), "role": int(role), "file": made.to_bytes().hex()}


def bloom_cases() -> list[Vector]:
    """The bits of keys for sizes of a slice on both sides of each change of the hash functions."""
    keys = (0, 1, 2**63, 2**64 - 1, 0x0123456789ABCDEF)
    cases = []
    for size in (2, 32_767, 32_768, 1_000_003, 2**31 - 1, 2**31, 2**33 + 9):
        bits_of, _ = make_hashfuncs(SLICES, size)
        bits = {f"{key:016x}": [j * size + bit for j, bit in enumerate(bits_of(key))] for key in keys}
        cases.append({"type": "bloom", "name": f"{size} bits a slice", "bits_a_slice": size, "bits": bits})
    return cases


def bloom_negatives(snapshot: Snapshot) -> list[Vector]:
    body = build_body(snapshot.filter_keys, Algorithm.BLOOM)
    good = Filter(CHANNEL, EPOCH, SERIAL, Kind.EXPOSURE, Role.BASE, Algorithm.BLOOM, body).to_bytes()
    start = 29 + len(CHANNEL)

    def with_field(field: int, value: int) -> bytes:
        at = start + 8 * field
        return good[:at] + value.to_bytes(8, "little") + good[at + 8 :]

    capacity = int.from_bytes(good[start + 24 : start + 32], "little")
    files = {
        "another error rate": with_field(0, 0x3F00_0000_0000_0000),
        "15 slices": with_field(1, 15),
        "a slice of other bits than follow from the capacity": with_field(
            2, int.from_bytes(good[start + 16 : start + 24], "little") + 1
        ),
        "no capacity": with_field(3, 0),
        "a capacity of 2^40": with_field(3, 2**40),
        "more keys than its capacity": with_field(4, capacity + 1),
        "another number of keys than the header": with_field(4, 1),
        "a byte too many": good + b"\x00",
        "cut short": good[:-1],
        "a head cut short": good[: start + 39],
    }
    return [negative("filter", f"Bloom: {name}", "bad_snapshot", file=data.hex()) for name, data in files.items()]


CANARY = bytes.fromhex("c0ffee00c0ffee01")
HELD = bytes.fromhex("00000000000000070000000000000008")
ADDED = bytes.fromhex("0000000000000009")
OTHER = bytes.fromhex("00000000000000ab")
FUSE16 = Algorithm.FUSE16


def filter_bytes(kind: Kind, role: Role, keys: bytes, /, **changes: Any) -> bytes:
    """A filter file; `changes` are fields of its header."""
    fields: dict[str, Any] = {"channel": CHANNEL, "epoch": EPOCH, "serial": SERIAL, "kind": kind, "role": role}
    fields |= {"algorithm": FUSE16} | changes
    return Filter(**fields, body=build_body(keys, fields["algorithm"])).to_bytes()


def name_of(kind: Kind, role: Role) -> str:
    return file_name(kind, role, FUSE16)


def with_additions() -> dict[str, bytes]:
    files = {}
    for kind in Kind:
        files[name_of(kind, Role.BASE)] = filter_bytes(kind, Role.BASE, CANARY + HELD, serial=SERIAL - 1)
        files[name_of(kind, Role.ADDITIONS)] = filter_bytes(kind, Role.ADDITIONS, ADDED)
    return files


def bases_alone(keys: bytes = CANARY + HELD) -> dict[str, bytes]:
    return {name_of(kind, Role.BASE): filter_bytes(kind, Role.BASE, keys) for kind in Kind}


def absence_cases() -> list[Vector]:
    """Snapshots whose filters settle a number as absent, and snapshots whose filters do not."""
    base, added = name_of(Kind.EXPOSURE, Role.BASE), name_of(Kind.EXPOSURE, Role.ADDITIONS)
    other = name_of(Kind.MALICIOUS, Role.BASE)
    whole = with_additions()

    def with_base(**changes: Any) -> dict[str, bytes]:
        return whole | {
            base: filter_bytes(Kind.EXPOSURE, Role.BASE, CANARY + HELD, **({"serial": SERIAL - 1} | changes))
        }

    def with_added(**changes: Any) -> dict[str, bytes]:
        return whole | {added: filter_bytes(Kind.EXPOSURE, Role.ADDITIONS, ADDED, **changes)}

    settled = {"bases of the manifest's serial": bases_alone(), "older bases with additions": whole}
    doubted = {
        "no filters": {},
        "no filter of one kind": {name: data for name, data in whole.items() if "malicious" not in name},
        "an older base without additions": {name: data for name, data in whole.items() if name != added},
        "older additions": with_added(serial=SERIAL - 1),
        "newer additions": with_added(serial=SERIAL + 1),
        "a newer base": with_base(serial=SERIAL + 1),
        "a base without the canary": bases_alone() | {base: filter_bytes(Kind.EXPOSURE, Role.BASE, HELD)},
        "an empty base": bases_alone() | {base: filter_bytes(Kind.EXPOSURE, Role.BASE, b"")},
        "a base of another channel": with_base(channel="platform"),
        "a base of another epoch": with_base(epoch=EPOCH + 1),
        "a base of another kind": with_base(kind=Kind.MALICIOUS),
        "a base that is additions": with_base(role=Role.ADDITIONS),
        "a base of another algorithm than its name": with_base(algorithm=Algorithm.FUSE8),
        "additions of another channel": with_added(channel="platform"),
        "additions of another epoch": with_added(epoch=EPOCH - 1),
        "additions of another kind": with_added(kind=Kind.MALICIOUS),
        "the kinds swapped": bases_alone() | {base: bases_alone()[other], other: bases_alone()[base]},
        "additions in another algorithm": bases_alone()
        | {"exposure.additions.fuse8": filter_bytes(Kind.EXPOSURE, Role.ADDITIONS, ADDED, algorithm=Algorithm.FUSE8)},
        "a body cut short": whole | {base: whole[base][:-1]},
    }
    cases = [absence_case(name, files, settled=True) for name, files in settled.items()]
    cases += [absence_case(name, files, settled=False) for name, files in doubted.items()]
    replaced = absence_case("a file other than the listed one", whole, settled=False)
    replaced["files"] |= {base: with_base(serial=SERIAL - 2)[base].hex()}
    missing = absence_case("a listed file that the reader does not have", whole, settled=False)
    missing["files"] = {name: data for name, data in missing["files"].items() if name != added}
    return [*cases, replaced, missing]


def absence_case(name: str, files: dict[str, bytes], *, settled: bool) -> Vector:
    keys = {key.hex(): settled and key == OTHER for key in (*split(HELD, 8), ADDED, OTHER)}
    if settled and len(files) == len(Kind):
        keys[ADDED.hex()] = True  # there are no additions
    return {
        "type": "absence",
        "name": name,
        "channel": CHANNEL,
        "epoch": EPOCH,
        "serial": SERIAL,
        "listed": {name: {"sha256": sha256(data).hexdigest(), "size": len(data)} for name, data in files.items()},
        "files": {name: data.hex() for name, data in files.items()},
        "canary_keys": [CANARY.hex()],
        "absent": keys,
    }
