"""The command `pilookup service`.

Every command of `pilookup` imports this module, so it imports the server only when `service` is called.
"""

import json as json_text
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

_DAYS = 31


class Action(StrEnum):
    """What to do with the service database."""

    MIGRATE = "migrate"
    STATUS = "status"


def service(
    action: Annotated[Action, typer.Argument(help="migrate: make or change the tables; status: show the counts.")],
    home: Annotated[
        Path,
        typer.Option("--home", envvar="PILOOKUP_HOME", help="HOME; its online half is enough.", show_default=False),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Migrate the service database of the online half, or show what it counts. No passphrase is needed."""
    from pilookup_server.service_database.report import report  # noqa: PLC0415 - see the module's text
    from pilookup_server.settings import read_settings  # noqa: PLC0415

    settings = read_settings(home=home)
    since = (datetime.now(UTC) - timedelta(days=_DAYS)).date()
    found = report(settings, since, migrate=action is Action.MIGRATE)
    if json:
        typer.echo(json_text.dumps(found, indent=2))
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    revision = "not made yet" if found["revision"] is None else f"revision {found['revision']}"
    typer.echo(f"service database: {found['database']}, {revision}")
    for epoch in found["epochs"]:
        part = epoch["evaluated"] / found["ceiling"]
        typer.echo(
            f"{epoch['channel']} epoch {epoch['epoch']}: {epoch['evaluated']:,} elements, {part:.1%} of the most"
        )
    if found["targets"]:
        from pilookup_server.service_database.target_report import target_line  # noqa: PLC0415 - see the module's text

        for one in found["targets"]:
            typer.echo(f"notices to {target_line(one)}")
    for one in found["usage"]:
        typer.echo(
            f"{one['day']} {one['channel']} platform {one['platform']} {one['purpose'] or 'former version'}: "
            f"{one['requests']:,} requests, {one['elements']:,} elements"
        )
