"""Implements `OnlineKeys` by a keyring. `process.start` imports this module; the app never does."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import channel_key_id, epoch_of_key_id, number_of_key_id, timestamp_key_id
from pilookup.protocol.oprf import SecretKey


class KeyringKeys:
    """`OnlineKeys` by an unlocked keyring.

    A key file is read when its key is requested, so the keys of new epochs are found without a restart.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def epochs(self, channel: str) -> list[int]:
        epochs = (epoch_of_key_id(key_id, channel) for key_id in self._keyring.ids())
        return [epoch for epoch in epochs if epoch is not None]

    def epoch_key(self, channel: str, epoch: int) -> SecretKey:
        return self._keyring.scalar(channel_key_id(channel, epoch))

    def timestamp_keys(self, channel: str) -> list[Ed25519PrivateKey]:
        numbered = {number_of_key_id(key_id, "timestamp", channel): key_id for key_id in self._keyring.ids()}
        numbers = sorted(number for number in numbered if number is not None)
        if not numbers:
            return [self._keyring.signing(timestamp_key_id(channel))]  # raises, and names the file
        return [self._keyring.signing(numbered[number]) for number in numbers]

    def destroy(self, channel: str, epoch: int) -> None:
        self._keyring.destroy(channel_key_id(channel, epoch))
