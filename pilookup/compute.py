"""Where work runs: threads of this process, behind `concurrent.futures.Executor`.

The native core and the ciphers release the interpreter lock, so threads are enough.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def local_executor(workers: int | None = None) -> Executor:
    """A pool of threads, one a processor unless told; a context manager that waits for what was submitted."""
    return ThreadPoolExecutor(max_workers=workers or processors(), thread_name_prefix="pilookup")


def processors() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ordered_map(
    executor: Executor, work: Callable[[Item], Outcome], items: Iterable[Item], ahead: int
) -> Iterator[Outcome]:
    """`map(work, items)` in order, with at most `ahead` items taken but not yet handed back.

    Items are drawn in the caller's thread while earlier ones are worked on, so memory holds
    `ahead` items whatever the length. The first error of `items` or `work` is raised; what has
    not started by then is cancelled.
    """
    pending: deque[Future[Outcome]] = deque()
    try:
        for item in items:
            pending.append(executor.submit(work, item))
            if len(pending) >= ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()
