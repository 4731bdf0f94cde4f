"""Tasks in flight: submitted one after another, their outcomes taken in that order."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from types import TracebackType
from typing import Generic, Self, TypeVar

from pilookup.compute.executors import abandon

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")


class OrderedWindow(Generic[Task, Outcome]):
    """Keeps at most `ahead` tasks under way and hands each outcome to `take`, in the order of the tasks.

    The first error, in that order, is raised where the outcome would have been taken. A context manager: a block that
    ends well takes what is still out, one that fails gives it up.
    """

    def __init__(
        self, executor: Executor, work: Callable[[Task], Outcome], take: Callable[[Outcome], None], ahead: int
    ) -> None:
        self._executor = executor
        self._work = work
        self._take = take
        self._ahead = ahead
        self._pending: deque[Future[Outcome]] = deque()

    def put(self, task: Task) -> None:
        """Submit a task, once there is room for it."""
        while len(self._pending) >= self._ahead:
            self._take(self._pending.popleft().result())
        self._pending.append(self._executor.submit(self._work, task))

    def drain(self) -> None:
        """Take every outcome that is still out."""
        while self._pending:
            self._take(self._pending.popleft().result())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.drain()
        finally:
            abandon(self._pending)
            self._pending.clear()
