"""Keys of platforms in the tests, and the service database that knows them."""

import time
from contextlib import closing
from pathlib import Path

import httpx2
from pilookup_server.service_database.counts import ServiceDatabase

from pilookup.protocol.platform_key import KeyKind, PlatformKey

USERS = 1_000_000_000
FORMER_TOKEN = "a-token-of-a-former-version-in-the-tests-1"
"""A token as PILOOKUP_PLATFORM_TOKENS takes them for one release more."""


def key_of(number: int) -> PlatformKey:
    """The key of the platform `shop-NUMBER`, always the same one."""
    return PlatformKey(KeyKind.LIVE, f"test{number:04}", f"sentinel{number:035}")


KEY = key_of(1).text


def add_platform(home: Path, number: int = 1, *, users: int = USERS, url: str = "") -> str:
    """Register a platform and its key, unless they are known.

    Args:
        home: HOME; its online half is enough.
        number: Which platform.
        users: The number of users that it declares.
        url: The URL of a PostgreSQL database; empty for the file in HOME.

    Returns:
        The key.
    """
    key = key_of(number)
    with closing(ServiceDatabase.open(home / "online", url)) as database:
        known = {one.id for platform in database.platforms.platforms() for one in platform.keys}
        if key.id not in known:
            database.platforms.add_key(f"shop-{number}", key, users=users, expires=None, now=1)
    return key.text


def wait_keys(url: str, seconds: float = 120) -> None:
    """Wait until a server that has just started has read the keys, which it does beside its start."""
    end = time.monotonic() + seconds
    while httpx2.get(f"{url}/readyz", timeout=30).json().get("platform_keys") != "current":
        assert time.monotonic() < end, "the server has not read the keys"
        time.sleep(0.05)
