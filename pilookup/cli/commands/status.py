"""`pilookup status`: what a HOME holds, what its channels serve, and what needs doing."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from pilookup.cli.console import counted, note, say, say_json
from pilookup.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from pilookup.custody import ChannelStatus, DatasetStatus, HomeStatus


_SHOWN: Final = 5
"""The last entries of the journal that are printed; `--json` has all."""

Strict = Annotated[bool, typer.Option("--strict", help="Exit with status 1 if there is a warning.")]


def status(home: HomeOption, json: JsonOption = False, strict: Strict = False) -> None:
    """Show datasets, channels, expiry dates and warnings. No passphrase is needed."""
    from pilookup.custody import Custody  # noqa: PLC0415 - needs the extra `load`

    found = Custody.status_of(home)
    if json:
        say_json(found.to_json())
    else:
        _print(found)
    if strict and found.warnings:
        raise typer.Exit(1)


def _print(found: "HomeStatus") -> None:
    for dataset in found.datasets or ():
        _print_dataset(dataset)
    for channel in found.channels:
        _print_channel(channel)
    if found.bundle:
        entries = counted(found.bundle.journal, "entry", "entries")
        say(f"bundle {found.bundle.number} of {found.bundle.created:%Y-%m-%d %H:%M} UTC, with a journal of {entries}")
        if found.bundle.machine:
            say(f"  custody knows this machine as {found.bundle.machine}")
        for removal in found.bundle.removals[-_SHOWN:]:
            say(f"  {removal}")
    for warning in found.warnings:
        note(warning)


def _print_dataset(dataset: "DatasetStatus") -> None:
    state = "withdrawn"
    if not dataset.withdrawn:
        state = f"{counted(dataset.loads, 'file')}, {counted(dataset.accepted, 'number')} accepted"
    say(f"dataset {dataset.id} ({dataset.kind}): {state}")
    if dataset.expires_on and not dataset.withdrawn:
        say(f"  expires {dataset.expires_on}")
    if dataset.warnings:
        say(f"  warnings of its loads: {', '.join(f'{code} {count:,}' for code, count in dataset.warnings.items())}")


def _print_channel(channel: "ChannelStatus") -> None:
    release = channel.release
    state = "not published"
    if release:
        entries = counted(release.entries, "entry", "entries")
        state = f"epoch {release.epoch}, serial {release.serial}, {entries}"
    say(f"channel {channel.name}: {state}")
