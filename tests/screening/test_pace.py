"""A budget an hour, and how long a run waits for an evaluator."""

import pytest

from pilookup.checking.result import Failure, Reason
from pilookup.screening.pace import Pace, Patience
from pilookup.screening.screening import Screening
from tests.support.checking.server import Answer
from tests.support.screening.platform import listed, user_table


class Clock:
    def __init__(self):
        self.at, self.slept = 0.0, []

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.at += seconds


def pace(budget):
    clock = Clock()
    return clock, Pace(budget, clock.now, clock.sleep)


def test_a_budget_is_spread_over_the_hour():
    clock, limited = pace(3600)
    for _ in range(4):
        limited.take(900)
    assert clock.slept == [900.0] * 3
    clock.at += 10_000
    limited.take(900)
    assert len(clock.slept) == 3, "time that was not used is not owed twice"
    limited.take(1)
    assert clock.slept[3:] == [900.0]


def test_no_budget_never_waits():
    clock, free = pace(None)
    free.take(10**9)
    assert clock.slept == []


def test_a_run_keeps_to_its_budget(platform, publisher):
    publisher.publish(listed([1]), serial=1)
    platform.sync()
    clock, limited = pace(999)
    outcome = Screening(platform.out, platform.job()).run(user_table(range(2500)), pace=limited)
    assert outcome.evaluated == 2500
    assert clock.slept == [3600.0, 3600.0]


def test_a_run_waits_for_an_evaluator_that_comes_back(platform, publisher, host):
    publisher.publish(listed([1]), serial=1)
    platform.sync()
    clock, limited = pace(None)
    answers = iter([Answer(503), Answer(429, headers={"Retry-After": "40"}), Answer(503, headers={"Retry-After": "7"})])
    host.twist = lambda asked, answer: next(answers, answer) if asked.method == "POST" else answer
    said = []
    outcome = Screening(platform.out, platform.job(max_wait=60.0)).run(
        user_table(range(10)), pace=limited, on_wait=lambda text, seconds: said.append((text, seconds))
    )
    assert (outcome.stopped, outcome.evaluated) == (None, 10)
    assert clock.slept == [1.0, 40.0, 7.0]
    assert [seconds for _, seconds in said] == clock.slept
    assert ["failed" in text or "too many elements" in text for text, _ in said] == [True] * 3


def test_patience_ends_and_begins_again_with_an_answer():
    patience = Patience(100.0)
    down = Failure(Reason.UNREACHABLE)
    assert [patience.wait(down) for _ in range(7)] == [1, 2, 4, 8, 16, 32, None]
    patience.answered()
    assert patience.wait(down) == 1
    assert patience.wait(Failure(Reason.RATE_LIMITED, retry_after=500.0)) is None


@pytest.mark.parametrize("reason", [Reason.UNAUTHORIZED, Reason.RETIRED, Reason.BAD_PROOF, Reason.BAD_RESPONSE])
def test_what_waiting_does_not_mend_stops_at_once(reason):
    assert Patience(1e9).wait(Failure(reason, retry_after=1.0)) is None
