"""Making a new HOME: both halves with their keys, the vault, and the channels with their first epochs."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pilookup import destruction, durable, file_errors
from pilookup._core import SecretKey
from pilookup.bundles.making_lock import making_locked
from pilookup.bundles.records import TRUST_FILE
from pilookup.custody import epochs
from pilookup.custody.audit import AuditLog
from pilookup.custody.control import ControlDatabase, cleared_text
from pilookup.custody.home import Home, removed_on_error
from pilookup.custody.journal import make_keys
from pilookup.custody.session import Session
from pilookup.custody.vault import Vault
from pilookup.errors import HomeError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.key_ids import (
    DIGEST_KEY_ID,
    OFFLINE_ROLES,
    STORAGE_KEY_ID,
    VAULT_KEY_ID,
    role_key_ids,
    timestamp_key_id,
)
from pilookup.keyring.passphrase_rules import check_passphrases
from pilookup.protocol.label import Profile
from pilookup.protocol.names import PLATFORM, PUBLIC
from pilookup.signing.signer import HeldKey, Signer

CHANNELS: Final = {PUBLIC: Profile.COARSE, PLATFORM: Profile.EXACT}


def initialise_home(
    path: Path,
    custody_passphrase: bytes,
    online_passphrase: bytes,
    now: datetime,
    operator: str | None = None,
    *,
    sandbox: bool = False,
    on_note: Callable[[str], None] | None = None,
) -> list[Path]:
    """Make HOME in a missing or empty directory. If a step fails, what was made is removed again.

    Args:
        path: the directory.
        custody_passphrase: of the custody half, 16 characters or more.
        online_passphrase: of the online half, 16 characters or more, and another one.
        now: when the first epochs begin.
        operator: who makes it, for the audit log; None for the login.
        sandbox: whether to mark the roots as those of a sandbox.
        on_note: called with what a killed command has left in the control database and was dropped.

    Returns:
        The trust files for clients to pin, one for each channel.

    Raises:
        HomeError: the directory is not empty, is not a directory, or cannot be written (a full disk).
        KeyringError: a passphrase breaks a rule, which the text names and no file was made; or a key file cannot be
            written.
        CustodyError: the control database cannot be used, or holds control data already; or the operator's name cannot
            be written into the audit log.
    """
    check_passphrases(custody_passphrase, online_passphrase)
    with file_errors.failures_as(HomeError, path), removed_on_error(path), making_locked(path, parents=True):
        home = Home.create(path)
        try:
            passphrases = (custody_passphrase, online_passphrase)
            return _create_contents(home, *passphrases, now, operator, sandbox=sandbox, on_note=on_note)
        except BaseException:
            for half in (home.custody, home.online):
                with suppress(OSError):
                    destruction.destroy_tree(half)
            for trust in (home.path / TRUST_FILE, *(home.trust(channel) for channel in CHANNELS)):
                for made in (trust, durable.temporary(trust)):
                    with suppress(OSError):
                        made.unlink()
            raise


def _create_contents(
    home: Home,
    custody_passphrase: bytes,
    online_passphrase: bytes,
    now: datetime,
    operator: str | None,
    *,
    sandbox: bool,
    on_note: Callable[[str], None] | None,
) -> list[Path]:
    keyring = Keyring.create(home.custody, Half.CUSTODY, custody_passphrase)
    online = Keyring.create(home.online, Half.ONLINE, online_passphrase)
    with AuditLog.open(home, keyring, operator, lambda: now).recorded("init", channels=list(CHANNELS)):
        trust_files = _create_keys(home, keyring, online, now, sandbox=sandbox, on_note=on_note)
        keyring.state_log_keys(custody_passphrase)
        return trust_files


def _create_keys(
    home: Home,
    keyring: Keyring,
    online: Keyring,
    now: datetime,
    *,
    sandbox: bool,
    on_note: Callable[[str], None] | None,
) -> list[Path]:
    keyring.add_scalar(VAULT_KEY_ID, SecretKey.generate())
    keyring.add_bytes(STORAGE_KEY_ID, os.urandom(32))
    keyring.add_bytes(DIGEST_KEY_ID, os.urandom(32))
    vault = Vault(home, keyring)
    vault.create()
    with ControlDatabase.create(home) as control:
        session = Session(home, keyring, control, vault, online, now)
        try:
            make_keys(session)
            made = [_create_channel(session, name, profile, sandbox=sandbox) for name, profile in CHANNELS.items()]
            control.mark_made(home)
            control.end_making(home)
        except BaseException:
            control.remove()
            raise
        if control.cleared is not None and on_note is not None:
            on_note(cleared_text(control.cleared))
        return made


def _create_channel(session: Session, name: str, profile: Profile, *, sandbox: bool) -> Path:
    """Make a channel's signing keys, repository and first epoch; returns its trust file."""
    signers: dict[str, list[Signer]] = {}
    for role in OFFLINE_ROLES:
        made = {key_id: Ed25519PrivateKey.generate() for key_id in role_key_ids(role, name)}
        for key_id, key in made.items():
            session.keyring.add_signing(key_id, key)
        signers[role] = [HeldKey(key) for key in made.values()]
    timestamp = Ed25519PrivateKey.generate()
    session.online_keyring().add_signing(timestamp_key_id(name), timestamp)
    signers["timestamp"] = [HeldKey(timestamp)]
    root = session.repository(name).create(signers, session.now, sandbox=sandbox)
    session.control.create_channel(name, profile)
    epochs.begin(session, name)
    path = session.home.trust(name)
    durable.create(path, root)
    return path
