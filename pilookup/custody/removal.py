"""Removing a dataset or one number from the vault. Publishing afterwards is the caller's task.

Both functions write the entry of the journal first. Then comes a transaction, or the list of erased elements. What
follows only cleans up. After a kill, `recover` does what is left, when HOME is opened the next time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pilookup import _core, file_errors
from pilookup.bundles.journal import (
    Entry,
    Journal,
    Removal,
    erased_element,
    open_dataset,
    open_element,
    removals_text,
    withdrawn_dataset,
)
from pilookup.custody import journal
from pilookup.custody.audit import AuditLog
from pilookup.custody.datasets import is_due
from pilookup.custody.session import Session
from pilookup.errors import CustodyError, VaultError
from pilookup.keyring.key_ids import JOURNAL_SEAL_KEY_ID, VAULT_KEY_ID


def withdraw(session: Session, slug: str) -> bool:
    """Remove a dataset for good; its id is not used again. Repeating it is harmless.

    Returns:
        Whether the dataset was there; False if it was withdrawn before.

    Raises:
        CustodyError: there is no such dataset, the control database failed, or the journal is damaged.
        HomeError: the journal could not be written.
        KeyringError: a key cannot be read or written.
        VaultError: the vault does not belong to this control database, or a file could not be written or removed. The
            next command removes what is left.
    """
    dataset = session.control.dataset(slug)
    if dataset is None:
        raise CustodyError(f"there is no dataset {slug}")
    active = dataset.withdrawn_at is None
    if active:
        journal.append(session, Removal.WITHDRAW, withdrawn_dataset(dataset.id, slug))
        with file_errors.failures_as(VaultError, session.home.vault):
            session.vault.mark_pending(load.id for load in session.control.loads(slug))
        session.control.withdraw(slug, session.now)
    session.recover()
    return active


def expire(session: Session) -> tuple[str, ...]:
    """Withdraw the datasets that have expired; returns their ids. Raises as `withdraw`."""
    due = [dataset.slug for dataset in session.control.datasets(active_only=True) if is_due(dataset, session.now)]
    for slug in due:
        withdraw(session, slug)
    return tuple(due)


def erase(session: Session, identifier: bytes) -> int:
    """Remove a number from every dataset, and keep it out of all later loads. Repeating it is harmless.

    Args:
        session: the opened HOME.
        identifier: the canonical identifier, such as b"tel:+8613800138000".

    Returns:
        The number of datasets it was in.

    Raises:
        CustodyError: the control database failed, or the journal is damaged.
        HomeError: the journal could not be written.
        KeyringError: a key cannot be read or written.
        VaultError: a shard is missing, altered or of another vault, or a file could not be written. Erasing the number
            again completes it.
    """
    element = _core.tokenise([identifier], session.keyring.scalar(VAULT_KEY_ID))
    journal.append(session, Removal.ERASE, erased_element(element))
    # Counted first: a kill after this line costs one needless republish. If the count came last, a kill before it would
    # leave a former epoch that still contains the number.
    session.control.count_removal()
    with file_errors.failures_as(VaultError, session.home.vault):
        session.vault.suppress(element)
        return len(session.vault.expunge(element, session.loads()))


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the journal says and was not done yet. entries: of the journal; withdrawn: ids of datasets."""

    entries: tuple[Entry, ...]
    withdrawn: tuple[str, ...]

    @property
    def erased(self) -> tuple[Entry, ...]:
        """The entries of erasures."""
        return tuple(entry for entry in self.entries if entry.kind is Removal.ERASE)


def recover(session: Session, audit: AuditLog) -> tuple[str, ...]:
    """Do what the journal says and a killed command has left undone; the audit log says so before and after.

    Also tells the audit log how long the journal is, if it does not know, so that the journal is not cut unnoticed.

    Returns:
        What was done, such as `erasure 3 of 2026-11-29`. It is served until the channels are published.

    Raises:
        CustodyError: the journal is damaged or was cut, one of its keys was deleted, or the control database failed.
        HomeError, KeyringError: the journal or a key of it cannot be read.
        AuditError: an entry of the audit log cannot be written.
        VaultError: a file of the vault could not be read or written.
    """
    found = journal.read_journal(session)
    journal.check_length(session, found, audit.known.journal)
    seal = session.keyring.symmetric(JOURNAL_SEAL_KEY_ID)
    if found.position == audit.known.journal and not _left_undone(session, found, seal):
        return ()
    with audit.recorded("recover removals", journal=found.position) as entry:
        with file_errors.failures_as(VaultError, session.home.vault):
            done = replay(session, found, seal)
        entry.outcome(erased=len(done.erased), withdrawn=len(done.withdrawn))
    return tuple(removals_text(done.entries))


def replay(session: Session, found: Journal, seal: bytes) -> Replayed:
    """Erase and withdraw what a journal says and this half does not know as removed.

    Args:
        session: an unlocked HOME.
        found: the journal, verified.
        seal: the key that its entries are sealed under.

    Raises:
        BundleError: an entry is sealed under another key.
        CustodyError, VaultError, OSError: as `erase` and `withdraw`.
    """
    entries, withdrawn = [], []
    for entry in _undone(session, found, seal):
        if entry.kind is Removal.ERASE:
            element = open_element(entry, seal)
            session.control.count_removal()
            session.vault.suppress(element)
            session.vault.expunge(element, session.loads())
        else:
            _, slug = open_dataset(entry, seal)
            session.vault.mark_pending(load.id for load in session.control.loads(slug))
            session.control.withdraw(slug, entry.time)
            withdrawn.append(slug)
        entries.append(entry)
    for number, slug, time in _unknown(session, found, seal):
        session.control.reserve(number, slug, time)
    session.recover()
    return Replayed(tuple(entries), tuple(withdrawn))


def _undone(session: Session, found: Journal, seal: bytes) -> Iterator[Entry]:
    """Each entry about something that this half does not know as removed, once."""
    removed = set(session.vault.suppressed.to_pylist())
    present = {dataset.slug for dataset in session.control.datasets(active_only=True)}
    for entry in found.entries:
        if entry.kind is Removal.ERASE:
            element = open_element(entry, seal)
            if element not in removed:
                removed.add(element)
                yield entry
        elif (slug := open_dataset(entry, seal)[1]) in present:
            present.discard(slug)
            yield entry


def _unknown(session: Session, found: Journal, seal: bytes) -> list[tuple[int, str, datetime]]:
    """The withdrawn datasets that the control data do not have, so that their ids could be used again."""
    known = {dataset.slug for dataset in session.control.datasets(active_only=False)}
    withdrawn = [entry for entry in found.entries if entry.kind is Removal.WITHDRAW]
    opened = [(*open_dataset(entry, seal), entry.time) for entry in withdrawn]
    return [each for each in opened if each[1] not in known]


def _left_undone(session: Session, found: Journal, seal: bytes) -> bool:
    return bool(_unknown(session, found, seal)) or next(_undone(session, found, seal), None) is not None
