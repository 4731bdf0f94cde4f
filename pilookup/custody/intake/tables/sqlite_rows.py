"""The program that reads an SQLite database. `sqlite_tables.py` runs it in a separate process.

Standard input is the database: the file itself, which is opened as one that cannot change, or its bytes, which are held
in memory. Nothing is written next to it. Views, triggers and virtual tables are not used, extensions are not loaded.
Standard output has one JSON value per line:
    {"table": name, "columns": [name, ...]}   a table starts
    [[cell, ...], ...]                        its next rows; every cell is text
    {"skipped": name}                         a virtual table, whose rows lie in other tables of the database
    {"fault": "damaged" | "endless"}          the database cannot be read; nothing follows
    {"end": true}                             the whole database was read
"""

import json
import math
import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

ROWS_A_LINE = 1024
EXACT_INTEGERS = 2**53
STEPS = 1_000_000
MOST_STEPS = 2_000  # millions of steps between two blocks of rows
HEADER_BYTES = 100


def main() -> None:
    """Read the database on standard input and write its rows to standard output."""
    _limit(int(sys.argv[1]))
    # The program is run by its path, without the directories from which its parent imports.
    sys.path.insert(0, str(Path(__file__).parents[4]))
    for value in _values():
        sys.stdout.buffer.write(json.dumps(value).encode() + b"\n")
    sys.stdout.buffer.flush()


def _limit(memory: int) -> None:
    """Limit the address space, and forbid core files and any writing to files, if the system has such limits."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:  # Windows
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    cap = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (cap, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


class _Watch:
    """Stops a statement that takes too many steps without a row."""

    def __init__(self) -> None:
        self.steps = 0

    def __call__(self) -> int:
        self.steps += 1
        return self.steps > MOST_STEPS


def _values() -> Iterator[object]:
    watch = _Watch()
    try:
        connection = _open(watch)
        for name, sql in _tables(connection):
            if sql.lstrip().lower().startswith("create virtual"):
                yield {"skipped": name}
            else:
                yield from _rows(connection, name, watch)
    except (sqlite3.Error, MemoryError, OverflowError, ValueError, RecursionError):
        yield {"fault": "endless" if watch.steps > MOST_STEPS else "damaged"}
    else:
        yield {"end": True}


def _open(watch: _Watch) -> sqlite3.Connection:
    connection = None
    if stat.S_ISREG(os.fstat(0).st_mode) and os.path.exists("/dev/fd/0"):  # noqa: PTH110
        connection = sqlite3.connect("file:/dev/fd/0?mode=ro&immutable=1", uri=True)
    else:
        data = bytearray(sys.stdin.buffer.read())
        if len(data) >= HEADER_BYTES:
            data[18:20] = b"\x01\x01"  # a database in memory has no write-ahead log
        connection = sqlite3.connect(":memory:")
        connection.deserialize(bytes(data))
    connection.set_progress_handler(watch, STEPS)
    connection.text_factory = _decoded
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "temp_store=MEMORY", "query_only=ON"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def _tables(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY rowid").fetchall()
    tables = [(str(name), _text(sql)) for name, sql in rows]
    return [(name, sql) for name, sql in tables if not name.lower().startswith("sqlite_")]


def _rows(connection: sqlite3.Connection, name: str, watch: _Watch) -> Iterator[object]:
    quoted = name.replace('"', '""')
    cursor = connection.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - the name of a table of this database
    yield {"table": name, "columns": [str(column[0]) for column in cursor.description]}
    while rows := cursor.fetchmany(ROWS_A_LINE):
        watch.steps = 0
        yield [[_text(cell) for cell in row] for row in rows]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return _text_of_number(cell)
    if isinstance(cell, bytes):
        from pilookup.custody.intake.tables.blob_text import text_of_blob  # noqa: PLC0415 - the path is set in `main`

        return text_of_blob(cell)
    return str(cell)


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace")


def _text_of_number(value: float) -> str:
    if not math.isfinite(value):
        return ""
    if abs(value) >= EXACT_INTEGERS:
        return f"{value:.15E}"
    return str(int(value)) if value == int(value) else repr(value)


if __name__ == "__main__":
    main()
