"""The executors: the processors they may use, and what becomes of tasks when a cluster fails."""

from concurrent.futures import CancelledError, Future

import distributed
import pytest

from pilookup.compute import executors
from pilookup.compute.executors import processors
from pilookup.errors import ComputeError


def test_there_is_a_processor():
    assert processors() >= 1


class Inner:
    """Stands for Dask's executor and client; writes down what was asked of it."""

    def __init__(self):
        self.calls = []

    def shutdown(self, *, wait):
        self.calls.append(("shutdown", wait))

    def close(self):
        self.calls.append("close")


@pytest.mark.parametrize(
    ("wait", "cancel_futures", "waits"),
    [(True, False, True), (True, True, False), (False, False, False), (False, True, False)],
)
def test_a_cluster_waits_for_its_tasks_unless_they_are_cancelled(wait, cancel_futures, waits):
    cluster = executors._Cluster.__new__(executors._Cluster)
    cluster._inner = cluster._client = inner = Inner()
    cluster.shutdown(wait, cancel_futures=cancel_futures)
    assert inner.calls == [("shutdown", waits), "close"]


@pytest.mark.parametrize(
    ("error", "expected", "text"),
    [
        (distributed.KilledWorker("task", None, 3), ComputeError, "every worker that ran the task died"),
        (distributed.CancelledError("task"), ComputeError, "the connection to the scheduler was lost"),
        (CancelledError(), ComputeError, "the connection to the scheduler was lost"),
        (ValueError("of the task"), ValueError, "of the task"),
    ],
)
def test_failures_of_the_cluster_are_compute_errors(error, expected, text):
    inner, outer = Future(), Future()
    inner.set_exception(error)
    executors._copy_outcome(inner, outer)
    with pytest.raises(expected, match=text):
        outer.result()


def test_a_result_is_copied_unless_the_future_was_cancelled():
    inner, outer, cancelled = Future(), Future(), Future()
    inner.set_result(7)
    executors._copy_outcome(inner, outer)
    assert outer.result() == 7
    cancelled.cancel()
    executors._copy_outcome(inner, cancelled)
    assert cancelled.cancelled()
