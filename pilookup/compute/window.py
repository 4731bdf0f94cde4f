"""A bounded number of tasks in flight, whose outcomes are delivered in the order of submission."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from types import TracebackType
from typing import Generic, Self, TypeVar

from pilookup.compute.executors import abandon

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")


class OrderedWindow(Generic[Task, Outcome]):
    """Keeps at most `ahead` tasks in flight and passes each outcome to `take`, in the order of the tasks.

    The first error in that order is raised when its outcome would have been taken. As a context manager: on normal exit
    it waits for all pending outcomes and delivers them; on an exception it cancels them.

    Args:
        executor: Runs the tasks.
        work: The function that is called with each task.
        take: Called with each outcome, in the thread that uses the window.
        ahead: The greatest number of tasks in flight.
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
        """Submit a task, once fewer than `ahead` tasks are in flight; takes outcomes until then.

        Raises what the tasks raise.
        """
        while len(self._pending) >= self._ahead:
            self._take(self._pending.popleft().result())
        self._pending.append(self._executor.submit(self._work, task))

    def drain(self) -> None:
        """Wait for all pending outcomes and take them. Raises what the tasks raise."""
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
