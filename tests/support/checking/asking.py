"""Assertions about unknown results, and changes to answers of some paths, for tests of the client."""

import threading

from tests.support.checking.numbers import HIT, MISS

BOTH = [HIT, MISS]


def on(part, change):
    """Return a twist that changes the answers to paths which contain `part`."""
    return lambda asked, answer: change(asked, answer) if part in asked.path else answer


def held_once(part, seconds):
    """Return a twist that holds the first answer to a path which contains `part`, at most for some seconds.

    Returns:
        The twist, an event that is set when that path is asked for, and one that lets the answer go.
    """
    asked, answered = threading.Event(), threading.Event()

    def hold(request, answer):
        if not asked.is_set():
            asked.set()
            answered.wait(seconds)
        return answer

    return on(part, hold), asked, answered


def assert_unknown(client, reason, texts=BOTH):
    results = client.check_many(texts)
    assert [result.status for result in results] == ["unknown"] * len(texts)
    assert [result.reason for result in results] == [reason] * len(texts)
    one = client.check(texts[0])
    assert (one.status, one.reason) == ("unknown", reason)
