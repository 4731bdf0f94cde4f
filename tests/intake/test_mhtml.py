"""MHTML files, as Excel and browsers write them and as exports imitate them."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake.files.formats import Format
from pilookup.custody.intake.tables.mhtml import mhtml_sheets
from pilookup.errors import IntakeError
from tests.support.intake.examples import hostile
from tests.support.intake.tables_of import outcome_of, tables_of

PHONE, OTHER = "13800138000", "13900139000"
PAGE = f"<html><table><tr><td>姓名<td>手机号<tr><td>张三<td>{PHONE}<tr><td>李四<td>{OTHER}</table></html>"
ROWS = [["姓名", "手机号"], ["张三", PHONE], ["李四", OTHER]]


def part(location: str, body: bytes, transfer: str = "quoted-printable", content: str = "text/html") -> bytes:
    encoded = {
        "quoted-printable": lambda: quopri.encodestring(body),
        "base64": lambda: base64.encodebytes(body),
        "8bit": lambda: body,
        "7bit": lambda: body,
    }[transfer]()
    head = f"Content-Location: {location}\r\nContent-Transfer-Encoding: {transfer}\r\nContent-Type: {content}\r\n\r\n"
    return head.encode() + encoded


def message(*parts: bytes, start: bytes = b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n") -> bytes:
    head = start + b'Content-Type: multipart/related; boundary="----=_x"\r\n\r\n'
    return head + b"".join(b"------=_x\r\n" + one + b"\r\n" for one in parts) + b"------=_x--\r\n"


def listed(name: str, source: str, more: str = "") -> str:
    return (
        f'<x:ExcelWorksheet><x:Name>{name}</x:Name>{more}<x:WorksheetSource\r\n HRef=3D"{source}"/></x:ExcelWorksheet>'
    ).replace("=3D", "=")


def frameset(*sheets: str) -> bytes:
    return (
        "<html xmlns:x='urn:schemas-microsoft-com:office:excel'><!--[if gte mso 9]><xml><x:ExcelWorkbook>"
        f"<x:ExcelWorksheets>{''.join(sheets)}</x:ExcelWorksheets></x:ExcelWorkbook></xml><![endif]-->"
        "<frameset><frame src='x.files/sheet001.htm'></frameset></html>"
    ).encode()


def read(content: bytes, **options):
    return tables_of(content, Format.MHTML, **options)


BYTES_ALLOWED = [
    ("utf-8", "text/html; charset=utf-8"),
    ("gb18030", 'text/html; charset="gb2312"'),
    ("gb18030", 'text/html; charset="us-ascii"'),
    ("utf-8", "text/html"),
]
ENCODED = [*BYTES_ALLOWED, ("utf-16", "text/html; charset=unicode")]
"""A MIME message cannot hold UTF-16 as it is."""


@pytest.mark.parametrize(
    ("transfer", "codec", "content"),
    [
        *(("quoted-printable", *one) for one in ENCODED),
        *(("base64", *one) for one in ENCODED),
        *(("8bit", *one) for one in BYTES_ALLOWED),
    ],
)
def test_transfer_and_text_encodings(transfer, codec, content):
    assert read(message(part("file:///C:/a.htm", PAGE.encode(codec), transfer, content))).only == ROWS


@pytest.mark.parametrize("name", ["导出.xls", "导出.csv", "a.mht", "a.mhtml", "a"])
@pytest.mark.parametrize(
    "start",
    [
        b"MIME-Version: 1.0\r\n",
        b"\r\nMIME-Version: 1.0\n",
        b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.org/\r\nSubject: x\r\nMIME-Version: 1.0\r\n",
        b"Message-ID: <1@x>\r\nX-Document-Type: Workbook\r\n",
    ],
)
def test_under_any_name(load, name, start):
    content = message(part("a.htm", PAGE.encode()), start=start)
    assert load(name, content).numbers == ["86" + PHONE, "86" + OTHER]


def test_a_message_of_one_page():
    head = b"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    assert read(head + base64.encodebytes(PAGE.encode())).only == ROWS


def test_the_sheets_of_a_workbook_have_their_names():
    content = message(
        part(
            "file:///C:/x.htm",
            frameset(listed("名单&amp;一", "x.files/sheet001.htm"), listed("二", "x.files/sheet002.htm")),
        ),
        part("file:///C:/x.files/tabstrip.htm", b"<table><tr><td>1<td>2</table>"),
        part("file:///C:/x.files/sheet001.htm", PAGE.encode()),
        part("file:///C:/x.files/sheet002.htm", f"<table><tr><td>{OTHER}</table>".encode()),
        part("file:///C:/x.files/image001.png", b"\x89PNG", "base64", "image/png"),
        part("file:///C:/x.files/filelist.xml", b"<xml/>", "7bit", "text/xml"),
    )
    found = read(content)
    assert found.rows == {"a sheet 名单&一 table 1": ROWS, "a sheet 二 table 1": [[OTHER]]}
    assert found.report.warnings == []


@pytest.mark.parametrize("state", ["SheetHidden", "SheetVeryHidden"])
def test_hidden_sheets(state):
    hidden = f"<x:WorksheetOptions><x:Visible>{state}</x:Visible></x:WorksheetOptions>"
    for main, inside in ((hidden, ""), ("", f"<!--[if gte mso 9]><xml>{hidden}</xml><![endif]-->")):
        content = message(
            part("x.htm", frameset(listed("一", "x.files/sheet001.htm"), listed("二", "x.files/sheet002.htm", main))),
            part("x.files/sheet001.htm", PAGE.encode()),
            part("x.files/sheet002.htm", (inside + PAGE).encode()),
        )
        found = read(content)
        assert list(found.rows) == ["a sheet 一 table 1"]
        assert [(w.code, w.location, w.count) for w in found.report.warnings] == [
            ("hidden_sheet", "a sheet 二 table 1", 2)
        ]
        assert list(read(content, hidden_sheets=True).rows) == ["a sheet 一 table 1", "a sheet 二 table 1 (hidden)"]


def test_a_sheet_that_is_not_in_the_file_is_told():
    content = message(
        part("x.htm", frameset(listed("一", "x.files/sheet001.htm"), listed("二", "x.files/sheet002.htm"))),
        part("x.files/sheet001.htm", PAGE.encode()),
    )
    found = read(content)
    assert [(w.code, w.count) for w in found.report.warnings] == [("member_skipped", 1)]
    assert "sheet 二" in found.report.warnings[0].text


def test_a_message_without_a_page():
    with pytest.raises(IntakeError, match="no page"):
        read(message(part("a.png", b"x", "base64", "image/png")))


@pytest.mark.parametrize(
    "content",
    [
        message(*[part(f"{number}.htm", b"<table><tr><td>1") for number in range(12_000)]),
        b"".join(
            b'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="b%d"\n\n--b%d\n' % (i, i)
            for i in range(2_000)
        ),
        b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n" + b"--x\n\n" * 200_000,
        b"MIME-Version: 1.0\nContent-Type: text/html\n" + b"X-A: 1\n" * 200_000 + b"\n" + PAGE.encode(),
        b"MIME-Version: 1.0\nContent-Type: text/html; " + b"a=b; " * 50_000 + b"\n\n" + PAGE.encode(),
        b"MIME-Version: 1.0\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + b"=" * 1_000_000,
        b"MIME-Version: 1.0\nContent-Type: text/html\n\n" + b"<x:ExcelWorksheet>" * 100_000,
        b'MIME-Version: 1.0\nContent-Type: message/external-body; access-type=local-file; name="/etc/passwd"\n\n\n',
    ],
    ids=lambda content: str(content[:50]),
)
def test_hostile_messages(content):
    error, found = outcome_of(lambda: read(content))
    assert len(str(error)) < 300
    assert "root:" not in str(found and found.rows)


GOOD = message(
    part("x.htm", frameset(listed("一", "x.files/sheet001.htm"))),
    part("x.files/sheet001.htm", PAGE.encode()),
    part("x.files/sheet002.htm", PAGE.encode("gb18030"), "base64"),
)


@hostile(300)
@given(st.integers(0, 10**6), st.binary(max_size=4), st.integers(0, 8))
def test_damaged_messages_are_tables_or_an_error(at, put, cut):
    at %= len(GOOD)
    outcome_of(lambda: list(mhtml_sheets(GOOD[:at] + put + GOOD[at + cut :])))
