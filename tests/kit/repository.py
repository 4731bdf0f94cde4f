"""One release of a channel: snapshot, manifest and TUF metadata, right unless a case changes it before it is signed.

`Repository(now)` is a right release. A case changes its attributes; `files()` then computes, signs and names everything
that a server hands out (SPEC.md sections 6, 7 and 9).
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from tests.kit import oprf, snapshot
from tests.kit.canonical_json import base64url, rfc8785, time_text
from tests.kit.signing import Signer, sign
from tests.kit.snapshot import CANARY_LABEL, EXPOSED, MALICIOUS, MORE, Snapshot, label

EPOCH, SERIAL = 3, 7
CANARIES = [f"test:pilookup-canary-{number}" for number in range(1, 9)]

EXPOSED_NUMBER = "+8613800138000"
MALICIOUS_NUMBER = "+8613800138001"
BOTH_NUMBER = "+8613800138002"
ABSENT_NUMBER = "+8613800138009"

JULY_2025 = 25 * 12 + 7
LABELS = {
    f"tel:{EXPOSED_NUMBER}": label(EXPOSED, month=JULY_2025, cases=(1,)),
    f"tel:{MALICIOUS_NUMBER}": label(MALICIOUS, accounts=6, cases=(4,)),
    f"tel:{BOTH_NUMBER}": label(EXPOSED | MALICIOUS | MORE, accounts=2, month=JULY_2025, cases=(4, 2, 1)),
}

DATASETS: list[dict[str, Any]] = [
    {
        "id": 1,
        "kind": "exposure",
        "title": {"en": "Village A data", "zh": "甲村数据"},
        "seized_on": "2025-03-09",
        "data_classes": ["phone", "name"],
        "advice": ["change-number"],
    },
    {
        "id": 2,
        "kind": "exposure",
        "title": {"en": "Village B data", "zh": "乙村数据"},
        "seized_on": "2025-07-01",
        "data_classes": ["phone"],
        "advice": [],
    },
    {
        "id": 4,
        "kind": "malicious-registration",
        "title": {"en": "Case C accounts", "zh": "丙案账号"},
        "seized_on": None,
        "data_classes": [],
        "advice": [],
    },
]

LIFETIMES = {
    "root": timedelta(days=365),
    "targets": timedelta(days=30),
    "snapshot": timedelta(days=30),
    "timestamp": timedelta(hours=48),
}
SPEC_VERSION = "1.0.31"

Edit = Callable[[dict[str, Any]], None]


def channel_key(epoch: int) -> int:
    """Return the published key of an epoch, the same for every channel of the kit."""
    return oprf.derive_scalar(f"channel key of epoch {epoch}")


def _role_keys() -> dict[str, list[Signer]]:
    counts = {"root": 3, "targets": 3, "snapshot": 1, "timestamp": 1}
    return {role: [Signer(f"{role} {i + 1}") for i in range(count)] for role, count in counts.items()}


@dataclass
class RootVersion:
    """One version of the root metadata.

    Attributes:
        version: the version that it names.
        keys: the keys of each role.
        thresholds: signatures needed for each role.
        signers: who signs it.
        edit: a change of `signed`.
        file_version: the version in the name of its file, if it is another.
        lifetime: how long it is valid; negative: it has expired.
    """

    version: int = 1
    keys: dict[str, list[Signer]] = field(default_factory=_role_keys)
    thresholds: dict[str, int] = field(default_factory=lambda: {"root": 2, "targets": 2, "snapshot": 1, "timestamp": 1})
    signers: list[Signer] = field(default_factory=lambda: [Signer("root 1"), Signer("root 2")])
    edit: Edit = lambda _: None
    file_version: int | None = None
    lifetime: timedelta = LIFETIMES["root"]

    def signed(self, now: datetime) -> dict[str, Any]:
        every = {signer.key_id: signer.key for signers in self.keys.values() for signer in signers}
        roles = {
            role: {"keyids": [signer.key_id for signer in signers], "threshold": self.thresholds[role]}
            for role, signers in self.keys.items()
        }
        signed = _head("root", self.version, now + self.lifetime)
        signed |= {"consistent_snapshot": True, "keys": every, "roles": roles}
        self.edit(signed)
        return signed

    def to_bytes(self, now: datetime) -> bytes:
        return sign(self.signed(now), self.signers)


class Repository:
    """One release, and how it is signed.

    Attributes:
        now: the time to which all dates are relative.
        snapshot: labels, geometry and key; changing `snapshot.key` makes a snapshot of another key.
        key: the evaluator's key, whose public key the manifest names.
        serial: the serial.
        profile: the label profile.
        datasets: the catalogue.
        canaries: the canaries that the manifest lists.
        roots: the versions of the root; the first is the pinned one.
        versions: the versions of the other metadata.
        lifetimes: how long the other metadata are valid.
        signers: who signs the other metadata.
        edits: for `manifest` and each role a change of the object before it is encoded and signed.
        encode_manifest: how the manifest is encoded.
        filters: makes the filter files by their names; by default there are none.
    """

    def __init__(self, now: datetime, channel: str = "kit", *, epoch: int = EPOCH, serial: int = SERIAL) -> None:
        self.now = now
        self.channel = channel
        self.serial = serial
        self.key = channel_key(epoch)
        labels = LABELS | dict.fromkeys(CANARIES, CANARY_LABEL)
        self.snapshot = Snapshot(channel, epoch, self.key, labels)
        self.profile = "coarse"
        self.datasets = deepcopy(DATASETS)
        self.canaries = list(CANARIES)
        self.roots = [RootVersion()]
        self.versions = {"timestamp": 30, "snapshot": 20, "targets": 10}
        self.lifetimes = {role: LIFETIMES[role] for role in self.versions}
        keys = self.roots[0].keys
        self.signers = {role: keys[role][: self.roots[0].thresholds[role]] for role in self.versions}
        self.edits: dict[str, Edit] = {}
        self.encode_manifest: Callable[[dict[str, Any]], bytes] = rfc8785
        self.filters: Callable[[], dict[str, bytes]] = dict

    @property
    def trust(self) -> bytes:
        """The root to pin."""
        return self.roots[0].to_bytes(self.now)

    def files(self) -> dict[str, bytes]:
        """Return what the server hands out, by the path below the channel."""
        buckets = self.snapshot.buckets()
        levels = snapshot.tree(buckets)
        files = {
            f"snapshots/{self.serial}/buckets/{index}": bucket + snapshot.path(levels, index)
            for index, bucket in enumerate(buckets)
        }
        manifest = self.encode_manifest(self.manifest(buckets, levels))
        epoch = self.snapshot.epoch
        parts = self._parts(buckets, levels)
        for name, data in (parts | {"manifest.json": manifest}).items():
            files[f"targets/epochs/{epoch}/{digest(data)}.{name}"] = data
        files[f"targets/{digest(manifest)}.manifest.json"] = manifest
        return files | self.metadata(manifest, parts)

    def manifest(self, buckets: list[bytes], levels: list[list[bytes]]) -> dict[str, Any]:
        """Return the manifest's object, with the case's change."""
        parts = self._parts(buckets, levels)
        manifest = {
            "format": 1,
            "channel": self.channel,
            "profile": self.profile,
            "epoch": self.snapshot.epoch,
            "serial": self.serial,
            "created": time_text(self.now),
            "public_key": base64url(oprf.public_key(self.key)),
            "bucket_bits": self.snapshot.bits,
            "slots": self.snapshot.slots,
            "entries": len(self.snapshot.labels) + sum(map(len, self.snapshot.others.values())),
            "root": base64url(levels[-1][0]),
            "files": {name: {"sha256": digest(data), "size": len(data)} for name, data in parts.items()},
            "canaries": self.canaries,
            "datasets": self.datasets,
        }
        self._edit("manifest", manifest)
        return manifest

    def _parts(self, buckets: list[bytes], levels: list[list[bytes]]) -> dict[str, bytes]:
        parts = {"buckets.bin": b"".join(buckets), "tree.bin": b"".join(b"".join(level) for level in levels)}
        return parts | self.filters()

    def metadata(self, manifest: bytes, parts: dict[str, bytes]) -> dict[str, bytes]:
        """Return the metadata files of a release, signed."""
        versions = self.versions
        roots = {f"{root.file_version or root.version}.root.json": root.to_bytes(self.now) for root in self.roots}
        newest = self.roots[-1].to_bytes(self.now)
        epoch = self.snapshot.epoch
        custom = {"epoch": epoch, "serves_until": time_text(self.now + timedelta(days=90))}
        targets = {f"epochs/{epoch}/{name}": target(data) for name, data in parts.items()}
        targets |= {"manifest.json": target(manifest), f"epochs/{epoch}/manifest.json": target(manifest)}
        targets[f"epochs/{epoch}/manifest.json"]["custom"] = custom
        files = roots | {
            "root.json": newest,
            "timestamp.json": self._signed("timestamp", meta={"snapshot.json": {"version": versions["snapshot"]}}),
            f"{versions['snapshot']}.snapshot.json": self._signed(
                "snapshot", meta={"targets.json": {"version": versions["targets"]}}
            ),
            f"{versions['targets']}.targets.json": self._signed("targets", targets=targets),
        }
        return {f"metadata/{name}": data for name, data in files.items()}

    def _signed(self, role: str, **members: Any) -> bytes:
        signed = _head(role, self.versions[role], self.now + self.lifetimes[role]) | members
        self._edit(role, signed)
        return sign(signed, self.signers[role])

    def _edit(self, name: str, value: dict[str, Any]) -> None:
        self.edits.get(name, lambda _: None)(value)


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def target(data: bytes) -> dict[str, Any]:
    return {"length": len(data), "hashes": {"sha256": digest(data)}}


def _head(role: str, version: int, expires: datetime) -> dict[str, Any]:
    return {"_type": role, "spec_version": SPEC_VERSION, "version": version, "expires": time_text(expires)}
