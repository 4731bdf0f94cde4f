"""Writes XLSB workbooks by hand: records of cells, which no library for Python writes."""

import io
import struct
import zipfile

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="bin" '
    'ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>'
)
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _record(number: int, payload: bytes = b"") -> bytes:
    kind = bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
    size, length = b"", len(payload)
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 127 else 0)])
        length >>= 7
        if not length:
            return kind + size + payload


def _string(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _cell(column: int, value: str | float) -> bytes:
    head = struct.pack("<II", column, 0)
    if isinstance(value, str):
        return _record(6, head + _string(value))
    return _record(5, head + struct.pack("<d", value))


def _sheet(rows: list[list[str | float]]) -> bytes:
    out = [_record(129), _record(148, struct.pack("<IIII", 0, max(len(rows) - 1, 0), 0, 20)), _record(145)]
    for number, row in enumerate(rows):
        out.append(_record(0, struct.pack("<I", number) + bytes(13)))
        out.extend(_cell(column, value) for column, value in enumerate(row))
    return b"".join([*out, _record(146), _record(130)])


def xlsb(hidden: tuple[str, ...] = (), **sheets: list[list[str | float]]) -> bytes:
    """A workbook.

    Args:
        hidden: The names of the sheets that are hidden.
        sheets: The rows of each sheet.
    """
    out = io.BytesIO()
    book = [_record(131), _record(143)]
    relations = []
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        main = f'<Relationship Id="r" Type="{_KIND}/officeDocument" Target="xl/workbook.bin"/>'
        archive.writestr("_rels/.rels", _RELATIONS.format(main))
        for number, (name, rows) in enumerate(sheets.items(), 1):
            state = struct.pack("<II", int(name in hidden), number)
            book.append(_record(156, state + _string(f"rId{number}") + _string(name)))
            target = f"worksheets/sheet{number}.bin"
            relations.append(f'<Relationship Id="rId{number}" Type="{_KIND}/worksheet" Target="{target}"/>')
            archive.writestr(f"xl/{target}", _sheet(rows))
        archive.writestr("xl/workbook.bin", b"".join([*book, _record(144), _record(132)]))
        archive.writestr("xl/_rels/workbook.bin.rels", _RELATIONS.format("".join(relations)))
    return out.getvalue()
