"""Running a program in a process of its own and killing it at random instants.

A program is Python code. One that prints a line once its work begins (after passphrases) is killed within that work and
not in the start-up, which changes nothing on the disk.
"""

import contextlib
import os
import signal
import time

from tests.support.custody.forks import Fork


class OwnFailureError(AssertionError):
    """The program ended by itself, and not well."""


def exit_status(program):
    """How a whole run ends; negative for a signal. What it prints is dropped."""
    with Fork(program) as process:
        process.stdout.read()
        return process.wait()


def duration_of(program, *, ready=False):
    """Seconds a whole run takes, from its first line with `ready`; the run must succeed."""
    with Fork(program) as process:
        _wait_ready(process, ready)
        started = time.monotonic()
        process.stdout.read()
        if process.wait():
            raise OwnFailureError(f"ended with {process.returncode}")
        return time.monotonic() - started


def kill_after(program, seconds, *, ready=False):
    """SIGKILL the program, and what it started, after so many seconds; whether that came before its end."""
    with Fork(program) as process:
        _wait_ready(process, ready)
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.read()
        code = process.wait()
        if code not in (0, -signal.SIGKILL):
            raise OwnFailureError(f"ended with {code}")
        return code == -signal.SIGKILL


def kill_at_random(program, kills, longest, rng, check, *, ready=False):
    """Kill `program(i)` for each i below `kills`, at instants up to `longest` seconds; `check(i, cut)` after each.

    Returns how many were cut short.
    """
    cuts = 0
    for i in range(kills):
        cut = kill_after(program(i), rng.uniform(0, longest), ready=ready)
        check(i, cut)
        cuts += cut
    return cuts


def _wait_ready(process, ready):
    if ready and not process.stdout.readline():
        raise OwnFailureError(f"ended with {process.wait()} before it began")
