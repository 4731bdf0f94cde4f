"""Reads JSON and JSON lines as tables.

An array of objects is a table, each object a row. The names of nested objects are joined by dots, and the values of
nested arrays stand in one cell, one a line. An object that is not an element of an array is searched for arrays, and
each array of objects in it is a table of its own. A file with several values, one after the other, is one table. Keys
that hold numbers, as in objects that map a number to a name, are values too.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from pilookup.custody.intake.files.encoding import Encoding
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.tables.json_values import MAX_DEPTH, JsonReader, Pairs
from pilookup.custody.intake.tables.named_records import MAX_NAME_CHARS, Record, tables_of_records
from pilookup.custody.intake.tables.table import RowTable
from pilookup.custody.intake.tables.whole_text import open_text

_KEY_DIGITS: Final = 7
_MANY_KEYS: Final = 64
_DIGIT: Final = re.compile(r"\d")
_VALUE: Final = "value"
_KEY: Final = "key"

_Field = tuple[str, str]


def json_tables(member: Member, encoding: Encoding, notes: list[str]) -> Iterator[RowTable]:
    """Yield the tables of a JSON file. Each must be read before the next is requested.

    Args:
        member: The file.
        encoding: Its encoding, as `text_encoding` found it.
        notes: Receives a sentence about how the file was read.

    Raises:
        IntakeError: The file is not JSON (the error names line and character), is nested too deeply, or has no value.
    """
    notes.append(f"{member.location}: read as JSON in {encoding.display_name}")

    def read() -> Iterator[Record]:
        with open_text(member, encoding) as stream:
            yield from _Records(JsonReader(member.location, stream)).read()

    return tables_of_records(member.location, read)


class _Records:
    """Makes records of the values of one text."""

    def __init__(self, reader: JsonReader) -> None:
        self._reader = reader
        self._count = 0

    def read(self) -> Iterator[Record]:
        """Yield the records of all values."""
        reader = self._reader
        first = True
        while char := reader.peek():
            if char == "[":
                yield from self._elements("", 1)
            else:
                whole, value = reader.value()
                if not whole:
                    yield from self._members("", 1)
                elif first and not reader.peek() and isinstance(value, Pairs):
                    yield from self._tables_in("", value)
                else:
                    yield self._record("", value)
            first = False
            reader.take(",")

    def _elements(self, table: str, depth: int) -> Iterator[Record]:
        """Records of the elements of the next value, an array of any length."""
        for _ in self._reader.elements():
            whole, value = self._reader.value()
            if whole:
                yield self._record(table, value)
            else:
                yield from self._large(table, depth + 1)

    def _large(self, table: str, depth: int) -> Iterator[Record]:
        """Records of the next value, an array or object that is too long to be decoded as a whole."""
        if depth > MAX_DEPTH:
            raise self._reader.error(f"is nested more than {MAX_DEPTH} deep")
        if self._reader.peek() == "[":
            yield from self._elements(table, depth)
        else:
            yield from self._members(table, depth)

    def _members(self, table: str, depth: int) -> Iterator[Record]:
        """Records of the members of the next value, an object that is too long to be decoded as a whole."""
        loose: list[_Field] = []
        for count, key in enumerate(self._reader.members()):
            name = _dotted(table, key)
            loose.extend(_fields_of_key(table, key))
            if self._reader.peek() == "[":
                yield from self._elements(name, depth + 1)
                continue
            whole, value = self._reader.value()
            if not whole:
                yield from self._large(name, depth + 1)
            elif isinstance(value, Pairs) or count >= _MANY_KEYS:  # many keys are rather values than names
                yield self._new(table, [*_fields_of_key(table, key, always=True), *self._flat("", value)])
            else:
                loose.extend(self._flat(name, value))
        if loose:
            yield self._new(table, loose)

    def _tables_in(self, path: str, value: Pairs) -> Iterator[Record]:
        """Records of an object: those of each array of objects in it, then one with all its other members."""
        loose: list[_Field] = []
        yield from self._search(path, value, loose, 1)
        if loose:
            yield self._new(path, loose)

    def _search(self, path: str, value: Pairs, loose: list[_Field], depth: int) -> Iterator[Record]:
        self._check_depth(depth)
        if _is_map(value):
            for key, inner in value:
                yield self._new(path, [(_KEY, key), *self._flat("", inner)])
            return
        for key, inner in value:
            name = _dotted(path, key)
            loose.extend(_fields_of_key(path, key))
            if isinstance(inner, Pairs):
                yield from self._search(name, inner, loose, depth + 1)
            elif isinstance(inner, list) and any(isinstance(element, list) for element in inner):
                for element in inner:
                    yield self._record(name, element)
            else:
                loose.extend(self._flat(name, inner))

    def _record(self, table: str, value: Any) -> Record:
        if isinstance(value, list) and not isinstance(value, Pairs):
            cells = [(str(at), text) for at, cell in enumerate(value, 1) for _, text in self._flat("", cell)]
            return self._new(table, cells, named=False)
        return self._new(table, self._flat("", value))

    def _new(self, table: str, fields: list[_Field], *, named: bool = True) -> Record:
        self._count += 1
        return Record(table, self._count, fields, named)

    def _flat(self, name: str, value: Any, depth: int = 1) -> list[_Field]:
        """The scalars in a value, each with the dotted name of its place."""
        if not isinstance(value, list):
            return [(name or _VALUE, _text(value))]
        self._check_depth(depth)
        if not isinstance(value, Pairs):
            return [one for element in value for one in self._flat(name, element, depth + 1)]
        fields: list[_Field] = []
        mapped = _is_map(value)
        for key, inner in value:
            fields.extend(_fields_of_key(name, key, always=mapped))
            fields.extend(self._flat(name if mapped else _dotted(name, key), inner, depth + 1))
        return fields

    def _check_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise self._reader.error(f"is nested more than {MAX_DEPTH} deep")


def _is_map(value: Pairs) -> bool:
    """Whether the keys of an object are values rather than names: one of them may be a number, or they are many."""
    if any(_may_be_number(key) for key, _ in value):
        return True
    return len(value) > _MANY_KEYS and all(isinstance(inner, Pairs) for _, inner in value)


def _may_be_number(key: str) -> bool:
    return len(key) > MAX_NAME_CHARS or len(_DIGIT.findall(key)) >= _KEY_DIGITS


def _fields_of_key(path: str, key: str, *, always: bool = False) -> list[_Field]:
    return [(_dotted(path, _KEY), key)] if always or _may_be_number(key) else []


def _dotted(path: str, key: str) -> str:
    return (f"{path}.{key}" if path else key)[:MAX_NAME_CHARS]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
