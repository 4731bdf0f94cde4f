"""All rows of the control database as one JSON object, for a backup that any of the databases can restore."""

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Date, DateTime, delete, insert, select

from pilookup.custody.control import schema
from pilookup.errors import CustodyError


def dump_rows(connection: Connection) -> bytes:
    """Every table's rows, in one transaction of the caller."""
    tables = {}
    for table in schema.metadata.sorted_tables:
        rows = connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
        tables[table.name] = [{name: _to_json(value) for name, value in row.items()} for row in rows]
    return json.dumps(tables, ensure_ascii=False).encode()


def restore_rows(connection: Connection, data: bytes) -> None:
    """Put the rows of a backup in the place of those that new tables have.

    Columns that the backup does not have get their defaults.

    Raises:
        CustodyError: The backup has a table or a column that this version does not know.
    """
    tables: dict[str, list[dict[str, Any]]] = json.loads(data)
    known = {table.name: table for table in schema.metadata.sorted_tables}
    columns = {name: {key for row in rows for key in row} for name, rows in tables.items()}
    if not set(tables) <= set(known) or any(
        not names <= set(known[name].columns.keys()) for name, names in columns.items()
    ):
        raise CustodyError("the backup was made by a newer version of pilookup; restore it with that one")
    for table in reversed(schema.metadata.sorted_tables):
        connection.execute(delete(table))
    for table in schema.metadata.sorted_tables:
        rows = [
            {name: _from_json(table.c[name].type, value) for name, value in row.items()}
            for row in tables.get(table.name, [])
        ]
        if rows:
            connection.execute(insert(table), rows)


def _to_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _from_json(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value
