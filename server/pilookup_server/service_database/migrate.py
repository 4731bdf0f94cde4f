"""Migrating a service database to the tables of this version, by the revisions in `migrations/versions`.

All missing revisions are applied in one transaction under a lock: an error or a kill leaves the tables as they were,
and of several servers that start at the same time one migrates and the others find it done.
"""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from pilookup_server.service_database import schema
from pilookup_server.service_database.engine import ServiceDatabaseError, for_writing

VERSION_TABLE: Final = "service_revision"
"""The table with the revision. It is not Alembic's default, which is the one of custody's control database."""

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK: Final = 0x70696C6F6F737663
"""Key of the advisory lock for migrating on PostgreSQL: "piloosvc" in ASCII."""


def head() -> str:
    """The newest revision that this version knows."""
    newest = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    assert newest is not None
    return newest


def revision(connection: Connection) -> str | None:
    """The revision of a database; None if it has no tables yet."""
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def upgrade(engine: Engine) -> None:
    """Make the tables, or apply the missing revisions.

    Raises:
        ServiceDatabaseError: A newer version made them, or the database has tables of another program.
        sqlalchemy.exc.DBAPIError: The database refuses.
    """
    with engine.connect() as connection:
        if _current(connection):
            return
    with for_writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if not _current(connection):
            command.upgrade(_config(connection), "head")


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
    if present not in {each.revision for each in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}:
        raise ServiceDatabaseError(
            f"a newer pilookup made the tables (revision {present}, this one knows {head()}): "
            "run that version, or restore the backup from before its first start"
        )
    return present == head()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["version_table"] = VERSION_TABLE
    return config
