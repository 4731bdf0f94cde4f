"""An unlocked HOME: what every function of the police side works with, while HOME is locked."""

from dataclasses import dataclass
from datetime import datetime

from tuf.api.metadata import Root

from pilookup import durable
from pilookup._core import SecretKey
from pilookup.custody.control import ControlDatabase, Load
from pilookup.custody.home import Home
from pilookup.custody.repository import THRESHOLDS, ChannelRepository
from pilookup.custody.vault import Vault
from pilookup.errors import PublishError, VaultError
from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import OFFLINE_ROLES, channel_key_id, number_of_key_id
from pilookup.signing.signer import HeldKey, Signers, tuf_key_id


@dataclass(frozen=True)
class Session:
    """An unlocked HOME at one moment.

    keyring: of the custody half. online: the keyring of the online half, None if it is locked. now: the time that
    everything done in this session is dated with.
    """

    home: Home
    keyring: Keyring
    control: ControlDatabase
    vault: Vault
    online: Keyring | None
    now: datetime

    def repository(self, channel: str) -> ChannelRepository:
        """A channel's TUF repository; raises FormatError if the name is not a channel's."""
        return ChannelRepository(self.home.channel(channel))

    def loads(self) -> list[Load]:
        """Every load of every dataset; raises CustodyError if the control database fails."""
        return [load for row in self.control.datasets(active_only=False) for load in self.control.loads(row.slug)]

    def recover(self) -> None:
        """Remove what killed commands left in the vault and, if the online half is unlocked, in the channels.

        Raises:
            VaultError: the vault does not belong to this control database, and nothing was changed; or a file of the
                vault cannot be removed.
            PublishError: a file of a channel cannot be removed.
            CustodyError: the control database failed.
        """
        with durable.failures_as(VaultError, self.home.vault):
            self.vault.recover(self.loads())
        if self.online is not None:
            with durable.failures_as(PublishError, self.home.channels):
                for channel in self.control.channels():
                    self.repository(channel.name).clear_staging()

    def online_keyring(self) -> Keyring:
        """The keyring of the online half; raises PublishError if it is locked."""
        if self.online is None:
            raise PublishError("publishing needs the online half and its passphrase")
        return self.online

    def signers(self, channel: str) -> Signers:
        """The signers of a channel whose keys are in the two halves and that its root lists, by role.

        Raises:
            PublishError: there are too few of a role, or the online half is locked.
            KeyringError: a key file is missing or altered.
            TrustError, FormatError, OSError: the root metadata cannot be read or are not valid.
        """
        found = self.signers_of(channel, self.repository(channel).root())
        for role, threshold in THRESHOLDS.items():
            if len(found[role]) < threshold:
                raise PublishError(f"{threshold} {role} keys of channel {channel} are needed, {len(found[role])} found")
        return found

    def signers_of(self, channel: str, root: Root) -> Signers:
        """The signers whose keys are in the two halves and that a root lists, by role; perhaps too few, or none.

        Raises:
            PublishError: the online half is locked.
            KeyringError: a key file is missing or altered.
        """
        found = {}
        for role in THRESHOLDS:
            listed = set(root.roles[role].keyids)
            keyring = self.keyring if role in OFFLINE_ROLES else self.online_keyring()
            held = (HeldKey(keyring.signing(key_id)) for key_id in signing_key_ids(keyring, role, channel))
            found[role] = [signer for signer in held if tuf_key_id(signer) in listed]
        return found

    def channel_key(self, channel: str, epoch: int) -> SecretKey:
        """The channel key of an epoch; raises KeyringError if it is missing, altered or destroyed."""
        return self.keyring.scalar(channel_key_id(channel, epoch))


def signing_key_ids(keyring: Keyring, role: str, channel: str) -> list[str]:
    """The ids of a role's keys in a keyring, by their numbers."""
    numbered = ((number_of_key_id(key_id, role, channel), key_id) for key_id in keyring.ids())
    return [key_id for number, key_id in sorted((n, key_id) for n, key_id in numbered if n is not None)]
