"""Replay guards: each proof of work is accepted once."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from anyio import to_thread

from pilookup.protocol.problems import Problem
from pilookup_server.limits.counters import CountersError
from pilookup_server.limits.redis_counters import RedisCounters
from pilookup_server.problems import ProblemError


class ReplayGuard(Protocol):
    """Remembers which names have been used, for a limited time."""

    async def mark_used(self, name: str, seconds: int) -> bool:
        """Mark `name` as used for the next `seconds`.

        Returns:
            Whether it was unused. Of several concurrent calls, exactly one gets True.

        Raises:
            ProblemError: 503 if the name cannot be stored.
        """


class LocalReplayGuard:
    """A replay guard for the workers of one machine: one file per name, created exclusively."""

    def __init__(self, folder: Path) -> None:
        """Keep the files in `folder`, a private directory that all workers share."""
        self._folder = folder
        self._last_sweep = time.monotonic()

    async def mark_used(self, name: str, seconds: int) -> bool:
        if time.monotonic() - self._last_sweep > seconds:
            self._last_sweep = time.monotonic()
            await to_thread.run_sync(self._sweep, seconds)
        try:
            # A cleaner of temporary directories may have removed the folder. It removes only what has not been touched
            # for days, so every name that was in the folder has expired.
            self._folder.mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(self._folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return False
        except OSError:
            raise ProblemError(Problem.UNAVAILABLE, "A proof cannot be noted.", {"retry-after": "5"}) from None
        return True

    def _sweep(self, seconds: int) -> None:
        """Delete names that are twice as old as their time of use."""
        for file in self._folder.glob("*"):
            with suppress(FileNotFoundError):  # another worker sweeps at the same time
                if time.time() - file.stat().st_mtime > 2 * seconds:
                    file.unlink()


class SharedReplayGuard:
    """A replay guard for workers on several machines: a counter per name in their shared storage."""

    def __init__(self, counters: RedisCounters) -> None:
        """Keep the names where `counters` counts."""
        self._counters = counters

    async def mark_used(self, name: str, seconds: int) -> bool:
        try:
            return await self._counters.count_once(f"proof/{name}", seconds)
        except CountersError:
            raise ProblemError(Problem.UNAVAILABLE, "A proof cannot be noted.", {"retry-after": "5"}) from None
