"""The heads of the audit log in the releases of a HOME, served or prepared.

They are read without any check of signatures: they show that there was a log, or that the log here is an older one.
They do not show that a log is right; `check` verifies the signatures for that.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tuf.api.metadata import Targets

from pilookup.custody.home import Home
from pilookup.errors import FormatError
from pilookup.plain_file import read_plain
from pilookup.protocol.release import audit_head, parse_metadata
from pilookup.release_files.files import read_metadata
from pilookup.signing.request import MAX_REQUEST_BYTES


@dataclass(frozen=True, slots=True)
class ReleasedHead:
    """The head of the log in one file. head: None if an earlier version made the release, or it is not readable."""

    path: Path
    channel: str
    release: int
    head: str | None
    readable: bool = True


def released_heads(home: Home) -> list[ReleasedHead]:
    """Every file of targets metadata in HOME, and every release that waits for signatures; raises OSError."""
    found = [_read(path, path.parent.parent.name, read_metadata(path)) for path in _served(home)]
    for path in sorted(home.custody.glob("prepared-*.json")):
        found += _prepared(path)
    return found


def _served(home: Home) -> Iterator[Path]:
    for directory in sorted(home.channels.iterdir()) if home.channels.is_dir() else ():
        yield from sorted((directory / "metadata").glob("[0-9]*.targets.json"))


def _prepared(path: Path) -> Iterator[ReleasedHead]:
    channel = path.stem.removeprefix("prepared-")
    try:
        release = json.loads(read_plain(path, MAX_REQUEST_BYTES))["release"]
        data = release["metadata"]["targets"].encode() if release else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        yield ReleasedHead(path, channel, 0, None, readable=False)
        return
    if data is not None:
        yield _read(path, channel, data)


def _read(path: Path, channel: str, data: bytes) -> ReleasedHead:
    try:
        targets = parse_metadata(data, Targets).signed
        return ReleasedHead(path, channel, targets.version, audit_head(targets.targets))
    except FormatError:
        return ReleasedHead(path, channel, 0, None, readable=False)
