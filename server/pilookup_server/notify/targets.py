"""Where the process and the commands of `pilookup notify` find the database and the key, and how a target is added."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pilookup.errors import HomeError
from pilookup.protocol.names import check_channel
from pilookup_server.notify.endpoint import Endpoint
from pilookup_server.notify.secret_key import FILE, NotifyKey, new_secret_id, secret_text
from pilookup_server.service_database.counts import ServiceDatabase
from pilookup_server.service_database.deliveries import DeliveryTable, Target, TargetError
from pilookup_server.settings import Settings

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")


class OpenDatabase:
    """The service database of the settings, opened when it is needed. Use it in one thread."""

    def __init__(self, settings: Settings) -> None:
        """Open nothing yet.

        Raises:
            ServeError: The URL of the database cannot be read.
            HomeError: HOME has no online half, and there is no URL.
        """
        self._online = settings.home / "online"
        self._url = settings.read_service_database_url()
        self._open: ServiceDatabase | None = None
        if not self._url and not self._online.is_dir():
            raise HomeError(f"{settings.home}: has no online half")

    def tables(self) -> DeliveryTable:
        """The tables; raises ServeError and ServiceDatabaseError."""
        if self._open is None:
            self._open = ServiceDatabase.open(self._online, self._url)
        return DeliveryTable(self._open.engine)

    def close(self) -> None:
        """Close all connections. The next call of `tables` opens them again."""
        if self._open is not None:
            self._open.close()
            self._open = None


@contextmanager
def open_tables(settings: Settings) -> Iterator[DeliveryTable]:
    """The tables, for one command; raises ServeError, HomeError and ServiceDatabaseError."""
    database = OpenDatabase(settings)
    try:
        yield database.tables()
    finally:
        database.close()


def key_file(settings: Settings) -> Path:
    """The file with the key that secrets are derived from."""
    return settings.notify_key_file or settings.home / "online" / FILE


def add_target(settings: Settings, name: str, url: str, channel: str, now: int) -> str:
    """Add a target.

    Args:
        settings: The server's settings.
        name: Its name: 1 to 32 of a-z, 0-9 and inner dashes.
        url: Its URL.
        channel: The channel whose releases it is told of.
        now: The POSIX time in seconds.

    Returns:
        The secret that its receiver verifies notices with. Nothing prints it again.

    Raises:
        TargetError: The name is taken or malformed, the URL cannot be one of a receiver, or the key is missing that
            the other targets were added with.
        FormatError: The channel is not the name of a channel.
        ServeError, HomeError, KeyringError, ServiceDatabaseError: The settings, the key or the database cannot be used.
    """
    if not _NAME.fullmatch(name):
        raise TargetError("the name is not 1 to 32 of a-z, 0-9 and inner dashes")
    endpoint, path = Endpoint.parse(url), key_file(settings)
    with open_tables(settings) as tables:
        if tables.targets() and not path.exists():
            raise TargetError(f"{path}: missing, and there are targets that were added with it: put it back")
        key = NotifyKey.read_or_make(path)
        secret_id = new_secret_id()
        tables.add(Target(name, secret_id, key.check(), endpoint.url, check_channel(channel), now))
    return secret_text(key.secret(secret_id))
