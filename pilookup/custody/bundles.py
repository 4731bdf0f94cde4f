"""Bundles on the custody machine: exporting a release, and reading what a serving machine acknowledges."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from pilookup import durable
from pilookup.bundles.acknowledgement import read_acknowledgement
from pilookup.bundles.evidence import Evidence
from pilookup.bundles.header import ChannelState, Header, Item, Section, Sender
from pilookup.bundles.incoming import JOURNAL, KEYS, RELEASE
from pilookup.bundles.journal import JOURNAL_FILE, Journal, removals_text
from pilookup.bundles.records import TRUST_FILE, Exported, read_exports, read_trust, write_exports
from pilookup.bundles.release_items import channel_state, metadata_paths, served_release, target_paths
from pilookup.bundles.report_files import ANSWERS, ANSWERS_FILE
from pilookup.bundles.write import Advance, item_of, write_bundle
from pilookup.custody.home import Home
from pilookup.custody.journal import journal_key, read_journal
from pilookup.custody.reports.exchange import answers_bytes
from pilookup.custody.session import Session
from pilookup.errors import BundleError, HomeError
from pilookup.keyring.key_directory import key_directory
from pilookup.keyring.key_file import KEY_SUFFIX
from pilookup.keyring.key_ids import JOURNAL_SEAL_KEY_ID, TIMESTAMP_ROLE, channel_key_id, number_of_key_id
from pilookup.keyring.master_key import MASTER_KEY_NAME, Half, read_master_key
from pilookup.protocol.encoding import b64url
from pilookup.protocol.release import ROOT, Release
from pilookup.release_files.files import read_metadata

STATE_DOMAIN: Final = b"pilookup-bundle-state\x00"
_NONCE_BYTES: Final = 12

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
    """What a serving machine took up: its id, the bundle's number, entries of the journal, and what it lacks."""

    machine: str
    number: int
    journal: int
    waiting: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The outcome as `pilookup bundle import --json` prints it."""
        return {
            "machine": self.machine,
            "number": self.number,
            "journal": self.journal,
            "waiting": list(self.waiting),
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
        KeyringError: A key cannot be read.
        HomeError: A half of HOME is not here, or cannot be read or written.
        TrustError, FormatError: A release is not valid.
    """
    home = session.home
    if not home.has_online():
        raise HomeError(f"{home.path}: no online half here; there is nothing to export")
    key, journal = journal_key(session), read_journal(session)
    with durable.failures_as(BundleError, home.online):
        record = read_exports(home.custody)
        releases = {directory.name: release for directory, release in _releases(home)}
        if not releases:
            raise BundleError("nothing was published yet; run: pilookup publish public")
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


def import_acknowledgement(paths: Sequence[Path], home: Home) -> Acknowledged:
    """Read what a serving machine took up, and remember it for `status`. No passphrase is needed.

    Raises:
        BundleError: The bundle is damaged, of another HOME, comes from custody, or knows more than this custody half.
        TrustError, FormatError: Something in it is not valid.
        HomeError: The custody half is not here, another command is working on it, or it cannot be written.
    """
    with home.locked(), durable.failures_as(HomeError, home.path):
        key = read_trust(home.path / TRUST_FILE)
        if key is None:
            raise BundleError(f"{home.path / TRUST_FILE}: missing; no bundle was exported from here yet")
        machine, found = read_acknowledgement(paths, key, known_roots(home))
        record = read_exports(home.custody)
        taken_up = _check_known(home, found, Journal.from_bytes(_journal_bytes(home), key))
        write_exports(home.custody, record.with_acknowledgement(machine, taken_up))
        return Acknowledged(machine, taken_up.number, taken_up.journal, tuple(_waiting(found)))


def known_roots(home: Home) -> dict[str, dict[int, bytes]]:
    """The versions of the root metadata of every channel, by channel and version; raises OSError."""
    return {
        directory.name: {
            int(path.name.split(".")[0]): read_metadata(path)
            for path in (directory / "metadata").glob(f"[1-9]*.{ROOT}")
        }
        for directory in _channels(home)
    }


def _check_known(home: Home, found: Evidence, journal: Journal) -> Exported:
    """Refuse evidence of a serving machine that knows more than this custody half; returns what it took up."""
    assert found.taken_up is not None
    newest = {directory.name: release for directory, release in _releases(home)}
    ahead = [
        channel
        for channel, release in found.releases.items()
        if channel not in newest or release.snapshot_version > newest[channel].snapshot_version
    ]
    if ahead or not journal.data.startswith(found.journal.data):
        raise BundleError(
            "the serving machine has something newer than this custody half: it was restored from a copy; make it "
            "anew from a backup with this acknowledgement, with: pilookup restore"
        )
    return Exported.of(found.taken_up)


def _waiting(found: Evidence) -> Iterator[str]:
    """What the machine imported and does not serve yet."""
    assert found.taken_up is not None
    for state in found.taken_up.channels:
        release = found.releases.get(state.channel)
        if release is None or release.snapshot_version < state.snapshot:
            yield f"{state.channel}: imported, and not served yet; is the server running?"


def _journal_bytes(home: Home) -> bytes:
    path = home.custody / JOURNAL_FILE
    return path.read_bytes() if path.exists() else b""


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
    """The ids and serials used so far, for `restore` of a later day; only the custody half can read it."""
    state = {
        "dataset": max((each.id for each in session.control.datasets(active_only=False)), default=0),
        "serials": {channel.name: session.control.last_serial(channel.name) for channel in session.control.channels()},
        "epochs": {
            channel.name: session.control.epochs(channel.name)[-1].number for channel in session.control.channels()
        },
    }
    nonce = os.urandom(_NONCE_BYTES)
    cipher = AESGCMSIV(session.keyring.symmetric(JOURNAL_SEAL_KEY_ID))
    sealed = cipher.encrypt(nonce, json.dumps(state).encode().ljust(512), STATE_DOMAIN + str(number).encode())
    return b64url(nonce + sealed)
