"""Reads dumps of MySQL, PostgreSQL, SQLite, SQL Server and Oracle as tables.

Rows are the values of INSERT and REPLACE statements and the lines of COPY. The names of the columns stand in these
statements or in CREATE TABLE. No statement is run. The values that UPDATE sets are rows of a table of their own if one
of them may be a number. Other statements are left out, but one that has a mobile number is a row of a table of text, so
that the report counts the number as not read.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Final

from pilookup.custody.intake.files.encoding import Encoding
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.tables.named_records import MAX_NAME_CHARS, Record, tables_of_records
from pilookup.custody.intake.tables.sql_text import IDENTIFIER, NAME, SqlReader, text_of_bytes, unquoted
from pilookup.custody.intake.tables.table import RowTable
from pilookup.custody.intake.tables.whole_text import open_text

_SAMPLE_CHARS: Final = 1 << 16
_MYSQL: Final = re.compile(r"mysql|mariadb|phpmyadmin|engine\s*=\s*(?:innodb|myisam)|`\w+`", re.IGNORECASE)
_OTHERS: Final = re.compile(
    r"postgresql|standard_conforming_strings|\[dbo\]|\(\s*N'|ansi_nulls|pragma\s+foreign_keys|oracle|to_date\s*\(",
    re.IGNORECASE,
)

_BETWEEN: Final = re.compile(r"(?:\s++|/\*!\d++|\*/|;)++")
_COLUMNS: Final = rf"\(\s*+(?P<columns>{IDENTIFIER}(?:\s*+,\s*+{IDENTIFIER})*+)\s*+\)"
_INSERT: Final = re.compile(
    rf"(?:(?:insert|replace)\s++(?:(?:low_priority|delayed|high_priority|ignore|overwrite|all|or\s++\w++)\s++)*+(?:into\s++)?"
    rf"|into\s++)(?:table\s++)?(?P<table>{NAME})\s*+(?:{_COLUMNS}\s*+)?(?:overriding\s++\w++\s++value\s++)?"
    rf"(?P<way>values?\s*+(?=\()|set\s++|select\s++)",
    re.IGNORECASE,
)
_UPDATE: Final = re.compile(
    rf"update\s++(?:(?:low_priority|ignore|only|or\s++\w++)\s++)*+(?P<table>{NAME})\s++(?:as\s++\w++\s++)?set\s++",
    re.IGNORECASE,
)
_INSERT_ALL: Final = re.compile(r"insert\s++all\s++", re.IGNORECASE)
_COPY: Final = re.compile(
    rf"copy\s++(?P<table>{NAME})\s*+(?:{_COLUMNS}\s*+)?from\s++stdin(?P<options>[^;\n]*+);[ \t]*+\n", re.IGNORECASE
)
_CREATE: Final = re.compile(
    rf"create\s++(?:(?:global|local|temporary|temp|unlogged|external)\s++)*+table\s++(?:if\s++not\s++exists\s++)?"
    rf"(?P<table>{NAME})\s*+(?=\()",
    re.IGNORECASE,
)
_NO_COLUMN: Final = re.compile(
    r"(?:primary|unique|key|index|constraint|foreign|check|fulltext|spatial|exclude|like|period|partition)\b",
    re.IGNORECASE,
)
_FIRST_NAME: Final = re.compile(rf"\s*+({IDENTIFIER})")
_DEFINITION: Final = re.compile(
    r"--[^\n]*+|/\*.*?\*/|'(?:[^'\\]++|''|\\.)*+'|\"[^\"]*+\"|`[^`]*+`|\[[^\]]*+\]|[(),]|[^-/'\"`\[(),]++|.", re.DOTALL
)
_ASSIGNMENT: Final = re.compile(rf"\s*+({NAME})\s*+=")
_STATEMENT: Final = re.compile(
    r"--[^\n]*+|\#[^\n]*+|/\*(?!!).*?(?:\*/|$)|'(?:[^'\\]++|''|\\.)*+'|\"[^\"\n]*+\"|`[^`\n]*+`|[^-\#/'\"`;\n]++|[-/'\"`]",
    re.DOTALL,
)
_MOBILE: Final = re.compile(r"(?<![0-9A-Za-z.])1[3-9]\d{9}(?![0-9])")
_MAY_BE_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z.:-])(?:\+|[(]?0|1[3-9])[0-9() -]{7,}")
_OPEN: Final = re.compile(r"\s*+\(")
_COMMA: Final = re.compile(r"\s*+,\s*+(?=\()")
_UNION: Final = re.compile(r"\s*+union\s++(?:all\s++)?select\s++", re.IGNORECASE)
_MAX_COLUMNS: Final = 4_096
_OTHER: Final = "other statements"
_COPY_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_COPY_ESCAPED: Final = {"t": "\t", "n": "\n", "r": "\r", "b": "", "f": "", "v": ""}


def sql_tables(member: Member, encoding: Encoding, notes: list[str]) -> Iterator[RowTable]:
    """Yield the tables of an SQL dump. Each must be read before the next is requested.

    Args:
        member: The dump.
        encoding: Its encoding, as `text_encoding` found it.
        notes: Receives a sentence about how the file was read.

    Raises:
        IntakeError: The file is not a text, has no rows, or a row does not end (the error names the line).
    """
    notes.append(f"{member.location}: read as an SQL dump in {encoding.display_name}")
    with open_text(member, encoding) as stream:
        sample = stream.read(_SAMPLE_CHARS)
    backslash = bool(_MYSQL.search(sample)) or not _OTHERS.search(sample)

    def read() -> Iterator[Record]:
        with open_text(member, encoding) as stream:
            yield from _Dump(SqlReader(member.location, stream, backslash=backslash)).records()

    return tables_of_records(member.location, read)


class _Dump:
    """The statements of one dump."""

    def __init__(self, reader: SqlReader) -> None:
        self._reader = reader
        self._columns: dict[str, list[str]] = {}

    def records(self) -> Iterator[Record]:
        """Yield all rows."""
        reader = self._reader
        while reader.ahead():
            if reader.match(_BETWEEN) or reader.match(_INSERT_ALL):
                continue
            if found := reader.match(_INSERT):
                yield from self._insert(found)
            elif found := reader.match(_COPY):
                yield from self._copy(found)
            elif found := reader.match(_UPDATE):
                yield from self._update(found)
            elif found := reader.match(_CREATE):
                yield from self._create(found)
            else:
                yield from self._skip()

    def _insert(self, found: re.Match[str]) -> Iterator[Record]:
        table = unquoted(found["table"])[:MAX_NAME_CHARS]
        columns = _names(found["columns"]) if found["columns"] else self._columns.get(table)
        way = found["way"].strip().lower()
        if way == "set":
            yield from self._assignments(table)
        elif way == "select":
            yield from self._selects(table, columns)
        else:
            yield from self._rows(table, columns)

    def _rows(self, table: str, columns: list[str] | None) -> Iterator[Record]:
        reader = self._reader
        width = len(columns) if columns else None
        while reader.match(_OPEN):
            line = reader.line
            values = reader.row(width)
            yield _record(table, line, columns, values)
            width = width or len(values)
            reader.ahead()
            if not reader.match(_COMMA):
                return

    def _assignments(self, table: str) -> Iterator[Record]:
        line = self._reader.line
        fields: list[tuple[str, str]] = []
        while len(fields) < _MAX_COLUMNS and (found := self._reader.match(_ASSIGNMENT)):
            value, more = self._reader.value()
            fields.append((unquoted(found[1])[:MAX_NAME_CHARS], value))
            if not more:
                break
        yield Record(table, line, fields)

    def _update(self, found: re.Match[str]) -> Iterator[Record]:
        table = unquoted(found["table"])[:MAX_NAME_CHARS]
        for record in self._assignments(f"{table} (UPDATE)"):
            if any(_MAY_BE_NUMBER.search(value) for _, value in record.fields):
                yield record

    def _selects(self, table: str, columns: list[str] | None) -> Iterator[Record]:
        """Rows that are written as SELECT of values, with UNION between them."""
        while True:
            line, more = self._reader.line, True
            values: list[str] = []
            while more and len(values) < _MAX_COLUMNS:
                value, more = self._reader.value()
                values.append(value)
            yield _record(table, line, columns, values)
            self._reader.ahead()
            if not self._reader.match(_UNION):
                return

    def _copy(self, found: re.Match[str]) -> Iterator[Record]:
        table = unquoted(found["table"])[:MAX_NAME_CHARS]
        columns = _names(found["columns"]) if found["columns"] else self._columns.get(table)
        commas = "csv" in found["options"].lower()
        reader = self._reader
        while True:
            number = reader.line
            line = reader.line_text()
            if line is None or line.rstrip() == "\\.":
                return
            values = _separated(line) if commas else [_copied(cell) for cell in line.split("\t")]
            yield _record(table, number, columns, [text_of_bytes(value) or value for value in values])

    def _create(self, found: re.Match[str]) -> Iterator[Record]:
        """Read the names of the columns of a table."""
        reader = self._reader
        line, start = reader.line, reader.at
        depth, item = 0, ""
        items: list[str] = []
        while depth or not items:
            token = reader.match(_DEFINITION)
            if token is None or len(items) > _MAX_COLUMNS:
                break
            text = token[0]
            depth += (text == "(") - (text == ")")
            if (text == "," and depth == 1) or (text == ")" and depth == 0):
                items.append(item)
                item = ""
            elif not (text == "(" and depth == 1) and not text.startswith(("--", "/*")):
                item += text
        names = [first[1] for one in items if (first := _FIRST_NAME.match(one)) and not _NO_COLUMN.match(one.lstrip())]
        self._columns[unquoted(found["table"])[:MAX_NAME_CHARS]] = [unquoted(name)[:MAX_NAME_CHARS] for name in names]
        yield from _told(line, reader.text[start : reader.at])

    def _skip(self) -> Iterator[Record]:
        """Skip the rest of a statement, or a line of it."""
        reader = self._reader
        line, start = reader.line, reader.at
        while reader.at < len(reader.text) and reader.text[reader.at] not in ";\n":
            if not reader.match(_STATEMENT):
                reader.at += 1
        reader.at += reader.at < len(reader.text)
        yield from _told(line, reader.text[start : reader.at])


def _told(line: int, text: str) -> Iterator[Record]:
    if _MOBILE.search(text):
        yield Record(_OTHER, line, [("statement", text.strip())])


def _names(columns: str) -> list[str]:
    return [unquoted(name)[:MAX_NAME_CHARS] for name in re.findall(IDENTIFIER, columns)]


def _record(table: str, line: int, columns: list[str] | None, values: Sequence[str]) -> Record:
    if not columns:
        return Record(table, line, [(str(at), value) for at, value in enumerate(values, 1)], named=False)
    names = [*columns, *(f"column {at}" for at in range(len(columns) + 1, len(values) + 1))]
    return Record(table, line, list(zip(names, values, strict=False)))


def _separated(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [""])
    except csv.Error:
        return line.split(",")


def _copied(cell: str) -> str:
    if cell == "\\N":
        return ""
    return _COPY_ESCAPE.sub(lambda found: _COPY_ESCAPED.get(found[1], found[1]), cell) if "\\" in cell else cell
