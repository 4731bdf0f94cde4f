"""The count of an epoch: for all workers together, and across restarts, kills and a full disk."""

import os
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pilookup_server.limits import channel_ledger
from pilookup_server.limits.channel_ledger import LEASE, ChannelLedger
from pilookup_server.limits.counters import CountersError
from pilookup_server.limits.shared_lock import SharedLock

from pilookup.errors import FormatError
from pilookup.release_files.evaluations import EVALUATED, Evaluations, read_evaluations

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
CEILING = 5_000_000


def open_ledger(folder, ceiling=CEILING):
    return ChannelLedger(folder, ceiling, SharedLock(), lambda: NOW)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 40_000), st.booleans()), max_size=60), st.booleans())
@settings(deadline=None)
def test_a_kill_forgets_nothing_and_counts_at_most_a_lease_too_many(tmp_path_factory, calls, orderly):
    folder = tmp_path_factory.mktemp("online")
    ledger, truth = open_ledger(folder), {}
    for epoch, elements, refunded in calls:
        assert ledger.charge(epoch, elements, 1)
        if refunded:
            ledger.refund(epoch, elements)
        else:
            truth[epoch] = truth.get(epoch, 0) + elements
    if orderly:
        ledger.close()
    again = open_ledger(folder)
    for epoch in (1, 2, 3):
        counted = again.evaluated(epoch)
        most = 0 if orderly else LEASE + 40_000
        assert truth.get(epoch, 0) <= counted <= truth.get(epoch, 0) + most


def test_the_ceiling_holds_across_restarts(tmp_path):
    done = 0
    for _ in range(30):
        ledger = open_ledger(tmp_path, 1000)
        done += sum(ledger.charge(1, 7, 1) for _ in range(20))
    assert 900 < done * 7 <= 1000
    assert open_ledger(tmp_path, 1000).charge(2, 7, 1)


def test_a_part_is_kept(tmp_path):
    ledger = open_ledger(tmp_path, 1000)
    assert ledger.charge(1, 800, 0.8)
    assert not ledger.charge(1, 1, 0.8)
    assert ledger.charge(1, 200, 1)
    assert not ledger.fits(1, 1, 1)


def test_workers_count_together(tmp_path):
    ledger, children = open_ledger(tmp_path, 1000), []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            done = 0
            while done < 400:
                with suppress(CountersError):  # on a slow disk the others may hold the lock for a second
                    ledger.charge(1, 1, 1)
                    done += 1
            os._exit(0)
        children.append(pid)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0] * 4
    assert ledger.evaluated(1) == 1000


def test_a_full_disk_is_logged_and_counting_goes_on(tmp_path, monkeypatch):
    lines, ledger = [], open_ledger(tmp_path, 1000)
    assert ledger.charge(1, 1, 1)

    class Log:
        def error(self, text, **_):
            lines.append(text)

        def warning(self, *_, **__):
            pass

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(channel_ledger, "write_evaluations", full)
        patch.setattr(channel_ledger, "logger", Log)
        assert all(ledger.charge(1, 100, 1) for _ in range(9))
        assert not ledger.charge(1, 100, 1)
        assert not ledger.saved
    assert lines == ["the count of evaluated elements cannot be written"]
    ledger.close()
    assert read_evaluations(tmp_path).epochs == {1: 901}


def test_after_a_full_disk_the_count_of_each_epoch_is_saved(tmp_path, monkeypatch):
    ledger = open_ledger(tmp_path, 1000)
    monkeypatch.setattr(channel_ledger, "_RETRY_SECONDS", 0)
    with monkeypatch.context() as patch:
        patch.setattr(channel_ledger, "write_evaluations", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        assert ledger.charge(1, 500, 1)
    assert ledger.charge(2, 1, 1)
    assert read_evaluations(tmp_path).epochs[1] >= 500


def test_each_mark_is_logged_once_by_whichever_worker_reaches_it(tmp_path, monkeypatch):
    lines = []

    class Log:
        def warning(self, _text, **fields):
            lines.append(fields["part"])

    monkeypatch.setattr(channel_ledger, "logger", Log)
    ledger = open_ledger(tmp_path, 1000)
    while ledger.charge(1, 7, 1):
        ledger.refund(1, 7)  # what is refused and given back reaches no mark again
        assert ledger.charge(1, 7, 1)
    assert lines == [0.5, 0.8]
    ledger.charge(1, 1000 - ledger.evaluated(1), 1)
    assert lines == [0.5, 0.8, 1.0]


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(1, 30_000)), max_size=60),
    st.sampled_from([(0, 1), (1, 0), (0,), ()]),
)
@settings(deadline=None)
def test_servers_that_overlap_on_one_home_forget_nothing_of_each_other(tmp_path_factory, calls, closed):
    folder = tmp_path_factory.mktemp("online")
    ledgers, total = [open_ledger(folder) for _ in range(2)], 0
    for server, elements in calls:
        assert ledgers[server].charge(1, elements, 1)
        total += elements
    for server in closed:
        ledgers[server].close()
    counted = open_ledger(folder).evaluated(1)
    assert total <= counted <= total + 4 * LEASE


def test_only_the_newest_epochs_are_remembered(tmp_path):
    ledger = open_ledger(tmp_path)
    for epoch in range(1, 12):
        assert ledger.charge(epoch, 5, 1)
    ledger.close()
    assert read_evaluations(tmp_path).epochs == dict.fromkeys(range(4, 12), 5)


@given(st.dictionaries(st.integers(1, 2**32 - 1), st.integers(0, 2**53 - 1), max_size=9))
def test_the_file_round_trips(epochs):
    record = Evaluations(epochs, NOW)
    assert Evaluations.from_bytes(record.to_bytes()) == record


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(data):
    with pytest.raises(FormatError):
        Evaluations.from_bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"epochs":[{"epoch":1,"evaluated":5},{"epoch":1,"evaluated":6}],"time":"2026-11-24T08:00:00Z","version":1}',
        b'{"epochs":[{"epoch":1,"evaluated":-5}],"time":"2026-11-24T08:00:00Z","version":1}',
        b'{"epochs":[5],"time":"2026-11-24T08:00:00Z","version":1}',
        b'{"epochs":{},"time":"2026-11-24T08:00:00Z","version":1}',
        b'{"epochs":[],"time":"2026-11-24T08:00:00Z","version":2}',
    ],
)
def test_a_damaged_file_stops_the_start_and_is_named(tmp_path, data):
    (tmp_path / EVALUATED).write_bytes(data)
    with pytest.raises(FormatError):
        open_ledger(tmp_path)
