"""Backing up the custody half: one sealed file, read back before it gets its name (docs/adr/0024)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pilookup import file_errors
from pilookup.bundles.machine import MACHINE_TRUST
from pilookup.custody.backup.archive import Entry, archive_digests, opened_archive, write_archive
from pilookup.custody.backup.contents import CONTENTS, CONTROL, CUSTODY, MAX_CONTENTS_BYTES, TRUST, BackupContents
from pilookup.custody.home import Home
from pilookup.custody.journal import read_journal
from pilookup.custody.restorable import AfterRestore, after_restore, kept_apart
from pilookup.custody.session import Session, signing_key_ids
from pilookup.errors import BundleError
from pilookup.keyring.key_directory import FIRST_NAME, key_directory
from pilookup.keyring.key_file import KEY_SUFFIX
from pilookup.keyring.key_ids import OFFLINE_ROLES
from pilookup.keyring.master_key import MASTER_KEY_NAME, read_master_key

_NOT_COPIED: Final = (
    "lock",
    "control.sqlite3",
    "control.sqlite3-wal",
    "control.sqlite3-shm",
    "control.sqlite3-journal",
)


@dataclass(frozen=True, slots=True)
class BackupOutcome:
    """A backup that was made or checked.

    files: the number of files in it. bytes: its size. after_restore: for each channel that could not sign everything
    after a restore, what; empty for a backup that was only checked, which does not say it.
    """

    contents: BackupContents
    files: int
    bytes: int
    after_restore: tuple[AfterRestore, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The outcome as `pilookup backup --json` prints it."""
        later = [each.to_json() for each in self.after_restore]
        return self.contents.to_json() | {"files": self.files, "bytes": self.bytes, "after_restore": later}


def back_up(session: Session, out: Path, passphrase: bytes) -> BackupOutcome:
    """Write a backup of the custody half.

    It holds the keyring, the vault, the control data, the journal and the trust files. It holds no channel key, and of
    each role that signs releases fewer keys than must sign: with the backup alone, nothing can be signed.

    Args:
        session: An unlocked HOME.
        out: The file.
        passphrase: Of the backup. The rules are the caller's.

    Raises:
        BundleError: There is a file of that name, or the backup cannot be written or read back (a full disk).
        CustodyError: The control database failed, or the journal is damaged.
        KeyringError: A key cannot be read.
        TrustError, FormatError: Root metadata are not valid.
    """
    journal = read_journal(session)
    left_out = left_out_keys(session)
    datasets = len(session.control.datasets(active_only=True))
    contents = BackupContents(session.now, journal.position, datasets, tuple(left_out))
    with file_errors.failures_as(BundleError, out):
        entries = list(_entries(session, contents))
        size = write_archive(out, entries, passphrase)
    found = (after_restore(session.home, channel.name) for channel in session.control.channels())
    return BackupOutcome(contents, len(entries), size, tuple(each for each in found if each is not None))


def check_backup(path: Path, passphrase: bytes) -> BackupOutcome:
    """Read a whole backup; raises BundleError if it is damaged or the passphrase is wrong."""
    with file_errors.failures_as(BundleError, path):
        contents = read_contents(path, passphrase)
        digests = archive_digests(path, passphrase)
        return BackupOutcome(contents, len(digests), path.stat().st_size)


def read_contents(path: Path, passphrase: bytes) -> BackupContents:
    """What a backup says of itself; raises BundleError, OSError."""
    with opened_archive(path, passphrase) as files:
        for name, content in files:
            if name != CONTENTS:
                break
            contents = BackupContents.from_bytes(content.read(MAX_CONTENTS_BYTES))
            for _ in files:
                pass
            return contents
    raise BundleError(f"{path}: it does not begin with {CONTENTS}")


def left_out_keys(session: Session) -> list[str]:
    """The signing keys that a backup must not hold, of all channels."""
    return [
        key_id
        for channel in session.control.channels()
        for role in OFFLINE_ROLES
        for key_id in kept_apart(signing_key_ids(session.keyring, role, channel.name), role)
    ]


def _entries(session: Session, contents: BackupContents) -> Iterator[Entry]:
    home = session.home
    yield Entry(CONTENTS, contents.to_bytes())
    yield Entry(CONTROL, session.control.dump())
    for path in sorted(home.path.glob("trust-*.json")):
        if path.name != MACHINE_TRUST:  # the key of this machine does not leave it
            yield Entry(f"{TRUST}{path.name}", path)
    yield from _keys(home, set(contents.left_out))
    for path in _other_files(home):
        yield Entry(f"{CUSTODY}{path.relative_to(home.custody)}", path)


def _keys(home: Home, left_out: set[str]) -> Iterator[Entry]:
    yield Entry(f"{CUSTODY}{MASTER_KEY_NAME}", home.custody / MASTER_KEY_NAME)
    folder = key_directory(home.custody, read_master_key(home.custody))
    for path in sorted(folder.glob(f"[a-z0-9]*{KEY_SUFFIX}")):
        key_id = path.name.removesuffix(KEY_SUFFIX)
        if not key_id.startswith("channel-") and key_id not in left_out:
            yield Entry(f"{CUSTODY}{folder.name}/{path.name}", path)


def _other_files(home: Home) -> Iterator[Path]:
    """The plain files of the custody half, except keys, the control database, locks and what is temporary."""
    for path in sorted(home.custody.rglob("*")):
        parts = path.relative_to(home.custody).parts
        hidden = any(part.startswith(".") for part in parts)
        keys = parts[0] == FIRST_NAME or parts[0].startswith(f"{FIRST_NAME}-")
        if path.is_file() and not hidden and not keys and path.name not in (*_NOT_COPIED, MASTER_KEY_NAME):
            yield path
