"""A bundle of custody that is being received: written to `online/incoming/`, and verified before anything changes."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pilookup import durable
from pilookup.bundles.header import ChannelState, Item
from pilookup.bundles.import_lock import INCOMING, TAKING_UP
from pilookup.bundles.journal import JOURNAL_FILE, MAX_JOURNAL_BYTES, Journal
from pilookup.bundles.machine import MACHINE, new_machine_key, read_machine_key
from pilookup.bundles.read import Bundle, read_small, skip
from pilookup.bundles.records import MAX_TRUST_BYTES, TRUST_FILE, parse_trust
from pilookup.bundles.release_items import (
    manifest_of,
    metadata_paths,
    metadata_reader,
    placed_release,
    split_name,
    target_paths,
)
from pilookup.bundles.report_files import ANSWERS, ANSWERS_FILE, check_answers
from pilookup.errors import BundleError, FormatError, ReportError, TrustError
from pilookup.keyring.key_file import KEY_SUFFIX
from pilookup.keyring.key_ids import TIMESTAMP_ROLE, channel_key_id, epoch_of_key_id, number_of_key_id
from pilookup.keyring.master_key import MASTER_KEY_NAME, Half, MasterKeyFile
from pilookup.plain_file import read_plain
from pilookup.protocol.manifest import FileRef
from pilookup.protocol.release import MANIFEST, ROOT, TIMESTAMP, Release, read_release
from pilookup.protocol.report_answers import MAX_ANSWERS_BYTES
from pilookup.release_files.destroyed_epochs import DestroyedEpochs
from pilookup.release_files.files import file_ref, read_metadata
from pilookup.release_files.verify import follow_roots, verify_snapshot

KEYS: Final = "keys"
RELEASE: Final = "release"
JOURNAL: Final = "journal"
SECTIONS: Final = frozenset({KEYS, RELEASE, JOURNAL, ANSWERS})
"""The sections of a bundle of custody that this version knows."""

_TIMESTAMP_KEY: Final = re.compile(r"timestamp-[a-z0-9-]{1,64}\.key")
_MAX_KEY_BYTES: Final = 4096
_MAX_TRUST_FILES: Final = 64


@dataclass(frozen=True, slots=True)
class Trusted:
    """What an operator gives to trust: public journal keys, and root metadata of channels."""

    journal_keys: tuple[Ed25519PublicKey, ...] = ()
    roots: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, paths: Sequence[Path]) -> "Trusted":
        """Read trust files, or directories with files `trust-*.json`; raises BundleError, OSError.

        Trust files of serving machines in a directory are left out.
        """
        keys, roots = [], []
        files = [each for path in paths for each in (_trust_files(path) if path.is_dir() else [path])]
        if paths and not files:
            raise BundleError(f"{paths[0]}: no trust file is in this directory")
        if len(files) > _MAX_TRUST_FILES:
            raise BundleError(f"{paths[0]}: {len(files):,} trust files; give those of one custody machine")
        for path in files:
            data = read_plain(path, MAX_TRUST_BYTES)
            try:
                keys.append(parse_trust(data))
            except FormatError:
                roots.append(data)
        return cls(tuple(keys), tuple(roots))

    def journal_key(self, pinned: Ed25519PublicKey | None) -> Ed25519PublicKey:
        """The key that bundles are verified with.

        Args:
            pinned: The one of the first import; None before.

        Raises:
            BundleError: There is none, or the one given is another one than before.
        """
        given = {key.public_bytes_raw(): key for key in self.journal_keys}
        if pinned is None:
            if len(given) != 1:
                raise BundleError(
                    f"nothing says which custody half to trust: copy {TRUST_FILE} and the channels' trust files from "
                    "the custody machine by another way than the bundle, and give them with --trust"
                )
            return next(iter(given.values()))
        if given and pinned.public_bytes_raw() not in given:
            raise BundleError("the trust file given is of another custody half than the one trusted here before")
        return pinned


class Incoming:
    """The directory `online/incoming/` of one import."""

    def __init__(self, online: Path, bundle: Bundle, trust: Trusted, key: Ed25519PublicKey, now: datetime) -> None:
        self._online = online
        self._folder = online / INCOMING
        self._bundle = bundle
        self._trust = trust
        self._key = key
        self._now = now
        self._keys: set[str] = set()
        self._files: dict[str, dict[str, Path]] = {channel.channel: {} for channel in bundle.header.channels}
        self._master: MasterKeyFile | None = None

    def receive(self, on_progress: Callable[[int, int, int], None] | None) -> None:
        """Write the items to the directory, except files that are in place already.

        Raises:
            BundleError: The bundle is damaged or has an item that does not belong there.
            FormatError, KeyringError: An item is malformed.
            OSError: A file cannot be written.
        """
        header = self._bundle.header
        header.check_sections(SECTIONS)
        for folder in (self._folder, self._folder / "keys", self._folder / "channels"):
            folder.mkdir(mode=durable.DIRECTORY_MODE)
        done = 0
        for item, chunks in self._bundle.items():
            done = yield_progress(done, item, header.size, on_progress)
            if item.section == KEYS:
                self._receive_key(item, chunks)
            elif item.section == RELEASE:
                self._receive_file(item, chunks)
            elif item.section == JOURNAL:
                if item.name != JOURNAL_FILE:
                    raise BundleError(f"{item.name}: not the journal")
                self.add(JOURNAL_FILE, read_small(chunks, item, MAX_JOURNAL_BYTES))
            elif item.section == ANSWERS:
                self._receive_answers(item, chunks)
            else:
                skip(chunks)

    def add(self, name: str, data: bytes) -> None:
        """Write one more file to the directory; raises OSError."""
        durable.write_flushed(self._folder / name, data)

    def verify(self, older: Journal) -> Journal:
        """Verify everything that was received, and return the journal.

        Args:
            older: The journal that is here.

        Raises:
            BundleError: Something is missing, too much, older than what is here, or not to be trusted.
            TrustError, FormatError: A release or one of its files is not valid.
            OSError: A file cannot be read.
        """
        try:
            journal = Journal.from_bytes(read_plain(self._folder / JOURNAL_FILE, MAX_JOURNAL_BYTES), self._key)
        except FileNotFoundError:
            raise BundleError("it has no journal") from None
        if journal.position != self._bundle.header.journal:
            raise BundleError("its journal is not the one that its header names")
        journal.check_extends(older)
        if self._master is None:
            raise BundleError("it has no keyring")
        for state in self._bundle.header.channels:
            self._verify_channel(state)
        return journal

    def decide(self) -> None:
        """Flush all that was received, and rename the directory: the step that decides. Raises OSError."""
        if read_machine_key(self._online) is None:
            self.add(MACHINE, new_machine_key())
        for folder in (*(path for path in self._folder.rglob("*") if path.is_dir()), self._folder):
            durable.sync_directory(folder)
        self._folder.rename(self._online / TAKING_UP)
        durable.sync_directory(self._online)

    def _receive_answers(self, item: Item, chunks: Iterator[bytes]) -> None:
        if item.name != ANSWERS_FILE:
            raise BundleError(f"{item.name}: not the answers to reports")
        data = read_small(chunks, item, MAX_ANSWERS_BYTES)
        try:
            check_answers(data, self._key)
        except ReportError as error:
            raise BundleError(str(error)) from None
        self.add(ANSWERS_FILE, data)

    def _receive_key(self, item: Item, chunks: Iterator[bytes]) -> None:
        data = read_small(chunks, item, _MAX_KEY_BYTES)
        if item.name == MASTER_KEY_NAME:
            self._master = MasterKeyFile.from_bytes(data)
            if self._master.half is not Half.ONLINE:
                raise BundleError("its keyring is not one of an online half")
            if self._is_new(MASTER_KEY_NAME, data):
                self.add(f"keys/{item.name}", data)
            return
        key_id = item.name.removesuffix(KEY_SUFFIX)
        if not _TIMESTAMP_KEY.fullmatch(item.name) and key_id not in self._channel_keys():
            raise BundleError(f"{item.name}: not a key that custody sends")
        self._keys.add(key_id)
        if not self._was_destroyed(key_id):
            self.add(f"keys/{item.name}", data)

    def _channel_keys(self) -> set[str]:
        """The ids of the channel keys of all epochs that the header names."""
        channels = self._bundle.header.channels
        return {channel_key_id(state.channel, epoch) for state in channels for epoch in state.epochs}

    def _is_new(self, name: str, data: bytes) -> bool:
        try:
            return read_plain(self._online / name, _MAX_KEY_BYTES) != data
        except FileNotFoundError:
            return True

    def _was_destroyed(self, key_id: str) -> bool:
        """Whether it is the key of an epoch whose key was destroyed on this machine: it never comes back."""
        for channel in self._files:
            epoch = epoch_of_key_id(key_id, channel)
            if epoch is not None:
                return epoch in DestroyedEpochs(self._online / "channels" / channel).read()
        return False

    def _receive_file(self, item: Item, chunks: Iterator[bytes]) -> None:
        channel, path = split_name(item.name)
        if channel not in self._files or path == f"metadata/{TIMESTAMP}":
            raise BundleError(f"{item.name}: not a file that custody sends")
        ref = FileRef(item.sha256, item.size)
        placed = self._online / "channels" / channel / path
        if placed.is_file() and file_ref(placed) == ref:
            skip(chunks)
            self._files[channel][path] = placed
            if not path.startswith("metadata/"):
                return
            chunks = iter([read_metadata(placed)])
        staged = self._folder / "channels" / channel / path
        for folder in reversed((staged.parent, *staged.parents[1:4])):
            folder.mkdir(mode=durable.DIRECTORY_MODE, exist_ok=True)
        durable.write_flushed(staged, chunks)
        self._files[channel][path] = staged

    def _verify_channel(self, state: ChannelState) -> None:
        channel, files = state.channel, self._files[state.channel]
        staged = self._folder / "channels" / channel
        self._follow_roots(channel, staged, state)
        release = read_release(metadata_reader(staged), self._now, snapshot=state.snapshot)
        found = (release.root_version, release.targets_version, tuple(epoch.epoch for epoch in release.epochs))
        if found != (state.root, state.targets, state.epochs):
            raise BundleError(f"channel {channel}: the release is not the one that the header names")
        if set(files) != {*target_paths(release), *metadata_paths(release)}:
            raise BundleError(f"channel {channel}: the files are not those that its release lists")
        self._check_pointer(release, files)
        self._check_keys(channel, release)
        self._check_not_older(state, release)
        for epoch in release.epochs:
            paths = {name: files[f"targets/{epoch.path(name)}"] for name in epoch.files}
            verified = verify_snapshot(paths, epoch, channel, bloom=False)
            if epoch is release.epochs[0] and verified.serial != state.serial:
                raise BundleError(f"channel {channel}: the serial is not the one that the header names")

    def _follow_roots(self, channel: str, staged: Path, state: ChannelState) -> None:
        """Follow the roots from the one that is here, or from a trust file, to the newest; stage that as root.json."""
        read = metadata_reader(staged)
        newest = staged / "metadata" / f"{state.root}.{ROOT}"
        if newest.exists():
            durable.write_flushed(staged / "metadata" / ROOT, read_metadata(newest))
        here = self._online / "channels" / channel / "metadata" / ROOT
        if here.exists():
            follow_roots(read_metadata(here), read)
            return
        errors: list[Exception] = []
        for pinned in self._trust.roots:
            try:
                follow_roots(pinned, read)
            except (TrustError, FormatError) as error:
                errors.append(error)
            else:
                return
        raise BundleError(
            f"channel {channel} is new here, and no trust file given leads to its root: give trust-{channel}.json of "
            "the custody machine with --trust"
        ) from (errors[0] if errors else None)

    def _check_pointer(self, release: Release, files: dict[str, Path]) -> None:
        """The copy of the newest manifest under its other name is the same file."""
        ref = release.epochs[0].files[MANIFEST]
        if file_ref(files[f"targets/{ref.sha256}.{MANIFEST}"]) != ref:
            raise BundleError("manifest.json is not the one that was signed")

    def _check_keys(self, channel: str, release: Release) -> None:
        """Every epoch that the release serves has its key, and none that was destroyed here is its newest."""
        needed = {channel_key_id(channel, epoch.epoch) for epoch in release.epochs}
        if missing := sorted(needed - self._keys):
            raise BundleError(f"channel {channel}: the key {missing[0]} is missing")
        if not any(number_of_key_id(key_id, TIMESTAMP_ROLE, channel) for key_id in self._keys):
            raise BundleError(f"channel {channel}: its timestamp key is missing")
        if self._was_destroyed(channel_key_id(channel, release.epochs[0].epoch)):
            raise BundleError(
                f"channel {channel}: epoch {release.epochs[0].epoch} has ended, and its key was destroyed on this "
                f"machine; run on the custody machine: pilookup rotate {channel}, and export a bundle again"
            )

    def _check_not_older(self, state: ChannelState, release: Release) -> None:
        """Refuse a release that is older than the one here, in any respect that a client remembers."""
        directory = self._online / "channels" / state.channel
        if not (directory / "metadata" / ROOT).exists() or (here := placed_release(directory)) is None:
            return
        newest = here.epochs[0]
        serial = manifest_of(directory / "targets" / newest.path(MANIFEST), state.channel, newest).serial
        for name, found, held in (
            ("snapshot metadata version", release.snapshot_version, here.snapshot_version),
            ("targets metadata version", release.targets_version, here.targets_version),
            ("epoch", release.epochs[0].epoch, newest.epoch),
            ("serial", state.serial, serial),
        ):
            if found < held:
                raise BundleError(
                    f"channel {state.channel}: it has {name} {found}, and {held} is served here: it is older"
                )
        if release.snapshot_version == here.snapshot_version and release.epochs != here.epochs:
            raise BundleError(
                f"channel {state.channel}: another release with the same version {here.snapshot_version} is served here"
            )


def _trust_files(folder: Path) -> list[Path]:
    return sorted(each for each in folder.glob("trust-*.json") if not each.match("trust-machine*.json"))


def yield_progress(done: int, item: Item, size: int, on_progress: Callable[[int, int, int], None] | None) -> int:
    """Tell how far an import is before an item is read; returns the bytes read after it."""
    if on_progress is not None:
        on_progress(done, size, done)
    return done + item.size
