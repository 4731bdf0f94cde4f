"""Options and arguments that several commands share."""

import re
import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated

import typer

from pilookup.compute import executors

HomeOption = Annotated[
    Path,
    typer.Option("--home", envvar="PILOOKUP_HOME", help="The directory that `pilookup init` made.", show_default=False),
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        envvar="PILOOKUP_SCHEDULER",
        help="Run the work on the Dask cluster at tls://HOST:PORT; by default, on this machine.",
        show_default=False,
    ),
]
_UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_DECIMAL_UNITS = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"(\d{1,15}) ?([KMGT]iB|)")
_FILE_SIZE = re.compile(r"(\d{1,15}) ?([KMGT]iB|[kMGT]B|)")


def _size(text: str) -> int:
    """Parse `1GiB`, `512 MiB` or plain digits into bytes; raises typer.BadParameter."""
    found = _SIZE.fullmatch(text)
    if not found:
        raise typer.BadParameter(f"{text}: not a size such as 512MiB or 2GiB")
    return int(found[1]) * _UNITS[found[2]]


def _file_size(text: str) -> int:
    """Parse a size of files, also in decimal units such as `100MB`, into bytes; raises typer.BadParameter."""
    found = _FILE_SIZE.fullmatch(text)
    if not found:
        raise typer.BadParameter(f"{text}: not a size such as 100MB or 4GiB")
    return int(found[1]) * (_UNITS | _DECIMAL_UNITS)[found[2]]


MemoryOption = Annotated[
    int,
    typer.Option(
        "--memory",
        envvar="PILOOKUP_MEMORY",
        parser=_size,
        metavar="SIZE",
        help="Memory for the work of one process. A filter part takes 100 MiB; a Bloom filter is in memory as a whole.",
    ),
]
PieceOption = Annotated[
    int | None,
    typer.Option(
        "--piece-size",
        parser=_file_size,
        metavar="SIZE",
        help="Write pieces OUT.001, OUT.002 and so on, of this size at most, such as 100MB; by default one file.",
        show_default=False,
    ),
]
DEFAULT_MEMORY = f"{executors.DEFAULT_MEMORY >> 30}GiB"
"""The default of `--memory`, as it is written on the command line."""
DateOption = Annotated[
    bool, typer.Option("--date-is-right", help="Sign, although the date is out of order with what was signed before.")
]
KeysOption = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="A signing key at hand that is not in HOME: a sealed key file, or a pkcs11: URI. Repeat it for several.",
        show_default=False,
    ),
]
OperatorOption = Annotated[
    str | None,
    typer.Option(
        "--operator",
        envvar="PILOOKUP_OPERATOR",
        help="Who runs the command, for the audit log; by default, the login.",
        show_default=False,
    ),
]
OwnOption = Annotated[
    bool,
    typer.Option("--own", help="Ask for a passphrase of 16 characters or more, instead of generating one."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document for a script.")]
Number = Annotated[
    str | None,
    typer.Argument(help="The phone number; by default asked for, or read from standard input.", show_default=False),
]


def ask_number(given: str | None) -> str:
    """Return the number given, or ask for it, so that it does not get into the shell's history.

    It is read from the terminal without echo, or from the first line of standard input if that is not a terminal.
    """
    if given is not None:
        return given
    if sys.stdin.isatty():
        return getpass("Phone number: ")
    return sys.stdin.readline().strip()
