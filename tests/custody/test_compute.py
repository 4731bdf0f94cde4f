import threading

import pytest

from pilookup.compute import local_executor, ordered_map, processors


def test_outcomes_come_in_the_order_of_the_items():
    first = threading.Event()

    def work(i):
        if i == 0:
            first.wait(10)
        if i == 1:
            first.set()
        return i * i

    with local_executor(2) as executor:
        assert list(ordered_map(executor, work, range(50), 4)) == [i * i for i in range(50)]


@pytest.mark.parametrize("ahead", [1, 2, 5])
def test_no_more_items_are_drawn_than_may_be_under_way(ahead):
    drawn = []

    def items():
        for i in range(40):
            drawn.append(i)
            yield i

    with local_executor(3) as executor:
        for done, _ in enumerate(ordered_map(executor, lambda i: i, items(), ahead)):
            assert len(drawn) <= done + ahead


def test_no_items_give_nothing():
    with local_executor(1) as executor:
        assert list(ordered_map(executor, str, [], 3)) == []


def test_an_error_of_the_work_comes_out_and_what_waits_is_not_begun():
    begun, told = [], threading.Event()

    def work(i):
        begun.append(i)
        if i == 0:
            raise ValueError(i)
        told.wait(10)

    with local_executor(1) as executor:
        with pytest.raises(ValueError, match=r"^0$"):
            next(ordered_map(executor, work, range(10), 4))
        told.set()
    assert len(begun) <= 2


def test_an_error_of_the_items_comes_out():
    def items():
        yield 1
        raise OSError("the source ends")

    with local_executor(1) as executor, pytest.raises(OSError, match="the source ends"):
        list(ordered_map(executor, str, items(), 3))


def test_there_is_a_processor():
    assert processors() >= 1
