"""What the server asks of the operating system for its processes: no dumps of memory, private files, descriptors."""

import ctypes
import os
import resource
import sys
from pathlib import Path
from typing import Final

from pilookup.keyring.environment import erase_variables
from pilookup_server.settings import ServeError

SECRET_VARIABLES: Final = (
    "PILOOKUP_METADATA_TOKEN",
    "PILOOKUP_ONLINE_PASSPHRASE",
    "PILOOKUP_PASSPHRASE",
    "PILOOKUP_PLATFORM_TOKENS",
    "PILOOKUP_QUOTA_STORAGE",
)
"""Variables that are erased once they are read: secrets, and a URL that may contain a password."""

RESERVED_DESCRIPTORS: Final = 256
"""Descriptors of a worker that are not connections: files of releases, listeners, the event loop."""

_MOST_DESCRIPTORS: Final = 65_536
_PR_SET_DUMPABLE: Final = 4


def harden() -> None:
    """Erase secrets from the environment, write no core dump, and make new files private to the user.

    Other processes of the same user can then neither read this process's memory nor trace it. Processes that are forked
    later inherit all of it.
    """
    erase_variables(SECRET_VARIABLES)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _forbid_dumps()
    os.umask(0o077)


def raise_descriptor_limit() -> int:
    """Raise the soft limit of open descriptors as far as the system allows, at most to 65,536.

    Returns:
        The limit.

    Raises:
        ServeError: It is too low to serve anybody.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if wanted > soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    limit = _MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
    if limit < 2 * RESERVED_DESCRIPTORS:
        raise ServeError(
            f"only {limit} open files are allowed (ulimit -n); the server needs {2 * RESERVED_DESCRIPTORS}"
        )
    return limit


def open_descriptors() -> int | None:
    """The number of open descriptors of this process; None if the system does not tell (it is not Linux)."""
    try:
        return sum(1 for _ in Path("/proc/self/fd").iterdir()) - 1  # less the one that lists them
    except FileNotFoundError:
        return None


def _forbid_dumps() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
