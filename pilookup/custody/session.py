"""An unlocked HOME: what every function of the police side works with, while HOME is locked."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pilookup import durable
from pilookup._core import SecretKey
from pilookup.custody.control import ControlDatabase, Load
from pilookup.custody.home import Home
from pilookup.custody.repository import THRESHOLDS, ChannelRepository, SigningKeys
from pilookup.custody.vault import Vault
from pilookup.errors import PublishError, VaultError
from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import OFFLINE_ROLES, channel_key_id, role_key_ids, timestamp_key_id


@dataclass(frozen=True)
class Session:
    """An unlocked HOME at one moment.

    keyring: of the custody half. online: the keyring of the online half, None if it is locked. now: the time that
    everything done in this session is dated with. audit_head: the digest of the command's entry in the audit log, which
    a release is signed with; None without an audit log.
    """

    home: Home
    keyring: Keyring
    control: ControlDatabase
    vault: Vault
    online: Keyring | None
    now: datetime
    audit_head: str | None = None

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

    def signing_keys(self, channel: str) -> SigningKeys:
        """The signing keys of a channel that are present, by role.

        Raises:
            PublishError: there are too few of a role, or the online half is locked.
            KeyringError: a key file is missing or altered.
        """
        held = set(self.keyring.ids())
        keys: dict[str, list[Ed25519PrivateKey]] = {
            role: [self.keyring.signing(name) for name in role_key_ids(role, channel) if name in held]
            for role in OFFLINE_ROLES
        }
        keys["timestamp"] = [self.online_keyring().signing(timestamp_key_id(channel))]
        for role, threshold in THRESHOLDS.items():
            if len(keys[role]) < threshold:
                raise PublishError(f"{threshold} {role} keys of channel {channel} are needed, {len(keys[role])} found")
        return keys

    def channel_key(self, channel: str, epoch: int) -> SecretKey:
        """The channel key of an epoch; raises KeyringError if it is missing, altered or destroyed."""
        return self.keyring.scalar(channel_key_id(channel, epoch))
