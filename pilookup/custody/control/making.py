"""Which HOME is being made from a database on PostgreSQL, so that what a killed command leaves there is recognised.

A HOME is made in steps, and its rows are in the database before the directory is whole. While it is made, the database
has a table with the path of HOME and a random id. Once the directory is whole, the id is in it too:

    made in part       table, and no file of this id    the next `init` or `restore` drops the tables, and says so
    made               table, and the file              opening HOME drops this table, and deletes the file
    in use             neither

Whoever makes a HOME also holds an advisory lock of the server, which ends with its connection: tables of a command that
still runs are not dropped.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

from sqlalchemy import Column, Connection, MetaData, Table, Text, insert, inspect, select, text

from pilookup import durable, overwriting
from pilookup.errors import CustodyError
from pilookup.plain_file import read_plain

MADE_FILE: Final = "control-made"
_TABLE: Final = Table("pilookup_making", MetaData(), Column("home", Text), Column("id", Text))
"""Not among the tables of `schema`, which are those of a HOME that is made."""

_LOCK: Final = 0x70696C6F6F6B4D4B
"""Key of the advisory lock: "pilookMK" in ASCII."""


@dataclass(frozen=True, slots=True)
class Making:
    """A HOME that is being made. home: its path. id: random."""

    home: str
    id: str = field(default_factory=lambda: uuid4().hex)

    def is_whole(self) -> bool:
        """Whether the directory was made to its end; raises OSError if it cannot be read."""
        return is_made(Path(self.home) / "custody", self.id)


def cleared_text(home: str) -> str:
    """What is told after tables were dropped that a killed command has left.

    Args:
        home: The HOME that it was making.
    """
    return f"the control database had what a killed command left that was making {home}; it was dropped"


def is_made(custody: Path, making_id: str) -> bool:
    """Whether a custody half is the one that was made under an id; raises OSError if it cannot be read."""
    try:
        return read_plain(custody / MADE_FILE, 64) == making_id.encode()
    except (FileNotFoundError, NotADirectoryError):
        return False


def mark_made(custody: Path, making: Making) -> None:
    """Write the id into a custody half that is whole; raises OSError."""
    durable.replace(custody / MADE_FILE, making.id.encode())


def forget_made(custody: Path) -> None:
    """Delete the file of the id, after the table is gone; raises OSError."""
    overwriting.discard(custody / MADE_FILE)


def read_making(connection: Connection) -> Making | None:
    """The HOME that is being made from a database; None if there is none."""
    if connection.dialect.name != "postgresql" or not inspect(connection).has_table(_TABLE.name):
        return None
    row = connection.execute(select(_TABLE)).one()
    return Making(row.home, row.id)


def write_making(connection: Connection, making: Making) -> None:
    """Record which HOME is being made."""
    _TABLE.create(connection)
    connection.execute(insert(_TABLE).values(home=making.home, id=making.id))


def end_making(connection: Connection) -> None:
    """Forget which HOME is being made."""
    _TABLE.drop(connection, checkfirst=True)


def lock_making(connection: Connection) -> None:
    """Hold the lock of commands that make a HOME, as long as the connection is open.

    Raises CustodyError if another one holds it.
    """
    if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}).scalar_one():
        raise CustodyError("another command is making a HOME from this control database; try again when it has ended")
