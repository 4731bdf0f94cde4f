"""A custody HOME with a case of 1,200 numbers, and a server that takes reports on it."""

from contextlib import contextmanager

from pilookup_server.app import create_app
from pilookup_server.service_database.counts import ServiceDatabase
from pilookup_server.settings import read_settings
from starlette.testclient import TestClient

from pilookup.clock import utc_now
from pilookup.protocol.platform_key import KeyKind, PlatformKey
from tests.support.bundles.machines import export, import_bundle, opened
from tests.support.custody.channel import initialised
from tests.support.custody.home import write_csv
from tests.support.home_templates import home_like
from tests.support.server.release_fixture import HeldKeys

CASE_NUMBERS = [f"1381234{n:04}" for n in range(1_200)]
KEYS = {name: PlatformKey.generate(KeyKind.LIVE) for name in ("shop", "bank")}
TOKENS = {name: key.text for name, key in KEYS.items()}
"""The platforms that `served` knows, and what they present."""


def published(path):
    """A HOME that has published a case of 1,200 numbers (catalogue id 1) and one of 3 (id 2)."""
    return home_like(_publish, path)


def _publish(path):
    initialised(path)
    with opened(path) as custody:
        custody.load(write_csv(path / "numbers.csv", CASE_NUMBERS), dataset="case-1", kind="malicious-registration")
        custody.load(write_csv(path / "few.csv", CASE_NUMBERS[:3]), dataset="case-2", kind="exposure")
        custody.publish("public")
        custody.publish("platform")


@contextmanager
def served(home, tmp_path):
    """The transport of a client of a server on an online half, whose keys are not needed for reports."""
    tmp_path.mkdir(exist_ok=True)
    database = ServiceDatabase.open(home / "online", "")
    for name, key in KEYS.items():
        database.platforms.add_key(name, key, users=200_000, expires=None, now=int(utc_now().timestamp()))
    database.close()
    settings = read_settings(home=home, poll_seconds=3600)
    client = TestClient(create_app(settings, HeldKeys(), tmp_path, utc_now))
    yield client._transport


def to_serving(custody, serving, bundle):
    """Carry a bundle to a serving machine. On one machine there is nothing to carry."""
    if serving != custody:
        export(custody, bundle)
        import_bundle(bundle, serving, custody)
