"""The quota of a platform in an epoch: never more than that, over workers, servers, kills and outages."""

import asyncio
import os
import random
import time
from contextlib import suppress

import pytest
from pilookup_server import count_keeper
from pilookup_server.limits import platform_ledger
from pilookup_server.limits.channel_ledger import Keeping
from pilookup_server.limits.counters import CountersError
from pilookup_server.limits.platform_ledger import Account, PlatformLedger
from pilookup_server.limits.shared_lock import SharedLock
from pilookup_server.platforms.platform import Purpose

from tests.support.server.service_databases import opened

ACCOUNT = Account("shop", "platform", Purpose.SIGNUP, 3)
LIMIT = 2000


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    """A request that waits for the keeper asks it again at once."""
    monkeypatch.setattr(platform_ledger, "_PAUSE_SECONDS", 0)


def charge(server, elements, account=ACCOUNT, limit=LIMIT):
    return asyncio.run(server.counts.platform_ledger.charge(account, elements, limit)).counted


def spend(server, account=ACCOUNT, limit=LIMIT):
    """Evaluate until not even one element is let through; return how many there were."""

    async def run():
        done, ledger = 0, server.counts.platform_ledger
        for elements in (100, 10, 1):
            with suppress(CountersError):
                while (await ledger.charge(account, elements, limit)).counted:
                    done += elements
        return done

    return asyncio.run(run())


def kept(home, url, account=ACCOUNT):
    with opened(home, url) as database:
        return database.platforms.counts([account])[account]


def test_exactly_the_quota_is_evaluated_and_kept(home, kind, server):
    running = server()
    assert spend(running) == LIMIT
    running.stop()
    assert kept(home, kind.url) == LIMIT
    assert spend(server()) == 0


@pytest.mark.parametrize("seed", range(2))
def test_kills_lose_leases_and_never_let_more_through(home, kind, server, seed):
    draw, running, done, kills = random.Random(seed), server(), 0, 0
    for _ in range(60):
        elements = draw.randint(1, 80)
        if charge(running, elements):
            done += elements
            if draw.random() < 0.2:
                running.counts.platform_ledger.refund(ACCOUNT, elements)
                done -= elements
        if draw.random() < 0.1:
            kills += 1
            running.kill()
            running = server()
    done += spend(running)
    running.stop()
    assert kills
    assert done <= kept(home, kind.url) <= LIMIT
    # A killed server had at most a lease, what one request had waited for, and what was given back.
    assert done >= LIMIT - kills * (LIMIT // 100 + 2 * 80)


def test_a_keeper_that_dies_after_its_commit_loses_one_lease(home, kind, server, monkeypatch):
    running, ledger = server(), None
    ledger = running.counts.platform_ledger
    with monkeypatch.context() as patch:
        patch.setattr(PlatformLedger, "took", lambda *_: (_ for _ in ()).throw(CountersError))
        with pytest.raises(CountersError):
            charge(running, 5)
    lost = kept(home, kind.url)
    assert lost == 5 + LIMIT // 100
    done = spend(running)
    assert LIMIT - 2 * lost <= done <= LIMIT - lost
    assert ledger.remainders() == {}


def test_two_servers_on_one_database_share_the_quota(home, kind, server, tmp_path):
    other_home = home if kind.kind == "sqlite" else tmp_path / "other"
    servers, done, draw = [server(), server(at=other_home)], [0, 0], random.Random(1)
    for _ in range(60):
        number = draw.randrange(2)
        with suppress(CountersError):
            done[number] += 50 * charge(servers[number], 50)
    done[0] += spend(servers[0])
    servers[0].stop()
    servers[1].keeper.tick()
    done[1] += spend(servers[1])
    assert all(done)
    assert sum(done) == LIMIT


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_workers_together_have_exactly_the_quota(home, kind, server, workers, monkeypatch):
    """The keeper is a process of its own, as in a real server; the workers wait for it."""
    monkeypatch.setattr(platform_ledger, "_PAUSE_SECONDS", 0.002)
    running, limit = server(), 400
    running.ticks = False
    keeper = os.fork()
    if keeper == 0:
        parent = os.getppid()
        while os.getppid() == parent:
            with suppress(CountersError):
                running.keeper.tick()
            time.sleep(0.002)
        os._exit(0)
    reading, writing = os.pipe()
    pids = []
    for number in range(workers):
        pid = os.fork()
        if pid == 0:
            done, refused = 0, False
            while not refused:
                with suppress(CountersError):
                    counted = charge(running, 5 + number, limit=limit)
                    done, refused = done + (5 + number) * counted, not counted
            os.write(writing, f"{done}\n".encode())
            os._exit(0)
        pids.append(pid)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids] == [0] * workers
    os.kill(keeper, 9)
    os.waitpid(keeper, 0)
    done = sum(int(line) for line in os.read(reading, 4096).split())
    assert limit - 8 < done <= limit
    running.stop()
    assert done <= kept(home, kind.url) <= limit


def test_in_an_outage_a_platform_has_what_is_left_of_its_lease(home, kind, server):
    running = server()
    assert charge(running, 10)
    running.kill()
    with kind.lost():
        running.retry()
        assert running.ledger.keeping is not Keeping.DATABASE
        outside = spend(running)
        assert 0 < outside <= LIMIT // 100
        with pytest.raises(CountersError):
            charge(running, 1, ACCOUNT._replace(platform="other"))
    running.retry()
    assert outside + 10 + spend(running) == LIMIT
    running.stop()
    assert kept(home, kind.url) == LIMIT


def test_purposes_channels_epochs_and_platforms_are_counted_apart(server):
    running = server()
    assert spend(running, limit=20) == 20
    for change in ({"purpose": Purpose.SCREENING}, {"channel": "second"}, {"epoch": 4}, {"platform": "shop-2"}):
        assert spend(running, ACCOUNT._replace(**change), limit=20) == 20
    assert spend(running, limit=20) == 0


def test_a_larger_quota_holds_at_once(server):
    running = server()
    assert spend(running, limit=20) == 20
    assert spend(running, limit=50) == 30
    assert spend(running, limit=40) == 0


def test_eighty_percent_are_told_once_over_servers_and_again_after_an_enlargement(home, kind, server, monkeypatch):
    told = []

    class Log:
        def warning(self, text, **fields):
            told.append((text, fields))

        def error(self, text, **fields):
            raise AssertionError(text)

        info = error

    monkeypatch.setattr(count_keeper, "logger", Log)
    for _ in range(3):
        running = server()
        for _ in range(19):
            charge(running, 5, limit=100)
        running.kill()
    [(text, fields)] = told
    assert text == "a platform has used much of a quota"
    assert (fields["platform"], fields["purpose"], fields["epoch"], fields["quota"]) == ("shop", "signup", 3, 100)
    assert 80 <= fields["elements"] <= 100
    with opened(home, kind.url) as database:
        assert [one.warned for one in database.platforms.epochs(None)] != [None]
    assert spend(server(), limit=1000) >= 890
    assert len(told) == 2


def test_a_full_table_drops_the_lowest_epoch(server, monkeypatch):
    lost = []

    class Log:
        def warning(self, _text, **fields):
            lost.append(fields)

    monkeypatch.setattr(platform_ledger, "logger", Log)
    monkeypatch.setattr(count_keeper, "logger", type("Quiet", (), {"warning": lambda *_, **__: None}))
    running = server()
    small = PlatformLedger(SharedLock(), running._wake, lambda: Keeping.DATABASE, rows=2)
    object.__setattr__(running.counts, "platform_ledger", small)
    for epoch in (5, 6, 7):
        assert charge(running, 1, ACCOUNT._replace(epoch=epoch))
    assert lost == [{"epoch": 5, "lost_elements": LIMIT // 100}]
    assert {account.epoch for account in small.accounts()} == {6, 7}
