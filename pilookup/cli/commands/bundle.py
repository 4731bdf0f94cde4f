"""`pilookup bundle export` and `pilookup bundle import`: what is carried between the two machines."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilookup.cli.console import counted, note, progress, say, say_json
from pilookup.cli.options import HomeOption, JsonOption, OperatorOption, PieceOption

if TYPE_CHECKING:
    from pilookup.bundles.header import ChannelState
    from pilookup.bundles.take_up import TakenUp
    from pilookup.custody.bundles import ExportOutcome

app = typer.Typer(no_args_is_help=True, help="Carry releases to serving machines, and acknowledgements back.")


@app.command("export")
def export(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.", show_default=False)],
    home: HomeOption,
    piece_size: PieceOption = None,
    operator: OperatorOption = None,
    json: JsonOption = False,
) -> None:
    """Write a bundle: on the custody machine the releases to serve, on a serving machine what it took up."""
    if (home / "custody").exists():
        _export_release(out, home, piece_size, operator, json=json)
    else:
        _export_acknowledgement(out, home, piece_size, json=json)


@app.command("import")
def import_(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="IN...", help="The bundle: a file, its pieces, or their directory.", show_default=False),
    ],
    home: Annotated[Path, typer.Argument(metavar="HOME", help="HOME of this machine.", show_default=False)],
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            help="At the first import: trust files of the custody machine, or their directory; on the custody machine, "
            "trust-machine.json of a serving machine that is new."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Take up a bundle: on a serving machine a release, on the custody machine what a serving machine acknowledges."""
    if (home / "custody").exists():
        _import_acknowledgement(paths, home, trust or [], json=json)
    else:
        _import_release(paths, home, trust or [], json=json)


def _export_release(out: Path, home: Path, piece_size: int | None, operator: str | None, *, json: bool) -> None:
    from pilookup.cli.opening import opened  # noqa: PLC0415 - needs the extra `load`

    with (
        opened(home, online=False, scheduler=None, operator=operator) as custody,
        progress("export", "bytes") as advance,
    ):
        outcome = custody.export_bundle(out, piece_size=piece_size, on_progress=advance)
    if json:
        say_json(outcome.to_json())
    else:
        _print_export(outcome)


def _print_export(outcome: "ExportOutcome") -> None:
    files = outcome.files
    where = str(files[0]) if len(files) == 1 else f"{files[0]} to {files[-1].name}"
    say(f"Bundle {outcome.number} in {where}: {counted(outcome.bytes, 'byte')}.")
    for channel in outcome.channels:
        say(f"  {_described(channel)}")
    for removal in outcome.new_removals:
        say(f"  {removal}")
    _note_not_included(outcome.not_included)


def _export_acknowledgement(out: Path, home: Path, piece_size: int | None, *, json: bool) -> None:
    from pilookup.bundles.acknowledgement import write_acknowledgement  # noqa: PLC0415 - other commands start fast

    taken_up, files = write_acknowledgement(home / "online", out, datetime.now(UTC), piece_size=piece_size)
    if json:
        say_json({"number": taken_up.number, "files": [str(path) for path in files], "journal": taken_up.journal})
        return
    say(f"Acknowledges bundle {taken_up.number}, with a journal of {_entries(taken_up.journal)}.")


def _import_release(paths: list[Path], home: Path, trust: list[Path], *, json: bool) -> None:
    from pilookup.bundles.incoming import Trusted  # noqa: PLC0415 - other commands start fast
    from pilookup.bundles.take_up import take_up  # noqa: PLC0415

    with progress("import", "bytes") as advance:
        outcome = take_up(paths, home, Trusted.read(trust), datetime.now(UTC), advance)
    if json:
        say_json(outcome.to_json())
    else:
        _print_import(outcome)


def _print_import(outcome: "TakenUp") -> None:
    repeated = ", which was here already" if outcome.repeated else ""
    say(f"Bundle {outcome.number} arrived{repeated}.")
    for channel in outcome.channels:
        say(f"  {_described(channel)}")
    for removal in outcome.removals:
        say(f"  {removal} arrived")
    if not outcome.removals:
        say(f"  no erasure or withdrawal arrived; the journal has {_entries(outcome.journal)}")
    _note_not_included(outcome.not_included)


def _import_acknowledgement(paths: list[Path], home: Path, trust: list[Path], *, json: bool) -> None:
    from pilookup.bundles.machine import read_machine_trust  # noqa: PLC0415 - other commands start fast
    from pilookup.custody.bundles import import_acknowledgement  # noqa: PLC0415 - needs the extra `load`
    from pilookup.custody.home import Home  # noqa: PLC0415

    found = import_acknowledgement(paths, Home(home), read_machine_trust(trust))
    if found.reports:
        note("it also has reports of platforms; take them over with: pilookup reports import")
    if json:
        say_json(found.to_json())
        return
    journal = _entries(found.journal)
    say(f"Serving machine {found.machine} has taken up bundle {found.number}, with a journal of {journal}.")
    if found.is_new:
        say("  It was not known here before, and is from now on: status says what it has not acknowledged.")
    for channel, snapshot in sorted(found.served.items()):
        say(f"  {channel}: a timestamp proves that snapshot version {snapshot} is served")
    for waiting in found.waiting:
        note(waiting)


def _described(channel: "ChannelState") -> str:
    epochs = ", ".join(str(epoch) for epoch in channel.epochs)
    return f"{channel.channel}: serial {channel.serial}, {'epoch' if len(channel.epochs) == 1 else 'epochs'} {epochs}"


def _note_not_included(channels: tuple[str, ...]) -> None:
    for channel in channels:
        note(
            f"{channel}: something was removed after this release was made, and is still in it; on the custody "
            f"machine, run: pilookup publish {channel}, and export a bundle again"
        )


def _entries(count: int) -> str:
    return counted(count, "entry", "entries")
