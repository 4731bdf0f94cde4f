"""Kills a program before a chosen one of its steps that change files below a folder, or are flushes."""

import signal

from tests.support.custody.forks import Fork

_PROLOGUE = """
import os, signal, sys

left, taken = {steps}, 0

def step():
    global left, taken
    left, taken = left - 1, taken + 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

def hook(event, arguments):
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE
    changes = event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link")
    if (writes or changes) and str(arguments[0]).startswith({folder!r}):
        step()

flush = os.fsync
os.fsync = lambda handle: (step(), flush(handle))
sys.addaudithook(hook)
"""
_EPILOGUE = "\nprint(taken)\n"
ALL = 1 << 30


def run_killed(program, folder, steps=ALL):
    """Run a program, and kill it before step `steps`, counted from 0; returns the steps of a complete run, else None."""
    with Fork(_PROLOGUE.format(steps=steps, folder=str(folder)) + program + _EPILOGUE) as process:
        said = process.stdout.read()
        ended = process.wait()
    assert ended in (0, -signal.SIGKILL), f"killed before step {steps}: {ended}"
    return int(said) if ended == 0 else None
