"""The journal of erasures and withdrawals in the custody half (docs/adr/0024), and its keys.

The keys are made once: with HOME, or when a HOME of an earlier version is opened the first time. Later a missing key,
and a journal that is shorter than something else knows, are errors (docs/adr/0031).
"""

import os
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pilookup import durable, file_errors
from pilookup.bundles.journal import JOURNAL_FILE, MAX_JOURNAL_BYTES, Journal, Removal
from pilookup.bundles.records import EXPORTS, TRUST_FILE, read_exports, trust_bytes
from pilookup.custody.home import Home
from pilookup.custody.session import Session
from pilookup.errors import BundleError, CustodyError, FormatError, HomeError
from pilookup.keyring.key_ids import JOURNAL_KEY_ID, JOURNAL_SEAL_KEY_ID
from pilookup.plain_file import read_plain

_COPIES = "put the copy of HOME/online, or of a serving machine, or of the newest backup, in its place"
_WAY_BACK = (
    "Nothing was changed. Put the file back from a copy of HOME, or make a HOME from a backup with: pilookup restore"
)


def make_keys(session: Session) -> None:
    """Make the keys of the journal, unless they are there: `journal-seal`, then `journal`, then the trust file in HOME.

    Raises:
        CustodyError: A key is missing, and something shows that there was one. The text says what, and the way back.
        KeyringError: A key cannot be read or written.
        HomeError: The trust file cannot be written.
    """
    keyring = session.keyring
    missing = [key_id for key_id in (JOURNAL_SEAL_KEY_ID, JOURNAL_KEY_ID) if key_id not in keyring.ids()]
    if missing and (traces := list(_traces(session, missing))):
        raise CustodyError(
            f"{keyring.path(missing[0])}: missing, and {traces[0]} shows that this HOME had a journal of removals: "
            f"somebody deleted its key. {_WAY_BACK}"
        )
    if JOURNAL_SEAL_KEY_ID in missing:
        keyring.add_bytes(JOURNAL_SEAL_KEY_ID, os.urandom(32))
    if JOURNAL_KEY_ID in missing:
        keyring.add_signing(JOURNAL_KEY_ID, Ed25519PrivateKey.generate())
    _write_trust(session)


def journal_key(session: Session) -> Ed25519PrivateKey:
    """The key that signs the journal and bundles; raises KeyringError if it cannot be read."""
    return session.keyring.signing(JOURNAL_KEY_ID)


def _traces(session: Session, missing: list[str]) -> Iterator[str]:
    """What shows that a HOME had the keys of the journal, in words. Making them, killed, leaves nothing of this."""
    home, keyring = session.home, session.keyring
    if keyring.states_log_keys:
        yield f"{keyring.directory.name}/keyring.json"
    if JOURNAL_KEY_ID not in missing:
        yield str(keyring.path(JOURNAL_KEY_ID))
    for path in (
        home.path / TRUST_FILE,
        home.custody / JOURNAL_FILE,
        home.online / JOURNAL_FILE,
        home.custody / EXPORTS,
    ):
        if path.exists():
            yield str(path)


def _write_trust(session: Session) -> None:
    """Write the public key into HOME if its file is missing. Another one there was put there by somebody."""
    trust, data = session.home.path / TRUST_FILE, trust_bytes(journal_key(session).public_key())
    with file_errors.failures_as(HomeError, trust):
        if not trust.exists():
            durable.replace(trust, data)
        elif read_plain(trust, 2 * len(data)) != data:
            raise HomeError(
                f"{trust}: not the public journal key of this HOME: somebody put another file there. Move it away "
                "for an inquiry; the next command writes the right one. Compare the copies of serving machines with it"
            )


def read_journal(session: Session) -> Journal:
    """The journal of the custody half, verified.

    Raises:
        CustodyError: It is damaged, or not signed by this custody half, or not a continuation of the copy in the online
            half.
        KeyringError: The journal key cannot be read.
        HomeError: It cannot be read.
    """
    path, copy = session.home.custody / JOURNAL_FILE, session.home.online / JOURNAL_FILE
    public = journal_key(session).public_key()
    journal = _verified(path, public, _COPIES)
    copied = _verified(copy, public, "delete it; the next removal writes it again")
    if journal.position < copied.position:
        raise _cut(path, journal, copied.position, f"{copy} has")
    if not journal.data.startswith(copied.data):
        raise CustodyError(f"{path}: not a continuation of {copy}: one of them is of another history; {_COPIES}")
    return journal


def _verified(path: Path, public: Ed25519PublicKey, remedy: str) -> Journal:
    with file_errors.failures_as(HomeError, path):
        try:
            return Journal.from_bytes(_bytes_of(path), public)
        except (FormatError, BundleError) as error:
            raise CustodyError(f"{path}: {error}; {remedy}") from None


def _cut(path: Path, journal: Journal, known: int, who: str) -> CustodyError:
    """The error for a journal that is shorter than something else knows; `who` knows of the entry `known`."""
    found = f"it ends at entry {journal.position:,}" if path.exists() else "missing"
    return CustodyError(f"{path}: {found}, and {who} entry {known:,}: entries were removed; {_COPIES}")


def length(home: Home) -> int:
    """The number of entries of the journal, for the audit log; unverified. Raises HomeError if it cannot be read."""
    path = home.custody / JOURNAL_FILE
    with file_errors.failures_as(HomeError, path):
        return _bytes_of(path).count(b"\n")


def check_length(session: Session, journal: Journal, audited: int) -> None:
    """Refuse a journal that is shorter than the audit log or a bundle knows.

    Args:
        session: An unlocked HOME.
        journal: The one of the custody half.
        audited: The greatest number of entries that the audit log names.

    Raises:
        CustodyError: Entries are missing, or the record of bundles is damaged. The text says how many, and the remedy.
        HomeError: The record of bundles cannot be read.
    """
    path = session.home.custody / JOURNAL_FILE
    with file_errors.failures_as(HomeError, session.home.custody / EXPORTS):
        try:
            record = read_exports(session.home.custody)
        except BundleError as error:
            raise CustodyError(str(error)) from None
    taken_up = (machine.taken_up for machine in record.machines.values())
    exported = max((each.journal for each in (*record.exports, *taken_up)), default=0)
    for known, who in ((audited, "the audit log"), (exported, session.home.custody / EXPORTS)):
        if journal.position < known:
            raise _cut(path, journal, known, f"{who} knows of")


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
        with file_errors.failures_as(HomeError, half):
            durable.replace(half / JOURNAL_FILE, longer.data)
