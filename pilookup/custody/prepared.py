"""`HOME/custody/prepared-{channel}.json`: a release that was prepared and waits for signatures, or for being served.

    {"format": "pilookup-prepared-release", "version": 1, "channel": ...,
     "used": {"targets": ..., "snapshot": ...},   versions that were given to somebody to sign; none is used again
     "release": null or {...}}

The release has its metadata, with the signatures collected so far, and what the control database will record. Once
`signed` is true, the next command that opens both halves serves it, so that a killed `--finish` is completed. No secret
is in this file.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pilookup import durable, file_errors
from pilookup.custody.home import Home
from pilookup.custody.session import Session
from pilookup.errors import FormatError, PublishError
from pilookup.plain_file import read_plain
from pilookup.protocol.release import ServedEpoch, served_epochs
from pilookup.signing.request import MAX_REQUEST_BYTES
from pilookup.signing.unsigned import UnsignedRelease, parse_unsigned

_FORMAT: Final = "pilookup-prepared-release"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """What the control database records of an epoch once it is served. slots: of its snapshot."""

    epoch: int
    serial: int
    slots: int


@dataclass(frozen=True, slots=True)
class PreparedRelease:
    """A release whose files are in place.

    unsigned: its metadata. built: its epochs. removals: the count of removals that it reflects. state: the digest of
    what it was built from. outcome: what publishing reports, as JSON. signed: whether enough keys have signed.
    """

    unsigned: UnsignedRelease
    built: tuple[EpochRecord, ...]
    removals: int
    state: str
    forget: bool
    outcome: Mapping[str, Any]
    signed: bool = False

    def epochs(self) -> tuple[ServedEpoch, ...]:
        """The epochs that the release lists, newest first."""
        return served_epochs(self.unsigned.targets.signed.targets)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The record of one channel."""

    used: Mapping[str, int] = field(default_factory=dict)
    release: PreparedRelease | None = None


def read_prepared(session: Session, channel: str) -> Prepared:
    """The record of a channel; an empty one before the first.

    Raises:
        PublishError: The file is damaged or cannot be read; the text names it.
        TrustError, FormatError, OSError: The root metadata cannot be read.
    """
    path = _path(session, channel)
    if not path.exists():
        return Prepared()
    try:
        with file_errors.failures_as(PublishError, path):
            body = json.loads(read_plain(path, MAX_REQUEST_BYTES))
        if (body["format"], body["version"], body["channel"]) != (_FORMAT, _VERSION, channel):
            raise FormatError("another format, version or channel")
        used = {role: int(version) for role, version in body["used"].items()}
        release = body["release"] and _release(session, channel, body["release"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        text = f"{path}: damaged ({error}); delete it, and prepare the release again"
        raise PublishError(text) from None
    return Prepared(used, release)


def give_up(session: Session, channel: str) -> None:
    """Forget a release that was prepared, but not the versions that were given to somebody to sign.

    Raises as `read_prepared` and `write_prepared`.
    """
    prepared = read_prepared(session, channel)
    if prepared.release is not None:
        write_prepared(session, channel, replace(prepared, release=None))


def waits_for_signatures(home: Home, channel: str) -> bool:
    """Whether a prepared release of a channel was not finished; needs no passphrase. Raises PublishError.

    What is damaged waits too: the next prepare or finish says so.
    """
    path = home.custody / f"prepared-{channel}.json"
    with file_errors.failures_as(PublishError, path):
        try:
            return json.loads(read_plain(path, MAX_REQUEST_BYTES))["release"] is not None
        except FileNotFoundError:
            return False
        except (ValueError, KeyError, TypeError, RecursionError):
            return True


def write_prepared(session: Session, channel: str, prepared: Prepared) -> None:
    """Replace the record of a channel in one step; raises PublishError if it cannot be written."""
    body = {
        "format": _FORMAT,
        "version": _VERSION,
        "channel": channel,
        "used": dict(prepared.used),
        "release": prepared.release and _to_json(prepared.release),
    }
    path = _path(session, channel)
    with file_errors.failures_as(PublishError, path):
        durable.replace(path, json.dumps(body).encode())


def discard(session: Session, channel: str, keep: Iterable[ServedEpoch] = ()) -> None:
    """Forget a prepared release that was not finished, and remove its files that nothing else names.

    The versions that it used stay used.

    Args:
        session: An unlocked HOME.
        channel: The channel.
        keep: The epochs of a release that takes its place; they may have files of the same name.

    Raises as `read_prepared` and `write_prepared`.
    """
    prepared = read_prepared(session, channel)
    if prepared.release is not None:
        repository = session.repository(channel)
        write_prepared(session, channel, replace(prepared, release=None))
        with file_errors.failures_as(PublishError, repository.targets):
            repository.remove_unserved(prepared.release.epochs(), [*repository.listed(), *keep])


def _path(session: Session, channel: str) -> Path:
    return session.home.custody / f"prepared-{channel}.json"


def _to_json(release: PreparedRelease) -> dict[str, Any]:
    return {
        "trusted_root": release.unsigned.trusted.version,
        "metadata": {role: metadata.to_bytes().decode() for role, metadata in release.unsigned.metadata().items()},
        "built": [[each.epoch, each.serial, each.slots] for each in release.built],
        "removals": release.removals,
        "state": release.state,
        "forget": release.forget,
        "outcome": dict(release.outcome),
        "signed": release.signed,
    }


def _release(session: Session, channel: str, body: Mapping[str, Any]) -> PreparedRelease:
    metadata = {role: text.encode() for role, text in body["metadata"].items()}
    trusted = session.repository(channel).root_of_version(body["trusted_root"])
    return PreparedRelease(
        unsigned=parse_unsigned(trusted, metadata),
        built=tuple(EpochRecord(*map(int, each)) for each in body["built"]),
        removals=int(body["removals"]),
        state=str(body["state"]),
        forget=body["forget"] is True,
        outcome=dict(body["outcome"]),
        signed=body["signed"] is True,
    )
