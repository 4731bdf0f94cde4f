"""`pilookup screen`: which users of a platform are in the data, by a join on the platform's machine."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilookup.cli.console import counted, note, progress, say, say_json
from pilookup.cli.options import JsonOption
from pilookup.errors import PilookupError, ScreenError

if TYPE_CHECKING:
    from pilookup.screening.screening import Screening, ScreenOutcome


def screen(
    users: Annotated[
        Path | None,
        typer.Argument(metavar="IN", help="The table of users: Parquet, CSV or Arrow IPC.", show_default=False),
    ] = None,
    directory: Annotated[
        Path | None, typer.Argument(metavar="OUT_DIR", help="The directory of the screening.", show_default=False)
    ] = None,
    server: Annotated[str | None, typer.Option(help="The evaluator's address, https://...", show_default=False)] = None,
    trust: Annotated[
        Path | None, typer.Option(help="The trust file to pin (trust-CHANNEL.json).", show_default=False)
    ] = None,
    key: Annotated[
        Path | None, typer.Option(envvar="PILOOKUP_SCREEN_KEY", help="The local key's file.", show_default=False)
    ] = None,
    make_key: Annotated[
        Path | None, typer.Option(help="Make a local key in this new file, and do nothing else.", show_default=False)
    ] = None,
    mirror: Annotated[
        Path | None,
        typer.Option(
            help="A mirror to join with; by default one in OUT_DIR, synced with the server.", show_default=False
        ),
    ] = None,
    channel: Annotated[str, typer.Option(help="The channel.")] = "platform",
    token: Annotated[str | None, typer.Option(envvar="PILOOKUP_TOKEN", help="The platform's key.")] = None,
    user_column: Annotated[str, typer.Option(help="The column with your key of the user.")] = "user",
    number_column: Annotated[str, typer.Option(help="The column with the number.")] = "number",
    region: Annotated[str, typer.Option(help="Where numbers without a country code are from.")] = "CN",
    budget: Annotated[
        int | None, typer.Option(help="Elements to have evaluated in an hour; by default no limit.", min=1)
    ] = None,
    max_wait: Annotated[
        float, typer.Option(help="Seconds to wait for an evaluator that fails or is over quota, before stopping.")
    ] = 900.0,
    timeout: Annotated[float, typer.Option(help="Seconds that one request may take.")] = 30.0,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="The server is a sandbox (`pilookup sandbox`).")] = False,
    json: JsonOption = False,
) -> None:
    """Find which users are in the seized data. Numbers do not leave this machine, and are evaluated once an epoch."""
    if make_key is not None:
        _make_key(make_key)
        return
    given = {"IN": users, "OUT_DIR": directory, "--server": server, "--trust": trust, "--key": key}
    if missing := [name for name, value in given.items() if value is None]:
        raise typer.BadParameter(f"{', '.join(missing)}: missing (or --make-key alone)")
    options = {"channel": channel, "token": token, "region": region, "budget": budget, "max_wait": max_wait}
    options |= {"timeout": timeout, "sandbox": sandbox}
    with _failures(json=json), progress("Screening", "evaluated") as advance:
        outcome = _screening(directory, mirror, server, trust, key, options).run(
            users, user_column, number_column, on_progress=advance, on_wait=_say_wait
        )
    say_json(outcome.to_json()) if json else _print(outcome, users)
    if outcome.stopped is not None:
        raise typer.Exit(1)


@contextmanager
def _failures(*, json: bool) -> Iterator[None]:
    """Print the reason of a failure as JSON if asked to, and raise what is wrong in an argument as wrong usage."""
    try:
        yield
    except ScreenError as error:
        if not json:
            raise
        say_json({"reason": error.reason, "detail": str(error)})
        raise typer.Exit(1) from None
    except PilookupError:
        raise
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _say_wait(text: str, seconds: float) -> None:
    note(f"{text}; waiting {seconds:.0f} s")


def _make_key(path: Path) -> None:
    from pilookup.screening import LocalKey  # noqa: PLC0415 - other commands start fast

    LocalKey.make(path)
    say(f"Made a local key: {path}. Keep a copy: without it every user must be evaluated again.")


def _screening(
    directory: Path | None,
    mirror: Path | None,
    server: str | None,
    trust: Path | None,
    key: Path | None,
    options: Mapping[str, object],
) -> "Screening":
    from pilookup.screening import EvaluatorJob, Screening  # noqa: PLC0415 - other commands start fast

    if directory is None or server is None or trust is None or key is None:
        raise AssertionError("checked before")
    job = EvaluatorJob(server, trust, key, mirror=mirror or directory, **options)  # type: ignore[arg-type]
    return Screening(directory, job) if mirror else Screening.with_own_mirror(directory, job)


def _print(outcome: "ScreenOutcome", users: Path | None) -> None:
    rejected = sum(outcome.rejected.values())
    say(f"{users}: {counted(outcome.rows, 'row')}, {outcome.evaluated:,} evaluated now")
    if rejected:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in outcome.rejected.items())
        say(f"Without exactly one number: {counted(rejected, 'row')} ({reasons}), listed in rejects.csv")
    say(f"Joined with serial {outcome.serial}: {counted(outcome.joined, 'row')}, {outcome.found:,} found")
    say(f"New: {outcome.new:,}. Changed: {outcome.changed:,}. Gone: {outcome.gone:,}.")
    if outcome.result:
        say(f"Written: {outcome.result}")
    if outcome.gone:
        say("Gone means that the data no longer hold the number: lift what was done to the account (released).")
    if outcome.removed_epochs:
        say(f"Deleted: files of epochs that are no longer served ({', '.join(map(str, outcome.removed_epochs))})")
    if outcome.unjoined:
        say(f"Found before, and not joined until they are evaluated again: {counted(outcome.unjoined, 'row')}")
    if outcome.moved or outcome.to_move:
        say(f"Moved to the new epoch: {counted(outcome.moved, 'row')}, {outcome.to_move:,} left")
    if outcome.stopped:
        note(f"evaluations stopped ({outcome.stopped}): {outcome.detail}")
        note(f"not screened yet: {counted(outcome.remaining, 'row')}; run the same command again to go on")
