"""Makes tables of records whose fields have names, as JSON, vCards, XML and SQL dumps have them.

The records of one file may belong to several tables, and a field may occur for the first time in its last record.
Therefore all records are read twice: first for the names of the tables and fields, then for the rows. Only the names
are held in memory.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from pilookup.custody.intake.columns.headers import without_persons
from pilookup.custody.intake.files.source import display_name
from pilookup.custody.intake.tables.long_texts import pieces
from pilookup.custody.intake.tables.table import NumberedRows, RowTable
from pilookup.errors import IntakeError

MAX_TABLES: Final = 200
"""Tables of one file. The records of all further tables together are one more."""

MAX_ALTERNATING: Final = 20
"""The same where the records of a table do not stand together, since the file is then read once for each table."""

MAX_NAMES: Final = 1_000
"""Columns of one table. All further fields together are one more, in which each value follows its name."""

MAX_NAME_CHARS: Final = 200

_CELL_VALUES: Final = 50
_CELL_CHARS: Final = 2_000
_PIECE_CHARS: Final = 65_536
_BLOCK_ROWS: Final = 4_096
_BLOCK_CHARS: Final = 4 << 20
_REST: Final = "(other fields)"
_OTHER_TABLES: Final = "(other tables)"


@dataclass(slots=True)
class Record:
    """One record. The repr does not show its fields.

    Attributes:
        table: The name of its table; "" if the file has only one.
        line: The 1-based number of its line, or of the record itself, for errors.
        fields: Names and values in their order. A name may occur several times. If the table has no names for its
            columns, each name is the 1-based index of a column.
        named: Whether the fields have names.
    """

    table: str
    line: int
    fields: list[tuple[str, str]] = field(repr=False)
    named: bool = True


_Key = tuple[str, bool]


@dataclass(slots=True)
class _Layout:
    """The columns of one table, and in how many places of the file its records stand together."""

    columns: dict[str, int] = field(default_factory=dict)
    rest: bool = False
    runs: int = 0

    def add(self, record: Record) -> None:
        for name, _ in record.fields:
            if name not in self.columns:
                if len(self.columns) < MAX_NAMES:
                    self.columns[name] = len(self.columns)
                else:
                    self.rest = True

    @property
    def names(self) -> list[str]:
        return [*self.columns, *([_REST] if self.rest else [])]


def tables_of_records(location: str, read: Callable[[], Iterator[Record]]) -> Iterator[RowTable]:
    """Yield the tables that records make up. Each must be read before the next is requested.

    Args:
        location: The file or member.
        read: Yields all records of the file, the same ones each time.

    Raises:
        IntakeError: Reading the records raises it, or there are none.
    """
    layouts = _survey(read(), MAX_TABLES)
    if not layouts:
        raise IntakeError(location, "has no records")
    together = all(layout.runs == 1 for layout in layouts.values())
    if not together and len(layouts) > MAX_ALTERNATING:
        layouts = _survey(read(), MAX_ALTERNATING)
    if together:
        groups = groupby(read(), key=lambda record: _key(record, layouts))
        for number, (key, records) in enumerate(groups, 1):
            place = location if len(layouts) == 1 else _place(location, key[0], number)
            yield _table(place, key, layouts[key], records)
        return
    for number, (key, layout) in enumerate(layouts.items(), 1):
        records = (record for record in read() if _key(record, layouts) == key)
        place = location if len(layouts) == 1 else _place(location, key[0], number)
        yield _table(place, key, layout, records)


def _survey(records: Iterator[Record], most: int) -> dict[_Key, _Layout]:
    layouts: dict[_Key, _Layout] = {}
    last: _Key | None = None
    for record in records:
        key = _key(record, layouts, most)
        layout = layouts.setdefault(key, _Layout())
        layout.runs += key != last
        layout.add(_in_other_tables(record) if key[0] == _OTHER_TABLES else record)
        last = key
    for (_, named), layout in layouts.items():
        if not named:
            width = max((int(name) for name in layout.columns), default=0)
            layout.columns = {str(at + 1): at for at in range(min(width, MAX_NAMES))}
    return layouts


def _key(record: Record, layouts: dict[_Key, _Layout], most: int = 0) -> _Key:
    """The table of a record: its own if it is known or there are less than `most`, else that of all others."""
    key = (record.table, record.named)
    return key if key in layouts or len(layouts) < most else (_OTHER_TABLES, True)


def _in_other_tables(record: Record) -> Record:
    fields = [(f"{record.table}.{name}"[:MAX_NAME_CHARS], value) for name, value in record.fields]
    return Record(_OTHER_TABLES, record.line, fields)


def _place(location: str, name: str, number: int) -> str:
    """The location of a table, by its name; by its number too where the name may have the name of a person in it."""
    shown = without_persons(name)
    if shown != name:
        return f"{location} table {number} {display_name(shown)}"
    return f"{location} {display_name(name)}" if name else location


def _table(place: str, key: _Key, layout: _Layout, records: Iterator[Record]) -> RowTable:
    name, named = key
    if name == _OTHER_TABLES:
        records = map(_in_other_tables, records)
    return RowTable(place, _blocks(records, layout), layout.names if named else None)


def _blocks(records: Iterator[Record], layout: _Layout) -> Iterator[NumberedRows]:
    """The rows of records, in blocks of bounded size. They are numbered from 1: a line may hold many records."""
    rows: list[list[str]] = []
    first, chars = 1, 0
    for record in records:
        for row in _rows(record, layout):
            rows.append(row)
            chars += sum(map(len, row))
        if len(rows) >= _BLOCK_ROWS or chars >= _BLOCK_CHARS:
            yield NumberedRows(range(first, first + len(rows)), rows)
            first, rows, chars = first + len(rows), [], 0
    if rows:
        yield NumberedRows(range(first, first + len(rows)), rows)


def _rows(record: Record, layout: _Layout) -> Iterator[list[str]]:
    """The rows of one record: one, or more if a field has too many values for one cell."""
    width = len(layout.columns) + layout.rest
    cells: dict[int, list[str]] = {}
    for name, value in record.fields:
        at = layout.columns.get(name, len(layout.columns))
        text = value if at < len(layout.columns) else f"{name}: {value}"
        if at >= width:
            raise IntakeError(f"line {record.line}", "changed while it was read")
        if text:
            cells.setdefault(at, []).extend(
                [text] if len(text) <= _PIECE_CHARS else pieces(text, _PIECE_CHARS, " \n,;，；")
            )
    joined = {at: cell if len(cell) < 2 else list(_joined(cell)) for at, cell in cells.items()}
    for number in range(max(map(len, joined.values()), default=1)):
        row = [""] * width
        for at, cell in joined.items():
            if number < len(cell):
                row[at] = cell[number]
        yield row


def _joined(values: Sequence[str]) -> Iterator[str]:
    """Values with line feeds between, as one cell or more."""
    held: list[str] = []
    chars = 0
    for value in values:
        if held and (len(held) >= _CELL_VALUES or chars + len(value) > _CELL_CHARS):
            yield "\n".join(held)
            held, chars = [], 0
        held.append(value)
        chars += len(value) + 1
    yield "\n".join(held)
