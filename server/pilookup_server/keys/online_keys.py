"""The interface through which the app reads and destroys keys, independent of where they are stored."""

from collections.abc import Sequence
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pilookup.protocol.oprf import SecretKey


class OnlineKeys(Protocol):
    """Keys of the online half.

    Every method raises KeyringError if a key is missing, damaged or cannot be reached, unless it says otherwise.
    """

    def epochs(self, channel: str) -> list[int]:
        """The epochs of `channel` whose evaluation key exists."""

    def epoch_key(self, channel: str, epoch: int) -> SecretKey:
        """The evaluation key of an epoch."""

    def timestamp_keys(self, channel: str) -> Sequence[Ed25519PrivateKey]:
        """The keys held that may sign the channel's TUF timestamp, oldest first; one at least.

        Which of them signs is said by the channel's root. A new key arrives before the root that lists it.
        """

    def destroy(self, channel: str, epoch: int) -> None:
        """Overwrite and delete the evaluation key of an epoch. A missing key is not an error."""
