"""Connections to the control database: which database, and how a transaction begins."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from pilookup.custody.home import Home
from pilookup.errors import CustodyError

URL_VARIABLE: Final = "PILOOKUP_DATABASE_URL"
_WRONG: Final = f"{URL_VARIABLE} cannot be used: not a URL such as postgresql://USER@HOST/NAME"
_CONNECT_SECONDS: Final = 10
_BEGIN: Final = "pilookup_begin"
"""Name of the execution option that holds the statement which begins a transaction on SQLite."""


def database_url() -> str | None:
    """The URL from the environment; None if the control data are in HOME's SQLite file."""
    return os.environ.get(URL_VARIABLE) or None


def connect(home: Home) -> Engine:
    """Make an engine for HOME's control database, without connecting yet.

    Raises:
        CustodyError: the URL or the driver cannot be used. The text never repeats the URL, which holds a password.
    """
    text = database_url()
    url = _url(text) if text else URL.create("sqlite", database=str(home.database))
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, hide_parameters=True)
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin)
        return engine
    try:
        arguments = {} if "connect_timeout" in url.query else {"connect_timeout": _CONNECT_SECONDS}
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=arguments)
    except ImportError:
        raise CustodyError("PostgreSQL needs its driver, psycopg: install pilookup[postgresql]") from None
    except ArgumentError:
        raise CustodyError(_WRONG) from None
    event.listen(engine, "connect", _configure_postgresql)
    return engine


def for_writing(engine: Engine) -> Engine:
    """The same engine for transactions that write: on SQLite they take the write lock at their beginning.

    SQLite does not wait for the lock in a transaction that has already read: it fails at once if another one writes.
    """
    return engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})


@contextmanager
def database_errors(what: str) -> Iterator[None]:
    """Raise errors of the database (a full disk, a lost connection) as CustodyError. Nothing was changed then."""
    try:
        yield
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        raise CustodyError(f"the control database {what}: {reason}") from None


def _url(text: str) -> URL:
    """Parse a URL. Error texts repeat no part of it, because in a wrong URL any part may belong to the password."""
    if text.partition("?")[0].count("@") > 1:
        raise CustodyError(f"{URL_VARIABLE} cannot be used: write an @ in a name or password as %40")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise CustodyError(_WRONG) from None
    if url.drivername in {"postgresql", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername in {"sqlite", "sqlite+pysqlite"}:
        return url
    raise CustodyError(f"{URL_VARIABLE} cannot be used: it names neither postgresql:// nor sqlite://")


def _configure_sqlite(connection: Any, _: object) -> None:
    """Flush every commit to the disk, check foreign keys, and keep the driver from beginning transactions itself."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    """Begin a transaction. The driver would begin it at the first INSERT or UPDATE, and leave DDL outside of it."""
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _configure_postgresql(connection: Any, _: object) -> None:
    """Flush every commit to the disk whatever the server's default, and require UTF-8."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise CustodyError(f"the control database cannot be used: its encoding is {encoding}, not UTF8")
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()
