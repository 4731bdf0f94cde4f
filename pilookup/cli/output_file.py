"""New files that an option names: pages and lists for a person, of mode 0600."""

from os.path import lexists
from pathlib import Path

import typer

from pilookup import durable, file_errors
from pilookup.errors import CustodyError


def check_new_path(path: Path | None, option: str) -> None:
    """Refuse a name that cannot be that of a new file.

    Args:
        path: The file; None if the option was not given.
        option: The option, for the text of the error.

    Raises:
        typer.BadParameter: It already exists, or its directory does not.
    """
    if path is None:
        return
    if lexists(path):
        raise typer.BadParameter(f"{path}: already exists", param_hint=option)
    if not path.parent.is_dir():
        raise typer.BadParameter(f"{path.parent}: no such directory", param_hint=option)


def write_new(path: Path, text: str, *, lost: str, after: str = "") -> None:
    """Write a new file in one step, in UTF-8 and with mode 0600.

    Args:
        path: The file.
        text: Its content.
        lost: What is not there if it cannot be written, such as `no report was written`.
        after: Further words of the error, such as `; the load is complete`.

    Raises:
        CustodyError: The file cannot be written, or was created by another program.
    """
    try:
        durable.create(path, text.encode("utf-8", "replace"))
    except FileExistsError:
        raise CustodyError(f"{path}: was created by another program, so {lost}{after}") from None
    except OSError as error:
        raise CustodyError(file_errors.failure_text(error, "cannot be written", path) + after) from error
