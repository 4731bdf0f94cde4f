"""Bundles on the custody machine: exporting a release, and reading what a serving machine acknowledges."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from pilookup import file_errors
from pilookup.bundles.acknowledgement import Acknowledgement, proved_snapshot, read_acknowledgement
from pilookup.bundles.header import ChannelState, Header, Item, Section, Sender
from pilookup.bundles.incoming import JOURNAL, KEYS, RELEASE
from pilookup.bundles.journal import JOURNAL_FILE, MAX_JOURNAL_BYTES, Journal, removals_text
from pilookup.bundles.machine import machine_id
from pilookup.bundles.records import TRUST_FILE, Exported, Machine, read_exports, read_trust, write_exports
from pilookup.bundles.release_items import channel_state, metadata_paths, served_release, target_paths
from pilookup.bundles.report_files import ANSWERS, ANSWERS_FILE
from pilookup.bundles.write import Advance, item_of, write_bundle
from pilookup.custody.home import Home
from pilookup.custody.journal import journal_key, read_journal
from pilookup.custody.next_command import to_publish
from pilookup.custody.prepared import read_prepared
from pilookup.custody.reports.exchange import answers_bytes
from pilookup.custody.session import Session
from pilookup.errors import BundleError, HomeError
from pilookup.keyring.key_directory import key_directory
from pilookup.keyring.key_file import KEY_SUFFIX
from pilookup.keyring.key_ids import JOURNAL_SEAL_KEY_ID, TIMESTAMP_ROLE, channel_key_id, number_of_key_id
from pilookup.keyring.master_key import MASTER_KEY_NAME, Half, read_master_key
from pilookup.plain_file import read_plain
from pilookup.protocol.encoding import b64url
from pilookup.protocol.names import PUBLIC
from pilookup.protocol.release import ROOT, Release, verify_root
from pilookup.release_files.files import read_metadata

STATE_DOMAIN: Final = b"pilookup-bundle-state\x00"
_NONCE_BYTES: Final = 12
_STATE_BYTES: Final = 1024
"""The state has one size, so that it does not tell how many channels or datasets there are."""

Source = Path | bytes


@dataclass(frozen=True, slots=True)
class ExportOutcome:
    """What `bundle export` wrote on the custody machine.

    new_removals: what the journal has that the export before had not. not_included: channels whose release was made
    before a removal.
    """

    number: int
    files: tuple[Path, ...]
    bytes: int
    channels: tuple[ChannelState, ...]
    journal: int
    new_removals: tuple[str, ...]
    not_included: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The outcome as `pilookup bundle export --json` prints it."""
        return {
            "number": self.number,
            "files": [str(path) for path in self.files],
            "bytes": self.bytes,
            "channels": [channel.to_json() for channel in self.channels],
            "journal": self.journal,
            "new_removals": list(self.new_removals),
            "not_included": list(self.not_included),
        }


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a serving machine acknowledged.

    machine: its id. number and journal: the bundle and the entries of the journal that its signature proves. served:
    the version of each channel's snapshot metadata that a timestamp proves to be served. waiting: what is not proved
    to be served yet, a sentence each. is_new: whether the machine was not known before. reports: whether the bundle
    also has reports of platforms, which `reports import` takes over.
    """

    machine: str
    number: int
    journal: int
    served: Mapping[str, int]
    waiting: tuple[str, ...]
    is_new: bool
    reports: bool

    def to_json(self) -> dict[str, Any]:
        """The outcome as `pilookup bundle import --json` prints it."""
        return {
            "machine": self.machine,
            "number": self.number,
            "journal": self.journal,
            "served": dict(self.served),
            "waiting": list(self.waiting),
            "new": self.is_new,
            "reports": self.reports,
        }


def export_bundle(
    session: Session, out: Path, *, piece_size: int | None = None, on_progress: Advance | None = None
) -> ExportOutcome:
    """Write the releases of all published channels, the keys of their epochs and the journal, for serving machines.

    Args:
        session: An unlocked HOME. The online half is here, and may be locked.
        out: The file; with `piece_size`, the name that those of the pieces begin with.
        piece_size: The greatest size of a piece, in bytes; None for one file.
        on_progress: Told how far it is.

    Raises:
        BundleError: Nothing was published yet, or as `write_bundle`.
        CustodyError: The control database failed, or the journal is damaged.
        PublishError: The record of a prepared release is damaged.
        KeyringError: A key cannot be read.
        HomeError: A half of HOME is not here, or cannot be read or written.
        TrustError, FormatError: A release is not valid.
    """
    home = session.home
    if not home.has_online():
        raise HomeError(f"{home.path}: no online half here; there is nothing to export")
    key, journal = journal_key(session), read_journal(session)
    with file_errors.failures_as(BundleError, home.online):
        record = read_exports(home.custody)
        releases = {directory.name: release for directory, release in _releases(home)}
        if not releases:
            raise BundleError(f"nothing was published yet; {to_publish(home, PUBLIC)}")
        sources = dict(_sources(home, releases, journal))
        answers = answers_bytes(session)
        if answers:
            sources[item_of(ANSWERS, ANSWERS_FILE, answers)] = answers
        channels = tuple(_state_of(session, name, release) for name, release in releases.items())
        number = record.next_number(session.now)
        header = Header(
            sender=Sender.CUSTODY,
            number=number,
            created=session.now,
            machine="",
            sections=(
                *(Section(name, critical=True) for name in (JOURNAL, KEYS, RELEASE)),
                *([Section(ANSWERS, critical=False)] if answers else []),
            ),
            items=tuple(sources),
            channels=channels,
            journal=journal.position,
            state=_sealed_state(session, number),
        )
        before = record.last
        files = write_bundle(out, header, sources, key.sign, piece_size=piece_size, on_progress=on_progress)
        write_exports(home.custody, record.with_export(Exported.of(header)))
    return ExportOutcome(
        number,
        tuple(files),
        header.size,
        channels,
        journal.position,
        tuple(removals_text(journal.entries[before.journal if before else 0 :])),
        tuple(each.channel for each in channels if not each.removals_included),
    )


def import_acknowledgement(paths: Sequence[Path], home: Home, trusted: Sequence[Ed25519PublicKey] = ()) -> Acknowledged:
    """Read what a serving machine took up, and remember what of it is proved, for `status`. No passphrase is needed.

    Args:
        paths: The acknowledgement.
        home: HOME of the custody machine.
        trusted: Keys of serving machines that are not known yet, from their trust files.

    Raises:
        BundleError: It is damaged, not signed by a known machine, older than the last one of this machine, comes from
            custody, or knows more than this custody half.
        TrustError, FormatError: Something in it is not valid.
        HomeError: The custody half is not here, another command is working on it, or it cannot be written.
    """
    with home.locked(), file_errors.failures_as(HomeError, home.path):
        key, record = read_trust(home.path / TRUST_FILE), read_exports(home.custody)
        if key is None or record.last is None:
            raise BundleError(f"{home.path}: no bundle was exported from here yet; nothing can be acknowledged")
        found = read_acknowledgement(paths, [*(each.key for each in record.machines.values()), *trusted])
        name, proved = machine_id(found.machine), _proved(home, found)
        _check_known(home, found, proved, Journal.from_bytes(_journal_bytes(home), key))
        known = record.machines.get(name)
        if known is not None and found.taken_up.number < known.taken_up.number:
            raise BundleError(
                f"serving machine {name} acknowledged bundle {known.taken_up.number} before, and this is of bundle "
                f"{found.taken_up.number}: it is older; export a new one there"
            )
        machine = Machine(found.machine, Exported.of(found.taken_up), proved)
        write_exports(home.custody, record.with_acknowledgement(name, machine))
    waiting = tuple(not_served(machine))
    number, journal = found.taken_up.number, found.taken_up.journal
    return Acknowledged(name, number, journal, proved, waiting, known is None, found.reports)


def not_served(machine: Machine) -> Iterator[str]:
    """What a machine imported and what no timestamp proves to be served there, a sentence for each channel."""
    for channel, snapshot in sorted(machine.taken_up.channels.items()):
        if machine.served.get(channel, 0) < snapshot:
            yield f"{channel}: imported, and not served yet; is the server running?"


def _proved(home: Home, found: Acknowledgement) -> dict[str, int]:
    """The version of each channel's snapshot metadata that the timestamps prove to be served."""
    proved = {}
    for channel, timestamp in found.timestamps.items():
        root = home.channel(channel) / "metadata" / ROOT
        version = proved_snapshot(timestamp, verify_root(read_metadata(root))) if root.exists() else None
        if version is not None:
            proved[channel] = version
    return proved


def _check_known(home: Home, found: Acknowledgement, proved: Mapping[str, int], journal: Journal) -> None:
    """Refuse the acknowledgement of a machine that knows more than this custody half."""
    newest = {directory.name: release.snapshot_version for directory, release in _releases(home)}
    stated = [(state.channel, state.snapshot) for state in found.taken_up.channels]
    ahead = any(version > newest.get(channel, 0) for channel, version in (*stated, *proved.items()))
    position = found.taken_up.journal
    if ahead or position > journal.position or journal.digest_at(position) != found.journal:
        raise BundleError(
            "the serving machine has something newer than this custody half, or of another history, so this HOME is an "
            "older copy; make a new HOME from a backup and a copy of that machine's HOME/online, here COPY, with: "
            "pilookup restore BACKUP NEW_HOME --journal COPY"
        )


def _journal_bytes(home: Home) -> bytes:
    path = home.custody / JOURNAL_FILE
    return read_plain(path, MAX_JOURNAL_BYTES) if path.exists() else b""


def _channels(home: Home) -> list[Path]:
    return sorted(path for path in home.channels.iterdir() if path.is_dir())


def _releases(home: Home) -> Iterator[tuple[Path, Release]]:
    for directory in _channels(home):
        release = served_release(directory)
        if release is not None and release.epochs:
            yield directory, release


def _state_of(session: Session, channel: str, release: Release) -> ChannelState:
    removals = session.control.removals()
    known = {epoch.number: epoch for epoch in session.control.epochs(channel)}
    included = all(epoch.epoch in known and known[epoch.epoch].removals_seen == removals for epoch in release.epochs)
    return channel_state(session.home.channel(channel), channel, release, removals_included=included)


def _sources(home: Home, releases: dict[str, Release], journal: Journal) -> Iterator[tuple[Item, Source]]:
    """The items in the order of the bundle: the journal, the keyring and keys, the files, the metadata."""
    yield item_of(JOURNAL, JOURNAL_FILE, journal.data), journal.data
    master = read_master_key(home.online, Half.ONLINE)
    yield item_of(KEYS, MASTER_KEY_NAME, home.online / MASTER_KEY_NAME), home.online / MASTER_KEY_NAME
    folder = key_directory(home.online, master)
    ids = [channel_key_id(name, epoch.epoch) for name, release in releases.items() for epoch in release.epochs]
    for key_id in [*ids, *_timestamp_keys(home, folder)]:
        path = folder / f"{key_id}{KEY_SUFFIX}"
        yield item_of(KEYS, path.name, path), path
    for name, release in releases.items():
        directory = home.channel(name)
        for below in (*target_paths(release), *metadata_paths(release)):
            yield item_of(RELEASE, f"{name}/{below}", directory / below), directory / below


def _timestamp_keys(home: Home, folder: Path) -> list[str]:
    """The ids of the timestamp keys of all channels, those that replaced others among them."""
    held = sorted(path.name.removesuffix(KEY_SUFFIX) for path in folder.glob(f"timestamp-*{KEY_SUFFIX}"))
    channels = [directory.name for directory in _channels(home)]
    return [key_id for key_id in held if any(number_of_key_id(key_id, TIMESTAMP_ROLE, name) for name in channels)]


def _sealed_state(session: Session, number: int) -> str:
    """What was used so far, served or not, and the end of the audit log, for `restore`; only custody can read it."""
    channels = [channel.name for channel in session.control.channels()]
    state = {
        "dataset": max((each.id for each in session.control.datasets(active_only=False)), default=0),
        "serials": {name: session.control.last_serial(name) for name in channels},
        "epochs": {name: session.control.epochs(name)[-1].number for name in channels},
        "versions": {
            name: session.repository(name).highest_versions(read_prepared(session, name).used) for name in channels
        },
        "audit": [session.audit_entries, session.audit_head] if session.audit_head is not None else None,
    }
    nonce = os.urandom(_NONCE_BYTES)
    cipher = AESGCMSIV(session.keyring.symmetric(JOURNAL_SEAL_KEY_ID))
    sealed = cipher.encrypt(nonce, json.dumps(state).encode().ljust(_STATE_BYTES), STATE_DOMAIN + str(number).encode())
    return b64url(nonce + sealed)
