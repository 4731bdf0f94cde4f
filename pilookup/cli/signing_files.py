"""Reading and writing signing requests and signature files."""

from pathlib import Path

import typer

from pilookup import durable, file_errors
from pilookup.errors import PilookupError
from pilookup.plain_file import read_plain


def read_input(path: Path, most: int) -> bytes:
    """The content of a file of at most `most` bytes; raises PilookupError, which names it."""
    with file_errors.failures_as(PilookupError, path):
        return read_plain(path, most)


def check_new(path: Path) -> None:
    """Refuse a file to be written that is there already; raises typer.BadParameter, before anything is done."""
    if path.exists():
        raise typer.BadParameter(f"{path}: there is a file of that name; remove it or name another")


def write_output(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all; raises PilookupError, which names it."""
    with file_errors.failures_as(PilookupError, path):
        durable.replace(path, data)
