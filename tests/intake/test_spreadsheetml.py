"""SpreadsheetML 2003, the XML of Excel 2003, under the names of workbooks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake.files.formats import Format
from pilookup.custody.intake.tables.spreadsheetml import spreadsheetml_sheets
from pilookup.errors import IntakeError
from tests.support.intake.examples import hostile
from tests.support.intake.tables_of import outcome_of, tables_of

PHONE, OTHER = "13800138000", "13900139000"
NAMESPACES = (
    'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:html="http://www.w3.org/TR/REC-html40"'
)


def cell(text: str, kind: str = "String", more: str = "") -> str:
    return f'<Cell {more}><Data ss:Type="{kind}">{text}</Data></Cell>'


def row(*cells: str, more: str = "") -> str:
    return f"<Row {more}>{''.join(cells)}</Row>"


def sheet(*rows: str, name: str = "S", options: str = "") -> str:
    return f'<Worksheet ss:Name="{name}"><Table>{"".join(rows)}</Table><x:WorksheetOptions>{options}</x:WorksheetOptions></Worksheet>'


def book(*sheets: str, start: str = '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>') -> str:
    return f"{start}<Workbook {NAMESPACES}><Styles><Style ss:ID='s1'/></Styles>{''.join(sheets)}</Workbook>"


def read(content: str | bytes, **options):
    return tables_of(content.encode() if isinstance(content, str) else content, Format.SPREADSHEETML, **options)


ROWS = [row(cell("姓名"), cell("手机号")), row(cell("张三"), cell(PHONE)), row(cell("李四"), cell(OTHER, "Number"))]
BOOK = book(sheet(*ROWS))


@pytest.mark.parametrize("name", ["导出.xls", "导出.xlsx", "a.xml", "a.csv", "a"])
@pytest.mark.parametrize(
    "content",
    [
        BOOK.encode(),
        BOOK.replace("?>", " encoding='GB2312'?>", 1).encode("gb18030"),
        b"\xef\xbb\xbf\r\n" + BOOK.encode(),
        BOOK.encode("utf-16"),
        BOOK.replace('<?mso-application progid="Excel.Sheet"?>', "<!-- x -->").encode(),
        book(sheet(*ROWS), start="").encode(),
        BOOK.replace("<Cell", "<ss:Cell")
        .replace("</Cell", "</ss:Cell")
        .replace("<Row", "<ss:Row")
        .replace("</Row", "</ss:Row")
        .encode(),
    ],
    ids=["plain", "gbk", "bom", "utf-16", "no instruction", "no declaration", "prefixed"],
)
def test_under_any_name(load, name, content):
    assert load(name, content).numbers == ["86" + PHONE, "86" + OTHER]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (cell("13800138000", "Number"), PHONE),
        (cell("1.3800138E10", "Number"), PHONE),
        (cell("-13800138000", "Number"), "-13800138000"),
        (cell("x", "Number"), "x"),
        (cell("2024-01-15T10:22:00.000", "DateTime"), "2024-01-15 10:22:00"),
        (cell("8322-03-31T00:00:00.000", "DateTime"), "2345678"),
        (cell("99999-01-01T00:00:00.000", "DateTime"), "99999-01-01 00:00:00.000"),
        (cell("1", "Boolean"), "1"),
        (cell("#N/A", "Error"), None),
        (cell("a&#10;b&amp;c"), "a\nb&c"),
        (
            '<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40">138<Font>0013</Font><B>8000</B></ss:Data></Cell>',
            PHONE,
        ),
        (f'<Cell><Data ss:Type="String">{PHONE}</Data><Comment><ss:Data>note 1</ss:Data></Comment></Cell>', PHONE),
        ("<Cell ss:Formula='=\"13800138000\"'/>", PHONE),
        ("<Cell ss:Formula='=RC[-1]'/>", "=RC[-1]"),
        ('<Cell ss:HRef="tel:13800138000"><Data ss:Type="String">拨打</Data></Cell>', "拨打 13800138000"),
        ("<Cell><Data ss:Type='String'>\x0b13800138000</Data></Cell>", PHONE),
    ],
)
def test_cells(written, text):
    expected = [["手机"], [text]] if text is not None else [["手机"]]
    assert read(book(sheet(row(cell("手机")), row(written)))).only == expected


def test_places_of_rows_and_cells():
    found = read(
        book(
            sheet(
                row(cell("a"), cell("b", more='ss:MergeAcross="1"'), cell("d")),
                row(cell("x", more='ss:Index="4"'), "<Cell/>", cell("y")),
                row(cell("z"), more='ss:Index="6"'),
            )
        )
    )
    assert found.only == [["a", "b", "", "d"], ["", "", "", "x", "", "y"], ["z"]]
    assert found.lines["a sheet S"] == [1, 2, 6]


@pytest.mark.parametrize("state", ["SheetHidden", "SheetVeryHidden"])
def test_hidden_sheets(state):
    content = book(sheet(*ROWS, name="一", options=f"<x:Visible>{state}</x:Visible>"), sheet(*ROWS, name="二"))
    found = read(content)
    assert list(found.rows) == ["a sheet 二"]
    assert [(w.code, w.location, w.count) for w in found.report.warnings] == [("hidden_sheet", "a sheet 一", 2)]
    assert list(read(content, hidden_sheets=True).rows) == ["a sheet 一 (hidden)", "a sheet 二"]


def test_damage_names_its_line():
    with pytest.raises(IntakeError, match=r"its XML is damaged in line 3"):
        read(BOOK.replace("<Row", "\n<Row").replace(f">{PHONE}<", ">&<"))
    with pytest.raises(IntakeError, match="damaged"):
        read(BOOK[:-60])
    with pytest.raises(IntakeError, match="no sheet"):
        read(book())


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(30))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"<!DOCTYPE a [{LAUGHS}]>" + book(sheet(row(cell("&l29;"))), start=""), "declares entities"),
        (
            '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + book(sheet(row(cell("&b;"))), start=""),
            "declares entities",
        ),
        (
            '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:1/x"> %b;]>' + book(sheet(row(cell("1"))), start=""),
            "declares entities",
        ),
        (book(sheet(row(cell("<B>" * 100_000)))), "nested more than"),
        (book(sheet(row(cell("1"), more='ss:Index="2000000"'))), "number above"),
        (book(sheet(row(cell("1", more='ss:Index="999999999"')))), "more than 16,384 cells"),
        (book(sheet(row(cell("1", more='ss:Index="9999999999"')))), "damaged"),
        (book(sheet(row(cell("1", more='ss:MergeAcross="999999999"'), cell("2")))), "more than 16,384 cells"),
        (book(sheet(*[row(cell("1", more='ss:Index="16384"'))] * 2_000)), "too many cells"),
        (book(sheet(row(cell("1" * 200_000)))), "more than 131,072 characters"),
    ],
)
def test_hostile_documents(content, message):
    with pytest.raises(IntakeError, match=message):
        read(content)


def test_an_external_document_type_is_not_fetched():
    assert read('<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">' + book(sheet(*ROWS), start="")).only[1][1] == PHONE


@hostile(300)
@given(st.integers(0, 10**6), st.binary(max_size=4), st.integers(0, 8))
def test_damaged_documents_are_tables_or_an_error(at, put, cut):
    content = book(sheet(*ROWS, options="<x:Visible>SheetHidden</x:Visible>"), sheet(*ROWS)).encode()
    at %= len(content)
    outcome_of(lambda: list(spreadsheetml_sheets(content[:at] + put + content[at + cut :])))
