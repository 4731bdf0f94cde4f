"""A small channel in memory for tests of the client, with real keys, snapshots and signed metadata."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from pilookup import _core
from pilookup.protocol import merkle
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.encoding import time_text
from pilookup.protocol.label import Kind, Label, Profile, pack_labels
from pilookup.protocol.manifest import Case, FileRef, Manifest
from pilookup.protocol.names import CANARIES
from pilookup.protocol.oprf import SecretKey

CASES = (
    Case(1, Kind.EXPOSURE, "甲村数据", "Village A data", date(2025, 3, 9), ("phone",), ("change-number",)),
    Case(4, Kind.MALICIOUS, "乙案账号", "Case B accounts", None),
)
GEOMETRY = Geometry(2, 64)
CANARY = Label(canary=True)


@dataclass
class Lifetimes:
    """How long each role is valid from now; a negative time means that it has expired."""

    root: timedelta = timedelta(days=365)
    timestamp: timedelta = timedelta(hours=48)
    snapshot: timedelta = timedelta(days=30)
    targets: timedelta = timedelta(days=30)
    epoch: timedelta = timedelta(days=180)


@dataclass
class Buckets:
    """The bytes of one serial's buckets."""

    slots: bytes
    tree: bytes
    geometry: Geometry

    def body(self, index: int) -> bytes:
        stride = self.geometry.stride
        path = merkle.path(self.tree, index, self.geometry.bits)
        return self.slots[index * stride : (index + 1) * stride] + path


@dataclass
class Publisher:
    """Signs releases into `metadata` and `targets`, which a host serves."""

    channel: str = "public"
    life: Lifetimes = field(default_factory=Lifetimes)
    metadata: dict[str, bytes] = field(default_factory=dict)
    targets: dict[str, bytes] = field(default_factory=dict)
    buckets: dict[int, Buckets] = field(default_factory=dict)
    keys: dict[int, SecretKey] = field(default_factory=dict)
    version: int = 0
    hashes: list[str] = field(default_factory=lambda: ["sha256"])

    def __post_init__(self):
        make = CryptoSigner.generate_ed25519
        self.signers = {
            "root": [make() for _ in range(3)],
            "targets": [make() for _ in range(3)],
            "snapshot": [make()],
            "timestamp": [make()],
        }
        self.sign_root(1)

    def sign_root(self, version, signers=None):
        root = Root(version=version, expires=self.until(self.life.root), consistent_snapshot=True)
        for role, keys in self.signers.items():
            for signer in keys:
                root.add_key(signer.public_key, role)
            root.roles[role].threshold = 2 if len(keys) > 1 else 1
        data = self.sign(root, signers or self.signers["root"][:2])
        self.metadata[f"{version}.root.json"] = self.metadata["root.json"] = data

    @property
    def pin(self) -> bytes:
        return self.metadata["1.root.json"]

    def until(self, life: timedelta) -> datetime:
        return (datetime.now(UTC) + life).replace(microsecond=0)

    def sign(self, signed, signers) -> bytes:
        metadata = Metadata(signed)
        for signer in signers:
            metadata.sign(signer, append=True)
        return metadata.to_bytes()

    def publish(self, labels, *, epoch=1, serial=1, shifted_by=None, canary=CANARY, raw=None, extra=b"", **changes):
        """Release one epoch. `shifted_by` seals under another key, `raw` gives label bytes that are sealed unchecked."""
        key = self.keys.setdefault(epoch, SecretKey.generate())
        sealed = {**labels, **{name.encode(): canary for name in CANARIES if canary}}
        packed = pack_labels(list(sealed.values())) if sealed else b""
        vault_key = SecretKey.generate()
        elements = _core.tokenise([*sealed, *(raw or {})], vault_key)
        packed += b"".join((raw or {}).values())
        shift = vault_key.shift_to(shifted_by or key)
        records, _ = _core.shift_and_seal(elements, packed, shift, self.channel, epoch, GEOMETRY.bits)
        slots, _ = _core.pack_buckets(records + extra, 0, GEOMETRY.buckets, GEOMETRY.slots, 0)
        tree = merkle.build(
            merkle.leaf_hash(slots[at : at + GEOMETRY.stride]) for at in range(0, len(slots), GEOMETRY.stride)
        )
        self.buckets[serial] = Buckets(slots, tree, GEOMETRY)
        manifest = Manifest(
            channel=self.channel,
            profile=Profile.COARSE if self.channel == "public" else Profile.EXACT,
            epoch=epoch,
            serial=serial,
            created=self.until(timedelta(0)),
            public_key=key.public(),
            geometry=GEOMETRY,
            entries=len(records) // 36,
            root=merkle.root(tree),
            files={"buckets.bin": ref(slots), "tree.bin": ref(tree)},
            canaries=CANARIES,
            datasets=CASES,
        )
        self.release(replace(manifest, **changes).to_bytes(), epoch)

    def release(self, manifest: bytes, epoch: int, own: bytes | None = None, custom=None):
        """Sign a manifest as `manifest.json`, and `own` (by default the same bytes) as the epoch's manifest."""
        self.version += 1
        until = self.until(self.life.epoch)
        targets = Targets(version=self.version, expires=self.until(self.life.targets))
        for path, data in (("manifest.json", manifest), (f"epochs/{epoch}/manifest.json", own or manifest)):
            target = TargetFile.from_data(path, data, self.hashes)
            if path != "manifest.json":
                target.unrecognized_fields["custom"] = custom or {
                    "epoch": epoch,
                    "serves_until": time_text(until),
                }
            targets.targets[path] = target
            folder, _, name = path.rpartition("/")
            self.targets[f"{folder}/{ref(data).sha256}.{name}".lstrip("/")] = data
        self.metadata[f"{self.version}.targets.json"] = self.sign(targets, self.signers["targets"][:2])
        self.sign_snapshot()

    def sign_snapshot(self, *, version=None):
        snapshot = Snapshot(version=version or self.version, expires=self.until(self.life.snapshot))
        snapshot.meta["targets.json"] = MetaFile(self.version)
        self.metadata[f"{snapshot.version}.snapshot.json"] = self.sign(snapshot, self.signers["snapshot"])
        self.sign_timestamp(snapshot.version)

    def sign_timestamp(self, snapshot_version=None):
        self.stamps = getattr(self, "stamps", 0) + 1
        timestamp = Timestamp(version=self.stamps, expires=self.until(self.life.timestamp))
        timestamp.snapshot_meta.version = snapshot_version or self.version
        self.metadata["timestamp.json"] = self.sign(timestamp, self.signers["timestamp"])


def ref(data: bytes) -> FileRef:
    return FileRef(sha256(data).hexdigest(), len(data))
