"""Keys of platforms: two at a time, published to all workers, checked without the database."""

import asyncio
import threading

import pytest
from pilookup_server import auth
from pilookup_server.auth import Authenticator, Tokens
from pilookup_server.limits import key_table
from pilookup_server.limits.key_table import CURRENT_SECONDS, MOST_SECONDS, KeysState, KeyTable
from pilookup_server.limits.shared_lock import SharedLock
from pilookup_server.platforms.platform import Platform, ValidKey
from pilookup_server.problems import ProblemError
from pilookup_server.service_database import platforms
from pilookup_server.service_database.platforms import PlatformError

from pilookup.protocol.platform_key import KeyKind, PlatformKey
from tests.support.server.platform_keys import FORMER_TOKEN
from tests.support.server.service_databases import NOW, opened
from tests.support.server.stepped import Stepped

SECONDS = int(NOW.timestamp())


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(key_table, "_PAUSE_SECONDS", 0)


def made(kind=KeyKind.LIVE):
    return PlatformKey.generate(kind)


def added(home, kind, name="shop", users=10, expires=None, key=None, now=SECONDS):
    key = key or made()
    with opened(home, kind.url) as database:
        database.platforms.add_key(name, key, users=users, expires=expires, now=now)
    return key


def authenticator(server, kind=KeyKind.LIVE, clock=lambda: NOW):
    return Authenticator(Tokens([FORMER_TOKEN]), server.counts.key_table, clock, kind)


def ask(server, text, **given):
    """The platform of a key, or the status and detail of the refusal."""
    try:
        return asyncio.run(authenticator(server, **given).authenticate(f"Bearer {text}".encode()))
    except ProblemError as refusal:
        return refusal.problem.status, refusal.detail


def test_a_platform_has_two_keys_at_a_time(home, kind):
    first, second = added(home, kind), added(home, kind, users=None)
    with opened(home, kind.url) as database:
        records = database.platforms
        with pytest.raises(PlatformError, match=f"has 2 valid keys, .*{second.id}.*: revoke one first"):
            records.add_key("shop", made(), users=None, expires=None, now=SECONDS)
        assert records.revoke("shop", first.id, SECONDS) == [first.id]
        assert records.revoke("shop", first.id, SECONDS) == []
        third = made()
        assert records.add_key("shop", third, users=25, expires=SECONDS + 60, now=SECONDS) == 25
        # It has expired by now, and makes room.
        records.add_key("shop", made(), users=None, expires=None, now=SECONDS + 60)
        [shop] = records.platforms()
        assert shop.users == 25
        assert [key.state(SECONDS + 60) for key in shop.keys].count("valid") == 2
        assert {key.id: key.state(SECONDS + 60) for key in shop.keys} == {
            first.id: "revoked",
            second.id: "valid",
            third.id: "expired",
        } | {key.id: "valid" for key in shop.keys if key.id not in (first.id, second.id, third.id)}
        assert len(records.revoke("shop", None, SECONDS)) == 3
        assert records.valid_keys(SECONDS) == []


def test_what_cannot_be_done_says_why(home, kind, monkeypatch):
    added(home, kind)
    with opened(home, kind.url) as database:
        records = database.platforms

        def add(name, users=1, expires=None):
            records.add_key(name, made(), users=users, expires=expires, now=SECONDS)

        for text, wrong in {
            "lower-case letters and digits": lambda: add("Shop"),
            "new platform: give the number of its users": lambda: add("new", users=None),
            "would have expired already": lambda: add("shop", expires=SECONDS),
            "there is no platform nobody": lambda: records.revoke("nobody", None, SECONDS),
            "shop has no key 00000000": lambda: records.revoke("shop", "00000000", SECONDS),
            "no platform none": lambda: records.epochs("none"),
        }.items():
            with pytest.raises(PlatformError, match=text):
                wrong()
        monkeypatch.setattr(platforms, "MAX_PLATFORMS", 1)
        with pytest.raises(PlatformError, match="there are 1 platforms"):
            add("second")


def test_of_many_keys_added_at_once_two_are_taken(home, kind):
    added(home, kind, key=made())
    taken, refused = [], []

    def add():
        try:
            taken.append(added(home, kind, users=None))
        except PlatformError:
            refused.append(1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), len(refused)) == (1, 3)


def test_a_key_is_stored_as_the_digest_of_its_secret_alone(home, kind):
    key = added(home, kind)
    with opened(home, kind.url) as database:
        [valid] = database.platforms.valid_keys(SECONDS)
    assert valid.digest == key.digest
    if kind.kind == "sqlite":
        written = b"".join(path.read_bytes() for path in (home / "online").iterdir())
        assert key.id.encode() in written
        assert key.secret.encode() not in written


def test_a_key_is_valid_from_the_next_reading_until_the_one_after_its_revocation(home, kind, server):
    key, running = added(home, kind), server()
    assert ask(running, key.text) == Platform("shop", 10, KeyKind.LIVE, key.id)
    assert ask(running, FORMER_TOKEN).users is None
    other = added(home, kind, name="other", users=5)
    assert ask(running, other.text)[0] == 401
    running.keeper.tick()
    assert ask(running, other.text).name == "other"
    with opened(home, kind.url) as database:
        database.platforms.revoke("shop", None, SECONDS)
    running.elapsed.now += CURRENT_SECONDS  # a request has the keys read again
    assert ask(running, key.text)[0] == 401
    assert ask(running, other.text).name == "other"


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_wrong_key_is_refused_before_anything_is_looked_up(server, kind, monkeypatch):
    running, text = server(), made().text
    monkeypatch.setattr(KeyTable, "ready", None)
    monkeypatch.setattr(KeyTable, "find", None)
    for wrong in (text[:-1], text[:9] + text[9:].swapcase(), text[:20] + "0" * 46, "plk_", "plk_live_"):
        assert ask(running, wrong) == (401, "The key is not complete, or a character of it is wrong.")
    assert ask(running, made(KeyKind.TEST).text) == (401, "A key for tests is for a sandbox alone.")
    assert ask(running, text, kind=KeyKind.TEST) == (401, "A sandbox takes keys for tests alone.")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_every_secret_is_compared_in_constant_time(home, server, kind, monkeypatch):
    """Also that of a key which there is not: its answer takes as long."""
    key, running, compared = added(home, kind), server(), []

    monkeypatch.setattr(auth.hmac, "compare_digest", lambda a, b: compared.append((a, b)) or a == b)
    forged = PlatformKey(key.kind, key.id, made().secret)
    unknown = made()
    assert ask(running, forged.text)[0] == ask(running, unknown.text)[0] == 401
    assert ask(running, key.text).name == "shop"
    assert [first for first, _ in compared] == [forged.digest, unknown.digest, key.digest]
    assert [second for _, second in compared] == [key.digest, bytes(32), key.digest]


def test_a_key_of_another_kind_with_the_same_id_is_not_valid(home, kind, server):
    key, running = added(home, kind), server()
    forged = PlatformKey(KeyKind.TEST, key.id, key.secret)
    assert ask(running, forged.text, kind=KeyKind.TEST)[0] == 401


def test_a_key_expires_by_the_clock_of_the_server(home, kind, server):
    end = SECONDS + 100
    key, running = added(home, kind, expires=end), server()
    before, after = (NOW.fromtimestamp(end + step, NOW.tzinfo) for step in (-1, 0))
    assert ask(running, key.text, clock=lambda: before).name == "shop"
    assert ask(running, key.text, clock=lambda: after) == (401, "The key has expired.")


def test_in_an_outage_known_keys_go_on_for_a_day(home, kind, server):
    key, running = added(home, kind), server()
    running.keeper.tick()
    running.kill()
    assert running.counts.key_table.state is KeysState.CURRENT
    with kind.lost():
        running.retry()
        assert running.counts.key_table.state is KeysState.CURRENT
        running.retry()
        assert running.counts.key_table.state is KeysState.OLD
        assert ask(running, key.text).name == "shop"
        assert ask(running, made().text)[0] == 401
        running.elapsed.now += MOST_SECONDS
        assert running.counts.key_table.state is KeysState.UNKNOWN
        assert ask(running, key.text) == (503, "The keys of platforms are not known now.")
        assert ask(running, FORMER_TOKEN).users is None
    running.retry()
    assert ask(running, key.text).name == "shop"


def test_a_server_that_starts_in_an_outage_does_not_call_keys_wrong(home, kind, server):
    key = added(home, kind)
    with kind.lost():
        running = server()
        assert ask(running, key.text)[0] == 503
    running.retry()
    assert ask(running, key.text).name == "shop"


def table(clock=None):
    return KeyTable(SharedLock(), clock or Stepped(1.0), lambda: None, lambda: None)


def valid(number):
    return ValidKey(f"key{number:05}", KeyKind.LIVE, bytes([number % 256]) * 32, "shop", 5, None)


def test_a_publisher_that_takes_the_place_of_a_killed_one_is_always_heard():
    """The killed one may have written the keys, and not that there are new ones."""
    shared = table()
    shared.publish([valid(1)])
    assert shared.find("key00001")
    new = b"".join(key_table._pack(one) for one in [valid(2)])
    shared._memory[key_table._HEADER.size : key_table._HEADER.size + len(new)] = new
    shared._published = False
    shared.publish([valid(2)])
    assert shared.find("key00001") is None
    assert shared.find("key00002") == valid(2)


def test_more_keys_than_there_is_room_for_are_told(monkeypatch):
    told = []

    class Log:
        def error(self, _text, **fields):
            told.append(fields)

    monkeypatch.setattr(key_table, "logger", Log)
    shared, keys = table(), [valid(number) for number in range(key_table.ROWS + 3)]
    for _ in range(2):
        shared.publish(keys)
    assert told == [{"keys": len(keys), "refused": 3}]
    assert shared.find(keys[key_table.ROWS - 1].id)
    assert shared.find(keys[-1].id) is None
