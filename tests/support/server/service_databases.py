"""The two kinds of service database, and ways to take them away."""

from contextlib import contextmanager
from datetime import UTC, datetime

from pilookup_server.count_keeper import RETRY_SECONDS, CountKeeper
from pilookup_server.limits.quotas import SharedCounts
from pilookup_server.service_database.counts import ServiceDatabase
from pilookup_server.settings import read_settings

from tests.support.server.platform_keys import FORMER_TOKEN
from tests.support.server.stepped import Stepped

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
CEILING = 5_000_000


class Sqlite:
    kind = "sqlite"
    url = ""

    def __init__(self, online):
        self._online = online

    @contextmanager
    def lost(self):
        """The file cannot be read as a database meanwhile, and nothing else is left of it."""
        kept = {path: path.read_bytes() for path in self._online.glob("service.sqlite3*")}
        for path in kept:
            path.unlink()
        (self._online / "service.sqlite3").write_bytes(b"not a database, but long enough to be one" * 200)
        try:
            yield
        finally:
            (self._online / "service.sqlite3").unlink()
            for path, data in kept.items():
                path.write_bytes(data)


class Postgresql:
    kind = "postgresql"

    def __init__(self, cluster):
        self._cluster = cluster
        self.url = cluster.database()

    @contextmanager
    def lost(self):
        """The server is stopped meanwhile."""
        self._cluster.stop()
        try:
            yield
        finally:
            self._cluster.start()


class Server:
    """The counts of one server, whose keeper works whenever something is wanted."""

    def __init__(self, home, url="", ceiling=CEILING, **given):
        (home / "online").mkdir(parents=True, exist_ok=True)
        self.elapsed, self.ticks = Stepped(1_000_000.0), True
        given = {"service_database_url": url, "platform_tokens": FORMER_TOKEN} | given
        self.settings = read_settings(home=home, public_epoch_quota=ceiling, **given)
        self.counts = SharedCounts.from_settings(self.settings, self._wake, self.elapsed)
        self.keeper = CountKeeper(self.settings, self.counts, self.elapsed, lambda: NOW)
        self.ledger = self.counts.ledger

    def _wake(self):
        if self.ticks:
            self.keeper.tick()

    def retry(self):
        """Let the time pass after which the keeper tries a database again, and let it."""
        self.elapsed.now += RETRY_SECONDS
        self.keeper.tick()

    def kill(self):
        """End without notice."""
        self.keeper._close_database()

    def stop(self):
        self.keeper.close()


@contextmanager
def opened(home, url=""):
    database = ServiceDatabase.open(home / "online", url)
    try:
        yield database
    finally:
        database.close()


def counted(home, url="", channel="public"):
    """The counts in the database."""
    with opened(home, url) as database:
        return database.epochs(channel)
