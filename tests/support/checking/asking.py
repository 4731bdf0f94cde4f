"""What tests of the client ask for, and how an answer is changed on the way."""

from tests.support.checking.numbers import HIT, MISS

BOTH = [HIT, MISS]


def on(part, change):
    """A twist for paths that contain `part`."""
    return lambda asked, answer: change(asked, answer) if part in asked.path else answer


def assert_unknown(client, reason, texts=BOTH):
    results = client.check_many(texts)
    assert [result.status for result in results] == ["unknown"] * len(texts)
    assert [result.reason for result in results] == [reason] * len(texts)
    one = client.check(texts[0])
    assert (one.status, one.reason) == ("unknown", reason)
