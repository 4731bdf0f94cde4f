"""Removing a dataset or one number from the vault. Publishing afterwards is the caller's task.

Both functions write the entry of the journal first. Then comes a transaction, or the list of erased elements. What
follows only cleans up. After a kill, `complete` does what is left, when HOME is opened the next time.
"""

from dataclasses import dataclass

from pilookup import _core, durable
from pilookup.bundles.journal import (
    JOURNAL_FILE,
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
        with durable.failures_as(VaultError, session.home.vault):
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
    with durable.failures_as(VaultError, session.home.vault):
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


def complete(session: Session) -> tuple[str, ...]:
    """Do what the journal says and a killed command has left undone.

    Returns:
        What was done, such as `erasure 3 of 2026-11-29`. It is served until the channels are published.

    Raises:
        CustodyError: the journal is damaged, or the control database failed.
        HomeError, KeyringError: the journal or a key of it cannot be read.
        VaultError: a file of the vault could not be read or written.
    """
    if not any((half / JOURNAL_FILE).exists() for half in (session.home.custody, session.home.online)):
        return ()
    found = journal.read_journal(session)
    with durable.failures_as(VaultError, session.home.vault):
        done = replay(session, found, session.keyring.symmetric(JOURNAL_SEAL_KEY_ID))
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
    suppressed, entries, withdrawn = set(session.vault.suppressed.to_pylist()), [], []
    for entry in found.entries:
        if entry.kind is Removal.ERASE:
            element = open_element(entry, seal)
            if element in suppressed:
                continue
            session.control.count_removal()
            session.vault.suppress(element)
            session.vault.expunge(element, session.loads())
            suppressed.add(element)
        elif (slug := _withdraw_again(session, entry, seal)) is None:
            continue
        else:
            withdrawn.append(slug)
        entries.append(entry)
    session.recover()
    return Replayed(tuple(entries), tuple(withdrawn))


def _withdraw_again(session: Session, entry: Entry, seal: bytes) -> str | None:
    """Returns the id of the dataset, or None if it was withdrawn before or is not known here."""
    number, slug = open_dataset(entry, seal)
    dataset = session.control.dataset(slug)
    if dataset is None:
        session.control.reserve(number, slug, entry.time)
        return None
    if dataset.withdrawn_at is not None:
        return None
    session.vault.mark_pending(load.id for load in session.control.loads(slug))
    session.control.withdraw(slug, entry.time)
    return slug
