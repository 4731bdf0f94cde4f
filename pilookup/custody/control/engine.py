"""Connections to the control database: which one is meant, and how a transaction begins on it."""

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
"""Execution option: the statement that begins a transaction on SQLite."""


def database_url() -> str | None:
    """The URL from the environment, if the control data are not in HOME's own SQLite file."""
    return os.environ.get(URL_VARIABLE) or None


def connect(home: Home) -> Engine:
    """An engine for HOME's control data; nothing is opened yet. Raises CustodyError, which never repeats the URL."""
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
    """The same connections, for transactions that change something: SQLite takes its lock at their beginning.

    A transaction that read first and wants to write later would fail at once where another one writes, not wait.
    """
    return engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})


@contextmanager
def database_errors(what: str) -> Iterator[None]:
    """A database that fails (a full disk, a lost connection) is told as our own error; nothing was changed then."""
    try:
        yield
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        raise CustodyError(f"the control database {what}: {reason}") from None


def _url(text: str) -> URL:
    """What a URL means. One that was put together wrongly is not repeated: any part of it may be of the password."""
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
    """A commit is on the disk before it returns; references are checked; the driver begins no transaction by itself."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    """Begin by hand: the driver would do so before the first INSERT or UPDATE only, and leave DDL outside."""
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _configure_postgresql(connection: Any, _: object) -> None:
    """A commit is on the disk before it returns, whatever the server's default; times and texts are what we stored."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise CustodyError(f"the control database cannot be used: its encoding is {encoding}, not UTF8")
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()
