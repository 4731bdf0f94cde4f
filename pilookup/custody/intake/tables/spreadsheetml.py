"""Reads SpreadsheetML 2003, the XML of Excel 2003 ("XML spreadsheet"), which is often saved with the ending .xls.

It runs in the process of `sheet_program`, since expat is written in C. No entity is declared, expanded or fetched, and
the depth of elements is limited.
"""

import datetime as dt
import re
from collections.abc import Iterator
from xml.parsers import expat

from pilookup.custody.intake.tables.cell_text import text_of, text_of_number
from pilookup.custody.intake.tables.formulas import constant_of, link_text
from pilookup.custody.intake.tables.page_text import decode_page
from pilookup.custody.intake.tables.sheet_values import Padding, SheetFaultError, SheetRows, Value, in_lines

_FEED_CHARS = 1 << 16
_MAX_DEPTH = 64
_HIDDEN_WORD = re.compile(r">\s*Sheet(?:Very)?Hidden\s*<")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DAMAGED = "damaged"


def spreadsheetml_sheets(data: bytes) -> Iterator[Value]:
    """Read a document.

    Raises:
        SheetFaultError: The document is not well-formed XML, declares entities or is over a limit.
    """
    page = decode_page(data)
    if page.bad_bytes:
        yield {"bad_bytes": page.bad_bytes}
    text = _CONTROLS.sub("", page.text).lstrip()
    hidden: set[int] = set()
    if _HIDDEN_WORD.search(text):  # it stands after the rows of its sheet
        first_pass = _Events(frozenset())
        for _ in _parsed(text, first_pass):
            pass
        hidden = first_pass.hidden
    yield from _parsed(text, _Events(frozenset(hidden)))


def _parsed(text: str, events: "_Events") -> Iterator[Value]:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = events.start
    parser.EndElementHandler = events.end
    parser.CharacterDataHandler = events.data
    parser.EntityDeclHandler = _refuse_entities
    try:
        for start in range(0, len(text), _FEED_CHARS):
            parser.Parse(text[start : start + _FEED_CHARS].encode("utf-8", "replace"), False)
            yield from events.take()
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise SheetFaultError(f"the XML is damaged in line {error.lineno:,}") from None
    yield from events.take()


def _refuse_entities(*_: object) -> None:
    raise SheetFaultError("the XML declares entities, which no spreadsheet program writes")


class _Events:
    """Receives the events of a document and makes tables of them.

    Attributes:
        hidden: The indices of the worksheets that are hidden; complete once the document was read.
    """

    def __init__(self, hidden: frozenset[int]) -> None:
        self.hidden: set[int] = set(hidden)
        self._path: list[str] = []
        self._padding = Padding()
        self._values: list[Value] = []
        self._rows: SheetRows | None = None
        self._sheets = 0
        self._cell: dict[str, str] = {}
        self._kind = ""
        self._column = 0
        self._text: list[str] | None = None
        self._cell_text = ""

    def take(self) -> list[Value]:
        """Return what can be put out so far."""
        if self._rows is not None:
            self._values.extend(in_lines(self._rows.take()))
        values, self._values = self._values, []
        return values

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        self._path.append(name)
        if len(self._path) > _MAX_DEPTH:
            raise SheetFaultError(f"the XML is nested more than {_MAX_DEPTH} deep")
        named = {_local(key): value for key, value in attributes.items()} if attributes else {}
        if name == "Worksheet":
            self._start_sheet(named.get("Name", ""))
        elif self._rows is None:
            return
        elif name == "Row":
            self._rows.start_row(_index(named))
            self._column = 0
        elif name == "Cell":
            self._cell, self._cell_text, self._kind = named, "", ""
        elif name == "Data" and self._path[-2:-1] == ["Cell"]:
            self._kind, self._text = named.get("Type", ""), []
        elif name == "Visible":
            self._text = []

    def _start_sheet(self, name: str) -> None:
        hidden = self._sheets in self.hidden
        self._sheets += 1
        self._rows = SheetRows(self._padding)
        self._values.append({"sheet": f"sheet {name}", "hidden": hidden})

    def end(self, tag: str) -> None:
        name = _local(tag)
        self._path.pop()
        if self._rows is None:
            return
        if name == "Cell":
            self._end_cell(self._rows)
        elif name == "Data" and self._path[-1:] == ["Cell"]:
            self._cell_text, self._text = "".join(self._text or ()), None
        elif name == "Row":
            self._rows.end_row()
        elif name == "Visible":
            if "".join(self._text or ()).strip().endswith("Hidden"):
                self.hidden.add(self._sheets - 1)
            self._text = None
        elif name == "Worksheet":
            self._values.extend(in_lines(self._rows.take()))
            self._rows = None

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end_cell(self, rows: SheetRows) -> None:
        index = _index(self._cell)
        self._column = max(self._column, index - 1) if index else self._column
        text = _text_of_data(self._kind, self._cell_text)
        formula = self._cell.get("Formula", "")
        if not text and formula:
            text = constant_of(formula) or formula
        text = link_text(self._cell.get("HRef", ""), text)
        if text:
            rows.add(text, self._column)
        self._column += 1 + (_index(self._cell, "MergeAcross") or 0)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _index(attributes: dict[str, str], name: str = "Index") -> int | None:
    text = attributes.get(name, "").strip()
    if not text.isdecimal():
        return None
    if len(text) > 9:
        raise SheetFaultError(_DAMAGED)
    return int(text)


def _text_of_data(kind: str, text: str) -> str:
    if kind == "Number":
        try:
            return text_of_number(float(text))
        except ValueError:
            return text
    if kind == "DateTime":
        try:
            return text_of(dt.datetime.fromisoformat(text))
        except ValueError:
            return text.replace("T", " ")
    return "" if kind == "Error" else text
