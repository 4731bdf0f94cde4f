"""Large files made to exhaust the memory, the disk or the patience of the machine that reads them."""

import io
import sqlite3
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

MIB = 1 << 20

_WORKBOOK = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" '
        'Target="sharedStrings.xml"/></Relationships>'
    ),
}
_MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def _repeat(block: bytes, mebibytes: int) -> Iterator[bytes]:
    whole = block * (MIB // len(block) + 1)
    return (whole for _ in range(mebibytes))


def _text(chunks: Iterable[bytes]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as stream:
            stream.writelines(chunks)

    return write


def _gzip(chunks: Iterable[bytes]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        packer = zlib.compressobj(9, wbits=31)
        with path.open("wb") as stream:
            stream.writelines(packer.compress(chunk) for chunk in chunks)
            stream.write(packer.flush())

    return write


def _zip(*members: tuple[str, Callable[[], Iterable[bytes]]]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, chunks in members:
                with archive.open(name, "w", force_zip64=True) as stream:
                    stream.writelines(chunks())

    return write


def _workbook(sheet: Callable[[], Iterable[bytes]], strings: Callable[[], Iterable[bytes]]) -> Callable[[Path], None]:
    fixed = [(name, lambda text=text: [text.encode()]) for name, text in _WORKBOOK.items()]
    return _zip(*fixed, ("xl/worksheets/sheet1.xml", sheet), ("xl/sharedStrings.xml", strings))


def _one_cell() -> list[bytes]:
    return [
        b"<worksheet " + _MAIN + b'><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>'
    ]


def _one_string() -> list[bytes]:
    return [b"<sst " + _MAIN + b"><si><t>phone</t></si></sst>"]


def _many_rows() -> Iterator[bytes]:
    yield b"<worksheet " + _MAIN + b"><sheetData>"
    yield from _repeat(b'<row><c t="s"><v>0</v></c></row>', 900)
    yield b"</sheetData></worksheet>"


def _many_strings() -> Iterator[bytes]:
    yield b"<sst " + _MAIN + b">"
    yield from _repeat(b"<si><t>x</t></si>", 900)
    yield b"</sst>"


def _deep() -> Iterator[bytes]:
    yield b"<sst " + _MAIN + b">"
    yield from _repeat(b"<si>", 400)


def _endless(start: bytes, block: bytes, mebibytes: int = 400) -> Callable[[Path], None]:
    return _text([start, *_repeat(block, mebibytes)])


def _directory(path: Path) -> None:
    """A ZIP archive whose directory names far more members than it has."""
    entry = b"PK\x01\x02" + bytes(24) + b"\x01\x00" + bytes(16) + b"a"
    block = entry * (MIB // len(entry))
    size = len(block) * 200
    with path.open("wb") as stream:
        stream.write(b"PK\x03\x04" + bytes(26))
        stream.writelines(block for _ in range(200))
        stream.write(b"PK\x05\x06" + bytes(4) + b"\xff\xff" * 2 + size.to_bytes(4, "little") + bytes(6))


def _nested(path: Path) -> None:
    """Archives in an archive, each within its limits, which unpack to far more together."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        for at in range(20):
            archive.writestr(f"{at}.csv", b"phone\n" + b"\n" * (60 * MIB))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for at in range(50):
            archive.writestr(f"{at}.zip", inner.getvalue())


def _tar(path: Path) -> None:
    header = tarfile.TarInfo("a.csv").tobuf()
    with path.open("wb") as stream:
        stream.writelines(header * 2048 for _ in range(200))
        stream.write(bytes(1024))


def _database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE a (phone)")
    connection.execute("PRAGMA writable_schema=ON")
    heavy = "CREATE TABLE a (phone, b AS (hex(zeroblob(400000000))), c AS (hex(zeroblob(400000000))))"
    connection.execute("INSERT INTO a VALUES (1), (2), (3)")
    connection.execute("UPDATE sqlite_schema SET sql = ?", (heavy,))
    connection.commit()
    connection.close()


def _parquet(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    value = "1" * (64 * MIB)
    pq.write_table(pa.table({"phone": pa.array([value] * 40).dictionary_encode()}), path, compression="zstd")


HOSTILE: dict[str, tuple[str, Callable[[Path], None]]] = {
    "one line without an end": ("a.csv", _text([b"phone\n", *_repeat(b"1", 400)])),
    "a quote that never closes": ("a.csv", _text([b'phone,name\n"', *_repeat(b"13800138000,x\n", 100)])),
    "half a million columns": ("a.csv", _text([*_repeat(b"phone,", 3), b"\n", *_repeat(b"1,", 200)])),
    "nothing but delimiters": ("a.csv", _text([b"phone,name\n", *_repeat(b"," * 1000 + b"\n", 100)])),
    "nothing but blank lines": ("a.csv", _text(_repeat(b"\n", 400))),
    "nothing but NUL": ("a.csv", _text(_repeat(b"\0", 400))),
    "rows that are all rejected": ("a.csv", _text([b"phone\n", *_repeat(b"12\n", 2)])),
    "cells of many numbers": ("a.csv", _text([b"phone\n", *_repeat(b"13800138000;" * 90 + b"\n", 100)])),
    "a record of several lines that never ends": (
        "a.txt",
        _text([b"id: 1\nphone: 13800138000\n" * 100, *_repeat(b"more " * 200 + b"\n", 3)]),
    ),
    "lines of spaces": ("a.txt", _text([b"phone   name\n", *_repeat(b"13800138000" + b" " * 2000 + b"x\n", 20)])),
    "a bad byte in each line": (
        "a.csv",
        _text([b"phone,name\n", *_repeat(b"13800138000,\xff" + b"x" * 500 + b"\n", 8)]),
    ),
    "UTF-16 without line ends in two byte orders": ("a.csv", _text([b"\xff\xfe", *_repeat(b"1\x00\xfe\xff\x001", 50)])),
    "UTF-16 that says nothing": ("a.csv", _text([b"\xff\xfe", *_repeat(b"\xd8\xd8", 200)])),
    "a gzip of one gibibyte": ("a.csv.gz", _gzip(_repeat(b"13800138000\n", 1024))),
    "members just below the ratio's limit": (
        "a.zip",
        _zip(*((f"{i}.csv", lambda: [b"phone\n", *_repeat(b"\n", 60)]) for i in range(100))),
    ),
    "a sheet of many rows": ("a.xlsx", _workbook(_many_rows, _one_string)),
    "many shared strings": ("a.xlsx", _workbook(_one_cell, _many_strings)),
    "deeply nested XML": ("a.xlsx", _workbook(_one_cell, _deep)),
    "one long value in every row": ("a.parquet", _parquet),
    "a string of JSON without an end": ("a.json", _endless(b'[{"a": "', b"1")),
    "arrays in arrays": ("a.json", _endless(b"", b"[")),
    "objects in objects": ("a.json", _endless(b"", b'{"a":')),
    "a large array in an object": ("a.json", _endless(b'{"a": {"b": [', b"[],", 4)),
    "spaces in JSON": ("a.json", _endless(b'{"a": 1', b" ")),
    "many keys": ("a.json", _text([b"{", *(b'"k%d":1,' % at for at in range(200_000)), b'"z":1}'])),
    "an attribute without an end": ("a.xml", _endless(b"<r><p a='", b"1")),
    "a comment without an end": ("a.xml", _endless(b"<r><!-- ", b"1")),
    "a text in XML without an end": ("a.xml", _endless(b"<r><p>", b"1")),
    "elements in elements": ("a.xml", _endless(b"<r>", b"<a>")),
    "a literal of SQL without an end": ("a.sql", _endless(b"INSERT INTO t VALUES ('", b"1")),
    "brackets in SQL": ("a.sql", _endless(b"INSERT INTO t VALUES (", b"(", 100)),
    "values without an end": ("a.sql", _endless(b"INSERT INTO t VALUES (1", b",1", 100)),
    "a comment of SQL without an end": ("a.sql", _endless(b"INSERT INTO t VALUES (1);\n", b"/*", 10)),
    "a property without an end": ("a.vcf", _endless(b"BEGIN:VCARD\nNOTE:", b"1")),
    "a folded property without an end": ("a.vcf", _endless(b"BEGIN:VCARD\nNOTE:", b"1\n ", 10)),
    "a directory of millions of members": ("a.zip", _directory),
    "archives within their limits": ("a.zip", _nested),
    "headers of empty members": ("a.tar", _tar),
    "a schema that computes": ("a.db", _database),
}
"""What the file does, the name to give it, and what writes it."""
