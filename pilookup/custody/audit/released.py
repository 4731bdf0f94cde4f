"""The heads of the audit log in the releases of a HOME, served or prepared.

They are read without any check of signatures: they show that there was a log, or that the log here is an older one.
They do not show that a log is right; `check` verifies the signatures for that.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pilookup.custody.home import Home
from pilookup.plain_file import read_plain

MAX_RELEASE_BYTES: Final = 1 << 26
"""The greatest size of a file that is read: targets metadata, or a release that waits for signatures."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


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
    served = [_read(path, path.parent.parent.name, _parsed(path)) for path in _served(home)]
    prepared = [(path, _parsed(path)) for path in sorted(home.custody.glob("prepared-*.json"))]
    waiting = [
        _read(path, path.stem.removeprefix("prepared-"), _targets_of(body))
        for path, body in prepared
        if not (isinstance(body, dict) and body.get("release", 0) is None)
    ]
    return [*served, *waiting]


def _served(home: Home) -> Iterator[Path]:
    for directory in sorted(home.channels.iterdir()) if home.channels.is_dir() else ():
        yield from sorted((directory / "metadata").glob("[0-9]*.targets.json"))


def _parsed(path: Path) -> Any:
    """The JSON of a file; None if it is none."""
    try:
        return json.loads(read_plain(path, MAX_RELEASE_BYTES))
    except (ValueError, RecursionError):
        return None


def _targets_of(body: Any) -> Any:
    """The targets metadata of a release that waits for signatures; None if there are none."""
    try:
        return json.loads(body["release"]["metadata"]["targets"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _read(path: Path, channel: str, metadata: Any) -> ReleasedHead:
    try:
        signed = metadata["signed"]
        customs = [target.get("custom") or {} for target in signed["targets"].values()]
        heads = [custom["audit"] for custom in customs if custom.get("audit") is not None]
        version = int(signed["version"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return ReleasedHead(path, channel, 0, None, readable=False)
    if not heads:
        return ReleasedHead(path, channel, version, None)
    head = heads[0]
    if not (isinstance(head, str) and _DIGEST.fullmatch(head)):
        return ReleasedHead(path, channel, 0, None, readable=False)
    return ReleasedHead(path, channel, version, head)
