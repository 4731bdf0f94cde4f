"""The functions and streams that a caller hands in, and how the errors they raise pass through the work to the caller.

An error of the caller's code, such as an OSError of a progress function, must not be taken for one of the work, which
turns OSErrors into errors that name its own files. So it travels as a `CallbackError`, which nothing on the way
handles, and is raised unchanged where the work ends.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int, int], None]
"""Called with (done, total, rows): how far the work is, of how much, and the rows or entries so far."""


class CallbackError(Exception):
    """Carries an error of the caller's code through the work.

    Args:
        raised: The error.
    """

    def __init__(self, raised: Exception) -> None:
        super().__init__(raised)
        self.raised = raised


@contextmanager
def caller_code() -> Iterator[None]:
    """Put around every call of the caller's code; raises what that raises as `CallbackError`."""
    try:
        yield
    except Exception as error:
        raise CallbackError(error) from error


def guarded(on_progress: Progress) -> Progress:
    """A progress function that raises `CallbackError` if `on_progress` raises anything."""

    def report(done: int, total: int, rows: int) -> None:
        with caller_code():
            on_progress(done, total, rows)

    return report


@contextmanager
def callback_errors() -> Iterator[None]:
    """Put around the work as a whole; raises an error of the caller's code as the caller's code raised it."""
    raised = None
    try:
        yield
    except CallbackError as error:
        raised = error.raised
    if raised is not None:
        raise raised from raised.__cause__  # hides the CallbackError in a traceback
