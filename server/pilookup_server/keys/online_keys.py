"""The keys the app asks for, so that it need not know what a keyring is."""

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pilookup.protocol.oprf import SecretKey


class OnlineKeys(Protocol):
    """Keys of the online half; every method raises a PilookupError when it cannot do its work."""

    def epochs(self, channel: str) -> list[int]:
        """The epochs whose key is held."""

    def epoch_key(self, channel: str, epoch: int) -> SecretKey:
        """The evaluation key of an epoch."""

    def timestamp_key(self, channel: str) -> Ed25519PrivateKey:
        """The key that signs the channel's TUF timestamp."""

    def destroy(self, channel: str, epoch: int) -> None:
        """Overwrite and remove an epoch's key; a missing one is no error."""
