"""`pilookup verify`: verify snapshots offline."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pilookup.cli.console import counted, note, say, say_json
from pilookup.cli.options import JsonOption
from pilookup.cli.signing_files import read_input
from pilookup.errors import FormatError

if TYPE_CHECKING:
    from pilookup.checking.mirror.directory import Synced
    from pilookup.release_files.verify import VerifiedSnapshot

_HOUR: Final = 3600


def verify(
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="A mirror, or a channel's directory: metadata/ and targets/.", show_default=False
        ),
    ],
    trust: Annotated[Path | None, typer.Option(help="The trust file to pin (trust-CHANNEL.json).")] = None,
    json: JsonOption = False,
) -> None:
    """Check signatures, expiry, digests, trees, order, deltas and filters of every snapshot in a directory."""
    from pilookup.release_files.files import METADATA_BYTES  # noqa: PLC0415 - other commands start fast
    from pilookup.release_files.verify import verify_directory  # noqa: PLC0415

    synced = _synced(directory)
    pinned = read_input(trust, METADATA_BYTES) if trust else None
    found = verify_directory(directory, pinned, datetime.now(UTC), mirror=synced is not None)
    if synced is not None:
        _check_synced(directory, synced, found[0])
    if trust is None:
        note("no trust file given: the signatures were checked against the directory's own root")
    if json:
        say_json([snapshot.to_json() for snapshot in found])
        return
    for snapshot in found:
        where = f"epoch {snapshot.epoch}, serial {snapshot.serial}"
        files = f"{counted(snapshot.files, 'file')}, {counted(snapshot.bytes, 'byte')}"
        counts = f"{counted(snapshot.entries, 'entry', 'entries')} in {counted(snapshot.buckets, 'bucket')}, {files}"
        say(f"{snapshot.channel}: {where}: {counts}, valid")
        if snapshot.absent:
            say(f"  not in this mirror, which does not need them: {', '.join(snapshot.absent)}")
    if synced is not None:
        say(
            f"a mirror, synced {synced.age / _HOUR:,.1f} hours ago; valid until {synced.valid_until:%Y-%m-%d %H:%M} UTC"
        )


def _synced(directory: Path) -> "Synced | None":
    """What the last sync of a mirror has written; None if the directory is no mirror. Raises FormatError, OSError."""
    from pilookup.checking.mirror.directory import SYNCED, read_synced  # noqa: PLC0415 - other commands start fast

    return read_synced(directory) if (directory / SYNCED).exists() else None


def _check_synced(directory: Path, synced: "Synced", newest: "VerifiedSnapshot") -> None:
    """Check that what the last sync has written is about the signed release; raises FormatError."""
    stated, signed = (synced.channel, synced.epoch, synced.serial), (newest.channel, newest.epoch, newest.serial)
    if stated != signed:
        raise FormatError(f"{directory}: synced.json is about another release than the signed one; run: pilookup sync")
