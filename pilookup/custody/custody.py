"""The public API of the police side: everything the commands do, for scripts and services."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Self

from pilookup.clock import Clock, read_clock, utc_now
from pilookup.compute.executors import executor
from pilookup.custody import journal, removal
from pilookup.custody.audit import AuditLog
from pilookup.custody.carrying_calls import CarryingCalls
from pilookup.custody.control import ControlDatabase
from pilookup.custody.home import Home
from pilookup.custody.initialise import initialise_home
from pilookup.custody.load_calls import LoadCalls
from pilookup.custody.passphrase_type import Passphrase, passphrase_bytes
from pilookup.custody.release_calls import ReleaseCalls
from pilookup.custody.removal_calls import RemovalCalls
from pilookup.custody.report_calls import ReportCalls
from pilookup.custody.session import Session
from pilookup.custody.signing_key_calls import SigningKeyCalls
from pilookup.custody.status import HomeStatus, read_status
from pilookup.custody.vault import Vault
from pilookup.keyring import Half, Keyring
from pilookup.keyring.weak_passphrase import record_weaknesses, weaknesses
from pilookup.signing.signer import Signer


class Custody(LoadCalls, RemovalCalls, ReleaseCalls, SigningKeyCalls, CarryingCalls, ReportCalls):
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


def _unlock(home: Home, half: Half, passphrase: bytes, other: bytes | None) -> Keyring:
    """Open the keyring of a half of a locked HOME, and record whether its passphrase is weak; raises KeyringError."""
    keyring = Keyring.unlock(home.path / half, half, passphrase)
    keyring.destroy_former()
    record_weaknesses(keyring.directory, weaknesses(passphrase, other))
    return keyring
