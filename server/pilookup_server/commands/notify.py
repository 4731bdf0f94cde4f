"""The command `pilookup notify`.

Every command of `pilookup` imports this module, so it imports the server only when `notify` is called.
"""

import json as json_text
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pilookup_server.settings import Settings


class Action(StrEnum):
    """What to do."""

    RUN = "run"
    ADD = "add"
    LIST = "list"
    PAUSE = "pause"
    RESUME = "resume"
    REMOVE = "remove"


def notify(
    home: Annotated[
        Path,
        typer.Option("--home", envvar="PILOOKUP_HOME", help="HOME; its online half is enough.", show_default=False),
    ],
    action: Annotated[
        Action,
        typer.Argument(
            help="run: deliver notices until stopped; add NAME URL: make a target and print its secret, once; list, "
            "pause NAME, resume NAME, remove NAME."
        ),
    ] = Action.RUN,
    name: Annotated[str, typer.Argument(help="The target's name.", show_default=False)] = "",
    url: Annotated[str, typer.Argument(help="The target's URL, https://...", show_default=False)] = "",
    channel: Annotated[str, typer.Option(help="The channel that the new target is told of.")] = "platform",
    json: Annotated[bool, typer.Option("--json", help="add, list: print one JSON document.")] = False,
) -> None:
    """Tell platforms of new releases, or change who is told. No passphrase is needed."""
    _check_arguments(action, name, url)
    if action is Action.RUN:
        from pilookup_server.process.notifier import deliver  # noqa: PLC0415 - see the module's text

        deliver(home=home)
        return
    from pilookup_server.settings import read_settings  # noqa: PLC0415

    settings = read_settings(home=home)
    if action is Action.ADD:
        _add(settings, name, url, channel, json=json)
    else:
        _change(settings, action, name, json=json)


def _check_arguments(action: Action, name: str, url: str) -> None:
    """Raise typer.BadParameter if an action lacks an argument, or has one that it does not take."""
    takes_name, takes_url = action not in {Action.RUN, Action.LIST}, action is Action.ADD
    if bool(name) != takes_name:
        raise typer.BadParameter(f"{action} takes {'a' if takes_name else 'no'} name", param_hint="NAME")
    if bool(url) != takes_url:
        raise typer.BadParameter(f"{action} takes {'a' if takes_url else 'no'} URL", param_hint="URL")


def _add(settings: "Settings", name: str, url: str, channel: str, *, json: bool) -> None:
    from pilookup_server.notify.targets import add_target  # noqa: PLC0415 - see the module's text

    secret = add_target(settings, name, url, channel, int(time.time()))
    if json:
        typer.echo(json_text.dumps({"target": name, "channel": channel, "secret": secret}))
        return
    typer.echo(f"{name}: told of each release of {channel}, the newest one first")
    typer.echo(f"secret, shown only now, for its receiver: {secret}")


def _change(settings: "Settings", action: Action, name: str, *, json: bool) -> None:
    from pilookup_server.notify.targets import open_tables  # noqa: PLC0415 - see the module's text
    from pilookup_server.service_database.target_report import target_json, target_line  # noqa: PLC0415

    with open_tables(settings) as tables:
        if action is Action.LIST:
            told = [target_json(one) | {"url": one.target.url} for one in tables.targets()]
            lines = [target_line(one) for one in told] or ["no targets; add one: pilookup notify add NAME URL"]
            typer.echo(json_text.dumps(told, indent=2) if json else "\n".join(lines))
        elif action is Action.PAUSE:
            tables.pause(name, int(time.time()))
            typer.echo(f"{name}: paused")
        elif action is Action.RESUME:
            tables.resume(name)
            typer.echo(f"{name}: resumed; the newest notice is delivered next, and none of those before it")
        else:
            tables.remove(name)
            typer.echo(f"{name}: removed")
