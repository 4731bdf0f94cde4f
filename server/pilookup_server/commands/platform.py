"""The commands `pilookup platform add|list|revoke|usage`: platforms, their keys and what they use.

Every command of `pilookup` imports this module, so it imports the server only when one of these is called.
"""

import json as json_text
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pilookup_server.service_database.counts import ServiceDatabase
    from pilookup_server.service_database.platforms import EpochUse

_DAYS = 31

platform = typer.Typer(no_args_is_help=True, help="Give platforms keys, revoke them, and show what they use.")

Name = Annotated[str, typer.Argument(help="The platform: lower-case letters, digits, hyphens.", show_default=False)]
Home = Annotated[
    Path,
    typer.Option("--home", envvar="PILOOKUP_HOME", help="HOME; its online half is enough.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@platform.command()
def add(
    name: Name,
    home: Home,
    users: Annotated[
        int | None,
        typer.Option(min=1, max=2_000_000_000, help="How many users it declares; needed for a new one."),
    ] = None,
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day (UTC) of the key; without it, it stays.")
    ] = None,
    test: Annotated[bool, typer.Option("--test", help="Make a key for the server of a sandbox.")] = False,
    json: Json = False,
) -> None:
    """Add a key, and the platform if it is new. The key is printed once, and nothing can show it again."""
    from pilookup.protocol.platform_key import KeyKind, PlatformKey  # noqa: PLC0415
    from pilookup_server.commands.platform_home import check_kind  # noqa: PLC0415 - see the module's text
    from pilookup_server.platforms.platform import epoch_quota  # noqa: PLC0415

    kind = KeyKind.TEST if test else KeyKind.LIVE
    check_kind(home, kind)
    key, end = PlatformKey.generate(kind), _end(expires)
    with _database(home, migrate=True) as database:
        declared = database.platforms.add_key(name, key, users=users, expires=end, now=int(time.time()))
    if json:
        found = {"platform": name, "users": declared, "epoch_quota": epoch_quota(declared), "key": key.text}
        _print_json(found | {"id": key.id, "kind": str(kind), "expires": _moment(end)})
        return
    typer.echo(key.text)
    typer.echo(
        f"This is the key {key.id} of {name}; it cannot be shown again. Valid within 5 seconds, "
        f"{'until ' + str(_moment(end)) if end else 'without end'}. In an epoch {name} may have "
        f"{epoch_quota(declared):,} elements evaluated for sign-ups, and as many for screening ({declared:,} users).",
        err=True,
    )


@platform.command("list")
def list_platforms(home: Home, json: Json = False) -> None:
    """List the platforms and their keys."""
    from pilookup_server.platforms.platform import epoch_quota  # noqa: PLC0415 - see the module's text

    now = int(time.time())
    with _database(home) as database:
        found = database.platforms.platforms()
    if json:
        rows = [
            {
                "platform": one.name,
                "users": one.users,
                "epoch_quota": epoch_quota(one.users),
                "keys": [
                    {
                        "id": key.id,
                        "kind": str(key.kind),
                        "state": key.state(now),
                        "created": _moment(key.created),
                        "expires": _moment(key.expires),
                        "revoked": _moment(key.revoked),
                    }
                    for key in one.keys
                ],
            }
            for one in found
        ]
        _print_json(rows)
        return
    for one in found:
        typer.echo(f"{one.name}: {one.users:,} users, {epoch_quota(one.users):,} elements an epoch and purpose")
        for key in one.keys:
            end = f", until {_moment(key.expires)}" if key.expires else ""
            typer.echo(f"    {key.id} {key.kind} {key.state(now)}, made {_moment(key.created)}{end}")


@platform.command()
def revoke(
    name: Name,
    home: Home,
    key: Annotated[str | None, typer.Option(help="Public name (8 characters) of one key; without it, all.")] = None,
    json: Json = False,
) -> None:
    """Revoke one key of a platform, or all. Servers that reach the database refuse it within 5 seconds."""
    with _database(home) as database:
        revoked = database.platforms.revoke(name, key, int(time.time()))
    if json:
        _print_json({"platform": name, "revoked": revoked})
        return
    keys = f"the key{'s' if len(revoked) > 1 else ''} {' and '.join(revoked)}" if revoked else "no key that was valid"
    typer.echo(f"{name}: revoked {keys}")


@platform.command()
def usage(
    home: Home,
    name: Annotated[str | None, typer.Argument(help="The platform; without it, all.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Show what platforms had evaluated: of the quotas of epochs, and by day for the last month."""
    since = (datetime.now(UTC) - timedelta(days=_DAYS)).date()
    with _database(home) as database:
        users = {one.name: one.users for one in database.platforms.platforms()}
        epochs = [_epoch(one, users) for one in database.platforms.epochs(name)]
        days = [
            {
                "day": one.day.isoformat(),
                "platform": one.platform,
                "channel": one.channel,
                "purpose": one.purpose,
                "requests": one.requests,
                "elements": one.elements,
            }
            for one in database.usage(since)
            if name in (None, one.platform)
        ]
    if json:
        _print_json({"epochs": epochs, "days": days})
        return
    for one in epochs:
        warned = f"; 80% was reached on {one['warned']}" if one["warned"] else ""
        typer.echo(
            f"{one['platform']} {one['channel']} epoch {one['epoch']} {one['purpose']}: "
            f"{one['evaluated']:,} of {one['quota']:,} elements, {one['left']:,} left{warned}"
        )
    for day in days:
        typer.echo(
            f"{day['day']} {day['platform']} {day['channel']} {day['purpose'] or 'former version'}: "
            f"{day['requests']:,} requests, {day['elements']:,} elements"
        )


@contextmanager
def _database(home: Path, *, migrate: bool = False) -> Iterator["ServiceDatabase"]:
    from pilookup_server.commands.platform_home import open_database  # noqa: PLC0415 - see the module's text

    database = open_database(home, migrate=migrate)
    try:
        yield database
    finally:
        database.close()


def _end(expires: datetime | None) -> int | None:
    """POSIX time at which the last day is over."""
    if expires is None:
        return None
    return int((expires.replace(tzinfo=UTC) + timedelta(days=1)).timestamp())


def _epoch(one: "EpochUse", users: dict[str, int]) -> dict[str, Any]:
    from pilookup_server.platforms.platform import epoch_quota  # noqa: PLC0415 - see the module's text

    quota = epoch_quota(users[one.account.platform])
    return {
        "platform": one.account.platform,
        "channel": one.account.channel,
        "epoch": one.account.epoch,
        "purpose": str(one.account.purpose),
        "evaluated": one.evaluated,
        "quota": quota,
        "left": max(0, quota - one.evaluated),
        "warned": _moment(one.warned),
    }


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _print_json(found: object) -> None:
    typer.echo(json_text.dumps(found, indent=2))
