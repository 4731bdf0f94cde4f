"""A small repository on disk, as publish writes it, made with tuf, `pilookup.protocol` and the core."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from pilookup import _core
from pilookup.errors import KeyringError
from pilookup.protocol import merkle
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.filter import Algorithm, Role
from pilookup.protocol.label import Kind, Label, Profile
from pilookup.protocol.manifest import FileRef, Manifest
from pilookup.protocol.names import CANARIES
from pilookup.protocol.oprf import SecretKey
from pilookup.protocol.release import MANIFEST, renew_timestamp, target_custom, target_name
from tests.support.filters import Filter, build_body

GEOMETRY = Geometry(2, 64)
START = datetime(2026, 11, 24, 8, 0, 0, tzinfo=UTC)
LATER = START + timedelta(days=180)
NUMBERS = tuple(f"tel:+86138{n:08}".encode() for n in range(5))
ROLES = {"root": 3, "targets": 3, "snapshot": 1, "timestamp": 1}


@dataclass
class Clock:
    """A wall clock that tests set, and the seconds elapsed since the machine started."""

    now: datetime = START
    seconds: float = 5000.0
    boot: str = "first"

    def __call__(self) -> datetime:
        return self.now

    def elapsed(self) -> float:
        return self.seconds

    def pass_(self, **duration: float) -> None:
        """Let time pass, or suspend the machine for so long: both clocks go on."""
        self.step(**duration)
        self.seconds += timedelta(**duration).total_seconds()

    def step(self, **duration: float) -> None:
        """Set the wall clock alone."""
        self.now += timedelta(**duration)

    def start_machine(self) -> None:
        """Start the machine again: the elapsed seconds begin at 0."""
        self.seconds = 20.0
        self.boot += "-next"


@dataclass
class HeldKeys:
    """`OnlineKeys` in memory: the keys of epochs and timestamps, by channel."""

    scalars: dict[tuple[str, int], SecretKey] = field(default_factory=dict)
    signing: dict[str, object] = field(default_factory=dict)
    destroyed: list[tuple[str, int]] = field(default_factory=list)

    def epochs(self, channel):
        return [epoch for name, epoch in self.scalars if name == channel]

    def epoch_key(self, channel, epoch):
        if (channel, epoch) not in self.scalars:
            raise KeyringError(f"channel-{channel}-{epoch}: missing")
        return self.scalars[channel, epoch]

    def timestamp_keys(self, channel):
        held = self.signing.setdefault(channel, Ed25519PrivateKey.generate())
        return held if isinstance(held, list) else [held]

    def destroy(self, channel, epoch):
        self.destroyed.append((channel, epoch))
        del self.scalars[channel, epoch]


class Repository:
    """The repository of one channel, below HOME/online/channels."""

    def __init__(self, home: Path, channel: str, keys: HeldKeys, now: datetime = START):
        self.channel = channel
        self.keys = keys
        self.directory = home / "online" / "channels" / channel
        self.metadata = self.directory / "metadata"
        self.targets = self.directory / "targets"
        self.metadata.mkdir(parents=True)
        self.targets.mkdir()
        self.version = 0
        self.more: dict[str, bytes] = {}
        """Further files of the epochs that are published from now on, by name."""
        self.signers = {role: [CryptoSigner.generate_ed25519() for _ in range(n)] for role, n in ROLES.items()}
        keys.signing[channel] = self.signers["timestamp"][0]._private_key
        self.write_root(1, now)

    def write_root(self, version, now):
        root = Root(version=version, expires=now + timedelta(days=365), consistent_snapshot=True)
        for role, signers in self.signers.items():
            for signer in signers:
                root.add_key(signer.public_key, role)
            root.roles[role].threshold = 2 if len(signers) > 1 else 1
        data = self.sign(root)
        (self.metadata / f"{version}.root.json").write_bytes(data)
        self.swap("root.json", data)

    def publish(self, epochs, now=START, *, life=timedelta(days=30), damage=None, stamp=True):
        """Publish `{epoch: (serial, serves_until)}`; `damage(files)` may change an epoch's files after they are signed.

        Without `stamp`, only what custody signs is written, as by a copy from the custody machine.
        """
        self.version += 1
        targets = Targets(version=self.version, expires=now + life)
        for epoch, (serial, until) in epochs.items():
            files = self.files(epoch, serial, now)
            self.list_epoch(targets, epoch, files, until, newest=epoch == max(epochs))
            names = {name: sha256(data).hexdigest() for name, data in files.items()}
            if damage:
                damage(files)
            folder = self.targets / "epochs" / str(epoch)
            folder.mkdir(parents=True, exist_ok=True)
            for name, data in files.items():
                (folder / f"{names[name]}.{name}").write_bytes(data)
        (self.metadata / f"{self.version}.targets.json").write_bytes(self.sign(targets))
        snapshot = Snapshot(version=self.version, expires=now + timedelta(days=30))
        snapshot.meta["targets.json"] = MetaFile(self.version)
        (self.metadata / f"{self.version}.snapshot.json").write_bytes(self.sign(snapshot))
        if stamp:
            self.stamp(now)

    def stamp(self, now, snapshot=None):
        path = self.metadata / "timestamp.json"
        old = Metadata[Timestamp].from_bytes(path.read_bytes()).signed if path.exists() else None
        self.swap("timestamp.json", self.sign(renew_timestamp(old, snapshot or self.version, now)))

    def list_epoch(self, targets, epoch, files, until, *, newest):
        for name, data in files.items():
            target = TargetFile.from_data(target_name(epoch, name), data, ["sha256"])
            if name == MANIFEST:
                target.unrecognized_fields["custom"] = target_custom(epoch, until)
            targets.targets[target.path] = target
        if newest:
            targets.targets[MANIFEST] = TargetFile.from_data(MANIFEST, files[MANIFEST], ["sha256"])
            digest = sha256(files[MANIFEST]).hexdigest()
            (self.targets / f"{digest}.{MANIFEST}").write_bytes(files[MANIFEST])

    def files(self, epoch, serial, now):
        key = self.keys.scalars.setdefault((self.channel, epoch), SecretKey.generate())
        names = [*NUMBERS, *(name.encode() for name in CANARIES)]
        labels = [Label(malicious=True, accounts=serial)] * len(NUMBERS) + [Label(canary=True)] * len(CANARIES)
        vault_key = SecretKey.generate()
        elements, shift = _core.tokenise(names, vault_key), vault_key.shift_to(key)
        packed = b"".join(label.to_bytes() for label in labels)
        records, filter_keys = _core.shift_and_seal(elements, packed, shift, self.channel, epoch, GEOMETRY.bits)
        slots, _ = _core.pack_buckets(records, 0, GEOMETRY.buckets, GEOMETRY.slots, 0)
        stride = GEOMETRY.stride
        tree = merkle.build(merkle.leaf_hash(slots[at : at + stride]) for at in range(0, len(slots), stride))
        body = build_body(filter_keys, Algorithm.FUSE16)
        base = Filter(self.channel, epoch, serial, Kind.EXPOSURE, Role.BASE, Algorithm.FUSE16, body)
        files = {"buckets.bin": slots, "tree.bin": tree, base.file_name: base.to_bytes(), **self.more}
        manifest = Manifest(
            channel=self.channel,
            profile=Profile.COARSE,
            epoch=epoch,
            serial=serial,
            created=now,
            public_key=key.public(),
            geometry=GEOMETRY,
            entries=len(names),
            root=merkle.root(tree),
            files={name: FileRef(sha256(data).hexdigest(), len(data)) for name, data in files.items()},
            canaries=CANARIES,
        )
        return files | {MANIFEST: manifest.to_bytes()}

    def sign(self, signed):
        metadata = Metadata(signed)
        role = signed.type
        for signer in self.signers[role][:2]:
            metadata.sign(signer, append=True)
        return metadata.to_bytes()

    def swap(self, name, data):
        new = self.metadata / f".{name}.test"
        new.write_bytes(data)
        new.replace(self.metadata / name)
