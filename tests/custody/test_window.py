"""OrderedWindow gives outcomes and the first error in the order of the tasks; nothing runs after a failed block."""

import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pytest

from pilookup.compute.window import OrderedWindow


def test_outcomes_are_delivered_in_order_whichever_is_done_first():
    gates, taken = [threading.Event() for _ in range(3)], []
    with (
        ThreadPoolExecutor(3) as executor,
        OrderedWindow(executor, lambda i: gates[i].wait(10) and i, taken.append, 3) as window,
    ):
        for i in range(3):
            window.put(i)
        for gate in reversed(gates):
            gate.set()
    assert taken == [0, 1, 2]


def test_no_more_tasks_than_the_window_are_pending():
    taken, out = [], []
    with ThreadPoolExecutor(1) as executor, OrderedWindow(executor, lambda i: i, taken.append, 2) as window:
        for i in range(10):
            window.put(i)
            out.append(i + 1 - len(taken))
    assert max(out) == 2
    assert taken == list(range(10))


def test_the_first_error_in_order_is_raised_and_the_rest_is_cancelled_or_waited_for():
    second_failed, done = threading.Event(), []

    def work(i):
        if i == 0:
            second_failed.wait(10)
            raise ValueError("first")
        if i == 1:
            second_failed.set()
            raise ValueError("second")
        done.append(i)

    with ThreadPoolExecutor(2) as executor:
        with pytest.raises(ValueError, match="first"), OrderedWindow(executor, work, done.append, 100) as window:
            put_all(window, 50)
        count = len(done)
    assert len(done) == count, "a task ran on"


def put_all(window, count):
    for i in range(count):
        window.put(i)


class Idle(Executor):
    """An executor that starts no task."""

    def __init__(self):
        self.given = []

    def submit(self, fn, /, *args, **kwargs):
        self.given.append(Future())
        return self.given[-1]


def test_a_failed_block_cancels_its_pending_tasks():
    executor, taken = Idle(), []

    def put_ten(window):
        put_all(window, 10)
        raise OSError("the source ends")

    with pytest.raises(OSError, match="the source ends"), OrderedWindow(executor, str, taken.append, 100) as window:
        put_ten(window)
    assert [future.cancelled() for future in executor.given] == [True] * 10
    assert not taken
