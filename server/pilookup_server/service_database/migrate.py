"""Migrating a service database to the tables of this version, by the revisions in `migrations/versions`.

All missing revisions are applied in one transaction under a lock: an error or a kill leaves the tables as they were,
and of several servers that start at the same time one migrates and the others find it done. Alembic takes a quarter of
a second to import, so it is imported only when there is something to apply.
"""

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, String, column, inspect, select, table, text

from pilookup_server.service_database import schema
from pilookup_server.service_database.engine import ServiceDatabaseError, for_writing

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE: Final = "service_revision"
"""The table with the revision. It is not Alembic's default, which is the one of custody's control database."""

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK: Final = 0x70696C6F6F737663
"""Key of the advisory lock for migrating on PostgreSQL: "piloosvc" in ASCII."""


def revisions() -> list[str]:
    """All revisions that this version knows, oldest first. The names of their files begin with them."""
    return sorted(path.name.partition("_")[0] for path in (_SCRIPTS / "versions").glob("[0-9]*_*.py"))


def head() -> str:
    """The newest revision that this version knows."""
    return revisions()[-1]


def revision(connection: Connection) -> str | None:
    """The revision of a database; None if it has no tables yet."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    stored = select(column("version_num", String)).select_from(table(VERSION_TABLE))
    return connection.execute(stored).scalar_one_or_none()


def upgrade(engine: Engine) -> None:
    """Make the tables, or apply the missing revisions.

    Raises:
        ServiceDatabaseError: A newer version made them, or the database has tables of another program.
        sqlalchemy.exc.DBAPIError: The database refuses.
    """
    with engine.connect() as connection:
        if _current(connection):
            return
    _alembic_command()
    with for_writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if not _current(connection):
            _apply_missing(connection)


def check(engine: Engine) -> None:
    """Raise ServiceDatabaseError if the tables are not those of this version."""
    with engine.connect() as connection:
        if not _current(connection):
            raise ServiceDatabaseError("the tables are not those of this version; run: pilookup service migrate")


def _current(connection: Connection) -> bool:
    """Whether the tables are those of this version; raises ServiceDatabaseError if they never can be."""
    present = revision(connection)
    if present is None:
        others = set(inspect(connection).get_table_names()) - {VERSION_TABLE, *schema.metadata.tables}
        if others:
            raise ServiceDatabaseError("the database has tables of another program; give it an empty one of its own")
        return False
    if present not in revisions():
        raise ServiceDatabaseError(
            f"a newer pilookup made the tables (revision {present}, this one knows {head()}): "
            "run that version, or restore the backup from before its first start"
        )
    return present == head()


def _apply_missing(connection: Connection) -> None:
    from alembic.util import CommandError  # noqa: PLC0415 - see the module's text

    command = _alembic_command()
    try:
        command.upgrade(_config(connection), "head")
    except CommandError:
        raise ServiceDatabaseError("the tables are not as a pilookup made them") from None


def _alembic_command() -> ModuleType:
    """Alembic's commands. It is called before a transaction too, so that others do not wait while this is imported."""
    from alembic import command  # noqa: PLC0415 - see the module's text

    return command


def _config(connection: Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - see the module's text

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["version_table"] = VERSION_TABLE
    return config
