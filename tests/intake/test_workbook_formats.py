"""Workbooks of other formats than their names, under passwords, with hidden sheets, and cells with odd values."""

# ruff: noqa: DTZ001 - spreadsheets have no time zones

import datetime as dt
import io
import re
import struct
import zipfile

import pytest
import xlsxwriter
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile

from pilookup.custody.intake.files.formats import Format
from pilookup.custody.intake.tables.cell_text import serial_of_date
from pilookup.custody.intake.tables.sheets import workbook_sheets
from pilookup.custody.intake.tables.xlsx_cells import find_xlsx_cells
from pilookup.errors import IntakeError, PasswordRequiredError
from tests.support.intake.encrypted_xls import encrypted_xls
from tests.support.intake.examples import hostile
from tests.support.intake.tables_of import outcome_of, tables_of
from tests.support.intake.xlsb import xlsb

PHONE, OTHER = "13800138000", "13900139000"
ROWS = [["姓名", "手机号"], ["张三", 13800138000], ["李四", OTHER]]
TEXTS = [["姓名", "手机号"], ["张三", PHONE], ["李四", OTHER]]


def xlsx(rows=ROWS, change=None, **states) -> bytes:
    """A workbook of one visible sheet, and one sheet for each further state."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    for name in ("one", *states):
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
        if name in states:
            getattr(sheet, states[name])()
        if change:
            change(book, sheet)
    book.close()
    return out.getvalue()


def xls(rows=ROWS, visibility: int = 0) -> bytes:
    book, out = xlwt.Workbook(), io.BytesIO()
    book.add_sheet("first").write(0, 0, "x")
    sheet = book.add_sheet("one")
    sheet.visibility = visibility
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(at, column, value)
    book.save(out)
    return out.getvalue()


def changed(content: bytes, part: str, change) -> bytes:
    """A package with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, change(data.decode()).encode() if info.filename == part else data)
    return out.getvalue()


def encrypted(content: bytes, password: str) -> bytes:
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(password, out)
    return out.getvalue()


XLSX, XLS, XLSB = xlsx(), xls(), xlsb(one=ROWS)
SHEET = "xl/worksheets/sheet1.xml"
SECRET = encrypted(XLSX, "s3cret")


@pytest.mark.parametrize("content", [XLSX, XLS, XLSB], ids=["xlsx", "xls", "xlsb"])
@pytest.mark.parametrize(
    "ending", ["xlsx", "xlsm", "xltx", "xls", "xlt", "et", "xlsb", "ods", "csv", "html", "wps", ""]
)
def test_under_any_name(load, content, ending):
    assert load(f"a.{ending}", content).numbers == ["86" + PHONE, "86" + OTHER]


def test_texts_under_the_names_of_workbooks(load):
    text = f"姓名\t手机号\n张三\t{PHONE}\n李四\t{OTHER}\n"
    for name in ("a.xls", "a.xlsx", "a.et"):
        outcome = load(name, text.encode("gb18030"))
        assert outcome.numbers == ["86" + PHONE, "86" + OTHER]
        assert any("is named as" in note for note in outcome.report.notes)


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (xlsx(second="hide"), Format.XLSX),
        (xlsx(second="very_hidden"), Format.XLSX),
        (xls(visibility=1), Format.XLS),
        (xls(visibility=2), Format.XLS),
        (xlsb(hidden=("two",), one=[["x"]], two=ROWS), Format.XLSB),
    ],
    ids=["xlsx hidden", "xlsx very hidden", "xls hidden", "xls very hidden", "xlsb hidden"],
)
def test_a_hidden_sheet_with_numbers_is_told(content, form):
    found = tables_of(content, form)
    assert len(found.rows) == 1
    [warning] = found.report.warnings
    assert (warning.code, warning.count) == ("hidden_sheet", 2)
    assert "--hidden-sheets" in warning.text
    assert warning.location not in found.rows
    read = tables_of(content, form, hidden_sheets=True)
    assert read.report.warnings == []
    assert read.rows[f"{warning.location} (hidden)"] == TEXTS


def test_a_hidden_sheet_without_numbers_is_noted_only():
    found = tables_of(xlsx([["省", "市"], ["浙江", "杭州"]], second="hide"), Format.XLSX)
    assert found.report.warnings == []
    assert any("sheet second: hidden, not read; 4 cells" in note for note in found.report.notes)
    assert tables_of(xlsx([], second="hide"), Format.XLSX).report.notes == []


def test_hidden_rows_and_columns_are_data():
    def hide(_book, sheet):
        sheet.set_row(1, options={"hidden": True}) if hasattr(sheet, "nothing") else sheet.set_row(1, 0)
        sheet.set_column(1, 1, None, None, {"hidden": True})
        sheet.autofilter(0, 0, 2, 1)

    assert tables_of(xlsx(change=hide), Format.XLSX).only == TEXTS


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.et"])
def test_a_workbook_under_a_password_needs_it(load, name):
    with pytest.raises(PasswordRequiredError, match=r"is under a password: .* --password-file FILE"):
        load(name, SECRET)


def test_passwords_are_tried_in_order():
    for passwords in (("s3cret",), ("", "wrong", "s3cret")):
        assert tables_of(SECRET, Format.XLS, passwords=passwords).only == TEXTS
    with pytest.raises(PasswordRequiredError, match=r"none of the given ones fits: .* --password-file") as caught:
        tables_of(SECRET, Format.XLS, passwords=("wr0ng",))
    assert "wr0ng" not in str(caught.value)


def test_an_xls_workbook_under_a_password():
    secret = encrypted_xls(ROWS, "s3cret")
    assert tables_of(secret, Format.XLS, passwords=("wrong", "s3cret")).only == TEXTS
    with pytest.raises(PasswordRequiredError, match=r"is under a password: .* --password-file FILE"):
        tables_of(secret, Format.XLS)
    assert tables_of(encrypted_xls(ROWS, "VelvetSweatshop"), Format.XLS).only == TEXTS


def test_a_read_only_workbook_opens_without_a_password():
    assert tables_of(encrypted(XLSX, "VelvetSweatshop"), Format.XLS).only == TEXTS


def test_what_a_password_hides_is_checked_like_other_packages(monkeypatch):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with zipfile.ZipFile(io.BytesIO(XLSX)) as good:
            for info in good.infolist():
                archive.writestr(info.filename, good.read(info))
        archive.writestr("xl/bomb.xml", b" " * (80 << 20))
    with pytest.raises(IntakeError, match="too much for its packed size"):
        tables_of(encrypted(out.getvalue(), "s3cret"), Format.XLS, passwords=("s3cret",))


@hostile(40)
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_damaged_encrypted_workbook_is_an_error_or_tables(at, byte):
    content = bytearray(SECRET)
    content[at % len(content)] = byte
    outcome_of(lambda: list(workbook_sheets(bytes(content), ["s3cret"])))


def test_a_formula_without_a_value():
    def write(_book, sheet):
        sheet.write_formula("B2", '="13800138000"', None, "")
        sheet.write_formula("B3", "=13900139000", None, "")
        sheet.write_formula("B4", '=HYPERLINK("tel:13800138000","拨打")', None, "")
        sheet.write_formula("D6", "=A2&B2", None, "")
        sheet.write_formula("A8", '="13900139000"', None, "")

    content = xlsx([["姓名", "手机号"], ["张三"], ["李四"], ["王五"]], write)
    found = tables_of(content, Format.XLSX)
    assert found.only == [
        ["姓名", "手机号"], ["张三", PHONE], ["李四", OTHER], ["王五", "拨打 13800138000"], ["", "", "", "=A2&B2"], [OTHER],
    ]  # fmt: skip
    assert found.lines["a sheet one"] == [1, 2, 3, 4, 6, 8]
    assert any("1 cells have a formula without a stored value" in note for note in found.report.notes)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ('"13800138000"', PHONE),
        ("13800138000", PHONE),
        ('"138"&"0013"&8000', PHONE),
        ('("138"&"00138000")', PHONE),
        ('T("13800138000")', PHONE),
        ('TEXT(13800138000;"0")', PHONE),
        ('CONCATENATE("138";"0013";"8000")', PHONE),
        ('HYPERLINK("tel:13800138000";"拨打")', f"拨打 {PHONE}"),
    ],
)
def test_a_formula_of_xls_without_a_value(formula, text):
    book, out = xlwt.Workbook(), io.BytesIO()
    book.add_sheet("名单").write(0, 0, "手机")
    sheet = book.add_sheet("two")
    sheet.write(0, 1, "手机")
    sheet.write(1, 1, xlwt.Formula(formula))
    sheet.write(2, 1, xlwt.Formula("A1&B1"))
    book.save(out)
    found = tables_of(out.getvalue(), Format.XLS)
    assert found.rows == {
        "a sheet 名单": [["手机"]],
        "a sheet two": [["", "手机"], ["", text], ["", "=(formula without a value)"]],
    }
    assert [note for note in found.report.notes if "1 cells have a formula without a stored value" in note]


def test_an_empty_text_or_zero_is_a_value_in_a_calculated_xls():
    book, out = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("one")
    for row, formula in enumerate(["A9&B9", "12345678+1", "A9+0"]):
        sheet.write(row, 0, xlwt.Formula(formula))
    book.save(out)
    content = out.getvalue()
    empty, number = b"\x03" + bytes(5) + b"\xff\xff", struct.pack("<d", 12345679)
    at = [
        found.start()
        for found in re.finditer(rb"\x06\x00..(?=[\x00-\x02]\x00\x00\x00..\x03.{5}\xff\xff)", content, re.DOTALL)
    ]
    assert len(at) == 3
    start = at[1] + 10
    assert content[start : start + 8] == empty
    found = tables_of(content[:start] + number + content[start + 8 :], Format.XLS)
    assert "=(formula without a value)" not in str(found.rows)
    assert found.report.notes == []


def test_a_formula_with_a_value():
    def write(_book, sheet):
        sheet.write_formula("B2", "=A9", None, PHONE)
        sheet.write_formula("B3", "=A9", None, 13900139000)
        sheet.write_formula("B4", '=IF(A9="","",A9)', None, "")
        sheet.write_formula("B5", '="13800138000"', None, 0)
        sheet.write_formula("B6", "=A9", None, "#N/A")

    content = xlsx([["姓名", "手机号"], ["a"], ["b"], ["c"], ["d"], ["e"]], write)
    content = changed(content, SHEET, lambda text: text.replace('<c r="B4"', '<c r="B4" t="str"'))  # as Excel writes it
    found = tables_of(content, Format.XLSX)
    assert found.only[:5] == [["姓名", "手机号"], ["a", PHONE], ["b", OTHER], ["c"], ["d", PHONE]]
    assert found.only[5] in (["e"], ["e", "#N/A"])
    assert found.report.notes == []


def test_a_link_to_a_number():
    def write(_book, sheet):
        sheet.write_url("B2", "https://example.org/a", string="拨打")
        sheet.write_url("B3", "https://example.org/b", string=PHONE)

    content = xlsx([["姓名", "手机号"], ["张三"], ["李四"]], write)
    content = changed(
        content,
        "xl/worksheets/_rels/sheet1.xml.rels",
        lambda text: re.sub("https://example.org/[ab]", f"tel:{OTHER}", text),
    )
    assert tables_of(content, Format.XLSX).only == [["姓名", "手机号"], ["张三", f"拨打 {OTHER}"], ["李四", PHONE]]


FORMATS = [
    "yyyy-mm-dd",
    "h:mm:ss",
    "[h]:mm:ss",
    "[h]:mm",
    "[m]:ss",
    "0%",
    "[$-804]yyyy年m月d日",
    "@",
    "0.00E+00",
    '"电话"0',
]


@pytest.mark.parametrize("code", FORMATS)
@pytest.mark.parametrize("number", [13800138000, 57188880000, 88880000, 8888000, 2345678, 13800138000.0])
def test_the_format_of_a_cell_does_not_change_its_number(code, number):
    def write(book, sheet):
        sheet.write_number(1, 0, number, book.add_format({"num_format": code}))
        sheet.write_datetime(2, 0, dt.datetime(2024, 1, 15, 10, 22), book.add_format({"num_format": "yyyy-mm-dd"}))

    found = tables_of(xlsx([["手机"]], write), Format.XLSX).only
    assert found == [["手机"], [str(int(number))], ["2024-01-15 10:22:00"]]


@pytest.mark.parametrize("code", FORMATS)
def test_the_format_of_a_cell_of_xls(code):
    book, out = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("one")
    sheet.write(0, 0, "手机")
    sheet.write(1, 0, 13800138000, xlwt.easyxf(num_format_str=code))
    book.save(out)
    error, found = outcome_of(lambda: tables_of(out.getvalue(), Format.XLS).only)
    assert found == [["手机"], [PHONE]] or "elapsed time" in str(error)


def test_a_date_that_is_a_number_becomes_it():
    def write(book, sheet):
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        for row, number in enumerate([2345678, 2958465, 109_575, 109_574, 45306]):
            sheet.write_number(row, 0, number, date)

    assert tables_of(xlsx([], write), Format.XLSX).only == [
        ["2345678"], ["2958465"], ["109575"], ["2199-12-31 00:00:00"], ["2024-01-15 00:00:00"],
    ]  # fmt: skip


@given(st.dates(dt.date(1900, 3, 1)), st.integers(0, 10**6))
def test_serials_of_dates(date, cycles):
    serial = (date - dt.date(1899, 12, 30)).days
    assert serial_of_date(date.year + 400 * cycles, date.month, date.day) == serial + 146_097 * cycles


def test_word_documents_are_refused():
    with pytest.raises(IntakeError, match="no workbook in it"):
        tables_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "WordDocument".encode("utf-16-le"), Format.XLS)


@hostile(150)
@given(st.integers(0, 10**6), st.integers(0, 255), st.integers(0, 3), st.sampled_from(["xlsx", "xls", "xlsb"]))
def test_damaged_workbooks_are_tables_or_an_error(at, byte, cut, kind):
    content = {"xlsx": XLSX, "xls": XLS, "xlsb": XLSB}[kind]
    at %= len(content)
    content = content[:at] + bytes([byte]) + content[at + 1 + cut :]
    outcome_of(lambda: tables_of(content, Format.XLS if kind == "xls" else Format.XLSX))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("?>", '?><!DOCTYPE a [<!ENTITY b "x">]>', 1).replace(
            "</sheetData>", "<f/></sheetData>"
        ),
        lambda text: text.replace("</sheetData>", "<f>" * 10_000 + "</sheetData>"),
    ],
)
def test_hostile_parts_beside_formulas(change):
    with pytest.raises(IntakeError):
        tables_of(changed(XLSX, SHEET, change), Format.XLSX)


@hostile(200)
@given(st.text(alphabet="<>/=\"cfvr1A B'&", max_size=60), st.integers(0, 3000))
def test_formulas_are_sought_in_any_sheet(noise, at):
    outcome_of(lambda: find_xlsx_cells(changed(XLSX, SHEET, lambda text: text[:at] + noise + "<f>" + text[at:])))
