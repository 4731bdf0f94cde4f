"""Implements `OnlineKeys` by a keyring. `process.start` imports this module; the app never does."""

import re

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pilookup.keyring import Keyring
from pilookup.protocol.oprf import SecretKey


class KeyringKeys:
    """`OnlineKeys` by an unlocked keyring.

    A key file is read when its key is requested, so the keys of new epochs are found without a restart.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def epochs(self, channel: str) -> list[int]:
        pattern = re.compile(rf"channel-{re.escape(channel)}-([1-9][0-9]*)")
        return [int(found[1]) for key_id in self._keyring.ids() if (found := pattern.fullmatch(key_id))]

    def epoch_key(self, channel: str, epoch: int) -> SecretKey:
        return self._keyring.scalar(f"channel-{channel}-{epoch}")

    def timestamp_key(self, channel: str) -> Ed25519PrivateKey:
        return self._keyring.signing(f"timestamp-{channel}")

    def destroy(self, channel: str, epoch: int) -> None:
        self._keyring.destroy(f"channel-{channel}-{epoch}")
