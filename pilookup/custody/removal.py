"""Removing a dataset or one number from the vault. Publishing afterwards is the caller's task.

Both functions write the entry of the journal first. Then comes the step that decides: a transaction, or the list of
erased elements. What follows only cleans up, can be repeated, and is completed by the next command after a kill.
"""

from pilookup import _core, durable
from pilookup.bundles.journal import Removal, erased_element, withdrawn_dataset
from pilookup.custody import journal
from pilookup.custody.datasets import is_due
from pilookup.custody.session import Session
from pilookup.errors import CustodyError, VaultError
from pilookup.keyring.key_ids import VAULT_KEY_ID


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
