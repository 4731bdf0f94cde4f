"""Signing keys in other hands: where each one is, moving one to a medium of its holder, and replacing one.

A key that moves is in two places until the copy was read back and has signed, so that at any instant it is in one at
least. A key is replaced by a release that brings a new root; until that is served, the old key stays.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from tuf.api.metadata import Root

from pilookup import durable, file_errors
from pilookup.custody.key_places import KeyPlace, KeyPlaces, Place, read_key_places, write_key_places
from pilookup.custody.next_command import request_name
from pilookup.custody.role_state import short
from pilookup.custody.session import Session, signing_key_ids
from pilookup.errors import CustodyError, KeyringError, KeysElsewhereError
from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import OFFLINE_ROLES, number_of_key_id, numbered_key_id
from pilookup.plain_file import open_plain
from pilookup.protocol.encoding import time_text
from pilookup.signing.sealed_key import SealedKey, read_sealed_key
from pilookup.signing.signer import HeldKey, tuf_key, tuf_key_id

_CHALLENGE = b"pilookup: a key that was moved signs this, and nothing else does"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key of a role. key_id: as the root lists it. name: its key id in a keyring, or that it had; may be empty."""

    key_id: str
    name: str
    place: Place

    def to_json(self) -> dict[str, Any]:
        """The key as `pilookup keys list --json` prints it."""
        return {"key_id": self.key_id, "name": self.name, "place": str(self.place)}


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """The keys of one role of a channel. expires: when what the role signed last expires; None before that."""

    channel: str
    role: str
    threshold: int
    expires: datetime | None
    keys: tuple[SigningKey, ...]

    def to_json(self) -> dict[str, Any]:
        """The role as `pilookup keys list --json` prints it."""
        return {
            "channel": self.channel,
            "role": self.role,
            "threshold": self.threshold,
            "expires": time_text(self.expires) if self.expires else None,
            "keys": [key.to_json() for key in self.keys],
        }


def list_keys(session: Session) -> list[RoleKeys]:
    """The keys of all roles of all channels, and where each one is.

    Raises:
        PublishError: the online half is locked.
        KeyringError: a key file is missing or altered.
        CustodyError: the control database, or the record of places, cannot be read.
        TrustError, FormatError, OSError: metadata are not valid or cannot be read.
    """
    places = read_key_places(session.home).places
    found = []
    for channel in session.control.channels():
        repository = session.repository(channel.name)
        root, expiry = repository.root(), repository.expiry()
        for role in ("root", "targets", "snapshot", "timestamp"):
            held = dict(_held(session, role, channel.name))
            keys = tuple(_signing_key(key_id, role, held, places) for key_id in root.roles[role].keyids)
            found.append(RoleKeys(channel.name, role, root.roles[role].threshold, expiry.get(role), keys))
    return found


def _signing_key(key_id: str, role: str, held: Mapping[str, str], places: Mapping[str, KeyPlace]) -> SigningKey:
    if key_id in held:
        return SigningKey(key_id, held[key_id], Place.CUSTODY if role in OFFLINE_ROLES else Place.ONLINE)
    known = places.get(key_id)
    return SigningKey(key_id, known.name if known else "", known.place if known else Place.UNKNOWN)


def _held(session: Session, role: str, channel: str) -> Iterator[tuple[str, str]]:
    """The keys of a role in its half: (the key id of the root, the key id of the keyring)."""
    keyring = _half_of(session, role)
    for name in signing_key_ids(keyring, role, channel):
        yield tuf_key_id(HeldKey(keyring.signing(name))), name


def _half_of(session: Session, role: str) -> Keyring:
    return session.keyring if role in OFFLINE_ROLES else session.online_keyring()


def move_key(session: Session, name: str, path: Path, passphrase: Callable[[], bytes]) -> SigningKey:
    """Seal a signing key of the custody half to a file under its holder's passphrase, and destroy it here.

    The file is read back from its medium, opened and made to sign before the key is destroyed. Repeating a command that
    was killed completes it, with the same passphrase.

    Args:
        session: An unlocked HOME.
        name: The key id in the custody half, such as `root-public-2`.
        path: The file, on a medium of the holder; not inside HOME.
        passphrase: Returns the holder's passphrase; the rules are the caller's.

    Raises:
        CustodyError: There is no such key here, the root does not list it, the file would be inside HOME, or the record
            of places cannot be written.
        KeyringError: There is another file of that name, the passphrase does not open it, it cannot be written or read
            back (a full medium), or the key here cannot be destroyed. The key is here still, unless the text says so.
        TrustError, FormatError, OSError: Root metadata cannot be read.
    """
    role, channel = _role_of(session, name)
    if session.home.path.resolve() in (path.resolve(), *path.resolve().parents):
        raise CustodyError(f"{path}: inside HOME; a key moves to a medium of its holder")
    listed = session.repository(channel).root().roles[role].keyids
    if name not in session.keyring.ids():
        moved_before = _moved_before(name, path, passphrase(), listed)
        session.keyring.destroy(name)
        return moved_before
    key = session.keyring.signing(name)
    key_id = tuf_key_id(HeldKey(key))
    if key_id not in listed:
        raise CustodyError(f"{name}: the root of channel {channel} does not list this key")
    _write_sealed(name, key, path, passphrase())
    places = read_key_places(session.home)
    moved = KeyPlace(name, Place.FILE, session.now.date())
    write_key_places(session.home, replace(places, places={**places.places, key_id: moved}))
    session.keyring.destroy(name)
    return SigningKey(key_id, name, Place.FILE)


def _role_of(session: Session, name: str) -> tuple[str, str]:
    """The role and channel of a key id; raises CustodyError for one that does not move."""
    for channel in session.control.channels():
        for role in OFFLINE_ROLES:
            if number_of_key_id(name, role, channel.name) is not None:
                return role, channel.name
        if number_of_key_id(name, "timestamp", channel.name) is not None:
            raise CustodyError(f"{name}: the online half signs with this key every day; it cannot move")
    raise CustodyError(f"{name}: not a key of the roles root, targets and snapshot; see: pilookup keys list")


def _moved_before(name: str, path: Path, passphrase: bytes, listed: list[str]) -> SigningKey:
    """The key that a killed command, or an earlier one, has moved to a file completely."""
    if path.exists():
        sealed = read_sealed_key(path)
        signer = sealed.open(passphrase)
        if sealed.key_id == name and (key_id := tuf_key_id(signer)) in listed:
            return SigningKey(key_id, name, Place.FILE)
    raise CustodyError(f"{name}: there is no such key in the custody half; see: pilookup keys list")


def _write_sealed(name: str, key: Ed25519PrivateKey, path: Path, passphrase: bytes) -> None:
    """Write the sealed file, unless it is there from a killed command, and check what is on the medium."""
    if path.exists():
        present = read_sealed_key(path)
        if present.public != key.public_key().public_bytes_raw():
            raise KeyringError(f"{path}: there is a file of another key; choose another name")
    else:
        with file_errors.failures_as(KeyringError, path):
            durable.replace(path, SealedKey.create(name, key, passphrase).to_bytes())
    with file_errors.failures_as(KeyringError, path):
        _forget_cached(path)
    signature = read_sealed_key(path).open(passphrase).sign(_CHALLENGE)
    try:
        key.public_key().verify(signature, _CHALLENGE)
    except InvalidSignature:
        raise KeyringError(f"{path}: the file does not sign as the key does; the key stays here") from None


def _forget_cached(path: Path) -> None:
    """Flush a file and let the kernel drop its pages, so that what is read next comes from the medium."""
    descriptor = open_plain(path)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def new_key(session: Session, channel: str, role: str) -> Ed25519PublicKey:
    """Make a key that is to replace one of a role, in the half of that role, and return its public key.

    Keys of the role that the root does not list, which a replacement that was given up has left, are destroyed first.

    Raises:
        PublishError: The online half is locked.
        KeyringError: A key cannot be written or destroyed.
        CustodyError: The record of places cannot be read or written.
        TrustError, FormatError, OSError: Root metadata cannot be read.
    """
    keyring = _half_of(session, role)
    listed = session.repository(channel).root().roles[role].keyids
    for key_id, name in _held(session, role, channel):
        if key_id not in listed:
            keyring.destroy(name)
    number = _next_number(session, channel, role)
    key = Ed25519PrivateKey.generate()
    keyring.add_signing(numbered_key_id(role, channel, number), key)
    return key.public_key()


def _next_number(session: Session, channel: str, role: str) -> int:
    """A number that no key of the role has had; it is consumed durably."""
    places, family = read_key_places(session.home), f"{role}-{channel}"
    first = OFFLINE_ROLES.get(role, 1)
    held = (
        number_of_key_id(name, role, channel) or 0 for name in signing_key_ids(_half_of(session, role), role, channel)
    )
    number = max(first, places.numbers.get(family, 0), *held, 0) + 1
    write_key_places(session.home, KeyPlaces({**places.numbers, family: number}, places.places))
    return number


def record_place(session: Session, public: Ed25519PublicKey, name: str, place: Place) -> None:
    """Record where a key is that was made elsewhere; raises CustodyError."""
    places = read_key_places(session.home)
    known = KeyPlace(name, place, session.now.date())
    write_key_places(session.home, replace(places, places={**places.places, tuf_key(public).keyid: known}))


def key_to_replace(session: Session, channel: str, role: str, given: str | None) -> str:
    """The id, as the root lists it, of the key of a role that is to be replaced.

    Args:
        session: An unlocked HOME.
        channel: The channel.
        role: `root`, `targets`, `snapshot` or `timestamp`.
        given: The name of a key, or the beginning of its id, 8 characters or more; None if the role has one key.

    Raises:
        CustodyError: No key, or more than one, is meant.
        As `list_keys`.
    """
    (keys,) = (each.keys for each in list_keys(session) if (each.channel, each.role) == (channel, role))
    if given is None:
        found = list(keys)
    else:
        found = [key for key in keys if key.name == given or (len(given) >= 8 and key.key_id.startswith(given))]
    if len(found) != 1:
        names = ", ".join(f"{key.name or 'unknown'} ({key.key_id[:16]})" for key in keys)
        raise CustodyError(f"name one of the {role} keys of channel {channel}: {names}")
    return found[0].key_id


def replacement(role: str, old: str, new: Ed25519PublicKey) -> Callable[[Root], Root]:
    """The change of a root that gives a new key the right to sign a role in place of an old one."""

    def change(root: Root) -> Root:
        key = tuf_key(new)
        if any(key.keyid in each.keyids for each in root.roles.values()):
            raise CustodyError(f"the key {key.keyid[:16]} is in use already; a new key is needed")
        root.revoke_key(old, role)
        root.add_key(key, role)
        return root

    return change


def check_at_hand(session: Session, channel: str, root: Root) -> None:
    """Check that the keys at hand can sign a release with a new root, before anything is built.

    Raises:
        KeysElsewhereError: There are too few, and which.
        PublishError, KeyringError, TrustError, FormatError, OSError: As `Session.signers_of`.
    """
    trusted = session.repository(channel).root()
    before = session.role_states(channel, trusted, session.signers_of(channel, trusted))
    after = session.role_states(channel, root, session.signers_of(channel, root))
    missing = short((before["root"], *(after[role] for role in after if role != "root" or not before["root"].lacking)))
    if missing:
        texts = "; ".join(str(state) for state in missing)
        again = f"run the same command again with: --prepare {request_name(channel)}"
        raise KeysElsewhereError(
            f"{texts}; nothing was changed; to have the release signed where these keys are, {again}", missing
        )
