"""Reads XML that is made of records as tables: backups of short messages and call lists, and exports of databases.

The elements that occur several times in one parent are records, each of them a row. Attributes and the text of inner
elements are fields, with the names of the elements on the way to them joined by dots. An inner element ends a line of
the text around it. What is outside of all records is one more record.

The parser is Expat, without any entity of a document: a document that declares one is refused, nothing is fetched.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from pilookup.custody.intake.files.encoding import Encoding
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.tables.named_records import MAX_NAME_CHARS, Record, tables_of_records
from pilookup.custody.intake.tables.table import RowTable
from pilookup.custody.intake.tables.whole_text import open_text
from pilookup.errors import IntakeError

MAX_DEPTH: Final = 64
"""Elements in one another."""

MAX_PATHS: Final = 10_000
"""Different paths of elements in one document."""

MAX_RECORD_CHARS: Final = 16 << 20
"""Characters of all fields of one record."""

MAX_TOKEN_CHARS: Final = 16 << 20
"""Characters of one tag or comment. Until it ends, the parser holds it, and reads it again with every block."""

_BLOCK_CHARS: Final = 1 << 18
_CHARACTER: Final = re.compile(r"&#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,10}));")
_LAST_REFERENCE: Final = re.compile(r"&[^;&\s]{0,12}$")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DECLARATION: Final = re.compile(r"<\?xml\s[^>]{0,1000}\?>")
_ROOT: Final = "document"
_ENTITY: Final = "declares an entity, which is refused: save the data in another form, such as CSV"

_Path = tuple[str, ...]


def xml_tables(member: Member, encoding: Encoding, notes: list[str]) -> Iterator[RowTable]:
    """Yield the tables of an XML file. Each must be read before the next is requested.

    Args:
        member: The file.
        encoding: Its encoding, as `text_encoding` found it.
        notes: Receives a sentence about how the file was read.

    Raises:
        IntakeError: The file is not well-formed (the error names the line), declares an entity, is nested too deeply,
            or holds nothing.
    """
    notes.append(f"{member.location}: read as XML in {encoding.display_name}")

    def parse(handler: "_Handler") -> Iterator[Record]:
        with open_text(member, encoding) as stream:
            yield from _parsed(member.location, _cleaned(stream), handler)

    survey = _Survey(member.location)
    for _ in parse(survey):
        pass
    paths = survey.record_paths()
    return tables_of_records(member.location, lambda: parse(_RecordMaker(member.location, paths)))


def _cleaned(stream: Any) -> Iterator[str]:
    """The text in blocks, without what is forbidden in XML but is written by phones: controls and halves of characters.

    Programs on phones write a character outside of the first 65,536 as references to its two halves. A text without a
    document type gets one element around it, since some exports are elements one after the other.
    """
    left = ""
    first, wrapped = True, False
    while block := stream.read(_BLOCK_CHARS):
        text = left + block
        if first:
            text = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1)
            wrapped = "<!DOCTYPE" not in text
            text = f"<{_ROOT}>{text}" if wrapped else text
            first = False
        open_reference = _LAST_REFERENCE.search(text)
        stop = open_reference.start() if open_reference else len(text)
        left = text[stop:]
        yield _CONTROLS.sub(" ", _CHARACTER.sub(_allowed, text[:stop]))
    yield _CONTROLS.sub(" ", left)
    yield f"</{_ROOT}>" if wrapped else ""


def _allowed(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else int(found[2])
    plain = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return found[0] if plain else " "


class _Handler:
    """What is done with the elements of a document.

    Attributes:
        location: The file or member, for errors.
        path: The names of the elements that have not ended.
        line: The line on which the last element started.
        records: The records that are complete and were not taken yet.
        events: Number of tags and texts so far.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        self.path: list[str] = []
        self.line = 1
        self.records: list[Record] = []
        self.events = 0

    def start(self, name: str, attributes: list[str]) -> None:
        """An element starts. `attributes` has names and values by turns."""
        self.events += 1
        if len(self.path) >= MAX_DEPTH:
            raise IntakeError(f"{self.location} line {self.line:,}", f"is nested more than {MAX_DEPTH} deep")
        self.path.append(name.rpartition(":")[2][:MAX_NAME_CHARS])
        self.started(attributes)

    def end(self, _name: str) -> None:
        """An element ends."""
        self.events += 1
        self.ended()
        self.path.pop()

    def started(self, attributes: list[str]) -> None: ...

    def ended(self) -> None: ...

    def text(self, data: str) -> None:  # noqa: ARG002
        """Characters of an element, or a part of them."""
        self.events += 1

    def finish(self) -> None:
        """The document ends."""


class _Survey(_Handler):
    """Finds which paths of elements are records: those that occur several times in one parent."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self._repeated: dict[_Path, bool] = {}
        self._children: list[Counter[str]] = [Counter()]

    def started(self, attributes: list[str]) -> None:  # noqa: ARG002
        path = tuple(self.path)
        siblings = self._children[-1]
        siblings[path[-1]] += 1
        self._repeated[path] = self._repeated.get(path, False) or siblings[path[-1]] > 1
        if len(self._repeated) > MAX_PATHS:
            raise IntakeError(self.location, f"has more than {MAX_PATHS:,} different paths of elements")
        self._children.append(Counter())

    def ended(self) -> None:
        self._children.pop()

    def record_paths(self) -> frozenset[_Path]:
        """The paths of records that are not inside of other records."""
        return frozenset(
            path
            for path, repeated in self._repeated.items()
            if repeated and not any(self._repeated.get(path[:at], False) for at in range(1, len(path)))
        )


@dataclass(slots=True)
class _Open:
    """A record whose element has not ended."""

    table: str
    depth: int
    line: int
    fields: list[tuple[str, str]] = field(default_factory=list, repr=False)
    chars: int = 0


class _RecordMaker(_Handler):
    """Makes records of the elements with the given paths, and one of everything else."""

    def __init__(self, location: str, paths: frozenset[_Path]) -> None:
        super().__init__(location)
        self._paths = paths
        self._outside = _Open("", 1, 1)
        self._record = self._outside
        self._texts: list[list[str]] = []

    def started(self, attributes: list[str]) -> None:
        if self._record is self._outside and tuple(self.path) in self._paths:
            self._record = _Open(self.path[-1], len(self.path), self.line)
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            self._add(name.rpartition(":")[2], value)
        if self._texts:
            self._texts[-1].append("\n")  # what stands before and behind an inner element are two texts
        self._texts.append([])

    def text(self, data: str) -> None:
        super().text(data)
        if self._texts:
            self._texts[-1].append(data)
            self._count(len(data))

    def ended(self) -> None:
        text = "".join(self._texts.pop()).strip()
        if text:
            self._add("", text)
        if self._record is not self._outside and len(self.path) == self._record.depth:
            self._emit(self._record)
            self._record = self._outside

    def finish(self) -> None:
        if self._outside.fields:
            self._emit(self._outside)

    def _add(self, name: str, value: str) -> None:
        inner = self.path[self._record.depth :]
        dotted = ".".join([*inner, *([name] if name else [])]) or "text"
        self._record.fields.append((dotted[:MAX_NAME_CHARS], value))
        self._count(len(value))

    def _count(self, chars: int) -> None:
        self._record.chars += chars
        if self._record.chars > MAX_RECORD_CHARS:
            raise IntakeError(
                f"{self.location} line {self.line:,}", f"one record is longer than {MAX_RECORD_CHARS:,} characters"
            )

    def _emit(self, record: _Open) -> None:
        self.records.append(Record(record.table, record.line, record.fields))


def _parsed(location: str, blocks: Iterator[str], handler: _Handler) -> Iterator[Record]:
    """Feed blocks of text to a parser, and yield the records that its handler completes."""
    parser = expat.ParserCreate("utf-8")

    def refuse(*_: object) -> int:
        raise IntakeError(f"{location} line {parser.CurrentLineNumber:,}", _ENTITY)

    def start(name: str, attributes: list[str]) -> None:
        handler.line = parser.CurrentLineNumber
        handler.start(name, attributes)

    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.EntityDeclHandler = refuse
    parser.UnparsedEntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    events = pending = 0
    try:
        for block in blocks:
            pending = pending + len(block) if handler.events == events else len(block)
            events = handler.events
            if pending > MAX_TOKEN_CHARS:
                raise IntakeError(f"{location} line {handler.line:,}", f"a tag is over {MAX_TOKEN_CHARS:,} characters")
            parser.Parse(block.encode("utf-8", "replace"), False)
            yield from handler.records
            handler.records.clear()
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        reason = expat.errors.messages.get(error.code, "damaged")
        raise IntakeError(f"{location} line {error.lineno:,}", f"is not well-formed XML: {reason}") from None
    handler.finish()
    yield from handler.records
