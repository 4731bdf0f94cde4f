"""Assertions about unknown results, and changes to answers of some paths, for tests of the client."""

from tests.support.checking.numbers import HIT, MISS

BOTH = [HIT, MISS]


def on(part, change):
    """Return a twist that changes the answers to paths which contain `part`."""
    return lambda asked, answer: change(asked, answer) if part in asked.path else answer


def assert_unknown(client, reason, texts=BOTH):
    results = client.check_many(texts)
    assert [result.status for result in results] == ["unknown"] * len(texts)
    assert [result.reason for result in results] == [reason] * len(texts)
    one = client.check(texts[0])
    assert (one.status, one.reason) == ("unknown", reason)
