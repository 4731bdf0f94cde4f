"""Takes a bundle of custody up in the online half of a serving machine (docs/adr/0023).

Everything is written to `online/incoming/` and verified there, with nothing else changed. Renaming this directory to
`online/taking-up/` decides; `completion` then moves its files to their places.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pilookup import destruction, durable
from pilookup.bundles.completion import complete, finish
from pilookup.bundles.header import ChannelState, Header, Sender, framed
from pilookup.bundles.import_lock import INCOMING, LOCK, import_lock
from pilookup.bundles.incoming import Incoming, Trusted
from pilookup.bundles.journal import JOURNAL_FILE, MAX_JOURNAL_BYTES, Journal, removals_text
from pilookup.bundles.machine import write_machine_trust
from pilookup.bundles.making_lock import making_locked
from pilookup.bundles.read import opened_bundle
from pilookup.bundles.records import TAKEN_UP, TRUST, read_taken_up, read_trust, trust_bytes
from pilookup.bundles.unlisted import remove_unlisted
from pilookup.errors import BundleError, HomeError
from pilookup.keyring.half_lock import half_locked
from pilookup.plain_file import read_plain


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What an import changed.

    number: of the bundle. repeated: whether it was taken up before. channels: the release of each channel in it.
    removals: what the journal has that the one here did not, such as `erasure 3 of 2026-11-29`. not_included: channels
    whose release was made before a removal, so that something removed is still served there.
    """

    number: int
    created: datetime
    repeated: bool
    channels: tuple[ChannelState, ...]
    journal: int
    removals: tuple[str, ...]
    not_included: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The outcome as `pilookup bundle import --json` prints it."""
        return {
            "number": self.number,
            "repeated": self.repeated,
            "channels": [channel.to_json() for channel in self.channels],
            "journal": self.journal,
            "removals": list(self.removals),
            "not_included": list(self.not_included),
        }


def take_up(
    paths: Sequence[Path],
    home: Path,
    trust: Trusted,
    now: datetime,
    on_progress: Callable[[int, int, int], None] | None = None,
    *,
    as_exported: bool = False,
) -> TakenUp:
    """Verify a bundle of custody, and take it up in HOME's online half, which is made if it is missing.

    Repeating it is harmless. The server that runs on this HOME switches to the release within a second.

    Args:
        paths: The bundle, as `open_stream` finds it.
        home: HOME of the serving machine.
        trust: The keys to trust at the first import; what was pinned then must be among them if any are given.
        now: The time against which expiry is checked.
        on_progress: Called with (bytes read, bytes in all, bytes read).
        as_exported: Whether a release may have expired since the bundle was exported, such as for a restore.

    Raises:
        BundleError: The bundle is damaged, older than what is here, of another HOME, or trusted by nothing.
        TrustError: A release in it is expired, or not signed by the keys of its root.
        FormatError: A file in it is malformed.
        KeyringError: Its keyring is damaged.
        HomeError: The custody half is here too, or another command that makes or changes this HOME is running.
        OSError: A file cannot be read or written. Nothing was changed, or the next import completes what was begun.
    """
    online = home / "online"
    with making_locked(home), _made(online), _locked(online):
        finish(online)
        key = trust.journal_key(read_trust(online / TRUST))
        with opened_bundle(paths, Sender.CUSTODY, [key]) as bundle:
            before = read_taken_up(online, key)
            repeated = _check_number(before, bundle.header, online, framed(bundle.encoded, bundle.signature))
            older = read_journal(online, key)
            moment = min(bundle.header.created, now) if as_exported else now
            incoming = Incoming(online, bundle, trust, key, moment)
            try:
                incoming.receive(on_progress)
                journal = incoming.verify(older)
                incoming.add(TAKEN_UP, framed(bundle.encoded, bundle.signature))
                incoming.add(TRUST, trust_bytes(key))
                incoming.decide()
            except BaseException:
                with suppress(OSError):  # the next import destroys what could not be, and says so if it cannot
                    destruction.destroy_tree(online / INCOMING)
                raise
        complete(online)
        write_machine_trust(online)
        for channel in bundle.header.channels:
            remove_unlisted(online / "channels" / channel.channel)
    return TakenUp(
        bundle.header.number,
        bundle.header.created,
        repeated,
        bundle.header.channels,
        journal.position,
        tuple(removals_text(journal.entries[older.position :])),
        tuple(each.channel for each in bundle.header.channels if not each.removals_included),
    )


def read_journal(online: Path, key: Any) -> Journal:
    """The journal in a half of HOME, verified; empty if there is none. Raises BundleError, FormatError, OSError."""
    try:
        return Journal.from_bytes(read_plain(online / JOURNAL_FILE, MAX_JOURNAL_BYTES), key)
    except FileNotFoundError:
        return Journal(key)


def _check_number(before: Header | None, header: Header, online: Path, start: bytes) -> bool:
    """Refuse a bundle that is older than the one taken up last; returns whether it is the same one."""
    if before is None or header.number > before.number:
        return False
    if header.number == before.number and read_plain(online / TAKEN_UP, len(start) + 1) == start:
        return True
    raise BundleError(
        f"it is bundle {header.number}, and bundle {before.number} was taken up here before: it is older; "
        "import the newest one"
    )


@contextmanager
def _made(online: Path) -> Iterator[None]:
    """Make the directories of an online half that are missing; removes them again after an error.

    Raises HomeError if the custody half is here.
    """
    if (online.parent / "custody").exists():
        raise HomeError(
            f"{online.parent}: the custody half is here, and its online half is the newest; nothing to import"
        )
    made = []
    try:
        for folder in (online, online / "channels"):
            if not folder.exists():
                folder.mkdir(mode=durable.DIRECTORY_MODE)
                made.append(folder)
        yield
    except BaseException:
        for folder in reversed(made):
            if folder == online:
                for name in (LOCK, "lock"):
                    (online / name).unlink(missing_ok=True)
            if not any(folder.iterdir()):
                folder.rmdir()
        raise


@contextmanager
def _locked(online: Path) -> Iterator[None]:
    with half_locked(online, shared=True), import_lock(online) as held:
        if not held:
            raise HomeError(f"{online}: another import is running; try again when it has ended")
        yield
