"""`pilookup sync`: bring a mirror up to date."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilookup.cli.console import counted, progress, say, say_json
from pilookup.cli.options import JsonOption
from pilookup.errors import MirrorError, PilookupError

if TYPE_CHECKING:
    from pilookup.checking.mirror.sync import SyncOutcome


def sync(
    url: Annotated[str, typer.Argument(metavar="URL", help="The host's address, https://...", show_default=False)],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The mirror's directory.", show_default=False)],
    trust: Annotated[Path, typer.Option(help="The trust file to pin (trust-CHANNEL.json).", show_default=False)],
    channel: Annotated[str, typer.Option(help="The channel.")] = "public",
    token: Annotated[
        str | None, typer.Option(envvar="PILOOKUP_MIRROR_TOKEN", help="A bearer token of the host.")
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(envvar="PILOOKUP_MIRROR_USER", help="A user of the host, with PILOOKUP_MIRROR_PASSWORD."),
    ] = None,
    at_least: Annotated[
        int | None, typer.Option(help="Fail unless the host has this serial or a higher one.", min=1)
    ] = None,
    filters: Annotated[bool, typer.Option("--filters", help="Fetch filters too.")] = False,
    metrics: Annotated[
        Path | None, typer.Option(help="Write readings to this file, in the Prometheus exposition format.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(help="Seconds that the metadata, and each part of a file (4 MiB), may take.")
    ] = 60.0,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="The host is a sandbox (`pilookup sandbox`).")] = False,
    json: JsonOption = False,
) -> None:
    """Bring a mirror up to date: fetch what is new, verify every byte, then switch in one step."""
    from pilookup.checking.mirror.mirror import Mirror  # noqa: PLC0415 - other commands start fast

    with progress("Fetching", "bytes") as advance:
        try:
            outcome = Mirror(directory).sync(
                url,
                channel=channel,
                trust=trust,
                token=token,
                credentials=None if user is None else (user, os.environ.get("PILOOKUP_MIRROR_PASSWORD", "")),
                at_least=at_least,
                filters=filters,
                metrics=metrics,
                timeout=timeout,
                sandbox=sandbox,
                on_progress=lambda done, total: advance(done, total, done),
            )
        except MirrorError as error:
            if json:
                say_json({"reason": error.reason, "detail": str(error)})
                raise typer.Exit(1) from None
            raise
        except ValueError as error:
            if isinstance(error, PilookupError):
                raise
            raise typer.BadParameter(str(error)) from None
    say_json(outcome.to_json()) if json else _print(outcome)


def _print(outcome: "SyncOutcome") -> None:
    what = "now has" if outcome.changed else "already had"
    fetched = f"{counted(outcome.files, 'file')} fetched, {outcome.fetched:,} of {outcome.size:,} bytes"
    say(f"{outcome.channel}: the mirror {what} serial {outcome.serial} of epoch {outcome.epoch} ({fetched})")
    say(f"Valid until {outcome.valid_until}; sync again before.")
