"""Killing this very process before its n-th step that the disk could tell: writes, flushes, renames, removals, commits."""

import os
import shutil
import signal
from pathlib import Path

from sqlalchemy import event

from pilookup import durable

_MODULES = [(durable, name) for name in ("write_flushed", "sync_directory", "make_directory")]
STEPS = [*_MODULES, (Path, "rename"), (Path, "unlink"), (Path, "mkdir"), (shutil, "rmtree")]


def kill_before(n, engine, *, commits_alone=False):
    """SIGKILL before step n, counted from here, of this process; with `commits_alone`, before the n-th commit."""
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
