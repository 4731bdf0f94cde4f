"""Withdrawing datasets and erasing numbers: one part of the API of the police side."""

from dataclasses import dataclass, replace
from typing import Any

from pilookup.compute.callbacks import Progress
from pilookup.compute.executors import DEFAULT_MEMORY
from pilookup.custody import journal, removal
from pilookup.custody.audit import Recorded
from pilookup.custody.open_home import OpenHome
from pilookup.custody.publish import publish as publishing
from pilookup.custody.publish.outcome import Published, Republished, UnsignedChannel, unsigned_to_json
from pilookup.custody.release_facts import ignore_progress, release_facts
from pilookup.custody.session import Session
from pilookup.errors import CustodyError
from pilookup.identifier import canonicalise


@dataclass(frozen=True, slots=True)
class WithdrawOutcome:
    """What a withdrawal did.

    withdrawn: False if the dataset was withdrawn before. published: one item for each published channel. waiting: the
    channels that still serve the dataset, because their signing keys are elsewhere; prepare, sign and finish a release
    of each.
    """

    withdrawn: bool
    published: tuple[Published, ...]
    waiting: tuple[UnsignedChannel, ...] = ()

    @property
    def unsigned(self) -> tuple[str, ...]:
        """The names of the channels in `waiting`."""
        return tuple(each.channel for each in self.waiting)

    def to_json(self) -> dict[str, Any]:
        """The outcome as a JSON object. `pilookup withdraw --json` prints only `published`, if nothing is unsigned."""
        published = [each.to_json() for each in self.published]
        return {"withdrawn": self.withdrawn, "published": published} | unsigned_to_json(self.waiting)


@dataclass(frozen=True, slots=True)
class EraseOutcome:
    """What an erasure did.

    datasets: the number of datasets that contained the phone number. published: one item for each published channel.
    waiting: the channels that still serve the number, because their signing keys are elsewhere; prepare, sign and
    finish a release of each.
    """

    datasets: int
    published: tuple[Published, ...]
    waiting: tuple[UnsignedChannel, ...] = ()

    @property
    def unsigned(self) -> tuple[str, ...]:
        """The names of the channels in `waiting`."""
        return tuple(each.channel for each in self.waiting)

    def to_json(self) -> dict[str, Any]:
        """The outcome as `pilookup erase --json` prints it."""
        published = [each.to_json() for each in self.published]
        return {"datasets": self.datasets, "published": published} | unsigned_to_json(self.waiting)


class RemovalCalls(OpenHome):
    """What an officer takes back. `Custody` has these methods."""

    def withdraw(
        self, dataset: str, *, memory: int = DEFAULT_MEMORY, on_progress: Progress | None = None
    ) -> WithdrawOutcome:
        """Remove a dataset from the vault and from every served snapshot, for good. Its id is not used again.

        Args:
            dataset: the dataset's id.
            memory: bytes that the tasks of one process share.
            on_progress: called with (steps done, steps in all, entries so far), for each channel.

        Raises:
            CustodyError: there is no such dataset.
            VaultError: a file of the vault cannot be written or removed (a full disk); call it again.
            PublishError, KeyringError, VaultError, ComputeError: as `publish` raises them. If publishing failed, the
                dataset is withdrawn and the old snapshots are still served: call it again.
            RuntimeError: this HOME was closed.
        """
        session = self._publishing_session()
        if session.control.dataset(dataset) is None:
            raise CustodyError(f"there is no dataset {dataset}")
        with self._audit.recorded("withdraw", dataset=dataset) as entry:
            withdrawn = removal.withdraw(session, dataset)
            entry.outcome(withdrawn=withdrawn, journal=journal.length(session.home))
            done = self._republish(session, entry, memory, on_progress)
            entry.outcome(
                releases=[release_facts(session, each) for each in done.published],
                unsigned=list(done.unsigned),
            )
        return WithdrawOutcome(withdrawn, done.published, done.waiting)

    def erase(self, number: str, *, memory: int = DEFAULT_MEMORY, on_progress: Progress | None = None) -> EraseOutcome:
        """Remove a number from the vault and from every served snapshot, and keep it out of all later loads.

        Args:
            number: a phone number as people write it; one without a country code is Chinese.
            memory: bytes that the tasks of one process share.
            on_progress: called with (steps done, steps in all, entries so far), for each channel.

        Raises:
            CustodyError: the text is not a phone number. The error does not repeat it.
            VaultError: a file of the vault cannot be written (a full disk); call it again.
            PublishError, KeyringError, VaultError, ComputeError: as `publish` raises them. If publishing failed, the
                number is erased and the old snapshots are still served: call it again.
            RuntimeError: this HOME was closed.
        """
        session = self._publishing_session()
        identifier = canonicalise(number)
        if not isinstance(identifier, bytes):
            raise CustodyError(f"not a phone number: {identifier}")
        with self._audit.recorded("erase") as entry:  # and nothing else: an entry must not help to guess the number
            datasets = removal.erase(session, identifier)
            entry.outcome(datasets=datasets, journal=journal.length(session.home))
            done = self._republish(session, entry, memory, on_progress)
            entry.outcome(releases=len(done.published), unsigned=len(done.unsigned))
        return EraseOutcome(datasets, done.published, done.waiting)

    def _republish(self, session: Session, entry: Recorded, memory: int, on_progress: Progress | None) -> Republished:
        signing = replace(session, audit_head=entry.head)
        return publishing.republish(signing, on_progress or ignore_progress, executor=self._workers, memory=memory)
