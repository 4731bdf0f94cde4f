"""`pilookup verify`: verify snapshots offline."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pilookup.cli.console import counted, note, say, say_json
from pilookup.cli.options import JsonOption
from pilookup.cli.signing_files import read_input


def verify(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A channel's directory: metadata/ and targets/.", show_default=False)
    ],
    trust: Annotated[Path | None, typer.Option(help="The trust file to pin (trust-CHANNEL.json).")] = None,
    json: JsonOption = False,
) -> None:
    """Check signatures, expiry, digests, trees, order and filters of every snapshot in a directory."""
    from pilookup.release_files.files import METADATA_BYTES  # noqa: PLC0415 - other commands start fast
    from pilookup.release_files.verify import verify_directory  # noqa: PLC0415

    found = verify_directory(directory, read_input(trust, METADATA_BYTES) if trust else None, datetime.now(UTC))
    if trust is None:
        note("no trust file given: the signatures were checked against the directory's own root")
    if json:
        say_json([manifest.to_json() for manifest in found])
        return
    for manifest in found:
        where = f"epoch {manifest.epoch}, serial {manifest.serial}"
        say(f"{manifest.channel}: {where}: {counted(manifest.entries, 'entry', 'entries')}, valid")
