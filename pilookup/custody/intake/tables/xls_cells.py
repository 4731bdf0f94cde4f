"""Finds formulas of constants in XLS workbooks whose value was never calculated. It runs in `sheet_program`'s process.

Programs that write XLS without calculating store an empty text or zero as the value of `="13800138000"`. If no formula
of a workbook has another value, those with references to other cells are counted, and rejected in phone columns.
"""

import io
import re
import struct
from collections.abc import Iterator

import olefile

from pilookup.custody.intake.tables.cell_text import text_of_number
from pilookup.custody.intake.tables.formulas import link_text
from pilookup.custody.intake.tables.packages import DAMAGE
from pilookup.custody.intake.tables.sheet_cells import SheetCells

_BOF, _FORMULA, _BOUND_SHEET = 0x0809, 0x0006, 0x0085
_FORMULA_HEAD = struct.Struct("<HHH8sHIH")
"""Row, column, format, value, flags, a reserved field and the length of the tokens."""
_NO_VALUE = re.compile(rb"\x03.{5}\xff\xff|\x00{8}", re.DOTALL)
_NO_VALUE_RECORD = re.compile(rb"\x06\x00.{8}(?:\x03.{5}\xff\xff|\x00{8})", re.DOTALL)
_FIRST_OF = {33: 1, 48: 2, 118: 1, 130: 1, 162: 1}
"""VALUE, TEXT, TRIM, T and CLEAN, and how many arguments they have; the first one is their value."""
_CONCATENATE, _HYPERLINK = 336, 359
_UNKNOWN = "=(formula without a value)"
"""The text of a cell whose formula has references to other cells, in a workbook in which no formula has a value."""


def find_xls_cells(data: bytes) -> dict[str, SheetCells]:
    """The formulas of all sheets that have such a value, by the name of the sheet.

    A damaged workbook has none: its parser reports the damage.
    """
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            if not container.exists("Workbook"):
                return {}
            stream = container.openstream("Workbook").read()
        return _formulas(stream) if _NO_VALUE_RECORD.search(stream) else {}
    except DAMAGE:
        return {}


def _formulas(stream: bytes) -> dict[str, SheetCells]:
    names: dict[int, str] = {}
    found: dict[str, SheetCells] = {}
    unknown: list[tuple[str, int, int]] = []
    calculated = False
    sheet: str | None = None
    for offset, kind, body in _records(stream):
        if kind == _BOUND_SHEET:
            names[struct.unpack_from("<I", body)[0]] = _text(body[6:])
        elif kind == _BOF:
            sheet = names.get(offset, sheet)
        elif kind == _FORMULA and sheet is not None:
            row, column, _, value, _, _, length = _FORMULA_HEAD.unpack_from(body)
            start = _FORMULA_HEAD.size
            if not _NO_VALUE.fullmatch(value):
                calculated = True
                continue
            text = _value_of(body[start : start + length])
            if text:
                found.setdefault(sheet, SheetCells()).values.setdefault(row, {})[column] = text
            elif text is None:
                unknown.append((sheet, row, column))
    if not calculated:  # an empty text and zero are values too, where a program has calculated any
        for name, row, column in unknown:
            cells = found.setdefault(name, SheetCells())
            cells.values.setdefault(row, {})[column] = _UNKNOWN
            cells.unknown += 1
    return found


def _records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The offset, the kind and the body of each record."""
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield at, kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _text(data: bytes) -> str:
    """A text with its length in the first byte and its encoding in the second one."""
    length, wide = data[0], data[1] & 1
    return data[2 : 2 + 2 * length].decode("utf-16-le") if wide else data[2 : 2 + length].decode("latin-1")


def _value_of(tokens: bytes) -> str | None:
    """The value of a formula in postfix notation; None if it has anything but constants."""
    stack: list[str] = []
    at = 0
    while at < len(tokens):
        step = _step(tokens, at, stack)
        if step is None:
            return None
        at += step
    return stack[0] if len(stack) == 1 else None


def _step(tokens: bytes, at: int, stack: list[str]) -> int | None:
    """Take one token. Returns its length, or None if it is no constant and no operation on constants."""
    token, rest = tokens[at], tokens[at + 1 :]
    if token == 0x17:  # a text
        stack.append(_text(rest))
        return 3 + rest[0] * (1 + (rest[1] & 1))
    if token == 0x1E:  # an integer
        stack.append(str(struct.unpack_from("<H", rest)[0]))
        return 3
    if token == 0x1F:  # a number
        stack.append(text_of_number(struct.unpack_from("<d", rest)[0]))
        return 9
    if token in (0x12, 0x15):  # plus sign, parentheses
        return 1
    if token == 0x08 and len(stack) > 1:  # &
        stack[-2:] = ["".join(stack[-2:])]
        return 1
    return _call(token & 0x1F, rest, stack) if token >= 0x20 else None


def _call(token: int, rest: bytes, stack: list[str]) -> int | None:
    if token == 1:  # a function with a fixed number of arguments
        function = struct.unpack_from("<H", rest)[0]
        count, length = _FIRST_OF.get(function, 0), 3
    elif token == 2:
        count, function = struct.unpack_from("<BH", rest)
        length = 4
    else:
        return None
    if not 0 < count <= len(stack) or (function not in _FIRST_OF and function not in (_CONCATENATE, _HYPERLINK)):
        return None
    arguments = stack[-count:]
    if function == _CONCATENATE:
        stack[-count:] = ["".join(arguments)]
    elif function == _HYPERLINK:
        stack[-count:] = [link_text(arguments[0], arguments[-1])]
    else:
        stack[-count:] = [arguments[0]]
    return length
