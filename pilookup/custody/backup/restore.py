"""Restoring a backup, with what happened after it as far as the newest journal and release tell (docs/adr/0024)."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from pilookup import destruction, durable, file_errors
from pilookup.bundles.header import Header
from pilookup.bundles.journal import JOURNAL_FILE, Journal
from pilookup.bundles.making_lock import making_locked
from pilookup.bundles.records import Exported, read_exports, write_exports
from pilookup.custody import journal, removal
from pilookup.custody.audit import AuditLog
from pilookup.custody.audit.gap import RESTORE, Gap, LogEnd
from pilookup.custody.backup.archive import extract, opened_archive
from pilookup.custody.backup.contents import (
    CONTENTS,
    CONTROL,
    CUSTODY,
    MAX_CONTENTS_BYTES,
    TRUST,
    BackupContents,
)
from pilookup.custody.backup.newest import Newest, bring_online_half, verify_newest
from pilookup.custody.bundles import STATE_DOMAIN
from pilookup.custody.control import ControlDatabase
from pilookup.custody.home import Home
from pilookup.custody.next_command import signing_steps
from pilookup.custody.prepared import give_up, read_prepared, write_prepared
from pilookup.custody.role_state import RELEASE_ROLES, RoleState, read_role_states, short
from pilookup.custody.session import Session
from pilookup.custody.vault import Vault
from pilookup.errors import BundleError, HomeError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.key_ids import JOURNAL_SEAL_KEY_ID
from pilookup.protocol.manifest import Manifest
from pilookup.protocol.release import ROOT, verify_root
from pilookup.release_files.files import read_metadata

_NONCE_BYTES: Final = 12
UNKNOWN: Final = 1000
"""Serials and versions that a restore leaves out, because custody may have used some after the last bundle."""

UNKNOWN_EPOCHS: Final = 16
"""The same for epochs."""

_LOST: Final = "lost-after-backup"


@dataclass(frozen=True, slots=True)
class RestoreOutcome:
    """What `restore` did.

    contents: of the backup. erased and withdrawn: what the journal told and the backup did not have. missing: the
    titles of cases that the newest release serves and the backup does not have. channels: to rotate now. audit: what
    the audit log of the backup lacks. cleared: the HOME that a killed command was making from the same control
    database, whose rows were dropped; None if there was none. missing_keys: the roles of which signatures cannot be
    made in the new HOME. next: what to run now, in full and in this order.
    """

    contents: BackupContents
    erased: int
    withdrawn: tuple[str, ...]
    missing: tuple[str, ...]
    channels: tuple[str, ...]
    audit: Gap
    cleared: str | None = None
    missing_keys: tuple[RoleState, ...] = ()
    next: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The outcome as `pilookup restore --json` prints it."""
        return {
            "backup": self.contents.to_json(),
            "erased": self.erased,
            "withdrawn": list(self.withdrawn),
            "missing": list(self.missing),
            "channels": list(self.channels),
            "audit": self.audit.to_json(),
            "cleared": self.cleared,
            "missing_keys": [state.to_json() for state in self.missing_keys],
            "next": list(self.next),
        }


def restore(
    path: Path,
    home: Path,
    newest: Path,
    now: datetime,
    backup_passphrase: Callable[[], bytes],
    passphrase: Callable[[], bytes],
    operator: str | None = None,
) -> RestoreOutcome:
    """Make a HOME from a backup, and bring it to the newest journal and release.

    The HOME is complete, or not there. Nothing can be published from it before every channel is rotated.

    Args:
        path: The backup.
        home: A missing or empty directory.
        newest: The online half of a serving machine, copied; or the newest bundle that custody exported.
        now: The current time.
        backup_passphrase: Returns the passphrase of the backup.
        passphrase: Returns that of the custody half, as it was when the backup was made.
        operator: Who restores it, for the audit log; None for the login.

    Raises:
        BundleError: The backup, the journal or the bundle is damaged, or of another HOME; or the passphrase is wrong.
        TrustError, FormatError: The newest release is not valid.
        KeyringError: The custody passphrase is wrong, or a key is damaged.
        CustodyError: The control database cannot be used, or holds control data already.
        VaultError: The vault in the backup is damaged.
        AuditError: The audit log in the backup is damaged.
        HomeError: HOME is not empty, or cannot be written (a full disk).
    """
    with file_errors.failures_as(HomeError, home), making_locked(home), _staging(home) as staging:
        contents = _extract(path, staging, backup_passphrase())
        bring_online_half(staging, newest, now)
        newest_state = verify_newest(staging)
        keyring = Keyring.unlock(staging.custody, Half.CUSTODY, passphrase())
        with _control(staging, home) as control:
            session = Session(staging, keyring, control, Vault(staging, keyring), None, now)
            state = _state(newest_state.taken_up, keyring.symmetric(JOURNAL_SEAL_KEY_ID))
            audit = AuditLog.open(staging, keyring, operator, lambda: now)
            gap = Gap.of(audit, state.audit)
            with audit.recorded(RESTORE, **gap.details()) as entry:
                session.recover()
                outcome = _catch_up(session, newest_state, state, contents, gap)
                entry.outcome(erased=outcome.erased, withdrawn=len(outcome.withdrawn), journal=journal.length(staging))
            control.mark_made(staging)
            _give_its_name(staging.path, home)
            control.end_making(Home(home))
            outcome = replace(outcome, cleared=control.cleared)
    return _with_next_steps(Home(home), outcome)


def _with_next_steps(home: Home, outcome: RestoreOutcome) -> RestoreOutcome:
    """The outcome with the roles of the served channels that cannot sign in the new HOME, and what to run now."""
    missing: list[RoleState] = []
    steps: list[str] = []
    for channel in outcome.channels:
        states = read_role_states(home, channel)
        missing += short(states[role] for role in RELEASE_ROLES)
        steps += signing_steps(home, channel, states)
    return replace(outcome, missing_keys=tuple(missing), next=tuple(steps))


@dataclass(frozen=True, slots=True)
class _State:
    """What custody had used at the last export, served or not, and the end of its audit log.

    The highest catalogue id, and of each channel the highest serial, epoch and versions.

    versions: of `targets` and `snapshot` metadata, served or only given to somebody to sign. audit: None if the bundle
    does not say.
    """

    dataset: int = 0
    serials: dict[str, int] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    versions: dict[str, dict[str, int]] = field(default_factory=dict)
    audit: LogEnd | None = None


@contextmanager
def _staging(home: Path) -> Iterator[Home]:
    """A directory beside HOME, which is removed after an error."""
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise HomeError(f"{home}: not empty; restore into a new or empty directory")
    folder = home.absolute().with_name(f".{home.name}.restoring")
    destruction.destroy_tree(folder)
    try:
        folder.mkdir(mode=durable.DIRECTORY_MODE)
        yield Home(folder)
    except BaseException:
        with suppress(OSError):  # the next restore destroys what could not be, and says so if it cannot
            destruction.destroy_tree(folder)
        raise


@contextmanager
def _control(staging: Home, home: Path) -> Iterator[ControlDatabase]:
    """New tables with the rows of the backup.

    After an error they are dropped again, unless HOME has its name by then.
    """
    with ControlDatabase.create(staging, home) as control:
        try:
            control.restore((staging.path / CONTROL).read_bytes())
            (staging.path / CONTROL).unlink()
            yield control
        except BaseException:
            if staging.path.exists():
                control.remove()
            raise


def _extract(path: Path, staging: Home, passphrase: bytes) -> BackupContents:
    contents = None
    with opened_archive(path, passphrase) as files:
        for name, content in files:
            if name == CONTENTS:
                contents = BackupContents.from_bytes(content.read(MAX_CONTENTS_BYTES))
            elif name == CONTROL or name.startswith(CUSTODY):
                extract(content, staging.path / name)
            elif name.startswith(TRUST):
                extract(content, staging.path / name.removeprefix(TRUST))
            else:
                raise BundleError(f"{name}: not a file of a backup")
    if contents is None:
        raise BundleError(f"{path}: it has no {CONTENTS}")
    return contents


def _catch_up(session: Session, newest: Newest, state: _State, contents: BackupContents, gap: Gap) -> RestoreOutcome:
    """Take everything above what was used, and do again what was removed after the backup."""
    home, key = session.home, newest.journal.key
    seal = session.keyring.symmetric(JOURNAL_SEAL_KEY_ID)
    longer = _newer(newest.journal, Journal.from_bytes(_journal_bytes(home), key))
    missing = _missing(session, newest.manifests)
    _make_unpublished(session)
    done = removal.replay(session, longer, seal)
    for channel in session.control.channels():
        give_up(session, channel.name)
    _reserve(session, newest.manifests, state)
    for half in (home.custody, home.online):
        durable.replace(half / JOURNAL_FILE, longer.data)
    if newest.taken_up is not None:
        write_exports(home.custody, read_exports(home.custody).with_export(Exported.of(newest.taken_up)))
    channels = tuple(sorted({manifest.channel for manifest in newest.manifests}))
    return RestoreOutcome(contents, len(done.erased), done.withdrawn, missing, channels, gap)


def _make_unpublished(session: Session) -> None:
    """Make the directories of channels that were never published, of which a serving machine has nothing."""
    for channel in session.control.channels():
        repository = session.repository(channel.name)
        if (repository.metadata / ROOT).exists():
            continue
        for folder in (repository.directory, repository.metadata, repository.targets):
            if not folder.exists():
                durable.make_directory(folder)
        root = read_metadata(session.home.trust(channel.name))
        for name in (f"{verify_root(root).version}.{ROOT}", ROOT):
            durable.replace(repository.metadata / name, root)


def _newer(found: Journal, backed_up: Journal) -> Journal:
    """The longer one of two journals, of which one must continue the other."""
    longer, shorter = (found, backed_up) if found.position >= backed_up.position else (backed_up, found)
    longer.check_extends(shorter)
    return longer


def _journal_bytes(home: Home) -> bytes:
    path = home.custody / JOURNAL_FILE
    return path.read_bytes() if path.exists() else b""


def _missing(session: Session, manifests: list[Manifest]) -> tuple[str, ...]:
    """The titles of the cases that are served and not in the backup."""
    known = {dataset.id for dataset in session.control.datasets(active_only=False)}
    titles = {case.id: case.title_zh for manifest in manifests for case in manifest.datasets if case.id not in known}
    return tuple(titles[number] for number in sorted(titles))


def _reserve(session: Session, manifests: list[Manifest], state: _State) -> None:
    """Go above every catalogue id, serial, epoch and version that was used, as far as is known and further."""
    used = max([state.dataset, *(case.id for manifest in manifests for case in manifest.datasets)], default=0)
    if used >= session.control.next_dataset_id():
        session.control.reserve(used, f"{_LOST}-{used}", session.now)
    for channel in session.control.channels():
        served = [manifest for manifest in manifests if manifest.channel == channel.name]
        serials = [session.control.last_serial(channel.name), state.serials.get(channel.name, 0)]
        serials += [manifest.serial for manifest in served]
        session.control.consume_serial(channel.name, max(serials) + UNKNOWN - 1)
        epochs = [session.control.epochs(channel.name)[-1].number, state.epochs.get(channel.name, 0)]
        epoch = max([*epochs, *(manifest.epoch for manifest in served)]) + UNKNOWN_EPOCHS
        session.control.start_epoch(channel.name, epoch, session.now, former_until=session.now)
        _reserve_versions(session, channel.name, state.versions.get(channel.name, {}))


def _reserve_versions(session: Session, channel: str, stated: Mapping[str, int]) -> None:
    """Keep the versions of targets and snapshot metadata above all that was given to somebody to sign."""
    prepared = read_prepared(session, channel)
    known = session.repository(channel).highest_versions(prepared.used)
    above = {role: max(version, stated.get(role, 0)) + UNKNOWN for role, version in known.items()}
    write_prepared(session, channel, replace(prepared, used=above))


def _state(header: Header | None, seal: bytes) -> _State:
    """What custody wrote for itself into the bundle that was taken up last."""
    if header is None or not header.state:
        return _State()
    sealed = base64.urlsafe_b64decode(header.state + "=" * (-len(header.state) % 4))
    associated = STATE_DOMAIN + str(header.number).encode()
    try:
        data = AESGCMSIV(seal).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], associated)
    except (InvalidTag, ValueError):
        raise BundleError("the bundle's state is sealed under another key than the backup's") from None
    used = json.loads(data)
    audit = used.pop("audit", None)
    # Bundles of an earlier version state no versions.
    return _State(**{"versions": {}} | used, audit=LogEnd(*audit) if audit else None)


def _give_its_name(staging: Path, home: Path) -> None:
    """Flush everything, and rename the directory: the step that decides."""
    for folder in (staging, *(path for path in staging.rglob("*") if path.is_dir())):
        durable.sync_directory(folder)
    staging.rename(home.absolute())
    durable.sync_directory(home.absolute().parent)
