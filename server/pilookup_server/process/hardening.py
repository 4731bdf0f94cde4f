"""What the server asks of the operating system for its processes: no dumps of memory, private files, descriptors."""

import os
import resource
from pathlib import Path
from typing import Final

from pilookup.private_process import SECRET_VARIABLES, erase_variables, forbid_dumps
from pilookup_server.settings import ServeError

RESERVED_DESCRIPTORS: Final = 256
"""Descriptors of a worker that are not connections: files of releases, listeners, the event loop."""

_MOST_DESCRIPTORS: Final = 65_536


def harden() -> None:
    """Erase secrets from the environment, write no core dump, and make new files private to the user.

    Other processes of the same user can then neither read this process's memory nor trace it. Processes that are forked
    later inherit all of it.
    """
    erase_variables(SECRET_VARIABLES)
    forbid_dumps()
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
