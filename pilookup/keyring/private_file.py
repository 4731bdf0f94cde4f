"""Reads key files and refuses files that others than their owner may read or write."""

import errno
import os
import stat
from pathlib import Path

from pilookup import file_errors
from pilookup.errors import KeyringError
from pilookup.plain_file import open_plain

MAX_BYTES = 4096
"""The greatest size of a key file. Real ones are far smaller."""


def read_private(path: Path) -> bytes:
    """The content of a key file.

    Raises:
        KeyringError: The file is missing, not a plain file, too large, or accessible to group or others. The text names
            the file.
    """
    try:
        descriptor = open_plain(path)
    except FileNotFoundError:
        raise KeyringError(f"{path}: missing") from None
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise KeyringError(f"{path}: not a plain file") from None
        raise KeyringError(file_errors.failure_text(error, "cannot be opened", path)) from error
    with file_errors.failures_as(KeyringError, path), os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise KeyringError(f"{path}: group or others may read or write it; run: chmod 600 '{path}'")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise KeyringError(f"{path}: too large for a key file")
    return data
