"""Appends to the journal of erasures and withdrawals (docs/adr/0024)."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pilookup import durable
from pilookup.bundles.journal import JOURNAL_FILE, MAX_JOURNAL_BYTES, Journal, Removal
from pilookup.bundles.records import TRUST_FILE, trust_bytes
from pilookup.custody.session import Session
from pilookup.errors import BundleError, CustodyError, FormatError, HomeError
from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import JOURNAL_KEY_ID, JOURNAL_SEAL_KEY_ID
from pilookup.plain_file import read_plain


def journal_key(session: Session) -> Ed25519PrivateKey:
    """The key that signs the journal and bundles, made if there is none yet, with its trust file in HOME.

    Raises:
        KeyringError: A key cannot be read or written.
        HomeError: The trust file cannot be written.
    """
    key = _journal_key(session.keyring)
    trust, data = session.home.path / TRUST_FILE, trust_bytes(key.public_key())
    with durable.failures_as(HomeError, trust):
        if not trust.exists() or read_plain(trust, len(data) + 1) != data:
            durable.replace(trust, data)
    return key


def read_journal(session: Session) -> Journal:
    """The journal of the custody half, verified.

    Raises:
        CustodyError: It is damaged, or not signed by this custody half.
        KeyringError: The journal key cannot be read or written.
        HomeError: It cannot be read.
    """
    path = session.home.custody / JOURNAL_FILE
    public = journal_key(session).public_key()
    with durable.failures_as(HomeError, path):
        try:
            journal = Journal.from_bytes(_bytes_of(path), public)
            journal.check_extends(Journal.from_bytes(_bytes_of(session.home.online / JOURNAL_FILE), public))
        except (FormatError, BundleError) as error:
            raise CustodyError(
                f"{path}: {error}; put the copy of HOME/online, or of the newest backup, in its place"
            ) from None
        return journal


def _bytes_of(path: Path) -> bytes:
    """The content of a journal's file; empty if there is none."""
    try:
        return read_plain(path, MAX_JOURNAL_BYTES)
    except FileNotFoundError:
        return b""


def append(session: Session, kind: Removal, payload: bytes) -> None:
    """Append one entry, in both halves, before what it is about takes effect.

    Args:
        session: An unlocked HOME.
        kind: What is about to be done.
        payload: As `erased_element` or `withdrawn_dataset` return it.

    Raises:
        CustodyError: The journal is damaged or full.
        KeyringError: A key cannot be read or written.
        HomeError: The journal cannot be written (a full disk).
    """
    journal = read_journal(session)
    seal = session.keyring.symmetric(JOURNAL_SEAL_KEY_ID)
    try:
        longer = journal.extended(kind, payload, session.now, journal_key(session), seal)
    except BundleError as error:
        raise CustodyError(str(error)) from None
    halves = [session.home.custody, *([session.home.online] if session.home.has_online() else [])]
    for half in halves:
        with durable.failures_as(HomeError, half):
            durable.replace(half / JOURNAL_FILE, longer.data)


def _journal_key(keyring: Keyring) -> Ed25519PrivateKey:
    held = set(keyring.ids())
    if JOURNAL_SEAL_KEY_ID not in held:
        keyring.add_bytes(JOURNAL_SEAL_KEY_ID, os.urandom(32))
    if JOURNAL_KEY_ID not in held:
        keyring.add_signing(JOURNAL_KEY_ID, Ed25519PrivateKey.generate())
    return keyring.signing(JOURNAL_KEY_ID)
