"""Small files of every format that intake reads, from which a fuzzer starts."""

import bz2
import gzip
import io
import json
import lzma
import sqlite3
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
import xlwt

from tests.support.intake import opendocument, packing
from tests.support.intake.xlsb import xlsb

PASSWORD = "open sesame"
GRID = [
    ["姓名", "手机号", "日期", "备注"],
    ["甲", "13800138000", "2024-01-15", "x"],
    ["乙", "+86 139 0013 9000", "2024/2/1", "微信同号 13700137000"],
    ["丙", "010-62345678", "45000", ""],
    ["丁", "12", "", "1.38E+10"],
]
"""A table with a header, a mobile, a landline, two numbers in a row, and a cell that is no number."""


def seeds() -> dict[str, list[tuple[str, bytes]]]:
    """For each reader the files to start from, as (name, content)."""
    text = "\n".join(",".join(row) for row in GRID)
    csv, members = text.encode(), [("a.csv", text.encode()), ("x/b.txt", b"13600136000\n")]
    return {
        "text": [
            ("a.csv", csv),
            ("a.csv", text.encode("gb18030")),
            ("a.csv", text.encode("utf-16")),
            ("a.tsv", text.replace(",", "\t").encode()),
            ("a.txt", text.replace(",", "----").encode()),
            ("a.txt", "\n".join("".join(f"{cell:<16}" for cell in row) for row in GRID).encode()),
            ("a.txt", "\n\n".join(f"姓名：{row[0]}\n手机：{row[1]}" for row in GRID[1:]).encode()),
        ],
        "html": [("a.xls", _page().encode()), ("a.html", _page().encode("gb18030"))],
        "mhtml": [("a.mht", _mhtml())],
        "spreadsheetml": [("a.xls", _spreadsheetml())],
        "xlsx": [("a.xlsx", _xlsx())],
        "xlsb": [("a.xlsb", xlsb(S=GRID))],
        "xls": [("a.xls", _xls())],
        "ods": [
            ("a.ods", opendocument.ods(opendocument.sheet(*[opendocument.row(*map(_ods_cell, row)) for row in GRID])))
        ],
        "parquet": [("a.parquet", _parquet())],
        "sqlite": [("a.sqlite", _sqlite())],
        "vcard": [("a.vcf", _vcards().encode()), ("a.vcf", _vcards().replace("3.0", "2.1").encode())],
        "json": [
            ("a.json", json.dumps({"rows": [dict(zip(GRID[0], row, strict=True)) for row in GRID[1:]]}).encode()),
            ("a.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in GRID).encode()),
        ],
        "xml": [("a.xml", _sms().encode())],
        "sql": [("a.sql", _mysql().encode()), ("a.sql", _postgresql().encode())],
        "zip": [
            ("a.zip", packing.zipped(*members)),
            ("a.zip", packing.aes_zip("a.csv", csv, PASSWORD)),
            ("a.zip", packing.old_zip("a.csv", csv, PASSWORD)),
            ("a.zip", packing.zipped(("in.zip", packing.zipped(*members)))),
        ],
        "tar": [("a.tar", packing.tarred(*members)), ("a.tar.gz", gzip.compress(packing.tarred(*members)))],
        "7z": [("a.7z", packing.seven_zipped(*members))],
        "rar": [("a.rar", packing.rar5(*members)), ("a.rar", packing.rar4(*members))],
        "compressed": [
            ("a.csv.gz", gzip.compress(csv)),
            ("a.csv.bz2", bz2.compress(csv)),
            ("a.csv.xz", lzma.compress(csv)),
        ],
    }


def _page() -> str:
    rows = "".join(f"<tr>{''.join(f'<td rowspan=1>{escape(cell)}</td>' for cell in row)}</tr>" for row in GRID)
    return f"<html><meta charset=utf-8><table>{rows}</table></html>"


def _mhtml() -> bytes:
    part = b"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + _page().encode()
    head = b'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"\n\n'
    return head + b"--b\n" + part + b"\n--b--\n"


def _spreadsheetml() -> bytes:
    cells = [[f'<Cell><Data ss:Type="String">{escape(cell)}</Data></Cell>' for cell in row] for row in GRID]
    rows = "".join(f"<Row>{''.join(row)}</Row>" for row in cells)
    name = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?><Workbook xmlns="{name}" xmlns:ss="{name}">'
        f'<Worksheet ss:Name="S"><Table>{rows}</Table></Worksheet></Workbook>'
    ).encode()


def _xlsx() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for at, row in enumerate(GRID):
        for column, cell in enumerate(row):
            sheet.write_string(at, column, cell)
    sheet.write_number(len(GRID), 1, 13500135000)
    sheet.write_formula(len(GRID) + 1, 1, "=B2+1", None, 13800138001)
    sheet.merge_range(len(GRID) + 2, 0, len(GRID) + 2, 3, "制表")
    book.close()
    return out.getvalue()


def _xls() -> bytes:
    book, out = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("S")
    for at, row in enumerate(GRID):
        for column, cell in enumerate(row):
            sheet.write(at, column, cell)
    sheet.write(len(GRID), 1, 13500135000)
    book.save(out)
    return out.getvalue()


def _ods_cell(text: str) -> str:
    return opendocument.cell(escape(text))


def _parquet() -> bytes:
    out = io.BytesIO()
    columns = {name: [row[at] for row in GRID[1:]] for at, name in enumerate(GRID[0])}
    pq.write_table(pa.table(columns | {"列表": [[row[1]] for row in GRID[1:]]}), out)
    return out.getvalue()


def _sqlite() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.sqlite"
        database = sqlite3.connect(path)
        database.execute("create table people (name text, phone text, day text, note text)")
        database.executemany("insert into people values (?, ?, ?, ?)", GRID[1:])
        database.execute("create view v as select phone from people")
        database.commit()
        database.close()
        return path.read_bytes()


def _vcards() -> str:
    cards = (
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{row[0]}\r\nTEL;TYPE=CELL:{row[1]}\r\nNOTE:{row[3]}\r\nEND:VCARD\r\n"
        for row in GRID[1:]
    )
    return "".join(cards)


def _sms() -> str:
    rows = "".join(f'<sms address="{row[1]}" date="1705285353000" body="{row[3]}" />' for row in GRID[1:])
    return f'<?xml version="1.0" encoding="UTF-8"?><smses count="4">{rows}</smses>'


def _mysql() -> str:
    rows = ",".join("(" + ",".join(f"'{cell}'" for cell in row) + ")" for row in GRID[1:])
    return (
        "-- dump\nCREATE TABLE `t` (`name` varchar(9), `phone` varchar(20), `day` date, `note` text);\n"
        f"INSERT INTO `t` VALUES {rows};\n"
    )


def _postgresql() -> str:
    rows = "\n".join("\t".join(cell or r"\N" for cell in row) for row in GRID[1:])
    return (
        "CREATE TABLE t (name text, phone text, day text, note text);\n"
        f"COPY t (name, phone, day, note) FROM stdin;\n{rows}\n\\.\n"
    )
