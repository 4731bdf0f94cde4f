"""Proofs that have been used, for as long as they could be used again."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from anyio import to_thread
from limits.aio.storage.redis import RedisStorage
from limits.errors import StorageError

from pilookup.protocol.problems import Problem
from pilookup_server.problems import ProblemError


class ReplayGuard(Protocol):
    """Remembers names for a while."""

    async def mark_used(self, name: str, seconds: int) -> bool:
        """True for the first to mark_used `name` in the last `seconds`; raises ProblemError 503 when it cannot tell."""


class LocalReplayGuard:
    """For the workers of one machine: a file a name, made by the first alone."""

    def __init__(self, folder: Path) -> None:
        """`folder` is private and shared by all workers."""
        self._folder = folder
        self._last_sweep = time.monotonic()

    async def mark_used(self, name: str, seconds: int) -> bool:
        if time.monotonic() - self._last_sweep > seconds:
            self._last_sweep = time.monotonic()
            await to_thread.run_sync(self._sweep, seconds)
        try:
            # Made anew where a cleaner of temporary directories took it: what was spent before then is long expired.
            self._folder.mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(self._folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return False
        except OSError:
            raise ProblemError(Problem.UNAVAILABLE, "A proof cannot be noted.", {"retry-after": "5"}) from None
        return True

    def _sweep(self, seconds: int) -> None:
        """Forget what has been there twice as long as it could be used."""
        for file in self._folder.glob("*"):
            with suppress(FileNotFoundError):  # another worker sweeps too
                if time.time() - file.stat().st_mtime > 2 * seconds:
                    file.unlink()


class SharedReplayGuard:
    """For workers on many machines: counted in their common storage."""

    def __init__(self, storage: RedisStorage) -> None:
        self._storage = storage

    async def mark_used(self, name: str, seconds: int) -> bool:
        try:
            return await self._storage.incr(f"proof/{name}", seconds) == 1
        except StorageError:
            raise ProblemError(Problem.UNAVAILABLE, "A proof cannot be noted.", {"retry-after": "5"}) from None
