"""Bundles and backups: one part of the API of the police side."""

from dataclasses import replace
from pathlib import Path

from pilookup.compute.callbacks import Progress
from pilookup.custody import bundles
from pilookup.custody.backup.backup import BackupOutcome, back_up
from pilookup.custody.bundles import ExportOutcome
from pilookup.custody.open_home import OpenHome
from pilookup.custody.passphrase_type import Passphrase, passphrase_bytes
from pilookup.errors import KeyringError
from pilookup.keyring.master_key import read_master_key
from pilookup.keyring.passphrase_rules import check_length


class CarryingCalls(OpenHome):
    """What is carried away from the custody machine: bundles and backups. `Custody` has these methods."""

    def export_bundle(
        self, out: str | Path, *, piece_size: int | None = None, on_progress: Progress | None = None
    ) -> ExportOutcome:
        """Write the releases, the keys of their epochs and the journal of removals for the serving machines.

        HOME may be open without the online half's passphrase.

        Args:
            out: the file; with `piece_size`, the name that those of the pieces begin with.
            piece_size: the greatest size of a piece in bytes; None for one file.
            on_progress: called with (bytes written, bytes in all, bytes written).

        Raises:
            BundleError: nothing was published yet, there is a file of that name, the pieces are too small, or a file
                cannot be written (a full disk).
            HomeError: the online half is not here.
            CustodyError: the control database failed, or the journal is damaged.
            PublishError: the record of a prepared release is damaged.
            KeyringError: a key cannot be read or written.
            TrustError, FormatError: a release is not valid.
            AuditError: an entry of the audit log cannot be written.
            RuntimeError: this HOME was closed.
        """
        with self._audit.recorded("bundle export") as entry:
            session = replace(self._session(), audit_head=entry.head, audit_entries=entry.number)
            outcome = bundles.export_bundle(session, Path(out), piece_size=piece_size, on_progress=on_progress)
            entry.outcome(bundle=outcome.number, journal=outcome.journal, releases=len(outcome.channels))
        return outcome

    def back_up(self, out: str | Path, *, backup_passphrase: Passphrase) -> BackupOutcome:
        """Write a backup of the custody half, sealed under a passphrase of its own, and read it back.

        It holds no channel key, and too few signing keys to sign a release. HOME may be open without the online half's
        passphrase.

        Args:
            out: the file.
            backup_passphrase: 16 characters or more, and not that of the custody half.

        Raises:
            BundleError: there is a file of that name, or it cannot be written or read back (a full disk).
            KeyringError: the passphrase breaks a rule, or a key cannot be read or written.
            CustodyError: the control database failed, or the journal is damaged.
            AuditError: an entry of the audit log cannot be written.
            RuntimeError: this HOME was closed.
        """
        session = self._session()
        passphrase = passphrase_bytes(backup_passphrase)
        check_length("the backup", passphrase)
        if read_master_key(session.home.custody).opens(passphrase):
            raise KeyringError("the passphrase of the backup is that of the custody half; choose another one")
        with self._audit.recorded("backup") as entry:
            outcome = back_up(session, Path(out), passphrase)
            entry.outcome(files=outcome.files, journal=outcome.contents.journal)
        return outcome
