"""What the commands of a platform share that make and send reports and receipts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pilookup.errors import FormatError, ReportError
from pilookup.protocol.reports import MAX_REPORT_BYTES

if TYPE_CHECKING:
    from pilookup.protocol.reports import Report

KeyFile = Annotated[
    Path, typer.Option("--key", metavar="FILE", help="The key of this platform's reports.", show_default=False)
]
Server = Annotated[str, typer.Option(metavar="URL", help="The server's address.", show_default=False)]
Token = Annotated[str, typer.Option(envvar="PILOOKUP_TOKEN", help="The platform's key.", show_default=False)]
Insecure = Annotated[bool, typer.Option("--insecure", help="Allow http:// to other hosts than this machine.")]


def server_address(url: str, *, insecure: bool) -> str:
    """Check the address of a server; raises typer.BadParameter."""
    from pilookup.checking.requests import check_url  # noqa: PLC0415 - other commands start fast

    try:
        return check_url(url, insecure=insecure)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--server") from None


def read_report(path: Path) -> "Report":
    """Read the file of a report.

    Raises:
        ReportError: It is no report, or finer than the rules.
        OSError: It cannot be read.
    """
    from pilookup.plain_file import read_plain  # noqa: PLC0415 - other commands start fast
    from pilookup.protocol.reports import Report  # noqa: PLC0415

    try:
        return Report.from_bytes(read_plain(path, MAX_REPORT_BYTES))
    except FormatError as error:
        raise ReportError(f"{path}: {error}") from None
