"""Reads SpreadsheetML 2003, the XML of Excel 2003 ("XML spreadsheet"), which is often saved with the ending .xls.

It runs in the process of `sheet_program`, since expat is written in C. No entity is declared, expanded or fetched, and
the depth of elements is limited.
"""

import datetime as dt
import re
from collections.abc import Iterator

from pilookup.custody.intake.tables.cell_text import text_of, text_of_number
from pilookup.custody.intake.tables.formulas import constant_of, link_text
from pilookup.custody.intake.tables.page_text import decode_page
from pilookup.custody.intake.tables.sheet_values import Padding, SheetFaultError, SheetRows, Value, in_lines
from pilookup.custody.intake.tables.side_texts import SIDE_TEXTS, SideTexts
from pilookup.custody.intake.tables.unshown_text import UnshownNumbers, with_unread
from pilookup.custody.intake.tables.xml_events import parse_xml

_FEED_CHARS = 1 << 16
_HIDDEN_WORD = re.compile(r">\s*Sheet(?:Very)?Hidden\s*<")
_COMMENTS = frozenset({"Comment"})
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
        first_pass = _Events(frozenset(), len(text), UnshownNumbers())
        for _ in parse_xml(_blocks(text), first_pass, "utf-8"):
            first_pass.take()
        hidden = first_pass.hidden
    yield from with_unread(lambda beside: _values_of(text, frozenset(hidden), beside), SIDE_TEXTS)


def _values_of(text: str, hidden: frozenset[int], beside: UnshownNumbers) -> Iterator[Value]:
    events = _Events(hidden, len(text), beside)
    for _ in parse_xml(_blocks(text), events, "utf-8"):
        yield from events.take()
    if not events.sheets:
        raise SheetFaultError("has no sheet in it")


def _blocks(text: str) -> Iterator[bytes]:
    return (text[at : at + _FEED_CHARS].encode("utf-8", "replace") for at in range(0, len(text), _FEED_CHARS))


class _Events:
    """Receives the events of a document and makes tables of them.

    Attributes:
        hidden: The indices of the worksheets that are hidden; complete once the document was read.
        sheets: Number of sheets so far.
    """

    def __init__(self, hidden: frozenset[int], size: int, beside: UnshownNumbers) -> None:
        self.hidden: set[int] = set(hidden)
        self._beside = SideTexts(beside, _COMMENTS, _COMMENTS)
        self._path: list[str] = []
        self._padding = Padding(size)
        self._values: list[Value] = []
        self._rows: SheetRows | None = None
        self.sheets = 0
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

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        self._beside.start(name, attributes)
        if name == "Worksheet":
            self._start_sheet(attributes.get("Name", ""))
        elif self._rows is None:
            return
        elif name == "Row":
            self._rows.start_row(_index(attributes))
            self._column = 0
        elif name == "Cell":
            self._cell, self._cell_text, self._kind = attributes, "", ""
        elif name == "Data" and self._path[-2:-1] == ["Cell"]:
            self._kind, self._text = attributes.get("Type", ""), []
        elif name == "Visible":
            self._text = []

    def _start_sheet(self, name: str) -> None:
        hidden = self.sheets in self.hidden
        self.sheets += 1
        self._rows = SheetRows(self._padding)
        self._values.append({"sheet": f"sheet {name}", "hidden": hidden})

    def end(self, name: str) -> None:
        self._path.pop()
        self._beside.end(name)
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
                self.hidden.add(self.sheets - 1)
            self._text = None
        elif name == "Worksheet":
            self._values.extend(in_lines(self._rows.take()))
            self._rows = None

    def data(self, text: str) -> None:
        self._beside.data(text)
        if self._text is not None:
            self._text.append(text)

    def _end_cell(self, rows: SheetRows) -> None:
        index = _index(self._cell)
        self._column = max(self._column, index - 1) if index else self._column
        text = _text_of_data(self._kind, self._cell_text)
        if not text and (formula := self._cell.get("Formula", "")):
            text = constant_of(formula) or formula
        if "HRef" in self._cell:
            text = link_text(self._cell["HRef"], text)
        if text:
            rows.add(text, self._column)
        self._column += 1 + (_index(self._cell, "MergeAcross") or 0)


def _index(attributes: dict[str, str], name: str = "Index") -> int | None:
    if name not in attributes:
        return None
    text = attributes[name].strip()
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
