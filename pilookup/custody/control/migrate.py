"""Migrating a control database to the tables of this version, by the revisions in `migrations/versions`.

All missing revisions are applied in one transaction: an error or a kill leaves the tables as they were.
Alembic takes a quarter of a second to import, so it is imported only when there is something to apply.
"""

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, String, column, inspect, select, table, text

from pilookup.custody.control import schema
from pilookup.custody.control.engine import for_writing
from pilookup.custody.control.making import Making, end_making, read_making, write_making
from pilookup.errors import CustodyError, MissingExtraError

if TYPE_CHECKING:
    from alembic.config import Config

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK: Final = 0x70696C6F6F6B7570
"""Key of the advisory lock for migrating on PostgreSQL: "pilookup" in ASCII."""
_VERSIONS: Final = "alembic_version"


def create(engine: Engine, making: Making) -> str | None:
    """Make the tables in an empty database, or in one where a killed command has begun to make a HOME.

    Args:
        engine: The database.
        making: Which HOME is made. On PostgreSQL it is recorded, until `end_making`.

    Returns:
        The HOME that the killed command was making, whose tables were dropped; None if there were none.

    Raises:
        CustodyError: It holds control data already.
    """
    _alembic_command()
    with for_writing(engine).begin() as connection:
        _lock(connection)
        left = read_making(connection)
        if left is not None and left.is_whole():
            raise CustodyError(f"the control database is that of {left.home}; a new HOME needs an empty one")
        if left is not None:
            _drop(connection)
        if set(inspect(connection).get_table_names()) & {_VERSIONS, *schema.metadata.tables}:
            raise CustodyError("the control database holds control data already; a new HOME needs an empty database")
        _apply_missing(connection)
        connection.execute(schema.vault_state.insert().values(id=1, removals=0))
        if connection.dialect.name == "postgresql":
            write_making(connection, making)
    return left.home if left is not None else None


def upgrade(engine: Engine) -> None:
    """Apply the missing revisions; raises CustodyError if there are no control data, or a newer pilookup made them."""
    with engine.connect() as connection:
        known, present = revisions(), _present(connection)
        if present == known[-1]:
            return
        if present is None:
            raise CustodyError("the control database holds no control data; is it the right one?")
        if present not in known:
            raise CustodyError(f"the control database was made by a newer pilookup: revision {present}")
    _alembic_command()
    with for_writing(engine).begin() as connection:
        _lock(connection)
        _apply_missing(connection)


def revisions() -> list[str]:
    """All revisions that this version knows, oldest first. The names of their files begin with them."""
    return sorted(path.name.partition("_")[0] for path in (_SCRIPTS / "versions").glob("[0-9]*_*.py"))


def remove(engine: Engine) -> None:
    """Drop all tables, those of Alembic included."""
    with for_writing(engine).begin() as connection:
        _lock(connection)
        _drop(connection)


def _drop(connection: Connection) -> None:
    schema.metadata.drop_all(connection)
    connection.execute(text(f"DROP TABLE IF EXISTS {_VERSIONS}"))
    end_making(connection)


def _present(connection: Connection) -> str | None:
    """The revision of a database; None if it has none."""
    if not inspect(connection).has_table(_VERSIONS):
        return None
    return connection.execute(select(column("version_num", String)).select_from(table(_VERSIONS))).scalar_one_or_none()


def _apply_missing(connection: Connection) -> None:
    command = _alembic_command()
    command.upgrade(_config(connection), "head")


def _alembic_command() -> ModuleType:
    """Alembic's commands. It is called before a transaction too, so that others do not wait while this is imported."""
    try:
        from alembic import command  # noqa: PLC0415 - see the module's text
    except ModuleNotFoundError as error:
        raise MissingExtraError("the police side needs an extra (alembic): pip install 'pilookup[load]'") from error
    return command


def _config(connection: Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - see the module's text

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _lock(connection: Connection) -> None:
    """Let one process migrate at a time. On SQLite the transaction's own lock does that."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
