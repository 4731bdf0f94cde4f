"""Erases secrets from the environment that this process was started with.

`os.environ.pop` removes a variable for this process and for those that it starts, but the system still shows the bytes
in `/proc/PID/environ` to other processes of the same user.
"""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

_ENV_START = 47
"""Position of `env_start` among the fields of `/proc/self/stat` that follow the program's name (proc(5), field 50)."""


def erase_variables(names: Iterable[str]) -> None:
    """Remove variables from the environment, and overwrite what the process was started with.

    Where there is no `/proc`, the variables are removed but not overwritten.

    Args:
        names: The variables; those that are not set are ignored.
    """
    for name in names:
        os.environ.pop(name, None)
        _overwrite(os.fsencode(name) + b"=")


def _overwrite(prefix: bytes) -> None:
    try:
        block = Path("/proc/self/environ").read_bytes()
        start = int(Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()[_ENV_START])
    except OSError:  # not Linux, or /proc is not mounted: then nobody else can read it there either
        return
    at = 0 if block.startswith(prefix) else block.find(b"\0" + prefix) + 1
    if not block.startswith(prefix, at):
        return
    first = at + len(prefix)
    ctypes.memset(start + first, 0, block.index(b"\0", first) - first)
