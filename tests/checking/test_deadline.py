"""A call ends at its deadline, at whatever byte of whatever exchange the peer begins to drip, and closes the connection.

The clock of deadlines is a fake one here, which the server moves past the deadline before it sends one more byte. The
same with real seconds: tests/attacks/scripts/dripping_server.py.
"""

import asyncio
import itertools
import queue
import threading

import pytest

from pilookup import AsyncClient
from pilookup.checking import deadline
from tests.support.checking.asking import on
from tests.support.checking.drip import ENDLESS, EXCHANGES, FORMS, HANG, Clock, Dripping, is_closed, positions
from tests.support.checking.numbers import HIT
from tests.support.checking.server import Answer


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(deadline, "now", clock)
    return clock


def forget_trust(client):
    client.client._trust._verified_at = (-1e9, -1e9)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_drip_at_any_byte_ends_at_the_deadline(exchange, form, host, client_at, clock):
    dripping = Dripping(FORMS[form], clock)
    host.twist = on(EXCHANGES[exchange], dripping)
    client = client_at(timeout=HANG, cache_bytes=0)
    for _ in range(2):  # the first time, a canary goes with the number
        assert client.check(HIT).status == "found"
    message = FORMS[form](dripping.body)
    for position in positions(message, dripping.body, step=97):
        dripping.position = position
        if exchange == "metadata":
            forget_trust(client)
        result = client.check(HIT)
        assert (result.status, result.reason) == ("unknown", "unreachable"), position
        assert result.detail == "no answer within 20 seconds"
        assert dripping.closed.get(timeout=HANG), position
        assert dripping.closed.empty()
    dripping.position = None
    assert client.check(HIT).status == "found"


@pytest.mark.parametrize("element", ENDLESS)
@pytest.mark.parametrize("exchange", EXCHANGES)
def test_an_answer_without_end_ends_at_the_deadline(exchange, element, host, client_at, clock):
    start, repeated = ENDLESS[element]
    closed = queue.Queue()

    def pour(connection, body):
        """Send without pauses, so that there is always something to read; the clock moves with each piece."""
        connection.settimeout(HANG)
        try:
            connection.sendall(start)
            for _ in range(10_000):
                clock.time += HANG / 100
                connection.sendall(repeated)
        except OSError:
            closed.put(True)
        else:
            closed.put(is_closed(connection, HANG / 2))

    host.twist = on(EXCHANGES[exchange], lambda asked, answer: Answer(raw=pour))
    result = client_at(timeout=HANG).check(HIT)
    assert (result.status, result.reason) == ("unknown", "unreachable")
    assert closed.get(timeout=HANG)  # of two buckets, if the canary is in another one than the number


def test_the_deadline_counts_all_requests_of_a_call_together(host, client_at, clock):
    """Each answer is in time for a timeout of one request, but not all of them for one of the call."""

    def slow(asked, answer):
        clock.time += 0.4 * HANG
        return answer

    host.twist = slow
    result = client_at(timeout=HANG).check(HIT)
    assert (result.status, result.reason) == ("unknown", "unreachable")
    assert len(host.asked) == 3


def test_a_call_may_have_a_timeout_of_its_own(host, client_at, clock):
    def slow(asked, answer):
        clock.time += 0.1 * HANG
        return answer

    host.twist = slow
    client = client_at(timeout=0.2 * HANG)
    assert client.check(HIT).reason == "unreachable"
    assert client.check(HIT, None, timeout=HANG).status == "found"


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 1e9])
def test_a_timeout_must_be_a_number_of_seconds(seconds, client):
    with pytest.raises(ValueError, match="timeout"):
        client.check(HIT, None, timeout=seconds)


def test_many_numbers_keep_the_answers_that_came_in_time(host, client_at, clock):
    """The second request of a thousand numbers does not come back in time."""
    batches = itertools.count()

    def slow(asked, answer):
        if next(batches) == 1:
            clock.time += 2 * HANG
        return answer

    host.twist = on("/evaluate", slow)
    results = client_at(timeout=HANG).check_many([f"1360000{n:04}" for n in range(3000)])
    assert {result.status for result in results[:999]} == {"not_found"}
    assert {(result.status, result.reason) for result in results[1999:]} == {("unknown", "unreachable")}
    assert len(host.evaluations()) == 2


def test_a_call_with_time_left_does_not_share_the_failure_of_one_without(host, client_at, clock):
    """A call of one second begins a refresh that hangs; one of twenty seconds waits for it, and then makes its own."""
    asked, waiting = threading.Event(), threading.Event()

    def hold(request, answer):
        if not asked.is_set():
            asked.set()
            assert waiting.wait(HANG)
            clock.time += 2
        return answer

    host.twist = on("timestamp.json", hold)
    client = client_at(timeout=HANG)
    results = {}
    if isinstance(client.client, AsyncClient):

        async def both():
            short = asyncio.create_task(client.client.check(HIT, timeout=1))
            while not asked.is_set():  # noqa: ASYNC110 - set by the server's thread
                await asyncio.sleep(0)
            long = asyncio.create_task(client.client.check(HIT))
            await asyncio.sleep(0)
            waiting.set()
            results["short"], results["long"] = await asyncio.gather(short, long)

        client.loop.run_until_complete(both())
    else:
        short = threading.Thread(target=lambda: results.update(short=client.check(HIT, timeout=1)))
        long = threading.Thread(target=lambda: results.update(long=client.check(HIT)))
        short.start()
        assert asked.wait(HANG)
        long.start()
        waiting.set()
        for thread in (short, long):
            thread.join(HANG)
    assert results["short"].reason == "unreachable"
    assert results["long"].status == "found"
