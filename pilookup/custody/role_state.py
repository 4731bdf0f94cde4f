"""How many signatures of each role of a channel can be made here, and which keys elsewhere can give the others."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tuf.api.metadata import Root

from pilookup import file_errors
from pilookup.custody.home import Home
from pilookup.custody.key_places import KeyPlace, Place, read_key_places
from pilookup.errors import CustodyError
from pilookup.keyring.key_directory import key_directory
from pilookup.keyring.key_file import KEY_SUFFIX
from pilookup.keyring.key_ids import OFFLINE_ROLES, epoch_of_key_id, number_of_key_id
from pilookup.keyring.master_key import read_master_key
from pilookup.protocol.release import ROOT, verify_root
from pilookup.release_files.files import read_metadata

RELEASE_ROLES: Final = ("targets", "snapshot", "timestamp")
"""The roles that sign every release."""

REPLACING_ROLES: Final = ("root", "targets")
"""The roles that must sign to replace a key of any role, apart from those whose key is replaced."""

_SHOWN: Final = 16
"""How many characters of a key id are shown, as `pilookup keys list` shows them."""
_PLACES: Final = {Place.FILE: "in a file of its holder", Place.DEVICE: "in a device"}


@dataclass(frozen=True, slots=True)
class OtherKey:
    """A key that may sign and is not at hand. key_id: as the root lists it. name: that it had in HOME; may be empty."""

    key_id: str
    name: str
    place: Place

    def __str__(self) -> str:
        return f"{self.key_id[:_SHOWN]} ({self.name or 'without a name'}, {_PLACES.get(self.place, 'place unknown')})"

    def to_json(self) -> dict[str, str]:
        """The key as the commands that end with status 3 print it."""
        return {"key_id": self.key_id, "name": self.name, "place": str(self.place)}


@dataclass(frozen=True, slots=True)
class RoleState:
    """What a role of a channel needs to sign, and has.

    threshold: the number of keys that must sign. at_hand: the number of those that can sign here. others: the keys of
    the role that are not at hand and whose place is known. unknown: those of which nothing is known; without a
    passphrase they cannot be told from those in HOME, and are left out.
    """

    channel: str
    role: str
    threshold: int
    at_hand: int
    others: tuple[OtherKey, ...]
    unknown: tuple[OtherKey, ...] = ()

    @property
    def lacking(self) -> int:
        """The number of signatures that cannot be made here."""
        return max(0, self.threshold - self.at_hand)

    @property
    def lost(self) -> int:
        """The number of signatures that no key can make whose place is known."""
        return max(0, self.lacking - len(self.others))

    def __str__(self) -> str:
        plural = "" if self.threshold == 1 else "s"
        text = (
            f"channel {self.channel}: role {self.role} is short by {self.lacking} of {self.threshold} signature{plural}"
        )
        if self.others:
            text += f"; keys that can sign: {', '.join(str(key) for key in self.others)}"
        if self.lost:
            text += "; no other key is known to be anywhere"
            if self.unknown:
                text += f": {', '.join(str(key) for key in self.unknown)}"
        return text

    def to_json(self) -> dict[str, Any]:
        """The role as the commands that end with status 3 print it in `missing`."""
        return {
            "channel": self.channel,
            "role": self.role,
            "threshold": self.threshold,
            "at_hand": self.at_hand,
            "short": self.lacking,
            "keys": [key.to_json() for key in (*self.others, *self.unknown)],
        }


def state_of(
    channel: str, role: str, root: Root, at_hand: Collection[str], places: Mapping[str, KeyPlace]
) -> RoleState:
    """The state of a role.

    Args:
        channel: The channel.
        role: The role.
        root: The root whose keys count.
        at_hand: The key ids, as the root lists them, of the keys at hand.
        places: Where keys went, as `read_key_places` says.
    """
    known = root.roles[role]
    others = [_other(key_id, places) for key_id in known.keyids if key_id not in at_hand]
    return RoleState(
        channel,
        role,
        known.threshold,
        sum(key_id in at_hand for key_id in known.keyids),
        tuple(key for key in others if key.place in _PLACES),
        tuple(key for key in others if key.place not in _PLACES),
    )


def _other(key_id: str, places: Mapping[str, KeyPlace]) -> OtherKey:
    known = places.get(key_id)
    return OtherKey(key_id, known.name if known else "", known.place if known else Place.UNKNOWN)


def read_role_states(home: Home, channel: str) -> dict[str, RoleState]:
    """The states of all roles of a channel by role, as the names of files in HOME show them; needs no passphrase.

    While a replacement of a key that nobody has is prepared, the new key is counted as the one that it replaces.

    Raises:
        CustodyError: The record of places is damaged, or a file cannot be read.
        KeyringError: The key directory of a half is damaged.
        TrustError, FormatError: The root metadata are not valid.
    """
    with file_errors.failures_as(CustodyError, home.path):
        path = home.channel(channel) / "metadata" / ROOT
        root = verify_root(read_metadata(path if path.exists() else home.trust(channel)))
        places = read_key_places(home).places
        return {role: _read_state(home, channel, role, root, places) for role in root.roles}


def _read_state(home: Home, channel: str, role: str, root: Root, places: Mapping[str, KeyPlace]) -> RoleState:
    known = root.roles[role]
    others = tuple(key for key_id in known.keyids if (key := _other(key_id, places)).place in _PLACES)
    held = min(len(list(held_names(home, role, channel))), len(known.keyids) - len(others))
    return RoleState(channel, role, known.threshold, held, others)


def held_names(home: Home, role: str, channel: str) -> Iterator[str]:
    """The names of a role's keys in its half, in no order; none where that half is not here."""
    for name in _key_names(home.custody if role in OFFLINE_ROLES else home.online):
        if number_of_key_id(name, role, channel) is not None:
            yield name


def has_channel_key(home: Home, channel: str) -> bool:
    """Whether custody has a key of an epoch of a channel. After a restore it has none before the channel is rotated."""
    return any(epoch_of_key_id(name, channel) is not None for name in _key_names(home.custody))


def _key_names(half: Path) -> Iterator[str]:
    if half.is_dir():
        for path in key_directory(half, read_master_key(half)).glob(f"[a-z0-9]*{KEY_SUFFIX}"):
            yield path.name.removesuffix(KEY_SUFFIX)


def short(states: Iterable[RoleState]) -> tuple[RoleState, ...]:
    """The states of which signatures are lacking."""
    return tuple(state for state in states if state.lacking)
