"""Mobiles in the parts of a workbook that are no cells are told, and those that a cell has too are not."""

import io
import zipfile

import pytest
import xlsxwriter

PHONES = ["13800138000", "13900139000"]
OTHER = "13700137000"
WHERE = "comments, text boxes and other parts beside the cells"


def book(put):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as workbook:
        page = workbook.add_worksheet("A")
        page.write_row(0, 0, ["姓名", "电话"])
        for at, phone in enumerate(PHONES):
            page.write_row(at + 1, 0, ["某", phone])
        put(workbook, page)
    return out.getvalue()


PARTS = {
    "header": lambda _, page, text: page.set_header(f"&L{text}&C"),
    "footer": lambda _, page, text: page.set_footer(f"&C电话 {text}"),
    "link": lambda _, page, text: page.write_url("F1", f"https://a.example/?phone={text}", string="开"),
    "tip": lambda _, page, text: page.write_url("F1", "https://a.example/", string="开", tip=f"电话{text}"),
    "choices": lambda _, page, text: page.data_validation("F1", {"validate": "list", "source": [text, "无"]}),
    "prompt": lambda _, page, text: page.data_validation("F1", {"validate": "any", "input_message": f"打{text}"}),
    "name": lambda book, _, text: book.define_name("hotline", f'="{text}"'),
    "property": lambda book, _, text: book.set_properties({"comments": f"联系 {text}"}),
    "custom property": lambda book, _, text: book.set_custom_property("phone", text),
    "condition": lambda _, page, text: page.conditional_format(
        "A1", {"type": "cell", "criteria": "==", "value": f'"{text}"'}
    ),
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    ("text", "count"),
    [(OTHER, 1), (f"+86{OTHER}", 1), ("137-0013-7000", 1), (PHONES[0], 0), ("20240115", 0), ("440101199001011234", 0)],
)
def test_a_number_in_a_part(load, part, text, count):
    outcome = load("a.xlsx", book(lambda workbook, page: PARTS[part](workbook, page, text)))
    assert outcome.numbers == ["86" + phone for phone in PHONES]
    told = [(str(warning.code), warning.location, warning.count) for warning in outcome.report.warnings]
    assert told == [("unread_numbers", f"a.xlsx {WHERE}", 1)] * count
    assert OTHER not in repr(outcome.report)


@pytest.mark.parametrize(
    "name",
    [
        "xl/pivotCache/pivotCacheRecords1.xml",
        "xl/externalLinks/externalLink1.xml",
        "customXml/item1.xml",
        "xl/charts/chart1.xml",
    ],
)
@pytest.mark.parametrize("before", [0, 1, 65_520, 65_530, 65_536, 1 << 20])
def test_numbers_anywhere_in_a_long_part(load, name, before):
    data = io.BytesIO(book(lambda *_: None))
    with zipfile.ZipFile(data, "a") as package:
        package.writestr(name, b"<a>" + b" " * before + f'<s v="{OTHER}"/><s v="{PHONES[1]}"/></a>'.encode())
    outcome = load("a.xlsx", data.getvalue())
    assert [(warning.location, warning.count) for warning in outcome.report.warnings] == [(f"a.xlsx {WHERE}", 1)]
