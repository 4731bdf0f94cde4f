"""Reads the tables of a file, before any column is chosen."""

import random
from dataclasses import dataclass

from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.intake.files.detect import detect_format
from pilookup.custody.intake.files.source import Source
from pilookup.custody.intake.tables.readers import open_tables
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind


@dataclass
class ReadTable:
    location: str
    names: list[str] | None
    lines: list[int]
    rows: list[list[str]]

    def column(self, name):
        at = self.names.index(name)
        return [row[at] for row in self.rows]

    def dicts(self):
        return [{name: cell for name, cell in zip(self.names, row, strict=True) if cell} for row in self.rows]


def read_tables(path, report=None):
    """All tables of a file, with all their cells."""
    member = Source(path).as_member()
    report = report or Report()
    form = detect_format(member, report.notes)
    found = []
    for table in open_tables(member, form, IntakeOptions(Kind.EXPOSURE), report):
        width = len(table.names) if table.names is not None else max((len(row) for row in table.head), default=0)
        lines, rows = [], []
        for block in table.blocks(0):
            lines += block.lines
            rows += [[*row, *[""] * (width - len(row))] for row in block.rows]
        found.append(ReadTable(table.location, table.names, lines, rows))
    return found


def mutated(content, seed):
    """A copy with a few bytes changed, cut out, doubled or put in."""
    chance = random.Random(seed)
    data = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        length = chance.choice([1, 1, 1, 2, 7, 40])
        way = chance.randrange(5)
        if way == 0:
            data[at : at + length] = chance.randbytes(length)
        elif way == 1:
            del data[at : at + length]
        elif way == 2:
            data[at:at] = data[at : at + length] * chance.choice([1, 2, 50])
        elif way == 3:
            data[at:at] = chance.choice(b"\"'\\(){}[]<>&;:,=\n\0\xff").to_bytes(1, "big") * length
        elif at < len(data):
            data[at] ^= 1 << chance.randrange(8)
    return bytes(data)


def tables_or_error(path):
    """The tables of a file, and the text of the IntakeError that reading it raised; nothing else may be raised."""
    try:
        return read_tables(path), ""
    except IntakeError as error:
        return [], str(error)


def assert_tables_or_refused(path, content):
    """Reading content gives tables or an IntakeError, nothing else."""
    path.write_bytes(content)
    return tables_or_error(path)


def all_cells(tables):
    """The cells of all tables, one a line."""
    return "\n".join(cell for table in tables for row in table.rows for cell in row)
