"""`UnsignedRelease`: the metadata of a release that keys have yet to sign, and the signatures collected so far.

Which keys must sign follows from two roots: the trusted one, which clients have, and the next one, where the release
brings one. A next root bears a threshold of the root keys of both (TUF specification, 5.3.4). Targets and snapshot
metadata need a threshold of the keys of the newest root. Where keys are replaced, signatures of the keys of the trusted
root are added if they can be had, so that the release is valid under both roots.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import Signature
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets

from pilookup.protocol.release import parse_metadata
from pilookup.signing.signer import Signer, Signers, tuf_key_id

ROLES: Final = ("root", "targets", "snapshot")
"""The roles that a release needs signatures of, apart from the timestamp, which the online half signs."""

Role = Metadata[Root] | Metadata[Targets] | Metadata[Snapshot]


@dataclass(frozen=True, slots=True)
class Missing:
    """What a role still lacks: signatures of some keys of a root.

    role: the role. root_version: the root whose keys must sign. keys: their key ids. signed: those that have signed.
    """

    role: str
    root_version: int
    threshold: int
    keys: tuple[str, ...]
    signed: tuple[str, ...]

    def __str__(self) -> str:
        open_keys = ", ".join(key[:8] for key in self.keys if key not in self.signed)
        return f"{self.role}: {len(self.signed)} of {self.threshold} signatures; keys that have not signed: {open_keys}"


@dataclass(frozen=True, slots=True)
class UnsignedRelease:
    """The metadata of one release, signed or not.

    trusted: the root that the release follows, which clients have or get. root: the next one, None if it stays.
    """

    trusted: Root
    root: Metadata[Root] | None
    targets: Metadata[Targets]
    snapshot: Metadata[Snapshot]

    def metadata(self) -> dict[str, Role]:
        """The metadata by role, `root` only if there is a next one."""
        made: dict[str, Role] = {"root": self.root} if self.root else {}
        return made | {"targets": self.targets, "snapshot": self.snapshot}

    def digests(self) -> dict[str, str]:
        """The SHA-256 of the bytes that are signed, in hex, by role."""
        return {role: sha256(metadata.signed_bytes).hexdigest() for role, metadata in self.metadata().items()}

    def roots(self) -> tuple[Root, ...]:
        """The trusted root, and the next one if there is one."""
        return (self.trusted, self.root.signed) if self.root else (self.trusted,)

    def keys_of(self, role: str) -> list[str]:
        """The ids of all keys that may sign a role, of both roots."""
        return list(dict.fromkeys(key_id for root in self.roots() for key_id in root.roles[role].keyids))

    def sign(self, signers: Iterable[Signer]) -> list[tuple[str, str]]:
        """Add the signatures of each signer to every role that its key may sign; raises KeyringError.

        Returns:
            (role, key id) of each signature that was added.
        """
        added = []
        for signer in signers:
            key_id = tuf_key_id(signer)
            for role, metadata in self.metadata().items():
                if key_id in self.keys_of(role) and key_id not in metadata.signatures:
                    metadata.signatures[key_id] = Signature(key_id, signer.sign(metadata.signed_bytes).hex())
                    added.append((role, key_id))
        return added

    def add(self, role: str, key_id: str, signature: bytes) -> bool:
        """Add a signature that was made elsewhere, if it is valid and of a key that may sign the role."""
        metadata = self.metadata().get(role)
        if metadata is None or key_id not in self.keys_of(role):
            return False
        made = Signature(key_id, signature.hex())
        key = next(root.keys[key_id] for root in self.roots() if key_id in root.keys)
        try:
            key.verify_signature(made, metadata.signed_bytes)
        except UnverifiedSignatureError:
            return False
        metadata.signatures[key_id] = made
        return True

    def missing(self) -> list[Missing]:
        """The roles that have fewer signatures than a root requires; empty if the release may be served."""
        return [each for each in self._requirements() if len(each.signed) < each.threshold]

    def valid_under_trusted(self) -> bool:
        """Whether targets and snapshot metadata also have the signatures that the trusted root requires."""
        try:
            for role, metadata in self.metadata().items():
                self.trusted.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
        except (RepositoryError, ValueError):
            return False
        return True

    def _requirements(self) -> Iterator[Missing]:
        newest = self.roots()[-1]
        for role, metadata in self.metadata().items():
            for root in self.roots() if role == "root" else (newest,):
                known = root.roles[role]
                signed = root.get_verification_result(role, metadata.signed_bytes, metadata.signatures).signed
                keys = tuple(known.keyids)
                yield Missing(role, root.version, known.threshold, keys, tuple(key for key in keys if key in signed))


def at_hand(*found: Signers) -> list[Signer]:
    """The signers of root, targets and snapshot metadata, each key once, by role and then in their order."""
    signers: dict[str, Signer] = {}
    for role in ROLES:
        for one in found:
            for signer in one[role]:
                signers.setdefault(tuf_key_id(signer), signer)
    return list(signers.values())


def parse_unsigned(trusted: Root, files: Mapping[str, bytes]) -> UnsignedRelease:
    """Parse metadata files by role, with the signatures that they have; raises FormatError, KeyError."""
    root = parse_metadata(files["root"], Root) if "root" in files else None
    return UnsignedRelease(
        trusted, root, parse_metadata(files["targets"], Targets), parse_metadata(files["snapshot"], Snapshot)
    )
