"""Bringing a database to the present tables, by the revisions in `pilookup/custody/migrations`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

_SCRIPTS = Path(__file__).parent.parent / "migrations"


def migrate(connection: Connection) -> None:
    """Apply what is missing. A revision that SQLite leaves half done is done again: it must bear that."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
