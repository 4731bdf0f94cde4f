"""Reading and adding to single rows of tables that count."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

MAX_COUNT: Final = 2**62
"""More than anything that is counted; a column holds 2**63."""


def value(connection: Connection, table: Table, key: Mapping[str, Any]) -> int:
    """The column `evaluated` of the row with this key."""
    query = select(table.c.evaluated)
    for name, value in key.items():
        query = query.where(table.c[name] == value)
    return int(connection.execute(query).scalar_one())


def add(connection: Connection, table: Table, key: Mapping[str, Any], amounts: Mapping[str, int]) -> None:
    """Add to columns of a row, which is made if there is none. No column gets below 0 or above MAX_COUNT."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = dialect.insert(table).values(**key, **{name: max(0, amount) for name, amount in amounts.items()})
    sums = {name: _bounded(connection, table.c[name] + amount) for name, amount in amounts.items()}
    connection.execute(row.on_conflict_do_update(index_elements=list(key), set_=sums))


def _bounded(connection: Connection, value: Any) -> Any:
    if connection.dialect.name == "postgresql":
        return func.greatest(0, func.least(value, MAX_COUNT))
    return func.max(0, func.min(value, MAX_COUNT))
