"""`pilookup receipt`: a platform's signed statement that it screened; made, countersigned by a server, and verified."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilookup.cli.console import note, say, say_json
from pilookup.cli.options import HomeOption, JsonOption
from pilookup.cli.output_file import check_new_path, write_new
from pilookup.cli.platform_options import Insecure, KeyFile, Server, Token, read_report, server_address
from pilookup.errors import FormatError
from pilookup.protocol.encoding import from_day_text, from_time_text, time_text

if TYPE_CHECKING:
    from pilookup.protocol.receipts import Receipt

app = typer.Typer(no_args_is_help=True, help="State that users were screened; have it countersigned; verify it.")

_LOST = "no receipt was written"

New = Annotated[Path, typer.Argument(metavar="OUT", help="A new file for the receipt.", show_default=False)]
ReceiptFile = Annotated[Path, typer.Argument(metavar="RECEIPT", help="The file of a receipt.", show_default=False)]


@app.command()
def make(
    out: New,
    key_file: KeyFile,
    epoch: Annotated[int, typer.Option(help="The epoch whose tokens were used.", show_default=False)],
    serial: Annotated[int, typer.Option(help="The serial that was screened with.", show_default=False)],
    users: Annotated[int, typer.Option(help="How many users were screened.", show_default=False)],
    elements: Annotated[
        int, typer.Option(help="How many elements were evaluated from --since on.", show_default=False)
    ],
    since: Annotated[
        str, typer.Option(metavar="DAY", help="The first day (UTC) of the evaluation.", show_default=False)
    ],
    screened: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="When it ended, as 2026-11-30T08:00:00Z; by default, now.", show_default=False
        ),
    ] = None,
    channel: Annotated[str, typer.Option(help="The channel.")] = "platform",
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The report on what was done, to name it.", show_default=False)
    ] = None,
    json: JsonOption = False,
) -> None:
    """On a platform: state that users were screened, signed with a key that is derived from that of its reports."""
    from pilookup.receipts import make_receipt  # noqa: PLC0415 - other commands start fast
    from pilookup.reports import ReportKey  # noqa: PLC0415

    check_new_path(out, "OUT")
    day, ended = _day(since), _time(screened)
    receipt = make_receipt(
        ReportKey.read(key_file),
        channel=channel,
        epoch=epoch,
        serial=serial,
        since=day,
        screened=ended,
        users=users,
        elements=elements,
        report=None if report is None else read_report(report),
    )
    write_new(out, receipt.to_bytes().decode(), lost=_LOST)
    _print(receipt, json=json)


@app.command()
def send(
    file: ReceiptFile, out: New, server: Server, token: Token, insecure: Insecure = False, json: JsonOption = False
) -> None:
    """On a platform: have the server countersign a receipt, and write it to a new file. The server keeps nothing."""
    from pilookup.receipts import read_receipt, send_receipt  # noqa: PLC0415 - other commands start fast

    check_new_path(out, "OUT")
    address = server_address(server, insecure=insecure)
    receipt = send_receipt(read_receipt(file), address, token, insecure=insecure)
    write_new(out, receipt.to_bytes().decode(), lost=_LOST)
    _print(receipt, json=json)


@app.command()
def trust(home: HomeOption) -> None:
    """On the serving machine: write trust-machine.json, by which others know its countersignatures."""
    from pilookup.bundles.machine import MACHINE_TRUST, machine_id, make_machine_key  # noqa: PLC0415

    key = make_machine_key(home / "online")
    say(f"{home / MACHINE_TRUST}: the public key of machine {machine_id(key.public_key())}")


@app.command()
def verify(
    file: ReceiptFile,
    trusted: Annotated[
        list[Path] | None,
        typer.Option(
            "--trust",
            metavar="PATH",
            help="trust-machine.json of the serving machine, got by another way.",
            show_default=False,
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The report that it should name.", show_default=False)
    ] = None,
    json: JsonOption = False,
) -> None:
    """Anywhere, offline: verify who signed what in a receipt."""
    from pilookup.receipts import read_receipt, verify_receipt  # noqa: PLC0415 - other commands start fast

    receipt = read_receipt(file)
    verify_receipt(receipt, *trusted or (), report=None if report is None else read_report(report))
    _print(receipt, json=json)
    if receipt.countersignature is None:
        note("no server countersigned it: pilookup receipt send")
    elif not trusted:
        note("whose key countersigned it was not verified; give --trust trust-machine.json")
    if receipt.statement.report_sha256 is not None and report is None:
        note("the report that it names was not compared; give --report FILE")


def _day(text: str) -> date:
    try:
        return from_day_text(text, "day")
    except FormatError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from None


def _time(text: str | None) -> datetime:
    try:
        return datetime.now(UTC) if text is None else from_time_text(text, "time")
    except FormatError as error:
        raise typer.BadParameter(str(error), param_hint="--screened") from None


def _print(receipt: "Receipt", *, json: bool) -> None:
    if json:
        say_json(receipt.to_json())
        return
    statement, added = receipt.statement, receipt.countersignature
    say("stated by the platform, which is no proof:")
    say(f"  channel {statement.channel}, epoch {statement.epoch}, serial {statement.serial}")
    say(f"  screened until {time_text(statement.screened)}: {statement.users:,} users or more")
    say(f"  evaluated from {statement.since} on: {statement.elements:,} elements")
    say(f"  report: {statement.report_sha256 or 'none'}")
    if added is None:
        return
    fetched = added.fetched
    say(f"countersigned by machine {added.machine} on {time_text(added.countersigned)}, for {added.platform}:")
    say(f"  evaluated from {statement.since} to {statement.until}: {_elements(receipt)}")
    say(
        "  fetched: nothing from this server"
        if fetched is None
        else f"  fetched: serial {fetched.serial}, on {fetched.day}"
    )


def _elements(receipt: "Receipt") -> str:
    assert receipt.countersignature is not None
    return ", ".join(f"{count:,} for {purpose}" for purpose, count in receipt.countersignature.elements.items())
