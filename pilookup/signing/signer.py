"""`Signer`: a key that signs, wherever it is, and the signing of TUF metadata with it.

A signer says what its public key is, and signs bytes with Ed25519 (RFC 8032). The private key may be in the keyring of
a half, in a sealed file under its holder's own passphrase, or in a device that never gives it away.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from securesystemslib.signer import Signature, SSlibKey
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

_Role = TypeVar("_Role", Root, Targets, Snapshot, Timestamp)


class Signer(Protocol):
    """A key that signs."""

    def public_key(self) -> Ed25519PublicKey:
        """The public key. Raises KeyringError if it cannot be read."""

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of the Ed25519 signature of `data`. Raises KeyringError if the key cannot be used."""


Signers = Mapping[str, Sequence[Signer]]
"""Signers by TUF role."""


class HeldKey:
    """A signer whose private key is in the memory of this process, such as one of a keyring."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def __repr__(self) -> str:
        return f"<HeldKey {tuf_key_id(self)}>"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a signing key cannot be pickled")

    def public_key(self) -> Ed25519PublicKey:
        """The public key."""
        return self._key.public_key()

    def sign(self, data: bytes) -> bytes:
        """The signature of `data`, 64 bytes."""
        return self._key.sign(data)


def tuf_key(key: Ed25519PublicKey) -> SSlibKey:
    """A public key as root metadata lists it; its `keyid` is the SHA-256 of its canonical form."""
    return SSlibKey.from_crypto(key)


def tuf_key_id(signer: Signer) -> str:
    """The key id under which root metadata list a signer's public key. Raises KeyringError."""
    return tuf_key(signer.public_key()).keyid


def sign_metadata(metadata: Metadata[_Role], signers: Sequence[Signer]) -> None:
    """Add the signature of each signer to a metadata file, in this order; raises KeyringError."""
    data = metadata.signed_bytes
    for signer in signers:
        key_id = tuf_key_id(signer)
        metadata.signatures[key_id] = Signature(key_id, signer.sign(data).hex())
