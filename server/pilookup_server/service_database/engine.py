"""Connections to the service database: which database, how a transaction begins, and what its errors become."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from pilookup import durable, file_errors
from pilookup.errors import PilookupError
from pilookup_server.settings import ServeError

FILE: Final = "service.sqlite3"
"""The SQLite file in a HOME's online half."""

URL_VARIABLE: Final = "PILOOKUP_SERVICE_DATABASE_URL"

_WRONG: Final = f"{URL_VARIABLE}: not a URL such as postgresql://USER@HOST/NAME"
_WAIT_SECONDS: Final = 5
"""How long a connection, a lock or a statement may take."""

_BEGIN: Final = "pilookup_begin"
"""Name of the execution option with the statement that begins a transaction on SQLite."""


class ServiceDatabaseError(PilookupError):
    """The service database cannot be used; the text says why and does not repeat the URL."""


def connect(online: Path, url: str) -> Engine:
    """Make an engine, without connecting yet. Use it only in the process that made it.

    Args:
        online: HOME's online half, whose SQLite file is used if there is no URL.
        url: The URL of a PostgreSQL database; empty for the SQLite file.

    Raises:
        ServeError: The URL or the driver cannot be used.
        ServiceDatabaseError: The SQLite file cannot be made.
    """
    if not url:
        return _sqlite(online / FILE)
    parsed = postgresql_url(url)
    options = {
        "connect_timeout": _WAIT_SECONDS,
        "tcp_user_timeout": _WAIT_SECONDS * 1000,
        "keepalives_idle": _WAIT_SECONDS,
        "application_name": "pilookup-service",
    }
    arguments = {name: value for name, value in options.items() if name not in parsed.query}
    try:
        engine = create_engine(parsed, hide_parameters=True, pool_pre_ping=True, pool_size=1, connect_args=arguments)
    except ImportError:
        raise ServeError("PostgreSQL needs its driver, psycopg: install pilookup-server[postgresql]") from None
    except ArgumentError:
        raise ServeError(_WRONG) from None
    event.listen(engine, "connect", _configure_postgresql)
    return engine


def postgresql_url(text: str) -> URL:
    """Parse a URL; raises ServeError, whose text repeats no part of it, because any part may belong to the password."""
    if text.partition("?")[0].count("@") > 1:
        raise ServeError(f"{URL_VARIABLE}: write an @ in a name or password as %40")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ServeError(_WRONG) from None
    if url.drivername not in {"postgresql", "postgresql+psycopg"}:
        raise ServeError(f"{URL_VARIABLE}: it does not begin with postgresql://")
    return url.set(drivername="postgresql+psycopg")


def for_writing(engine: Engine) -> Engine:
    """The same engine for transactions that write: on SQLite they take the write lock at their beginning."""
    return engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})


@contextmanager
def database_errors() -> Iterator[None]:
    """Raise errors of the database (a full disk, a lost connection) as ServiceDatabaseError."""
    try:
        yield
    except DBAPIError as error:
        raise ServiceDatabaseError(" ".join(str(error.orig).split())) from None
    except SQLAlchemyError as error:
        raise ServiceDatabaseError(f"{type(error).__name__}: the tables are not as a pilookup made them") from None


def _sqlite(path: Path) -> Engine:
    try:
        # SQLite would make it readable by others, and gives the files beside it the same mode.
        durable.empty_file(path)
    except OSError as error:
        raise ServiceDatabaseError(file_errors.failure_text(error, "cannot be opened", path)) from None
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _WAIT_SECONDS})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def read_only(path: Path) -> Engine | None:
    """An engine that only reads a SQLite file, and needs no other file: for a disk that is full or cannot be written.

    Returns:
        None if there is no file, or if what a killed server wrote is in another file, which cannot be read so.
    """
    if _size(_log(path)) or not _size(path):
        return None
    query = {"mode": "ro", "immutable": "1", "uri": "true"}
    url = URL.create("sqlite", database=f"file:{path.absolute().as_posix()}", query=query)
    return create_engine(url, hide_parameters=True)


def is_empty(path: Path) -> bool:
    """Whether nothing was ever written to a SQLite file, because the disk was full when it was made."""
    return not _size(path) and not _size(_log(path))


def _log(path: Path) -> Path:
    """The file beside a SQLite file with what is not in it yet."""
    return path.with_name(f"{path.name}-wal")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _configure_sqlite(connection: Any, _: object) -> None:
    """Flush every commit to the disk, and keep the driver from beginning transactions itself."""
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    """Begin a transaction. The driver would begin it at the first INSERT or UPDATE, and leave DDL outside of it."""
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _configure_postgresql(connection: Any, _: object) -> None:
    """Flush every commit to the disk whatever the server's default, and wait for no lock for long."""
    for name in ("statement_timeout", "lock_timeout"):
        connection.execute("SELECT set_config(%s, %s, false)", (name, f"{_WAIT_SECONDS}s"))
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()
