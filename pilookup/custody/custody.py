"""The public API of the police side: everything the commands do, for scripts and services."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self, TextIO

from pilookup.clock import Clock, read_clock, utc_now
from pilookup.compute.callbacks import Progress
from pilookup.compute.executors import DEFAULT_MEMORY, executor
from pilookup.custody import journal, removal
from pilookup.custody.audit import AuditLog, Recorded
from pilookup.custody.carrying_calls import CarryingCalls
from pilookup.custody.control import ControlDatabase
from pilookup.custody.datasets import DatasetChange, DatasetSpec, check_expiry, check_slug
from pilookup.custody.home import Home
from pilookup.custody.initialise import initialise_home
from pilookup.custody.intake import IntakeOptions
from pilookup.custody.intake.model import names_of
from pilookup.custody.load import load as loading
from pilookup.custody.load.load import LoadJob
from pilookup.custody.load.outcome import LoadOutcome
from pilookup.custody.passphrase_type import Passphrase, passphrase_bytes
from pilookup.custody.publish import publish as publishing
from pilookup.custody.publish.outcome import Published, Republished, UnsignedChannel, unsigned_to_json
from pilookup.custody.release_calls import ReleaseCalls
from pilookup.custody.release_facts import ignore_progress, release_facts
from pilookup.custody.report_calls import ReportCalls
from pilookup.custody.session import Session
from pilookup.custody.signing_key_calls import SigningKeyCalls
from pilookup.custody.status import HomeStatus, read_status
from pilookup.custody.vault import Vault
from pilookup.errors import ArgumentError, CustodyError
from pilookup.identifier import canonicalise
from pilookup.keyring import Half, Keyring
from pilookup.keyring.weak_passphrase import record_weaknesses, weaknesses
from pilookup.protocol.label import Kind
from pilookup.signing.signer import Signer


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


class Custody(ReleaseCalls, SigningKeyCalls, CarryingCalls, ReportCalls):
    """An open HOME, and what an officer does with it. The commands of `pilookup` are thin layers over this class.

    - `initialise` makes a new HOME, and `open` opens one. `status_of` reads the status of one without any passphrase.
    - An open HOME is locked: until it is closed, no other process can open it. Use it as a context manager.
    - Opening removes what killed commands left.
    - `load`, `withdraw` and `erase` change the vault in one step, or not at all. `publish` and `rotate` change what is
      served in one step, or not at all. Each can be repeated after an error or a kill.
    - Loading and the status need the passphrase of the custody half alone. All other methods also need the online half.
    - Calls are made one at a time; they are not safe to make from several threads at once.
    - `initialise` and all methods that change something are recorded in the audit log: before they change anything, and
      when they end. If the former is not possible, AuditError is raised and nothing was changed.

    Example::

        passphrases = {"passphrase": "of the custody half", "online_passphrase": "of the online half"}
        trust_files = Custody.initialise("home", **passphrases)
        with Custody.open("home", **passphrases) as custody:
            report = custody.load(["a.xlsx", "b.csv"], dataset="village-2026", kind="malicious-registration")
            print(report.total.accepted, report.total.rejected)
            custody.publish("public")
    """

    @staticmethod
    def initialise(
        home: str | Path,
        *,
        passphrase: Passphrase,
        online_passphrase: Passphrase,
        clock: Clock = utc_now,
        operator: str | None = None,
        sandbox: bool = False,
        on_note: Callable[[str], None] | None = None,
    ) -> list[Path]:
        """Make a new HOME: keys, vault, control database, and the channels `public` and `platform`.

        Args:
            home: a missing or empty directory.
            passphrase: of the custody half, 16 characters or more.
            online_passphrase: of the online half, 16 characters or more, and another one.
            clock: the time to make the first epochs and signatures at.
            operator: who makes it, for the audit log; None for the login.
            sandbox: mark the roots as those of a sandbox. Clients refuse its trust files unless they are made with
                `sandbox=True`; the mark cannot be removed. For synthetic data only.
            on_note: called with what a killed command has left in the control database and was dropped.

        Returns:
            The trust files, one for each channel, for clients to pin.

        Raises:
            HomeError: the directory is not empty, is not a directory, or cannot be written (a full disk).
            KeyringError: a passphrase breaks a rule, which the text names; or a key file cannot be written.
            CustodyError: the control database cannot be used, or holds control data already; or the operator's name
                cannot be written into the audit log.
            ValueError: `clock` returns a time without a time zone.

        What was made is removed again after any error.
        """
        now = read_clock(clock)
        passphrases = (passphrase_bytes(passphrase), passphrase_bytes(online_passphrase))
        return initialise_home(Path(home), *passphrases, now, operator, sandbox=sandbox, on_note=on_note)

    @staticmethod
    def status_of(home: str | Path, *, clock: Clock = utc_now) -> HomeStatus:
        """Read what a HOME holds and serves, without a passphrase and without locking it. One half is enough.

        Raises:
            HomeError: neither half is in this directory.
            CustodyError: the control database cannot be used.
            ValueError: `clock` returns a time without a time zone.
        """
        layout, now = Home(Path(home)), read_clock(clock)
        if not layout.has_custody():
            return read_status(layout, None, now)
        with ControlDatabase.open(layout) as control:
            return read_status(layout, control, now)

    @classmethod
    def open(
        cls,
        home: str | Path,
        *,
        passphrase: Passphrase,
        online_passphrase: Passphrase | None = None,
        scheduler: str | None = None,
        clock: Clock = utc_now,
        date_is_right: bool | Callable[[str], bool] = False,
        signers: Iterable[Signer] = (),
        operator: str | None = None,
    ) -> Self:
        """Lock and unlock a HOME, and remove what killed commands left.

        Args:
            home: the directory that `initialise` made.
            passphrase: of the custody half.
            online_passphrase: of the online half; None where nothing is to be published.
            scheduler: address of a Dask cluster to work on, `tls://HOST:PORT`; None for threads of this process, one
                for each processor.
            clock: asked for the time at each call; signatures, epochs and expiry follow it.
            date_is_right: whether the date is right although it is out of order with what was signed or received
                before; or a function that gets the doubt as a text and asks a person.
            signers: signing keys that are in no half and at hand, such as a sealed key file on a medium.
            operator: who works on it, for the audit log; None for the login.

        Raises:
            HomeError: there is no custody half, another process has HOME open, or it cannot be locked.
            KeyringError: a passphrase is wrong, or a key file is missing or altered.
            AuditError: the audit log was changed, deleted or is older than a release, or cannot be read or written.
            CustodyError: the control database cannot be used, the journal of removals is damaged or was cut, one of its
                keys was deleted, or the operator's name cannot be written into the audit log.
            VaultError: the vault does not belong to the control database, and nothing was changed; or what a killed
                command left in it cannot be removed.
            PublishError: what a killed command left in a channel cannot be removed.
            ComputeError: the cluster cannot be used.
            MissingExtraError: `scheduler` was given and the extra `cluster` is not installed.
            ValueError: `clock` returns a time without a time zone. Nothing was read or locked.
        """
        layout, now = Home(Path(home)), read_clock(clock)
        with ExitStack() as stack:
            workers = stack.enter_context(executor(scheduler))
            stack.enter_context(layout.locked())
            given = passphrase_bytes(passphrase)
            keyring = _unlock(layout, Half.CUSTODY, given, None)
            online = None
            if online_passphrase is not None:
                online = _unlock(layout, Half.ONLINE, passphrase_bytes(online_passphrase), given)
            control = stack.enter_context(ControlDatabase.open(layout))
            session = Session(layout, keyring, control, Vault(layout, keyring), online, now, tuple(signers))
            audit = AuditLog.open(layout, keyring, operator, partial(read_clock, clock))
            audit.check_released()
            journal.make_keys(session)
            keyring.state_log_keys(given)
            session.recover()
            completed = removal.recover(session, audit)
            return cls(session, workers, clock, date_is_right, stack.pop_all(), audit, completed)

    def load(
        self,
        files: str | Path | Iterable[str | Path],
        *,
        dataset: str,
        kind: Kind | str,
        title_zh: str | None = None,
        title_en: str | None = None,
        seized_on: date | None = None,
        sensitive: bool = False,
        expires_on: date | None = None,
        columns: Mapping[str, str | Sequence[str]] | None = None,
        not_columns: str | Iterable[str] = (),
        region: str = "CN",
        scan_text: bool = False,
        hidden_sheets: bool = False,
        encoding: str | None = None,
        passwords: str | Iterable[str] = (),
        rejects: TextIO | None = None,
        replace: bool = False,
        dry_run: bool = False,
        strict: bool = False,
        skip_bad: bool = False,
        locked: Iterable[str] | None = None,
        on_progress: Progress | None = None,
    ) -> LoadOutcome:
        """Load files into a dataset: all of them, or none. The numbers are not kept; `publish` acts on them.

        Args:
            files: one file, or several: CSV, TSV, TXT, XLSX, XLS, Parquet, or .zip or .gz of them.
            dataset: the dataset's id, 1 to 64 of a-z, 0-9 and dashes. A new id makes a new dataset.
            kind: what the dataset says about its numbers, "exposure" or "malicious-registration".
            title_zh: the case's title in Chinese; by default the id of a new dataset.
            title_en: the case's title in English; by default the same.
            seized_on: the day of the seizure.
            sensitive: keep a new dataset out of the public channel.
            expires_on: the day (UTC) of a new dataset's expiry: its records leave with the first publish on or after
                it. `change_dataset` changes it.
            columns: "phone", "account" or "date" -> a header, or a column number from 1, or several of them; the others
                are detected.
            not_columns: headers or numbers of columns that are not read, whatever they hold.
            region: ISO 3166 code of the country of numbers without a country code.
            scan_text: also read numbers in columns of text.
            hidden_sheets: also read hidden sheets of workbooks.
            encoding: the encoding of texts, such as big5; by default it is detected.
            passwords: tried on encrypted archives and workbooks. They are not kept.
            rejects: a text stream for the rejected cells, which holds numbers in clear.
            replace: load files again that were loaded before, in place of what was loaded then.
            dry_run: read and count everything, store nothing.
            strict: store nothing if there is any warning.
            skip_bad: leave out files that cannot be read, and load the others.
            locked: the locations of encrypted files that `skip_bad` may leave out, as `PasswordRequiredError` names
                them; by default all. For another one the error is raised, so that its password can be asked for.
            on_progress: called with (bytes read, bytes in all, rows so far).

        Returns:
            The counts of all files together (`total`) and of each (`files`); never a number.

        Raises:
            IntakeError: a file cannot be read in its format, holds no number, or changed while it was read.
            PasswordRequiredError: a file is encrypted, and no given password opens it.
            StrictLoadError: `strict` was given and there are warnings; its `outcome` has them.
            CustodyError: there is no file to load, the dataset was withdrawn or has other attributes, or a file was
                loaded before.
            VaultError: a file of the vault cannot be read or written (a full disk), or is missing or altered.
            ComputeError: the cluster failed.
            MissingExtraError: a file's format needs an extra that is not installed.
            ValueError: there is no such kind, column role or region, or `strict` and `skip_bad` are given together.
            RuntimeError: this HOME was closed.

        What `rejects` or `on_progress` raises is raised unchanged, and nothing is loaded.
        """
        session = self._session()
        check_slug(dataset)
        paths = [Path(file) for file in ([files] if isinstance(files, str | Path) else files)]
        known_kind = Kind(kind)
        spec = DatasetSpec(dataset, known_kind, title_zh, title_en, seized_on, sensitive, expires_on)
        if expires_on is not None:
            check_expiry(expires_on, session.now)
        options = IntakeOptions(
            known_kind,
            region,
            {role: names_of(given) for role, given in (columns or {}).items()},
            names_of(not_columns),
            scan_text=scan_text,
            hidden_sheets=hidden_sheets,
            encoding=encoding,
            passwords=names_of(passwords),
        )
        job = LoadJob(
            paths, spec, options, replace, dry_run, strict, skip_bad, frozenset(locked) if locked is not None else None
        )
        asked = {"kind": str(known_kind), "files": len(paths), "replace": replace, "dry_run": dry_run}
        with self._audit.recorded("load", dataset=dataset, **asked, rejects=rejects is not None) as entry:
            outcome = loading.load(session, job, rejects, on_progress, self._workers)
            entry.outcome(**outcome.counts())
        return outcome

    def change_dataset(self, dataset: str, change: DatasetChange) -> None:
        """Change the texts and days of a dataset. They take effect with the next publish of each channel.

        The audit log has the names of what was changed, not the texts.

        Args:
            dataset: the dataset's id.
            change: what is new.

        Raises:
            CustodyError: there is no such dataset, it was withdrawn, or a text or a day is not valid.
            RuntimeError: this HOME was closed.
        """
        session = self._session()
        known = session.control.dataset(dataset)
        if known is None:
            raise CustodyError(f"there is no dataset {dataset}")
        if known.withdrawn_at is not None:
            raise CustodyError(f"{dataset}: withdrawn; its texts do not change any more")
        columns = change.columns(session.now)
        if not columns:
            raise ArgumentError("there is nothing to change: give a title, a day or texts")
        with self._audit.recorded("dataset set", dataset=dataset, changes=sorted(columns)):
            session.control.update_dataset(dataset, columns)

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

    @property
    def completed_removals(self) -> tuple[str, ...]:
        """Erasures and withdrawals of the journal that a killed command had left undone, and opening has done.

        What they removed is served until the channels are published.
        """
        return self._completed

    @property
    def audit_repaired(self) -> bool:
        """Whether opening cut off a line of the audit log that a killed command had not written to its end."""
        return self._audit.repaired

    def status(self) -> HomeStatus:
        """Read what this HOME holds and serves, and what needs doing soon.

        Raises:
            CustodyError: the control database failed.
            RuntimeError: this HOME was closed.
        """
        session = self._session()
        return read_status(session.home, session.control, session.now)

    def check_date(self) -> datetime:
        """Compare the date with what was signed or received before, and ask whether it is right if it is out of order.

        `publish`, `rotate`, `withdraw` and `erase` do this first; a yes holds until this HOME is closed.

        Returns:
            The date that is signed with.

        Raises:
            PublishError: the date is out of order, and nobody said that it is right; or HOME was opened without the
                online half.
            CustodyError: the control database failed.
            FormatError: a served release is not valid.
            RuntimeError: this HOME was closed.
        """
        return self._publishing_session().now

    def _republish(self, session: Session, entry: Recorded, memory: int, on_progress: Progress | None) -> Republished:
        signing = replace(session, audit_head=entry.head)
        return publishing.republish(signing, on_progress or ignore_progress, executor=self._workers, memory=memory)


def _unlock(home: Home, half: Half, passphrase: bytes, other: bytes | None) -> Keyring:
    """Open the keyring of a half of a locked HOME, and record whether its passphrase is weak; raises KeyringError."""
    keyring = Keyring.unlock(home.path / half, half, passphrase)
    keyring.destroy_former()
    record_weaknesses(keyring.directory, weaknesses(passphrase, other))
    return keyring
