"""Reads the tables of HTML pages. It runs in the process of `sheet_program`, since lxml's parser is written in C.

A page is read as its events (a tag starts, a tag ends, text) and no tree is built. The parser fetches nothing: only an
image, a frame or a style sheet could name another file, and they are not looked at.

- Each table of the page is a table, a table inside a cell too. A nested table of one row, or of a few rows of one cell,
  is text of the cell around it.
- A cell over several columns or rows has its text in the first one, as in a workbook; the others are empty.
- Rows outside any table are a table. Text outside any table is one too, one cell a line, if it has a mobile number, or
  a line that is one number written in full. Otherwise the numbers in it are told.
- Numbers of tel: links are read where the text does not show them. Numbers that the page does not show are told.
- A number that is shown shortened (1.38E+10, ####) is read from the attribute in which Excel and LibreOffice keep it.
"""

import re
from collections.abc import Iterator

from lxml import etree

from pilookup.custody.intake.columns.full_numbers import is_full_number
from pilookup.custody.intake.columns.mobiles import find_mobiles
from pilookup.custody.intake.tables.cell_text import text_of_number
from pilookup.custody.intake.tables.page_templates import without_templates
from pilookup.custody.intake.tables.page_text import decode_page
from pilookup.custody.intake.tables.sheet_values import Padding, SheetFaultError, SheetRows, Value, in_lines
from pilookup.custody.intake.tables.tel_links import tel_number, with_links
from pilookup.custody.intake.tables.unshown_text import UnshownNumbers, numbers_of_line, with_unread

_FEED_CHARS = 1 << 16
_MAX_NESTED = 64
_MAX_SPAN = 1000
"""Browsers also take a larger colspan as this."""
_MAX_ROW_SPAN = 65_534
_FLAT_ROWS = 10
_SKIPPED = frozenset({"script", "style", "title", "template"})
_LINE_TAGS = frozenset(
    {"br", "p", "div", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "caption",
     "section", "article", "header", "footer", "form", "center", "tr", "td", "th", "table", "body"}
)  # fmt: skip
_WORD_TAGS = frozenset({"span", "label"})
"""Outside tables, their texts are shown apart without a space in the source."""
_CELL_TAGS = frozenset({"td", "th"})
_VALUE_INPUTS = frozenset({"", "text", "tel", "number"})
_LINE_ENDS = re.compile(r"[\r\n]+")
"""White space in the source of a cell: programs break long lines of it anywhere."""
_BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
_SHORTENED = re.compile(
    r"[-+]?[0-9.,]+E[+-]?[0-9]+|#+|[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+%", re.IGNORECASE
)
"""What a number format shows of a number that is not read as that number."""
_PLAIN_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?")
_FRAMES = (
    "is a page of frames without a cell in it: load the pages of its sheets (sheet001.htm and so on), which lie in the "
    "folder whose name ends in .files"
)
_EXACT_ATTRIBUTES = ("x:num", "sdval")


def html_sheets(data: bytes, declared: str | None = None) -> Iterator[Value]:
    """Read a page.

    Args:
        data: The page.
        declared: Its encoding, if it is stated outside the page.

    Raises:
        SheetFaultError: The page is over a limit, or a frameset without a table.
    """
    page = decode_page(data, declared)
    if page.bad_bytes:
        yield {"bad_bytes": page.bad_bytes}
    for value in page_tables(page.text, ""):
        if isinstance(value, dict) and "frames" in value:
            raise SheetFaultError(_FRAMES)
        yield value


def page_tables(text: str, prefix: str) -> Iterator[Value]:
    """Read a decoded page.

    Args:
        text: The page.
        prefix: Is put in front of the names of its tables.

    Returns:
        The values of its tables, {"unread": count, "where": place} for numbers that are not in them, and
        {"frames": true} for a frameset without a table.

    Raises:
        SheetFaultError: The page is over a limit.
    """
    page, templates = without_templates(text)

    def read(unshown: UnshownNumbers) -> Iterator[Value]:
        for template in templates:
            unshown.add_text(template)
        return _values_of(page, prefix, unshown)

    return with_unread(read, f"{prefix}text that the page does not show")


def _values_of(text: str, prefix: str, unshown: UnshownNumbers) -> Iterator[Value]:
    events = _PageEvents(prefix, len(text), unshown)
    parser = etree.HTMLParser(target=events, encoding="utf-8", huge_tree=True, no_network=True)
    for start in range(0, len(text), _FEED_CHARS):
        parser.feed(text[start : start + _FEED_CHARS].encode("utf-8", "replace"))
        yield from events.take()
    parser.close()
    yield from events.take()


class _Cell:
    """A cell whose end has not come yet."""

    __slots__ = ("columns", "exact", "links", "parts", "rows", "size")

    def __init__(self, attributes: dict[str, str]) -> None:
        self.columns = _span(attributes["colspan"], _MAX_SPAN) if "colspan" in attributes else 1
        self.rows = _span(attributes["rowspan"], _MAX_ROW_SPAN) if "rowspan" in attributes else 1
        self.exact = next((attributes[name] for name in _EXACT_ATTRIBUTES if attributes.get(name)), "")
        self.links: list[str] = []
        self.parts: list[str] = []

    def text(self) -> str:
        text = _collapse("".join(self.parts))
        if self.exact and (not text or _SHORTENED.fullmatch(text)) and _PLAIN_NUMBER.fullmatch(self.exact.strip()):
            return text_of_number(float(self.exact)) or text
        return with_links(text, self.links) if self.links else text


class _Table:
    """A table whose end has not come yet."""

    def __init__(self, name: str, padding: Padding) -> None:
        self.name = name
        self.rows = SheetRows(padding)
        self._padding = padding
        self.cell: _Cell | None = None
        self.in_row = False
        self.started = False  # whether rows were put out
        self._column = 0
        self._row = -1
        self._taken: dict[int, int] = {}  # for a column, the first row below a cell of several rows

    def start_row(self) -> None:
        self.end_cell()
        self.rows.start_row()
        self.in_row, self._column = True, 0
        self._row += 1

    def start_cell(self, cell: _Cell) -> None:
        self.end_cell()
        if not self.in_row:
            self.start_row()
        self.cell = cell

    def end_cell(self) -> None:
        cell, self.cell = self.cell, None
        if cell is None:
            return
        column = self._column
        while self._taken.get(column, 0) > self._row:
            column += 1
        self._padding.take(column - self._column)
        text = cell.text()
        if text:
            self.rows.add(text, column)
        self._column = column + cell.columns
        if cell.rows > 1:
            self._padding.take(cell.columns)
            self._taken.update(dict.fromkeys(range(column, self._column), self._row + cell.rows))

    def end_row(self) -> None:
        self.end_cell()
        if self.in_row:
            self.in_row = False
            self.rows.end_row()


class _PageEvents:
    """Receives the events of a page (an lxml parser target) and makes tables of them."""

    def __init__(self, prefix: str, size: int, unshown: UnshownNumbers) -> None:
        self._prefix = prefix
        self._unshown = unshown
        self._padding = Padding(size)
        self._open: list[_Table] = []
        self._pending: list[_Table] = []  # nested tables that are complete, while the table around them is not
        self._values: list[Value] = []
        self._outside: list[str] = []
        self._line: list[str] = []  # the line outside of tables that has not ended, and the numbers of its links
        self._links: list[str] = []
        self._count = 0
        self._skipping = ""
        self._skipped: list[str] = []
        self._frames = False

    def take(self) -> Iterator[Value]:
        """Return what can be put out so far."""
        if len(self._open) == 1:
            self._put_rows(self._open[0])
        values, self._values = self._values, []
        yield from values

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if attributes:
            self._unshown.add_attributes(attributes, _attribute_read(tag, attributes))
        if self._skipping:
            self._skipped.append("\n")
        elif tag in _SKIPPED:
            self._skipping = tag
        elif tag == "table":
            self._start_table()
        elif tag == "tr":
            self._innermost().start_row()
        elif tag in _CELL_TAGS:
            self._innermost().start_cell(_Cell(attributes))
        elif tag == "frame":
            self._frames = True
        else:
            self._start_inline(tag, attributes)

    def _start_inline(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _LINE_TAGS:
            self._end_line()
        elif tag == "a" and (number := tel_number(attributes.get("href", ""))):
            (self._open[-1].cell.links if self._open and self._open[-1].cell else self._links).append(number)
        elif tag == "input" and _attribute_read(tag, attributes):
            self.data(f" {attributes.get('value', '')} ")

    def end(self, tag: str) -> None:
        if self._skipping:
            self._end_skipped(tag)
        elif tag == "table":
            self._end_table()
        elif tag == "tr" and self._open:
            self._open[-1].end_row()
        elif tag in _CELL_TAGS and self._open:
            self._open[-1].end_cell()
        elif tag in _LINE_TAGS:
            self._end_line()
        elif tag in _WORD_TAGS and not (self._open and self._open[-1].cell):
            self._line.append(" ")

    def _end_skipped(self, tag: str) -> None:
        if tag == self._skipping:
            if tag != "style":
                self._unshown.add_text("".join(self._skipped))
            self._skipping, self._skipped = "", []
        else:
            self._skipped.append("\n")

    def comment(self, text: str) -> None:
        self._unshown.add_text(text)

    def _end_line(self) -> None:
        if self._open and self._open[-1].cell:
            self._open[-1].cell.parts.append("\n")
        else:
            self._end_outside()

    def _end_outside(self) -> None:
        """End a line that is outside of tables."""
        line = "".join(self._line)
        self._outside.extend((with_links(line, self._links) if self._links else line, "\n"))
        self._line, self._links = [], []

    def data(self, text: str) -> None:
        if self._skipping:
            self._skipped.append(text)
            return
        if self._open and self._open[-1].cell:
            self._open[-1].cell.parts.append(_LINE_ENDS.sub(" ", text) if "\n" in text or "\r" in text else text)
        else:
            self._line.append(text)

    def close(self) -> None:
        while self._open:
            self._end_table()
        self._end_skipped(self._skipping)
        self._end_outside()
        lines = [line for line in _collapse("".join(self._outside)).split("\n") if line]
        if any(find_mobiles(line) or is_full_number(line) for line in lines):
            self._values.append({"sheet": f"{self._prefix}text outside the tables", "hidden": False})
            self._values.extend(in_lines([[line] for line in lines]))
        elif self._frames and not self._count:
            self._values.append({"frames": True})
        elif count := sum(len(numbers_of_line(line)) for line in lines):
            self._values.append({"unread": count, "where": f"{self._prefix}text outside the tables"})

    def _innermost(self) -> _Table:
        if not self._open:
            self._start_table()
        return self._open[-1]

    def _start_table(self) -> None:
        if len(self._open) == _MAX_NESTED:
            raise SheetFaultError(f"tables are nested more than {_MAX_NESTED} deep")
        self._end_outside()
        self._count += 1
        self._open.append(_Table(f"{self._prefix}table {self._count}", self._padding))

    def _end_table(self) -> None:
        if not self._open:
            return
        table = self._open.pop()
        table.end_row()
        around = self._open[-1].cell if self._open else None
        if around is not None and _is_flat(table.rows.rows):
            around.parts.extend("\n" + "\n".join(row) for row in table.rows.rows if row)
            around.parts.append("\n")
            return
        if self._open:
            self._pending.append(table)
            return
        for complete in (table, *self._pending):
            self._put_rows(complete)
        self._pending = []

    def _put_rows(self, table: _Table) -> None:
        if not table.rows.filled or not table.rows.rows:
            return
        if not table.started and self._pending and table in self._open:
            return  # wait for its end: its nested tables follow it
        if not table.started:
            table.started = True
            self._values.append({"sheet": table.name, "hidden": False})
        self._values.extend(in_lines(table.rows.take()))


def _attribute_read(tag: str, attributes: dict[str, str]) -> str:
    """The attribute of an element whose value is read; "" if there is none."""
    if tag == "a":
        return "href" if tel_number(attributes.get("href", "")) else ""
    return "value" if tag == "input" and attributes.get("type", "").lower() in _VALUE_INPUTS else ""


def _span(text: str, most: int) -> int:
    digits = text.strip()
    return min(max(int(digits), 1), most) if digits.isdecimal() and len(digits) < 10 else 1


def _is_flat(rows: list[list[str]]) -> bool:
    filled = [row for row in rows if any(row)]
    return len(filled) <= 1 or (len(filled) <= _FLAT_ROWS and all(len(row) == 1 for row in filled))


def _collapse(text: str) -> str:
    """Collapse white space as a browser does. Line ends that tags made stay."""
    if text.isalnum():
        return text
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
