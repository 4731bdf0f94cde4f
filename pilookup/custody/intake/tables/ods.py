"""Reads OpenDocument spreadsheets: ODS packages, and the same document as one XML file (.fods).

calamine reads ODS too, but leaves out line ends inside cells, links, formulas without a value and cells without a type.
The document is read as events, and repeated cells are only written out where they have content.
"""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from pilookup.custody.intake.limits import BLOCK_BYTES
from pilookup.custody.intake.tables.cell_text import serial_of_date, text_of, text_of_number
from pilookup.custody.intake.tables.formulas import constant_of, link_text
from pilookup.custody.intake.tables.packages import DAMAGE
from pilookup.custody.intake.tables.sheet_values import Padding, SheetFaultError, SheetRows, Value, in_lines
from pilookup.custody.intake.tables.side_texts import SIDE_TEXTS, SideTexts
from pilookup.custody.intake.tables.unshown_text import UnshownNumbers, with_unread
from pilookup.custody.intake.tables.xml_events import parse_xml

_PASSWORD = "is under a password: open it in LibreOffice and save it without one"  # noqa: S105 - a message
_DATE = re.compile(r"([0-9]{4,9})-([0-9]{2})-([0-9]{2})(?:T.*)?")
_TIME = re.compile(r"PT([0-9]{1,15})H([0-9]{1,2})M([0-9]{1,2})(?:[.,][0-9]*)?S")
_NUMBERS = frozenset({"float", "percentage", "currency"})
_ROWS = frozenset({"table-row"})
_CELLS = frozenset({"table-cell", "covered-table-cell"})
_SKIPPED = frozenset({"annotation", "shapes", "tracked-changes", "dde-links", "content-validations", "scenario"})
_BESIDE = frozenset({"annotation", "shapes"})
_PARAGRAPHS = frozenset({"p", "h"})
_MAX_SPACES = 1000


def ods_sheets(data: bytes) -> Iterator[Value]:
    """Read a spreadsheet.

    Raises:
        SheetFaultError: It is damaged, under a password or over a limit.
    """
    document = _Document(data)
    return with_unread(lambda beside: _values_of(document, beside), SIDE_TEXTS)


def _values_of(document: "_Document", beside: UnshownNumbers) -> Iterator[Value]:
    events = _Events(document, beside)
    for _ in parse_xml(document.blocks(), events):
        yield from events.take()
    if not events.sheets:
        raise SheetFaultError("has no sheet in it")


class _Document:
    """The XML of a spreadsheet.

    Attributes:
        size: Its size in bytes, as the package states it.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)
        if data.startswith(b"PK"):
            with _damage(), zipfile.ZipFile(io.BytesIO(data)) as package:
                self.size = package.getinfo("content.xml").file_size
                if "META-INF/manifest.xml" in package.namelist() and _is_encrypted(package):
                    raise SheetFaultError(_PASSWORD)

    def blocks(self) -> Iterator[bytes]:
        if not self._data.startswith(b"PK"):
            yield from (self._data[at : at + BLOCK_BYTES] for at in range(0, len(self._data), BLOCK_BYTES))
            return
        with _damage(), zipfile.ZipFile(io.BytesIO(self._data)) as package, package.open("content.xml") as stream:
            while block := stream.read(BLOCK_BYTES):
                yield block


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except DAMAGE:
        raise SheetFaultError("damaged") from None


def _is_encrypted(package: zipfile.ZipFile) -> bool:
    with package.open("META-INF/manifest.xml") as stream:
        return b"encryption-data" in stream.read(BLOCK_BYTES)


class _Events:
    """Receives the events of a document and makes tables of them.

    Attributes:
        sheets: Number of sheets so far.
    """

    def __init__(self, document: "_Document", beside: UnshownNumbers) -> None:
        self.sheets = 0
        self._beside = SideTexts(beside, _PARAGRAPHS, _PARAGRAPHS)
        self._padding = Padding(document.size)
        self._values: list[Value] = []
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._is_beside = False  # whether that element is a comment or a shape
        self._skipping = 0  # depth inside an element that is no content of a cell
        self._sheet: _Sheet | None = None

    def take(self) -> list[Value]:
        """Return what can be put out so far."""
        if self._sheet is not None:
            self._values.extend(in_lines(self._sheet.rows.take()))
        values, self._values = self._values, []
        return values

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._skipping or name in _SKIPPED:
            if not self._skipping:
                self._is_beside = name in _BESIDE
            self._skipping += 1
            if self._is_beside:
                self._beside.start(name, attributes)
        elif self._sheet is not None:
            self._sheet.start(name, attributes)
        elif name == "table":
            self.sheets += 1
            title = f"sheet {attributes.get('name', '')}"
            self._values.append({"sheet": title, "hidden": attributes.get("style-name") in self._hidden_styles})
            self._sheet = _Sheet(self._padding)
        elif name == "style":
            self._style = attributes.get("name", "")
        elif name == "table-properties" and attributes.get("display") == "false":
            self._hidden_styles.add(self._style)

    def end(self, name: str) -> None:
        if self._skipping:
            self._skipping -= 1
            if self._is_beside:
                self._beside.end(name)
        elif self._sheet is not None and self._sheet.end(name):
            self._values.extend(in_lines(self._sheet.rows.take()))
            if self._sheet.unknown:
                self._values.append({"formulas": self._sheet.unknown})
            self._sheet = None

    def data(self, text: str) -> None:
        if self._skipping and self._is_beside:
            self._beside.data(text)
        elif not self._skipping and self._sheet is not None:
            self._sheet.data(text)


class _Sheet:
    """One sheet.

    Attributes:
        rows: Its rows.
        unknown: Number of formulas whose value the file does not give.
    """

    def __init__(self, padding: Padding) -> None:
        self.rows = SheetRows(padding)
        self.unknown = 0
        self._padding = padding
        self._nested = 0  # tables inside cells
        self._row = 0  # rows before the current one
        self._repeat_row = 1
        self._column = 0
        self._texts: list[tuple[int, int, str]] = []  # first column, number of columns, text
        self._cell: dict[str, str] | None = None
        self._paragraphs: list[str] = []
        self._link = ""
        self._in_paragraph = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self._nested += 1
        elif name in _ROWS and not self._nested:
            self._repeat_row, self._column, self._texts = _count(attributes, "number-rows-repeated"), 0, []
        elif name in _CELLS and not self._nested:
            self._cell, self._paragraphs, self._link = attributes, [], ""
        elif self._cell is not None:
            self._start_text(name, attributes)

    def _start_text(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("p", "h"):
            self._paragraphs.append("")
            self._in_paragraph += 1
        elif name == "s":
            self.data(" " * min(_count(attributes, "c"), _MAX_SPACES))
        elif name == "tab":
            self.data("\t")
        elif name == "line-break":
            self.data("\n")
        elif name == "a":
            self._link = attributes.get("href", "")

    def end(self, name: str) -> bool:
        """End an element. Returns whether it was the sheet."""
        if name == "table":
            self._nested -= 1
            return self._nested < 0
        if name in ("p", "h") and self._in_paragraph:
            self._in_paragraph -= 1
        elif name in _CELLS and self._cell is not None and not self._nested:
            self._end_cell(self._cell)
        elif name in _ROWS and not self._nested:
            self._end_row()
        return False

    def data(self, text: str) -> None:
        if self._in_paragraph and self._paragraphs:
            self._paragraphs[-1] += text

    def _end_cell(self, cell: dict[str, str]) -> None:
        self._cell = None
        count = _count(cell, "number-columns-repeated")
        text = _text_of_cell(cell, "\n".join(self._paragraphs))
        if self._link:
            text = link_text(self._link, text)
        if not text and "value-type" not in cell and (formula := cell.get("formula", "")):
            constant = constant_of(formula)
            self.unknown += constant is None
            text = formula if constant is None else constant
        if text:
            self._texts.append((self._column, count, text))
        self._column += count

    def _end_row(self) -> None:
        if self._texts:
            copies = sum(count for _, count, _ in self._texts) * self._repeat_row
            self._padding.take(copies - len(self._texts))
            for number in range(self._row + 1, self._row + self._repeat_row + 1):
                self.rows.start_row(number)
                for column, count, text in self._texts:
                    for at in range(column, column + count):
                        self.rows.add(text, at)
            self.rows.end_row()
        self._row += self._repeat_row


def _text_of_cell(cell: dict[str, str], shown: str) -> str:
    kind = cell.get("value-type", "")
    if kind in _NUMBERS:
        try:
            return text_of_number(float(cell.get("value", "")))
        except ValueError:
            return shown
    if kind == "date":
        return _text_of_date(cell.get("date-value", ""), shown)
    if kind == "time":
        return _text_of_time(cell.get("time-value", ""), shown)
    if kind == "boolean":
        return cell.get("boolean-value", shown).upper()
    return shown or cell.get("string-value", "")


def _text_of_date(value: str, shown: str) -> str:
    try:
        return text_of(dt.datetime.fromisoformat(value))
    except ValueError:
        found = _DATE.fullmatch(value)
    return str(serial_of_date(*map(int, found.groups()))) if found else shown


def _text_of_time(value: str, shown: str) -> str:
    found = _TIME.fullmatch(value)
    if not found:
        return shown
    hours, minutes, seconds = map(int, found.groups())
    days, rest = divmod(hours * 3600 + minutes * 60 + seconds, 86_400)
    # So many days are a number whose cell has the format of a time.
    return str(days) if days > serial_of_date(2199, 12, 31) and not rest else f"{hours}:{minutes:02}:{seconds:02}"


def _count(attributes: dict[str, str], name: str) -> int:
    if name not in attributes:
        return 1
    text = attributes[name].strip()
    return max(int(text), 1) if text.isdecimal() and len(text) < 10 else 1
