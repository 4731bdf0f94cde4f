"""Options that several commands share."""

import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated

import typer

HomeOption = Annotated[
    Path,
    typer.Option("--home", envvar="PILOOKUP_HOME", help="The directory that `pilookup init` made.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document for a script.")]
Number = Annotated[
    str | None,
    typer.Argument(help="The phone number; left out, it is asked for or read from standard input.", show_default=False),
]


def ask_number(given: str | None) -> str:
    """The number given, typed unseen, or the first line of standard input: it need not stand in shell history."""
    if given is not None:
        return given
    if sys.stdin.isatty():
        return getpass("Phone number: ")
    return sys.stdin.readline().strip()
