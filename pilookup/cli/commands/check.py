"""`pilookup check`: check one number with a server."""

import warnings
from pathlib import Path
from typing import Annotated

import typer

from pilookup import Client
from pilookup.checking.result import Reason, Result, Status
from pilookup.cli.console import note, say, say_json
from pilookup.cli.options import JsonOption, Number, ask_number
from pilookup.errors import PilookupError, TrustError


def check(
    number: Number = None,
    server: Annotated[str, typer.Option(help="The server's address, https://...")] = ...,  # type: ignore[assignment]
    channel: Annotated[str, typer.Option(help="The channel to check.")] = "public",
    trust: Annotated[Path | None, typer.Option(help="The trust file to pin (trust-CHANNEL.json).")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="PILOOKUP_TOKEN", help="The platform key, for a channel that needs one.")
    ] = None,
    region: Annotated[str, typer.Option(help="Where numbers without a country code are from.")] = "CN",
    state_dir: Annotated[Path | None, typer.Option(help="The directory in which trust is remembered.")] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="The server is a sandbox (`pilookup sandbox`).")] = False,
    json: JsonOption = False,
) -> None:
    """Check whether a number is in the seized data. The number does not leave this machine."""
    text = ask_number(number)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            result = _check(text, server, channel, trust, token, region, state_dir, sandbox=sandbox)
        except TrustError as error:
            if not json:
                raise
            result = Result.unknown(Reason(error.reason), detail=str(error))
    for warning in seen:
        note(str(warning.message))
    if json:
        say_json(result.to_json())
    else:
        _print_result(result)
    if result.status == Status.UNKNOWN:
        raise typer.Exit(1)


def _check(
    text: str,
    server: str,
    channel: str,
    trust: Path | None,
    token: str | None,
    region: str,
    state_dir: Path | None,
    *,
    sandbox: bool,
) -> Result:
    try:
        client = Client(server, channel, trust, state_dir, token=token, region=region, sandbox=sandbox)
    except ValueError as error:
        if isinstance(error, PilookupError):
            raise
        raise typer.BadParameter(str(error)) from None
    with client:
        return client.check(text)


def _print_result(result: Result) -> None:
    if result.status == Status.UNKNOWN:
        detail = f" ({result.detail})" if result.detail else ""
        say(f"Could not check: {result.reason}{detail}. This says nothing about the number.")
    elif result.status == Status.NOT_FOUND:
        say("Not found in this data. That is not the same as safe: other data may exist.")
    else:
        _print_found(result)


def _print_found(result: Result) -> None:
    if result.exposed:
        say("Found: the number is in stolen personal data.")
    if result.malicious:
        say(f"Found: accounts were registered on the number (at least {result.accounts}).")
    if result.last_seen:
        say(f"Last seen: {result.last_seen}")
    for case in result.cases:
        seized = f", seized {case.seized_on}" if case.seized_on else ""
        say(f"Case: {case.title_zh} / {case.title_en}{seized}")
