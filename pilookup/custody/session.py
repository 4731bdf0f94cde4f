"""An unlocked HOME: what every function of the police side works with, while HOME is locked."""

from dataclasses import dataclass
from datetime import datetime

from tuf.api.metadata import Root

from pilookup import file_errors
from pilookup._core import SecretKey
from pilookup.custody.control import ControlDatabase, Load
from pilookup.custody.home import Home
from pilookup.custody.key_places import read_key_places
from pilookup.custody.next_command import signing_steps, to_publish
from pilookup.custody.repository import THRESHOLDS, ChannelRepository
from pilookup.custody.role_state import RELEASE_ROLES, RoleState, short, state_of
from pilookup.custody.vault import Vault
from pilookup.errors import KeysElsewhereError, PublishError, VaultError
from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import OFFLINE_ROLES, channel_key_id, number_of_key_id
from pilookup.signing.signer import HeldKey, Signer, Signers, tuf_key_id


@dataclass(frozen=True)
class Session:
    """An unlocked HOME at one moment.

    keyring: of the custody half. online: the keyring of the online half, None if it is locked. now: the time that
    everything done in this session is dated with. elsewhere: signers whose keys are in no half, such as of a key file
    on a medium that is at hand. audit_head: the digest of the command's entry in the audit log, which a release is
    signed with; None without an audit log. audit_entries: the number of that entry.
    """

    home: Home
    keyring: Keyring
    control: ControlDatabase
    vault: Vault
    online: Keyring | None
    now: datetime
    elsewhere: tuple[Signer, ...] = ()
    audit_head: str | None = None
    audit_entries: int | None = None

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
        with file_errors.failures_as(VaultError, self.home.vault):
            self.vault.recover(self.loads())
        if self.online is not None:
            with file_errors.failures_as(PublishError, self.home.channels):
                for channel in self.control.channels():
                    self.repository(channel.name).clear_staging()

    def online_keyring(self) -> Keyring:
        """The keyring of the online half; raises PublishError if it is locked."""
        if self.online is None:
            raise PublishError("publishing needs the online half and its passphrase")
        return self.online

    def signers(self, channel: str) -> Signers:
        """The signers of a channel that are at hand and that its root lists, by role; root keys perhaps too few.

        Raises:
            KeysElsewhereError: there are too few of another role; it names all roles that are short.
            CustodyError: the record of places of keys is damaged or cannot be read.
            PublishError: the online half is locked.
            KeyringError: a key file is missing or altered.
            TrustError, FormatError, OSError: the root metadata cannot be read or are not valid.
        """
        root = self.repository(channel).root()
        found = self.signers_of(channel, root)
        states = self.role_states(channel, root, found)
        if missing := short(states[role] for role in RELEASE_ROLES):
            texts = "; ".join(str(state) for state in missing)
            steps = signing_steps(self.home, channel, states)
            raise KeysElsewhereError(f"{texts}; {to_publish(self.home, channel, states)}", missing, steps)
        return found

    def role_states(self, channel: str, root: Root, found: Signers) -> dict[str, RoleState]:
        """What each role of a root needs to sign, and has at hand; raises CustodyError if the places cannot be read."""
        places = read_key_places(self.home).places
        return {
            role: state_of(channel, role, root, {tuf_key_id(signer) for signer in signers}, places)
            for role, signers in found.items()
        }

    def signers_of(self, channel: str, root: Root) -> Signers:
        """The signers at hand that a root lists, by role: keys of the two halves, and `elsewhere`; perhaps none.

        Raises:
            PublishError: the online half is locked.
            KeyringError: a key file is missing or altered.
        """
        found = {}
        for role in THRESHOLDS:
            listed = set(root.roles[role].keyids)
            keyring = self.keyring if role in OFFLINE_ROLES else self.online_keyring()
            held = [HeldKey(keyring.signing(key_id)) for key_id in signing_key_ids(keyring, role, channel)]
            by_id: dict[str, Signer] = {tuf_key_id(signer): signer for signer in (*held, *self.elsewhere)}
            found[role] = [signer for key_id, signer in by_id.items() if key_id in listed]
        return found

    def channel_key(self, channel: str, epoch: int) -> SecretKey:
        """The channel key of an epoch; raises KeyringError if it is missing, altered or destroyed."""
        return self.keyring.scalar(channel_key_id(channel, epoch))


def signing_key_ids(keyring: Keyring, role: str, channel: str) -> list[str]:
    """The ids of a role's keys in a keyring, by their numbers."""
    numbered = ((number_of_key_id(key_id, role, channel), key_id) for key_id in keyring.ids())
    return [key_id for number, key_id in sorted((n, key_id) for n, key_id in numbered if n is not None)]
