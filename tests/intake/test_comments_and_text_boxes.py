"""Numbers in comments, text boxes and names of sheets of workbooks: they are told, unless a cell has them too."""

import io
import zipfile

import pytest
import xlsxwriter
import xlwt

from tests.support.intake.opendocument import cell, document, ods, row, sheet

PHONES = ["13800138000", "13900139000"]
ROWS = [["姓名", "电话"], ["张三", PHONES[0]], ["李四", PHONES[1]]]
TEXTS = [
    ("家属电话13700137000", 1),
    ("家属 0571-88123456", 1),
    ("+852 91234567\n另一个 13700137000", 2),
    ("13800138000", 0),
    ("2024-01-15 核对无误", 0),
    ("客服热线 0571-88123456", 0),
]


NAMES_OF_SHEETS = [
    ("13700137000汪刚", 1),
    ("座机0571-88123456", 1),
    (PHONES[0], 0),
    ("20240101-20240131", 0),
    ("名单", 0),
]


def xlsx(put=lambda sheet, book: None, name="A") -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet(name)
    for at, cells in enumerate(ROWS):
        page.write_row(at, 0, cells)
    put(page, book)
    book.close()
    return out.getvalue()


def with_part(name: str, content: bytes) -> bytes:
    out = io.BytesIO(xlsx())
    with zipfile.ZipFile(out, "a") as package:
        package.writestr(name, content)
    return out.getvalue()


def told(outcome):
    assert outcome.numbers == ["86" + phone for phone in PHONES]
    assert not any(phone in repr(outcome.report) for phone in ("13700137000", "88123456"))
    return [(each.code, each.location, each.count) for each in outcome.report.warnings]


def expected(name: str, count: int):
    return [("unread_numbers", f"{name} comments, text boxes and other parts beside the cells", count)] if count else []


@pytest.mark.parametrize(("text", "count"), TEXTS)
def test_xlsx(load, text, count):
    comment = xlsx(lambda page, _: page.write_comment("A2", text))
    box = xlsx(lambda page, _: page.insert_textbox("F5", text))
    assert told(load("a.xlsx", comment)) == expected("a.xlsx", count)
    assert told(load("b.xlsx", box)) == expected("b.xlsx", count)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("xl/comments/comment1.xml", "<comments><comment><text><r><t>137</t></r><r><t>00137000</t></r></text></comment></comments>"),
        ("xl/threadedComments/threadedComment1.xml", "<x:T xmlns:x='a'><x:threadedComment><x:text>打13700137000</x:text></x:threadedComment></x:T>"),
        ("xl/diagrams/data1.xml", "<a:m xmlns:a='a'><a:p><a:r><a:t>13700137000</a:t></a:r></a:p></a:m>"),
        ("xl/drawings/vmlDrawing1.vml", "<xml xmlns:v='v'><v:textbox><div>a<br>13700137000</div></v:textbox></xml>"),
        ("xl/comments1.xml", "<comments><comment><text><t>13700137000</t></text>"),
        ("xl/comments1.bin", b"\x01\x16" + "13700137000".encode("utf-16-le") + b"\0\0\xff"),
    ],
)  # fmt: skip
def test_other_parts_and_damaged_ones(load, name, content):
    data = with_part(name, content if isinstance(content, bytes) else content.encode())
    assert told(load("a.xlsx", data)) == expected("a.xlsx", 1)


def test_positions_and_identifiers_of_shapes_are_no_numbers(load):
    shape = (
        "<d:wsDr xmlns:d='d' xmlns:a='a'><d:from><d:col>1380013</d:col><d:colOff>0001</d:colOff></d:from>"
        "<d:cNvPr id='13700137000'/><a:off x='13700137000' y='0'/></d:wsDr>"
    )
    assert told(load("a.xlsx", with_part("xl/drawings/drawing9.xml", shape.encode()))) == []


@pytest.mark.parametrize(("text", "count"), TEXTS)
def test_opendocument(load, text, count):
    paragraphs = "".join(f"<text:p>{line}</text:p>" for line in text.split("\n"))
    note = f"<office:annotation><dc:date>2024-01-15T10:22:00</dc:date>{paragraphs}</office:annotation>"
    with_note = cell(PHONES[1]).replace("<text:p>", f"{note}<text:p>", 1)
    rows = [row(*map(cell, ROWS[0])), row(*map(cell, ROWS[1])), row(cell("李四"), with_note)]
    assert told(load("a.ods", ods(sheet(*rows)))) == expected("a.ods", count)
    shapes = f"<table:shapes><draw:frame><draw:text-box>{paragraphs}</draw:text-box></draw:frame></table:shapes>"
    content = document(sheet(*(row(*map(cell, cells)) for cells in ROWS)), root="document")
    content = content.replace("<table:table-row", f"{shapes}<table:table-row", 1)
    assert told(load("a.fods", content)) == expected("a.fods", count)


@pytest.mark.parametrize(("text", "count"), TEXTS)
def test_spreadsheetml(load, text, count):
    comment = f'<Comment ss:Author="a"><ss:Data><B>a:</B><Font>{text}</Font></ss:Data></Comment>'
    rows = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{value}</Data>{comment}</Cell>' for value in cells) + "</Row>"
        for cells in ROWS
    )
    space = (
        'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"'
    )
    book = f'<?xml version="1.0"?><Workbook {space}><Worksheet ss:Name="S"><Table>{rows}</Table></Worksheet></Workbook>'
    found = told(load("a.xml", book))
    assert found == expected("a.xml", count)


def xls(name: str) -> bytes:
    out = io.BytesIO()
    book = xlwt.Workbook()
    page = book.add_sheet(name)
    for at, cells in enumerate(ROWS):
        for column, value in enumerate(cells):
            page.write(at, column, value)
    book.save(out)
    return out.getvalue()


def opendocument(name: str) -> bytes:
    content = document(sheet(*(row(*map(cell, cells)) for cells in ROWS), name=name), root="document")
    return content if isinstance(content, bytes) else content.encode()


def spreadsheetml(name: str) -> bytes:
    rows = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{value}</Data></Cell>' for value in cells) + "</Row>"
        for cells in ROWS
    )
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}">'
        f'<Worksheet ss:Name="{name}"><Table>{rows}</Table></Worksheet></Workbook>'
    ).encode()


@pytest.mark.parametrize(("title", "count"), NAMES_OF_SHEETS)
@pytest.mark.parametrize(
    ("file", "make"),
    [
        ("a.xlsx", lambda name: xlsx(name=name)),
        ("a.xls", xls),
        ("a.fods", opendocument),
        ("a.xml", spreadsheetml),
    ],
)
def test_names_of_sheets(load, file, make, title, count):
    place = [("unread_numbers", f"{file} names of sheets", count)] if count else []
    assert told(load(file, make(title))) == place
