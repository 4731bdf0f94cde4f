"""Platforms in the service database: their keys, and what they had evaluated in each epoch.

Every method is one transaction, and raises ServiceDatabaseError.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, func, insert, or_, select, tuple_, update

from pilookup.errors import PilookupError
from pilookup.protocol.platform_key import KeyKind, PlatformKey
from pilookup_server.limits.platform_ledger import Account, Want
from pilookup_server.platforms.platform import (
    MAX_KEYS,
    MAX_PLATFORMS,
    NAME_CHARACTERS,
    WARNED,
    Purpose,
    ValidKey,
    is_name,
)
from pilookup_server.service_database.engine import database_errors, for_writing
from pilookup_server.service_database.rows import add, value
from pilookup_server.service_database.schema import platform, platform_epoch, platform_key

_CLOCKS_SECONDS: Final = 2 * 86_400
"""Keys that expired longer ago than this are not published; by then they have expired by every server's clock."""


class PlatformError(PilookupError):
    """What is asked for a platform cannot be done; the text says why and what can."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key in the database.

    Attributes:
        id: Its public name.
        kind: What it is for.
        created: POSIX time when it was made.
        expires: POSIX time from which on it is refused; None for never.
        revoked: POSIX time when it was revoked; None if it was not.
    """

    id: str
    kind: KeyKind
    created: int
    expires: int | None
    revoked: int | None

    def state(self, now: int) -> str:
        """`valid`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "valid"


@dataclass(frozen=True, slots=True)
class PlatformRecord:
    """A platform in the database.

    Attributes:
        name: Its name.
        users: The number of users that it has declared.
        keys: Its keys, the oldest first.
    """

    name: str
    users: int
    keys: tuple[KeyRecord, ...]


class EpochUse(NamedTuple):
    """What is counted for an account.

    Attributes:
        account: The account.
        evaluated: Elements that were evaluated, or that a server has taken in advance.
        warned: POSIX time when the operator was told that most of the quota is used; None if that was not told.
    """

    account: Account
    evaluated: int
    warned: int | None


class Taken(NamedTuple):
    """What was taken for an account.

    Attributes:
        elements: The number of elements.
        evaluated: The count, these included.
        warn: Whether most of the quota is used now, and nobody was told yet.
    """

    elements: int
    evaluated: int
    warn: bool


class PlatformRecords:
    """The platforms of an open service database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = for_writing(engine)

    def add_key(self, name: str, key: PlatformKey, *, users: int | None, expires: int | None, now: int) -> int:
        """Add a key to a platform, which is registered if it is new.

        Args:
            name: The name of the platform.
            key: The key, of which only id, kind and digest are stored.
            users: The number of users that it declares; None for that of a registered platform.
            expires: POSIX time from which on the key is refused; None for never.
            now: POSIX time.

        Returns:
            The number of users.

        Raises:
            PlatformError: The name is not allowed, the platform has two valid keys, or a new one declares no users.
        """
        if not is_name(name):
            raise PlatformError(
                f"the name of a platform has 1 to {NAME_CHARACTERS} lower-case letters and digits, and hyphens "
                "between them"
            )
        if expires is not None and expires <= now:
            raise PlatformError("the key would have expired already: give a later day")
        with self._begin() as connection:
            declared = _declare(connection, name, users, now)
            valid = [one.id for one in _keys(connection, name) if one.state(now) == "valid"]
            if len(valid) >= MAX_KEYS:
                raise PlatformError(
                    f"{name} has {MAX_KEYS} valid keys, {' and '.join(valid)}: revoke one first, with "
                    f"pilookup platform revoke {name} --key ID"
                )
            connection.execute(
                insert(platform_key).values(
                    id=key.id, platform=name, kind=key.kind, digest=key.digest, created=now, expires=expires
                )
            )
        return declared

    def revoke(self, name: str, key_id: str | None, now: int) -> list[str]:
        """Revoke a key of a platform, or all that it has.

        Args:
            name: The name of the platform.
            key_id: The public name of the key; None for all.
            now: POSIX time.

        Returns:
            The ids of the keys that were revoked now.

        Raises:
            PlatformError: There is no such platform or key.
        """
        with self._begin() as connection:
            _check_known(connection, name)
            keys = [one for one in _keys(connection, name) if key_id in (None, one.id)]
            if not keys:
                raise PlatformError(f"{name} has no key {key_id}: pilookup platform list shows its keys")
            revoked = [one.id for one in keys if one.revoked is None]
            connection.execute(update(platform_key).where(platform_key.c.id.in_(revoked)).values(revoked=now))
        return revoked

    def platforms(self) -> list[PlatformRecord]:
        """All platforms, by name."""
        query = select(platform.c.name, platform.c.users).order_by(platform.c.name)
        with database_errors(), self._engine.connect() as connection:
            rows = list(connection.execute(query))
            return [PlatformRecord(row.name, row.users, tuple(_keys(connection, row.name))) for row in rows]

    def valid_keys(self, now: int) -> list[ValidKey]:
        """The keys that were not revoked and have not expired for long, by id."""
        keys = platform_key.c
        query = (
            select(keys.id, keys.kind, keys.digest, keys.platform, platform.c.users, keys.expires)
            .join(platform, platform.c.name == keys.platform)
            .where(keys.revoked.is_(None), or_(keys.expires.is_(None), keys.expires > now - _CLOCKS_SECONDS))
            .order_by(keys.id)
        )
        with database_errors(), self._engine.connect() as connection:
            return [ValidKey(row.id, KeyKind(row.kind), *row[2:]) for row in connection.execute(query)]

    def take(self, want: Want, now: int) -> Taken:
        """Add elements to the count of an account; only as many as its limit leaves."""
        with self._begin() as connection:
            key = _key(want.account)
            add(connection, platform_epoch, key, {"evaluated": 0})  # this locks the row
            count = value(connection, platform_epoch, key)
            elements = max(0, min(want.elements, want.limit - count))
            if elements:
                add(connection, platform_epoch, key, {"evaluated": elements})
            warn = _warn(connection, key, now, much=(count + elements) * 100 >= want.limit * WARNED)
        return Taken(elements, count + elements, warn)

    def give_back(self, account: Account, elements: int) -> None:
        """Subtract elements that were taken in advance and not evaluated."""
        with self._begin() as connection:
            add(connection, platform_epoch, _key(account), {"evaluated": -elements})

    def counts(self, accounts: Sequence[Account]) -> dict[Account, int]:
        """The counts of accounts, 0 for those that have none."""
        found = dict.fromkeys(accounts, 0)
        table = platform_epoch.c
        names = tuple_(table.platform, table.channel, table.purpose, table.epoch)
        with database_errors(), self._engine.connect() as connection:
            for start in range(0, len(accounts), 200):
                part = [tuple(account) for account in accounts[start : start + 200]]
                for row in connection.execute(select(platform_epoch).where(names.in_(part))):
                    found[_account(row)] = row.evaluated
        return found

    def epochs(self, name: str | None) -> list[EpochUse]:
        """What is counted for the accounts of a platform, or of all if `name` is None."""
        table = platform_epoch.c
        query = select(platform_epoch).order_by(table.platform, table.channel, table.epoch, table.purpose)
        if name is not None:
            query = query.where(table.platform == name)
        with database_errors(), self._engine.connect() as connection:
            if name is not None:
                _check_known(connection, name)
            return [EpochUse(_account(row), row.evaluated, row.warned) for row in connection.execute(query)]

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with database_errors(), self._writing.begin() as connection:
            yield connection


def _declare(connection: Connection, name: str, users: int | None, now: int) -> int:
    """Register a platform or change the number of its users; return that number."""
    # On PostgreSQL, two commands for one platform wait for each other here.
    known = connection.execute(select(platform.c.users).where(platform.c.name == name).with_for_update()).scalar()
    if known is None:
        if users is None:
            raise PlatformError(f"{name} is a new platform: give the number of its users with --users N")
        if connection.execute(select(func.count()).select_from(platform)).scalar_one() >= MAX_PLATFORMS:
            raise PlatformError(f"there are {MAX_PLATFORMS:,} platforms, and a server cannot have more")
        connection.execute(insert(platform).values(name=name, users=users, added=now))
        return users
    if users is not None and users != known:
        connection.execute(update(platform).where(platform.c.name == name).values(users=users))
    return int(known if users is None else users)


def _check_known(connection: Connection, name: str) -> None:
    if connection.execute(select(platform.c.name).where(platform.c.name == name)).scalar() is None:
        raise PlatformError(f"there is no platform {name}: pilookup platform list shows all")


def _keys(connection: Connection, name: str) -> list[KeyRecord]:
    """The keys of a platform, the oldest first."""
    keys = platform_key.c
    query = (
        select(keys.id, keys.kind, keys.created, keys.expires, keys.revoked)
        .where(keys.platform == name)
        .order_by(keys.created, keys.id)
    )
    return [KeyRecord(row.id, KeyKind(row.kind), *row[2:]) for row in connection.execute(query)]


def _warn(connection: Connection, key: dict[str, Any], now: int, *, much: bool) -> bool:
    """Record whether much of a quota is used; whether that is new."""
    matches = [platform_epoch.c[name] == given for name, given in key.items()]
    warned = connection.execute(select(platform_epoch.c.warned).where(*matches)).scalar()
    if much == (warned is not None):
        return False
    connection.execute(update(platform_epoch).where(*matches).values(warned=now if much else None))
    return much


def _key(account: Account) -> dict[str, Any]:
    return account._asdict() | {"purpose": str(account.purpose)}


def _account(row: Any) -> Account:
    return Account(row.platform, row.channel, Purpose(row.purpose), row.epoch)
