"""Checking an audit log: its chain, its end, and the heads that releases are signed with."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tuf.api.metadata import Targets

from pilookup import file_errors
from pilookup.custody.audit.chain import REMEDY, finding, problems
from pilookup.custody.audit.entry import Entry, digest_of
from pilookup.custody.audit.gap import FoundGap, gaps
from pilookup.custody.audit.log import read_log, read_seal
from pilookup.custody.audit.log_file import LogLines
from pilookup.custody.audit.seal import Seal
from pilookup.custody.home import Home
from pilookup.errors import AuditError, FormatError, HomeError, TrustError
from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import AUDIT_KEY_ID
from pilookup.protocol.names import PLATFORM, PUBLIC
from pilookup.protocol.release import TIMESTAMP, Read, audit_head, parse_metadata, read_release
from pilookup.release_files.files import read_metadata
from pilookup.release_files.verify import follow_roots

_ANY_TIME = datetime.min.replace(tzinfo=UTC)
"""A time before which nothing has expired: what an old release was signed with counts, whatever the date is now."""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """The head of the log that a release is signed with.

    release: the version of its targets metadata. head: None if an earlier version of pilookup made the release. entry:
    the number of the entry with this digest; None if there is none. path: its targets metadata.
    """

    channel: str
    release: int
    head: str | None
    entry: int | None
    path: Path

    def to_json(self) -> dict[str, Any]:
        """The head as `pilookup audit verify --json` prints it."""
        return {"channel": self.channel, "release": self.release, "head": self.head, "entry": self.entry}


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What is in an audit log, and what is wrong with it.

    torn: bytes of a last line without its end; if nothing is found, a killed command left them. sealed: whether the key
    of HOME made `audit-head.json`; None if the key was not asked for. found: what was changed, removed, added or moved,
    in the order of the log, and then the heads of releases that are not in it; each with the file, the entry and the
    remedy. gaps: where the log was restored from a backup, and what is lost there.
    """

    entries: int
    torn: int
    sealed: bool | None
    found: tuple[str, ...]
    releases: tuple[SignedHead, ...]
    gaps: tuple[FoundGap, ...]

    def to_json(self) -> dict[str, Any]:
        """The check as `pilookup audit verify --json` prints it."""
        return {
            "entries": self.entries,
            "torn_bytes": self.torn,
            "sealed": self.sealed,
            "found": list(self.found),
            "releases": [each.to_json() for each in self.releases],
            "gaps": [each.to_json() for each in self.gaps],
        }


def check_audit(home: Home, keyring: Keyring | None, releases: Sequence[Path] = ()) -> AuditCheck:
    """Check the log of a HOME. The caller holds the lock of HOME.

    Args:
        home: The HOME.
        keyring: Of the custody half, for the key that seals the end of the log; None to leave that check out.
        releases: Directories of channels with `metadata/`, such as copies of releases that were kept; in place of those
            of this HOME.

    Raises:
        AuditError: The log or its head is missing, or is none, or cannot be read.
        TrustError, FormatError: A release is not signed by the keys of a channel of this HOME, or not valid.
        OSError: A release cannot be read.
        KeyringError: The key of the log is missing or damaged.
        HomeError: The custody half is not here.
    """
    seal, lines = _read(home)
    heads = [_signed_head(home, path, lines.lines) for path in (releases or _own_releases(home))]
    sealed = None if keyring is None else seal.is_made_with(keyring.symmetric(AUDIT_KEY_ID))
    restored = gaps(entries_of(lines.lines))
    found = [finding(home.audit_log, problem) for problem in problems(lines.lines, seal, lines.torn)]
    if sealed is False:
        changed = f"the seal of entry {seal.entries:,} was changed: it is not made with the key of this HOME"
        found.append(f"{home.audit_head}: {changed}; {REMEDY}")
    found += [_not_in_log(home, each, restored) for each in heads if each.head is not None and each.entry is None]
    return AuditCheck(len(lines.lines), len(lines.torn), sealed, tuple(found), tuple(heads), restored)


def read_entries(home: Home) -> tuple[list[Entry], list[str]]:
    """The entries of the log of a HOME that can be read, and what is wrong with it, without any key.

    Raises:
        AuditError: The log or its head is missing, or is none, or cannot be read.
        HomeError: The custody half is not here.
    """
    seal, lines = _read(home)
    wrong = problems(lines.lines, seal, lines.torn)
    return list(entries_of(lines.lines)), [finding(home.audit_log, problem) for problem in wrong]


def entries_of(lines: Sequence[bytes]) -> Iterator[Entry]:
    """The entries among the lines of a log; what is not one is left out."""
    for line in lines:
        with suppress(FormatError):  # `problems` names it
            yield Entry.from_line(line)


def _not_in_log(home: Home, signed: SignedHead, restored: Sequence[FoundGap]) -> str:
    text = (
        f"{home.audit_log}: the entry that release {signed.release} of {signed.channel} is signed with "
        f"({signed.path}) is not in it: entries were changed or removed, or another log was put here"
    )
    declaring = [each for each in restored if signed.head in each.gap.heads]
    if declaring:
        return (
            f"{text}; entry {declaring[0].entry:,} says that a restore lost it: make sure that there was that restore"
        )
    return f"{text}; {REMEDY}"


def _read(home: Home) -> tuple[Seal, LogLines]:
    if not home.has_custody():
        raise HomeError(f"{home.path}: no custody half here; the audit log is on the custody machine")
    if not (home.audit_log.exists() or home.audit_head.exists()):
        raise AuditError(
            f"{home.audit_log}: missing; a HOME of an earlier version gets its log with the next command, in any other "
            "the log was removed"
        )
    with file_errors.failures_as(AuditError, home.audit_log):
        return read_seal(home), read_log(home)


def _own_releases(home: Home) -> list[Path]:
    if not home.has_online():
        return []
    return sorted(path for path in home.channels.iterdir() if (path / "metadata" / TIMESTAMP).exists())


def _signed_head(home: Home, directory: Path, lines: Sequence[bytes]) -> SignedHead:
    """The head of a release whose signatures lead back to a trust file of this HOME."""
    metadata = directory / "metadata"

    def read(name: str) -> bytes:
        return read_metadata(metadata / name)

    channel = _channel_of(home, read, directory)
    release = read_release(read, _ANY_TIME, timestamp=False)
    name = f"{release.targets_version}.targets.json"
    targets = parse_metadata(read(name), Targets).signed
    head = audit_head(targets.targets)
    digests = [digest_of(line) for line in lines]
    entry = digests.index(head) + 1 if head in digests else None
    return SignedHead(channel, release.targets_version, head, entry, metadata / name)


def _channel_of(home: Home, read: Read, directory: Path) -> str:
    """The channel whose trust file a directory's root follows from; raises TrustError if there is none."""
    for channel in (PUBLIC, PLATFORM):
        try:
            follow_roots(read_metadata(home.trust(channel)), read)
        except TrustError:
            continue
        return channel
    raise TrustError("bad_signature", f"{directory}: not a release of this HOME: no trust file leads to its root")
