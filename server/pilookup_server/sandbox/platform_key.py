"""The platform of a sandbox: registered in the service database when the server starts, with the key of the sandbox."""

import os
import time
from contextlib import closing
from typing import Final

from pilookup.protocol.platform_key import KeyKind, PlatformKey
from pilookup_server.service_database.counts import ServiceDatabase
from pilookup_server.settings import ServeError, Settings

KEY_VARIABLE: Final = "PILOOKUP_SANDBOX_KEY"
PLATFORM: Final = "sandbox"

USERS: Final = 1_000_000
"""How many users the platform declares: nobody uses up such a quota by trying out."""


def take_key() -> PlatformKey | None:
    """Read the platform key in the environment; None if there is none.

    Raises:
        ServeError: It is not a key for tests.
    """
    text = os.environ.get(KEY_VARIABLE)
    if text is None:
        return None
    key = PlatformKey.parse(text.encode())
    if key is None or key.kind is not KeyKind.TEST:
        raise ServeError(f"{KEY_VARIABLE}: is not a platform key for tests (plk_test_...)")
    return key


def register(settings: Settings, key: PlatformKey) -> None:
    """Register a key in the service database, unless it is there, revoked or not.

    Args:
        settings: The server's settings.
        key: The key for tests.

    Raises:
        PlatformError: The platform has two other valid keys.
        ServeError, ServiceDatabaseError: The database cannot be used.
    """
    online, url = settings.home / "online", settings.read_service_database_url()
    with closing(ServiceDatabase.open(online, url)) as database:
        known = {one.id for platform in database.platforms.platforms() for one in platform.keys}
        if key.id not in known:
            database.platforms.add_key(PLATFORM, key, users=USERS, expires=None, now=int(time.time()))
