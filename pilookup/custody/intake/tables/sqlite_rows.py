"""The program that reads an SQLite database. `sqlite_tables.py` runs it in a separate process.

Standard input is the database: the file itself, which is opened as one that cannot change, or its bytes, which are held
in memory. Nothing is written next to it. Views, triggers and virtual tables are not used, extensions are not loaded.
A few bytes of a database can make very much text, by generated columns and by defaults of columns that were added. What
is stored is read whatever its size. What is computed is bounded in memory, in processor time, and in the length of each
value; the text of all rows is bounded by the size of the database.
Arguments are the limits: bytes of address space, bytes of a value, characters of all text that are always allowed,
characters for each byte of the database, and seconds of processor time.
Standard output has one JSON value per line:
    {"table": name, "columns": [name, ...], "computed": bool}   a table starts; whether it computes columns
    [[cell, ...], ...]                        its next rows; every cell is text
    {"skipped": name}                         a virtual table, whose rows lie in other tables of the database
    {"fault": "damaged" | "endless" | "large"}   the database cannot be read; nothing follows
    {"end": true}                             the whole database was read
"""

import json
import math
import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROWS_A_LINE = 1024
CHARS_A_LINE = 4 << 20
EXACT_INTEGERS = 2**53
STEPS = 1_000_000
MOST_STEPS = 2_000  # millions of steps between two blocks of rows
HEADER_BYTES = 100
HEAP_BYTES = 256 << 20
HEAP_COPIES = 4  # of the largest stored value, while it is read
VIRTUAL = 2  # as PRAGMA table_xinfo says it
MEBIBYTE = 1 << 20


def main() -> None:
    """Read the database on standard input and write its rows to standard output."""
    memory, *limits = map(int, sys.argv[1:])
    _limit(memory)
    # The program is run by its path, without the directories from which its parent imports.
    sys.path.insert(0, str(Path(__file__).parents[4]))
    for value in _values(Limits(*limits)):
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


@dataclass(frozen=True)
class Limits:
    """What a database may make of its bytes.

    Attributes:
        value: Bytes of a value that is longer than the database.
        free: Characters of text that are always allowed.
        ratio: Characters of text for each byte of the database.
        seconds: Processor time, and a second more for each MiB, if columns are computed.
    """

    value: int
    free: int
    ratio: int
    seconds: int


class LargeError(Exception):
    """The rows have more text than the size of the database allows."""


class _Watch:
    """Stops a statement that takes too many steps without a row, and a database with too much text."""

    def __init__(self, limits: Limits) -> None:
        self.steps = 0
        self._limits = limits
        self._size = 0
        self._chars = 0

    def __call__(self) -> int:
        self.steps += 1
        return self.steps > MOST_STEPS

    def bound(self, connection: sqlite3.Connection, size: int) -> None:
        """Set the limits of a connection to a database of a size."""
        self._size = size
        most = connection.getlimit(sqlite3.SQLITE_LIMIT_LENGTH)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(most, max(size, self._limits.value)))
        connection.execute(f"PRAGMA hard_heap_limit={HEAP_BYTES + HEAP_COPIES * size}").fetchall()
        connection.set_progress_handler(self, STEPS)

    def bound_time(self) -> None:
        """Limit the processor time of this process, since one step of a statement can take any time."""
        try:
            import resource  # noqa: PLC0415 - not on every system
        except ImportError:  # Windows
            return
        most = self._limits.seconds + self._size // MEBIBYTE
        with suppress(ValueError):  # a lower limit holds already
            resource.setrlimit(resource.RLIMIT_CPU, (most, most))

    def add(self, chars: int) -> None:
        """Count the text of a row.

        Raises:
            LargeError: All rows together have too much.
        """
        self._chars += chars
        if self._chars > max(self._limits.free, self._limits.ratio * self._size):
            raise LargeError


def _values(limits: Limits) -> Iterator[object]:
    watch = _Watch(limits)
    try:
        connection = _open(watch)
        for name, sql in _tables(connection):
            if sql.lstrip().lower().startswith("create virtual"):
                yield {"skipped": name}
            else:
                yield from _rows(connection, name, watch)
    except LargeError:
        yield {"fault": "large"}
    except (sqlite3.Error, MemoryError, OverflowError, ValueError, RecursionError) as error:
        yield {"fault": _fault(error, watch)}
    else:
        yield {"end": True}


def _fault(error: Exception, watch: _Watch) -> str:
    if watch.steps > MOST_STEPS:
        return "endless"
    too_large = isinstance(error, MemoryError) or getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_TOOBIG
    return "large" if too_large else "damaged"


def _open(watch: _Watch) -> sqlite3.Connection:
    size = os.fstat(0).st_size
    if stat.S_ISREG(os.fstat(0).st_mode) and os.path.exists("/dev/fd/0"):  # noqa: PTH110
        connection = sqlite3.connect("file:/dev/fd/0?mode=ro&immutable=1", uri=True)
    else:
        data = bytearray(sys.stdin.buffer.read())
        size = len(data)
        if len(data) >= HEADER_BYTES:
            data[18:20] = b"\x01\x01"  # a database in memory has no write-ahead log
        connection = sqlite3.connect(":memory:")
        connection.deserialize(bytes(data))
    watch.bound(connection, size)
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
    columns = connection.execute(f'PRAGMA table_xinfo("{quoted}")').fetchall()
    computed = any(column[-1] == VIRTUAL for column in columns)
    if computed:
        watch.bound_time()
    # Written before the first row is computed, which may end this process: the parent then knows the table.
    yield {"table": name, "columns": [str(column[1]) for column in columns], "computed": computed}
    cursor = connection.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - the name of a table of this database
    yield from _blocks(cursor, watch)


def _blocks(cursor: sqlite3.Cursor, watch: _Watch) -> Iterator[list[list[str]]]:
    block: list[list[str]] = []
    chars = 0
    for row in cursor:
        block.append([_text(cell) for cell in row])
        length = sum(map(len, block[-1]))
        watch.add(length)
        chars += length
        if len(block) == ROWS_A_LINE or chars >= CHARS_A_LINE:
            yield block
            block, chars, watch.steps = [], 0, 0
    if block:
        yield block


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
