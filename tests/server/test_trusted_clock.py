"""The clock that the server goes by follows the wall clock as long as that one is even with the elapsed seconds."""

from datetime import timedelta

import pytest
from pilookup_server.trusted_clock import TrustedClock

from pilookup.errors import FormatError
from pilookup.release_files.serving_state import CLOCK, ClockRecord, read_clock_record, trust_clock
from tests.support.server.release_fixture import START, Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def started(tmp_path, clock):
    """Starts a server on this machine: returns its clock."""
    return lambda: TrustedClock(clock, clock.elapsed, clock.boot, tmp_path)


def close(first, second):
    return abs(first - second) <= timedelta(seconds=1)


@pytest.mark.parametrize(
    "step", [timedelta(days=10), timedelta(days=-10), timedelta(seconds=61), timedelta(seconds=-61)]
)
def test_a_step_is_not_followed_and_a_clock_that_returns_is_trusted_at_once(clock, started, step):
    trusted = started()
    clock.pass_(hours=2)
    assert trusted.may_destroy
    clock.step(seconds=step.total_seconds())
    assert trusted.doubtful
    assert trusted() == START + timedelta(hours=2)
    clock.pass_(seconds=4)
    assert trusted() == START + timedelta(hours=2, seconds=4)
    assert not trusted.may_destroy
    clock.step(seconds=-step.total_seconds())
    assert not trusted.doubtful
    assert trusted.may_destroy
    assert trusted() == clock.now


@pytest.mark.parametrize("step", [timedelta(hours=48), timedelta(hours=-48), timedelta(minutes=2)])
def test_a_new_time_counts_after_ten_even_minutes(clock, started, step):
    trusted = started()
    clock.pass_(hours=2)
    assert not trusted.doubtful
    clock.step(seconds=step.total_seconds())
    assert trusted.doubtful
    clock.pass_(minutes=9, seconds=59)
    assert trusted.doubtful
    clock.pass_(seconds=1)
    assert not trusted.doubtful
    assert trusted() == clock.now
    assert trusted.may_destroy


def test_minutes_that_are_not_even_do_not_count(clock, started):
    trusted = started()
    for n in range(2, 20):
        clock.step(minutes=n)
        assert trusted.doubtful
        clock.pass_(minutes=9)
    assert trusted() == START + 18 * timedelta(minutes=9)


@pytest.mark.parametrize("days", [4, -4])
def test_a_far_step_counts_on_the_operators_word_alone(clock, started, tmp_path, days):
    trusted = started()
    trusted.save()
    clock.step(days=days)
    for _ in range(100):
        clock.pass_(hours=1)
        assert trusted.doubtful
    trusted.save()
    again = started()
    assert again.doubtful, "a restart is nobody's word"
    assert close(again(), START + timedelta(hours=100))
    trust_clock(tmp_path, clock, clock.elapsed, clock.boot)
    accepted = started()
    assert not accepted.doubtful
    assert accepted() == clock.now
    assert not accepted.may_destroy, "nothing is destroyed in the first hour"


def test_suspension_is_no_step(clock, started):
    trusted = started()
    clock.pass_(days=40)
    assert not trusted.doubtful
    assert trusted() == START + timedelta(days=40)


def test_a_clock_that_is_slewed_is_followed(clock, started):
    trusted = started()
    for _ in range(100):
        clock.pass_(minutes=1)
        clock.step(seconds=2)
        assert not trusted.doubtful
    assert trusted() == clock.now


def test_a_step_while_the_server_was_stopped_is_noticed(clock, started):
    started().save()
    clock.pass_(hours=5)
    clock.step(days=4)
    again = started()
    assert again.doubtful
    assert close(again(), START + timedelta(hours=5))


def test_after_a_start_of_the_machine_a_time_before_the_last_known_one_is_in_doubt(clock, started):
    started().save()
    clock.step(days=-10)
    clock.start_machine()
    again = started()
    assert again.doubtful
    assert again() == START
    clock.pass_(minutes=10)
    assert again() == START + timedelta(minutes=10)


def test_after_a_start_of_the_machine_a_later_time_is_taken_and_nothing_is_destroyed_for_an_hour(clock, started):
    started().save()
    clock.step(days=4)
    clock.start_machine()
    again = started()
    assert (again(), again.doubtful, again.may_destroy) == (clock.now, False, False)
    clock.step(days=-4)
    assert again.doubtful
    clock.pass_(minutes=59)
    assert not again.may_destroy


def test_the_record_is_written_once_a_minute_and_when_the_doubt_changes(clock, started, tmp_path):
    trusted = started()
    trusted.save()
    first = read_clock_record(tmp_path)
    assert first == ClockRecord("first", 5000, START, doubtful=False)
    clock.pass_(seconds=59)
    trusted.save()
    assert read_clock_record(tmp_path) == first
    clock.pass_(seconds=1)
    trusted.save()
    assert read_clock_record(tmp_path).time == START + timedelta(minutes=1)
    clock.step(hours=1)
    trusted.save()
    record = read_clock_record(tmp_path)
    assert record == ClockRecord("first", 5060, START + timedelta(minutes=1), doubtful=True)
    assert {path.name for path in tmp_path.iterdir()} == {CLOCK}
    assert (tmp_path / CLOCK).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", b'{"version":2}'])
def test_a_damaged_record_is_as_none_and_the_first_hour_still_holds(clock, started, tmp_path, damage):
    (tmp_path / CLOCK).write_bytes(damage)
    with pytest.raises(FormatError):
        read_clock_record(tmp_path)
    trusted = started()
    assert (trusted(), trusted.doubtful, trusted.may_destroy) == (clock.now, False, False)
