"""An unlocked HOME: everything a custody command works with, held under one lock."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pilookup._core import SecretKey
from pilookup.custody.control import ControlDatabase, Load
from pilookup.custody.home import Home
from pilookup.custody.repository import THRESHOLDS, ChannelRepository, SigningKeys
from pilookup.custody.vault import Vault
from pilookup.errors import PublishError
from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import OFFLINE_ROLES, channel_key_id, role_key_ids


@dataclass(frozen=True)
class Session:
    """One command's view of HOME; `online` is None where the command does not publish."""

    home: Home
    keyring: Keyring
    control: ControlDatabase
    vault: Vault
    online: Keyring | None
    now: datetime

    def repository(self, channel: str) -> ChannelRepository:
        return ChannelRepository(self.home.channel(channel))

    def loads(self) -> list[Load]:
        """Every load of every dataset."""
        return [load for row in self.control.datasets(active_only=False) for load in self.control.loads(row.slug)]

    def recover(self) -> None:
        """Remove what killed commands left: in the vault, and for the channels where the command works on them too.

        Raises VaultError when it is not this database's vault.
        """
        self.vault.recover(self.loads())
        if self.online is not None:
            for channel in self.control.channels():
                self.repository(channel.name).clear_staging()

    def online_keyring(self) -> Keyring:
        if self.online is None:
            raise PublishError("publishing needs the online half and its passphrase")
        return self.online

    def signing_keys(self, channel: str) -> SigningKeys:
        """The signing keys at hand, by role; raises PublishError when too few are."""
        held = set(self.keyring.ids())
        keys: dict[str, list[Ed25519PrivateKey]] = {
            role: [self.keyring.signing(name) for name in role_key_ids(role, channel) if name in held]
            for role in OFFLINE_ROLES
        }
        keys["timestamp"] = [self.online_keyring().signing(f"timestamp-{channel}")]
        for role, threshold in THRESHOLDS.items():
            if len(keys[role]) < threshold:
                raise PublishError(f"{threshold} {role} keys of channel {channel} are needed, {len(keys[role])} found")
        return keys

    def channel_key(self, channel: str, epoch: int) -> SecretKey:
        return self.keyring.scalar(channel_key_id(channel, epoch))
