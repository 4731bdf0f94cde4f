"""The artificial channel of the protocol vectors: keys derived from texts, five numbers, a snapshot and its manifest."""

from datetime import UTC, date, datetime
from hashlib import sha256, sha512

from pilookup import _core
from pilookup.protocol import merkle
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.label import Kind, Label, Profile, pack_labels
from pilookup.protocol.manifest import Case, FileRef, Manifest
from pilookup.protocol.names import CANARIES

ORDER = 2**252 + 27742317777372353535851937790883648493
CHANNEL = "public"
EPOCH = 3
SERIAL = 7
GEOMETRY = Geometry(2, 64)
IDENTIFIERS = (
    "tel:+8613800138000",
    "tel:+8617012345678",
    "tel:+861065551234",
    "tel:+12025550123",
    "test:pilookup-canary-1",
)
ABSENT = ("tel:+8613900139000", "tel:+8616500000000", "test:pilookup-canary-9")
LABELS = (
    Label(exposed=True, cases=(1,)),
    Label(malicious=True, accounts=6, month=307, cases=(4,)),
    Label(exposed=True, malicious=True, accounts=65535, month=1200, cases=(9, 4, 1), more=True),
    Label(malicious=True, accounts=1),
    Label(canary=True),
)


def scalar(label: str) -> bytes:
    """A nonzero scalar derived from a text, 32 bytes little-endian."""
    wide = int.from_bytes(sha512(f"pilookup vector: {label}".encode()).digest(), "little")
    return (wide % ORDER).to_bytes(32, "little")


KEY_BYTES = scalar("channel key")
KEY = _core.SecretKey.from_bytes(KEY_BYTES)
UNSHIFTED = _core.SecretKey.from_bytes((1).to_bytes(32, "little"))
OTHER_KEY = _core.SecretKey.from_bytes(scalar("another channel key"))


def split(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


class Snapshot:
    """The small snapshot from which the other cases are made."""

    def __init__(self) -> None:
        self.elements = _core.tokenise([name.encode() for name in IDENTIFIERS], KEY)
        packed = pack_labels(LABELS)
        records, self.filter_keys = _core.shift_and_seal(
            self.elements, packed, UNSHIFTED, CHANNEL, EPOCH, GEOMETRY.bits
        )
        self.entries = len(records) // 36
        self.buckets, _ = _core.pack_buckets(records, 0, GEOMETRY.buckets, GEOMETRY.slots, 0)
        self.tree = merkle.build(merkle.leaf_hash(slots) for slots in split(self.buckets, GEOMETRY.stride))
        self.root = merkle.root(self.tree)

    def slots(self, index: int) -> bytes:
        return split(self.buckets, GEOMETRY.stride)[index]

    def body(self, index: int) -> bytes:
        return self.slots(index) + merkle.path(self.tree, index, GEOMETRY.bits)


def absent_elements() -> bytes:
    return _core.tokenise([name.encode() for name in ABSENT], KEY)


def manifest(snapshot: Snapshot) -> Manifest:
    files = {"buckets.bin": snapshot.buckets, "tree.bin": snapshot.tree}
    return Manifest(
        channel=CHANNEL,
        profile=Profile.COARSE,
        epoch=EPOCH,
        serial=SERIAL,
        created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        public_key=KEY.public(),
        geometry=GEOMETRY,
        entries=snapshot.entries,
        root=snapshot.root,
        files={name: FileRef(sha256(data).hexdigest(), len(data)) for name, data in files.items()},
        canaries=CANARIES[:1],
        datasets=(
            Case(1, Kind.EXPOSURE, "甲村数据", "Village A data", date(2025, 3, 9), ("phone",), ("report-110",)),
            Case(4, Kind.MALICIOUS, "乙案账号", "Case B “accounts”", None),
        ),
    )
