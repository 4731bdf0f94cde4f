"""Runs a program in a separate process and kills it at random instants.

A program is Python code. If it prints a line when its work begins (after the passphrases), it can be killed during that
work and not during the start-up, which changes nothing on disk.
"""

import contextlib
import os
import signal
import time

from tests.support.custody.forks import Fork


class OwnFailureError(AssertionError):
    """The program failed by itself."""


def exit_status(program):
    """The exit status of a complete run, negative for a signal. Its output is discarded."""
    with Fork(program) as process:
        process.stdout.read()
        return process.wait()


def duration_of(program, *, ready=False):
    """The seconds of a complete run, which must succeed; with `ready`, counted from its first line."""
    with Fork(program) as process:
        _wait_ready(process, ready)
        started = time.monotonic()
        process.stdout.read()
        if process.wait():
            raise OwnFailureError(f"ended with {process.returncode}")
        return time.monotonic() - started


def kill_after(program, seconds, *, ready=False):
    """Kill the program and its children after `seconds`; return whether it was still running."""
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

    Returns the number of runs that were killed before their end.
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
