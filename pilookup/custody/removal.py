"""Taking things out of the vault: a dataset, or one number. Publishing again is the caller's next step.

Both begin with the step that decides (a transaction, a suppression entry); cleaning up after it can be repeated.
"""

from dataclasses import dataclass

from pilookup import _core
from pilookup.custody.session import Session
from pilookup.errors import CustodyError


@dataclass(frozen=True, slots=True)
class Erased:
    """In how many datasets the number was."""

    datasets: int


def withdraw(session: Session, slug: str) -> bool:
    """Take a dataset out; raises CustodyError for one there is not. Repeating it is harmless.

    Returns whether it was there to take out: False where it was withdrawn before.
    """
    dataset = session.control.dataset(slug)
    if dataset is None:
        raise CustodyError(f"there is no dataset {slug}")
    there = dataset.withdrawn_at is None
    if there:
        session.vault.unsettle(load.id for load in session.control.loads(slug))
        session.control.withdraw(slug, session.now)
    session.settle()
    return there


def erase(session: Session, identifier: bytes) -> Erased:
    """Take a number out and keep it out, whatever is loaded later. Repeating it is harmless."""
    element = _core.tokenise([identifier], session.keyring.scalar("vault"))
    # Counted first: a kill in between costs one needless republish, the other way round it would leave a former epoch
    # telling of the number.
    session.control.count_removal()
    session.vault.suppress(element)
    loads = session.loads()
    return Erased(len(session.vault.expunge(element, loads)))
