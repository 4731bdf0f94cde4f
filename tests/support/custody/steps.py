"""Kills this process before its n-th step that changes the disk: a write, flush, rename, removal or commit."""

import os
import shutil
import signal
from pathlib import Path

from sqlalchemy import event

from pilookup import durable

_MODULES = [(durable, name) for name in ("write_flushed", "_locked_temporary", "sync_directory", "make_directory")]
STEPS = [*_MODULES, (Path, "rename"), (Path, "unlink"), (Path, "mkdir"), (shutil, "rmtree")]


def kill_before(n, engine, *, commits_alone=False):
    """Kill this process before its n-th step from now; with `commits_alone`, before its n-th commit."""
    left = [n]

    def step(*_):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    for owner, name in [] if commits_alone else STEPS:
        setattr(owner, name, _counted(getattr(owner, name), step))
    event.listen(engine, "commit", step)


def _counted(act, step):
    def counted(*args, **options):
        step()
        return act(*args, **options)

    return counted
