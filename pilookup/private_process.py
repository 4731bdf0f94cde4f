"""Keeps what a process holds in memory and in its environment from other processes of the same user.

`os.environ` is a copy. The system shows the environment that a process was started with in `/proc/PID/environ`, for as
long as the process runs and whatever it does to the copy.
"""

import ctypes
import os
import resource
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

SECRET_VARIABLES: Final = (
    "PILOOKUP_PASSPHRASE",
    "PILOOKUP_ONLINE_PASSPHRASE",
    "PILOOKUP_NEW_PASSPHRASE",
    "PILOOKUP_BACKUP_PASSPHRASE",
    "PILOOKUP_KEY_PASSPHRASE",
    "PILOOKUP_KEY_PIN",
    "PILOOKUP_DATABASE_URL",
    "PILOOKUP_SERVICE_DATABASE_URL",
    "PILOOKUP_TOKEN",
    "PILOOKUP_MIRROR_TOKEN",
    "PILOOKUP_MIRROR_PASSWORD",
    "PILOOKUP_METADATA_TOKEN",
    "PILOOKUP_PLATFORM_TOKENS",
    "PILOOKUP_SANDBOX_KEY",
    "PILOOKUP_QUOTA_STORAGE",
    *(f"{name}_PROXY" for name in ("HTTPS", "HTTP", "ALL")),
    *(f"{name}_proxy" for name in ("https", "http", "all")),
)
"""Variables that hold a secret, or a URL that may contain a password."""

_ENV_START: Final = 47
"""Position of `env_start` among the fields of `/proc/self/stat` that follow the program's name (proc(5), field 50)."""

_PR_SET_DUMPABLE: Final = 4
_PR_SET_NAME: Final = 15


def forbid_dumps() -> None:
    """Write no core dump, and let no other process of the same user read this process's memory or trace it.

    Processes that are forked later inherit it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def name_process(name: str) -> None:
    """Set the name that `ps` and `top` show for this process, on Linux; the system cuts it to 15 bytes."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def hide_variables(names: Iterable[str] = SECRET_VARIABLES) -> None:
    """Overwrite the values of variables in the environment that the process was started with.

    `os.environ` still has them. Programs that this process starts do not get them, unless it passes `os.environ` on.
    Call it before `forbid_dumps`, after which the process may not look at its own `/proc`. Where there is no `/proc`,
    nothing is done.
    """
    for name in names:
        _overwrite(os.fsencode(name) + b"=")


def erase_variables(names: Iterable[str]) -> None:
    """Hide variables, and remove them from `os.environ` too. Those that are not set are ignored."""
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
