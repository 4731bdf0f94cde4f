"""Errors of the operating system about files: they name the file, and are worded for the user in one way."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilookup.errors import PilookupError


def failure_text(error: OSError, what: str, path: Path | None = None) -> str:
    """Describe a refusal of the operating system, such as a full disk, for the user.

    Args:
        error: What the operating system said.
        what: What failed, such as "cannot be written".
        path: The file or directory to name if the error names none.

    Returns:
        "path: what: reason", or the reason alone if no path is known.
    """
    reason = error.strerror or str(error) or type(error).__name__
    where = error.filename if error.filename is not None else path
    return f"{where}: {what}: {reason}" if where else reason


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an OSError that names no file, such as one of writing to an open file, name `path`."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(path)
        raise


@contextmanager
def failures_as(kind: type[PilookupError], path: Path) -> Iterator[None]:
    """Raise an OSError, such as of a full disk, as an error of pilookup whose text names the file.

    Args:
        kind: The error to raise, from the OSError.
        path: The file or directory to name if the OSError names none.
    """
    try:
        yield
    except OSError as error:
        raise kind(failure_text(error, "cannot be read or written", path)) from error
