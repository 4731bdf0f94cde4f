"""The count of an epoch in the service database: over kills, several servers, and outages."""

import asyncio
import json
import os
import random
import shutil
from contextlib import suppress

import pytest
from pilookup_server import count_keeper
from pilookup_server.limits import channel_ledger
from pilookup_server.limits.channel_ledger import LEASE, OUTSIDE_PART, Keeping
from pilookup_server.limits.counters import CountersError
from pilookup_server.limits.usage_table import Usage
from pilookup_server.platforms.platform import Purpose
from pilookup_server.service_database.engine import connect, for_writing
from sqlalchemy import text

from pilookup.release_files.evaluations import EVALUATED, Evaluations, read_evaluations, write_evaluations
from pilookup.release_files.serving_state import read_database_fault
from tests.support.server.service_databases import CEILING, NOW, Server, counted, opened

OUTSIDE = int(CEILING * OUTSIDE_PART)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    """A request that waits for the keeper asks it again at once."""
    monkeypatch.setattr(channel_ledger, "_PAUSE_SECONDS", 0)


def charge(server, elements, epoch=1, part=1.0):
    return asyncio.run(server.ledger.charge(epoch, elements, part))


def spend(server, elements=1000, epoch=1):
    """Evaluate until it is refused; return how many elements that were."""
    done = 0
    with suppress(CountersError):
        while charge(server, elements, epoch):
            done += elements
    return done


@pytest.mark.parametrize("seed", range(3))
def test_a_kill_forgets_nothing_and_counts_at_most_a_lease_too_many(home, kind, server, seed):
    draw, running, truth, kills = random.Random(seed), server(), {1: 0, 2: 0}, 0
    for _ in range(60):
        epoch, elements = draw.choice((1, 2)), draw.randint(1, 20_000)
        assert charge(running, elements, epoch)
        truth[epoch] += elements
        if draw.random() < 0.2:
            running.ledger.refund(epoch, elements)
            truth[epoch] -= elements
        if draw.random() < 0.1:
            # What was taken back is taken in advance, until the server ends.
            kills += 1
            running.kill()
            running = server()
    running.stop()
    kept = counted(home, kind.url)
    for epoch, count in truth.items():
        assert count <= kept[epoch] <= count + kills * (LEASE + 20_000)
    assert kills


def test_an_orderly_stop_leaves_the_exact_count(home, kind, server):
    running = server()
    assert charge(running, 7)
    assert charge(running, 5, epoch=2)
    running.stop()
    assert counted(home, kind.url) == {1: 7, 2: 5}


def test_the_ceiling_holds_over_kills(server):
    done = 0
    for _ in range(5):
        running = server(ceiling=1000)
        done += sum(charge(running, 70) for _ in range(4))
        running.kill()
    assert 880 < done * 70 <= 1000
    assert charge(server(ceiling=1000), 7, epoch=2)


def test_the_last_element_below_the_ceiling_is_evaluated(server):
    running = server(ceiling=1000)
    assert charge(running, 950)
    assert spend(running, 1) == 50
    assert not asyncio.run(running.ledger.fits(1, 1, 1.0))


def test_a_part_is_kept(server):
    running = server(ceiling=1000)
    assert charge(running, 800, part=0.8)
    assert not charge(running, 1, part=0.8)
    assert asyncio.run(running.ledger.fits(1, 200, 1.0))
    assert charge(running, 200)


def test_two_servers_on_one_database_add_up(home, kind, server, tmp_path):
    other_home = home if kind.kind == "sqlite" else tmp_path / "other"
    servers, done, draw = [server(ceiling=200_000), server(at=other_home, ceiling=200_000)], [0, 0], random.Random(1)
    for _ in range(200):
        number = draw.randrange(2)
        done[number] += 3000 * charge(servers[number], 3000)
    assert all(done)
    assert 200_000 - 6000 <= sum(done) <= 200_000
    for one in servers:
        one.stop()
    assert counted(home, kind.url) == {1: sum(done)}


def test_workers_count_together(home, kind, server):
    """The keeper is a process of its own, as in a real server; the workers wait for it."""
    running = server(ceiling=10_000)
    running.ticks = False
    keeper = os.fork()
    if keeper == 0:
        parent = os.getppid()
        while os.getppid() == parent:
            with suppress(CountersError):
                running.keeper.tick()
        os._exit(0)
    workers = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            done = 0
            while done < 200:
                with suppress(CountersError):
                    done += charge(running, 1)
            os._exit(0)
        workers.append(pid)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in workers] == [0] * 4
    os.kill(keeper, 9)
    os.waitpid(keeper, 0)
    assert running.ledger.evaluated(1) == 800
    running.stop()
    # The keeper may have been killed between a commit and what it tells the workers.
    assert 800 <= counted(home, kind.url)[1] <= 800 + 200


def test_an_outage_in_the_middle_of_requests_goes_on_within_a_bound_and_is_counted_later(home, kind, server):
    running = server()
    assert charge(running, 1000)
    if kind.kind == "sqlite":
        running.kill()  # so that all is in the file that is taken away
    with kind.lost():
        running.retry()
        assert running.ledger.keeping is Keeping.FILE
        assert read_database_fault(home / "online").time == NOW
        outside = spend(running)
        assert OUTSIDE - LEASE <= outside <= OUTSIDE + LEASE
        with pytest.raises(CountersError):
            charge(running, 2 * LEASE)
        assert read_evaluations(home / "online").epochs[1] <= OUTSIDE
    running.retry()
    assert running.ledger.keeping is Keeping.DATABASE
    assert read_database_fault(home / "online") is None
    assert running.ledger.evaluated(1) == 1000 + outside
    assert charge(running, 1000)
    running.stop()
    assert counted(home, kind.url) == {1: 2000 + outside}


def test_a_server_killed_in_an_outage_forgets_nothing(home, kind, server):
    running = server()
    assert charge(running, 1000)
    running.kill()
    with kind.lost():
        running.retry()
        for _ in range(20):
            assert charge(running, 1000)
        running.kill()
    after = server()
    after.keeper.tick()
    assert 21_000 <= after.ledger.evaluated(1) <= 21_000 + 2 * LEASE
    again = server()
    again.keeper.tick()
    assert again.ledger.evaluated(1) == after.ledger.evaluated(1)


def test_a_server_that_never_read_the_count_evaluates_nothing(home, kind, server):
    first = server()
    assert charge(first, 1000)
    first.stop()
    with kind.lost():
        running = server()
        running.keeper.tick()
        assert not running.ledger.readable
        for asked in (lambda: charge(running, 1), lambda: running.ledger.evaluated(1)):
            with pytest.raises(CountersError):
                asked()
        running.retry()
        assert running.ledger.keeping is Keeping.MEMORY
    running.retry()
    assert running.ledger.evaluated(1) == 1000
    assert charge(running, 1)


def test_without_any_place_to_write_a_bounded_number_is_evaluated_and_kept_later(home, kind, server, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    running = server()
    assert charge(running, 1000)
    running.kill()
    with kind.lost(), monkeypatch.context() as patch:
        patch.setattr("pilookup_server.limits.count_file.write_evaluations", full)
        running.retry()
        more = spend(running)
        assert running.ledger.keeping is Keeping.MEMORY
        assert OUTSIDE - LEASE <= more <= OUTSIDE + LEASE
    running.retry()
    running.stop()
    assert counted(home, kind.url) == {1: 1000 + more}


def test_two_servers_that_both_lose_the_database_exceed_the_ceiling_by_at_most_their_parts(kind, server, tmp_path):
    ceiling = 100_000
    servers = [server(ceiling=ceiling, at=tmp_path / name) if kind.url else server(ceiling=ceiling) for name in "ab"]
    done = sum(1000 * charge(servers[number % 2], 1000) for number in range(94))
    for one in servers:
        one.kill()
    with kind.lost():
        for one in servers:
            one.retry()
            done += spend(one, 250)
    assert done <= ceiling * (1 + 2 * OUTSIDE_PART)
    for one in servers:
        one.retry()
        assert spend(one, 250) + done <= ceiling * (1 + 2 * OUTSIDE_PART)


def old_file(home, epochs):
    write_evaluations(home / "online", Evaluations(epochs, NOW))


def test_the_count_of_a_former_version_is_taken_over_once(home, kind, server):
    old_file(home, {1: 300, 2: 4})
    for _ in range(3):
        running = server()
        running.keeper.tick()
        assert (running.ledger.evaluated(1), running.ledger.evaluated(2)) == (300, 4)
        running.kill()
    # A server of the former version still runs, and goes on counting.
    old_file(home, {1: 350, 2: 4})
    running = server()
    running.keeper.tick()
    assert running.ledger.evaluated(1) == 350


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)  # two machines share no file
def test_counts_of_two_machines_are_added_and_copies_of_one_are_not(home, kind, server, tmp_path):
    old_file(home, {1: 300})
    server().keeper.tick()
    copy = shutil.copytree(home, tmp_path / "copy")
    server(at=copy).keeper.tick()
    assert counted(home, kind.url) == {1: 300}
    (tmp_path / "other" / "online").mkdir(parents=True)
    old_file(tmp_path / "other", {1: 50})
    server(at=tmp_path / "other").keeper.tick()
    assert counted(home, kind.url) == {1: 350}


def test_a_start_on_a_full_disk_reads_the_count_and_writes_nothing(tmp_path, home, monkeypatch):
    """SQLite can neither make its file nor the files beside it; what is there is read."""
    from pilookup_server.service_database.counts import ServiceDatabase
    from pilookup_server.service_database.engine import ServiceDatabaseError

    def full(*_, **__):
        raise ServiceDatabaseError("database or disk is full")

    old_file(home, {1: 300})
    for expected in (300, 1300):
        before = {path: path.read_bytes() for path in (home / "online").iterdir()}
        running = Server(home)
        with monkeypatch.context() as patch:
            patch.setattr(ServiceDatabase, "open", full)
            running.keeper.tick()
            assert running.ledger.evaluated(1) == expected
        after = {path: path.read_bytes() for path in (home / "online").iterdir() if path.name != "database.json"}
        assert after == before
        running.kill()
        first = Server(home)
        if expected == 300:
            assert charge(first, 1000)
        first.stop()


def test_what_a_killed_server_wrote_last_is_never_ignored(home):
    """Then SQLite needs the file beside, which cannot be read without writing: the count is not known."""
    from pilookup_server.service_database.counts import read_epochs

    running = Server(home)
    assert charge(running, 1000)
    assert (home / "online" / "service.sqlite3-wal").stat().st_size
    assert read_epochs(home / "online", "public", None) is None
    running.stop()
    assert read_epochs(home / "online", "public", None) == {1: 1000}


def test_each_mark_is_logged_once(server, monkeypatch):
    lines = []

    class Log:
        def warning(self, _text, **fields):
            lines.append(fields["part"])

    monkeypatch.setattr(channel_ledger, "logger", Log)
    running = server(ceiling=1000)
    while charge(running, 7):
        running.ledger.refund(1, 7)
        assert charge(running, 7)
    assert lines == [0.5, 0.8]
    charge(running, 1000 - running.ledger.evaluated(1))
    assert lines == [0.5, 0.8, 1.0]


def test_a_change_is_logged_once_and_says_what_does_not_work(kind, server, monkeypatch):
    lines = []

    class Log:
        def error(self, text, **fields):
            lines.append((text, fields.get("missing")))

        def info(self, text):
            lines.append((text, None))

    monkeypatch.setattr(count_keeper, "logger", Log)
    running = server()
    running.keeper.tick()
    running.kill()
    with kind.lost():
        for _ in range(3):
            running.retry()
    for _ in range(3):
        running.retry()
    assert lines == [
        ("the service database cannot be used", count_keeper._MISSING),
        ("the service database is used again", None),
    ]


def test_the_usage_of_platforms_is_kept_by_day_and_survives_an_outage(home, kind, server):
    running = server()
    running.counts.usage.count("a" * 32, "platform", Purpose.SIGNUP, 5)
    running.keeper.tick()
    running.kill()
    with kind.lost():
        running.counts.usage.count("a" * 32, "platform", Purpose.SIGNUP, 7)
        running.counts.usage.count("b", "platform", Purpose.SCREENING, 7)
        running.retry()
    running.retry()
    running.retry()
    with opened(home, kind.url) as database:
        assert database.usage(NOW.date()) == [
            Usage(NOW.date(), "a" * 32, "platform", Purpose.SIGNUP, 2, 12),
            Usage(NOW.date(), "b", "platform", Purpose.SCREENING, 1, 7),
        ]


def test_a_server_of_the_former_version_counts_usage_beside_this_one(home, kind, server):
    """Its statement, on the tables of this version."""
    running = server()
    running.counts.usage.count("shop", "platform", Purpose.SIGNUP, 3)
    running.keeper.tick()
    engine = connect(home / "online", kind.url)
    statement = text(
        "INSERT INTO platform_usage (day, platform, channel, requests, elements) VALUES (:day, 'b', 'platform', 1, 5) "
        "ON CONFLICT (day, platform, channel) DO UPDATE SET requests = platform_usage.requests + 1, "
        "elements = platform_usage.elements + 5"
    )
    for _ in range(2):
        with for_writing(engine).begin() as connection:
            connection.execute(statement, {"day": NOW.date() if kind.url else NOW.date().isoformat()})
    engine.dispose()
    with opened(home, kind.url) as database:
        assert database.usage(NOW.date()) == [
            Usage(NOW.date(), "b", "platform", None, 2, 10),
            Usage(NOW.date(), "shop", "platform", Purpose.SIGNUP, 1, 3),
        ]


def test_only_the_newest_epochs_are_remembered_in_memory_and_all_in_the_database(home, kind, server):
    running = server()
    for epoch in range(1, 12):
        assert charge(running, 5, epoch)
    assert charge(running, 5, epoch=1)
    running.stop()
    kept = counted(home, kind.url)
    assert kept.keys() == set(range(1, 12))
    assert all(count >= 5 for count in kept.values())


def test_a_count_never_gets_below_0_or_beyond_what_a_column_holds(home, kind):
    with opened(home, kind.url) as database:
        database.give_back("public", 1, 5)
        assert database.take("public", 1, 3, 0, CEILING) == (0, 3)
        for _ in range(4):
            database.take("public", 1, 2**61, 0, 2**62)
        assert database.epochs("public") == {1: 2**62}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)  # the files of PostgreSQL are its own
def test_the_database_is_for_its_user_alone(home, server, kind):
    assert charge(server(), 1)
    files = list((home / "online").glob("service.sqlite3*"))
    assert len(files) == 3
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_damaged_file_of_counts_ends_the_start_and_is_named(home):
    (home / "online" / EVALUATED).write_bytes(json.dumps({"epochs": [5]}).encode())
    with pytest.raises(Exception, match=r"evaluated\.json: .*delete it to forget what it counts"):
        Server(home)
