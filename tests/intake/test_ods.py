"""OpenDocument spreadsheets."""

import gzip
import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.intake.files.formats import Format
from pilookup.custody.intake.read import read_file
from pilookup.custody.intake.tables.ods import ods_sheets
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind
from tests.support.intake.examples import hostile
from tests.support.intake.opendocument import cell, document, number, ods, package, row, sheet
from tests.support.intake.tables_of import outcome_of, tables_of

PHONE, OTHER = "13800138000", "13900139000"
ROWS = [row(cell("姓名"), cell("手机号")), row(cell("张三"), cell(PHONE)), row(cell("李四"), number(OTHER))]
EMPTY = "<table:table-cell/>"


def read(content: bytes, **options):
    return tables_of(content, Format.ODS, **options)


@pytest.mark.parametrize("name", ["a.ods", "a.ots", "a.xlsx", "a.xls", "a.zip", "a.csv", "a"])
def test_under_any_name(load, name):
    assert load(name, ods(sheet(*ROWS))).numbers == ["86" + PHONE, "86" + OTHER]


@pytest.mark.parametrize("name", ["a.fods", "a.xml"])
def test_a_flat_document(load, name):
    assert load(name, document(sheet(*ROWS), root="document")).numbers == ["86" + PHONE, "86" + OTHER]


def test_in_an_archive(load):
    assert load("a.ods.gz", gzip.compress(ods(sheet(*ROWS)))).numbers == ["86" + PHONE, "86" + OTHER]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (number(PHONE), PHONE),
        (number("1.3800138E10"), PHONE),
        (number("-13800138000"), "-13800138000"),
        (number(PHONE, kind="percentage"), PHONE),
        (number(PHONE, kind="currency"), PHONE),
        (number("x", shown=PHONE), PHONE),
        ('<table:table-cell office:value-type="date" office:date-value="2024-01-15"/>', "2024-01-15 00:00:00"),
        ('<table:table-cell office:value-type="date" office:date-value="2024-01-15T10:22:00"/>', "2024-01-15 10:22:00"),
        ('<table:table-cell office:value-type="date" office:date-value="8322-03-31"/>', "2345678"),
        ('<table:table-cell office:value-type="date" office:date-value="245245-03-03"/>', "88880000"),
        ('<table:table-cell office:value-type="date" office:date-value="x"><text:p>y</text:p></table:table-cell>', "y"),
        ('<table:table-cell office:value-type="time" office:time-value="PT01H02M03S"/>', "1:02:03"),
        ('<table:table-cell office:value-type="time" office:time-value="PT331203312000H00M00S"/>', PHONE),
        ('<table:table-cell office:value-type="boolean" office:boolean-value="true"/>', "TRUE"),
        (f'<table:table-cell office:value-type="string" office:string-value="{PHONE}"/>', PHONE),
        (f"<table:table-cell><text:p>{PHONE}</text:p></table:table-cell>", PHONE),
        (cell(f"{PHONE}</text:p><text:p>{OTHER}"), f"{PHONE}\n{OTHER}"),
        (cell(f"{PHONE}<text:line-break/>{OTHER}"), f"{PHONE}\n{OTHER}"),
        (cell('138<text:s/>0013<text:s text:c="2"/>8000<text:tab/>x'), "138 0013  8000\tx"),
        (cell("<text:span>138</text:span>0013<text:span><text:span>8000</text:span></text:span>"), PHONE),
        (cell('<text:a xlink:href="tel:13800138000">拨打</text:a>'), "拨打 13800138000"),
        (f"<table:table-cell><office:annotation><text:p>note 1</text:p></office:annotation><text:p>{PHONE}</text:p></table:table-cell>", PHONE),
        ("<table:table-cell table:formula='of:=\"13800138000\"'/>", PHONE),
        ("<table:table-cell table:formula='of:=[.A1]'/>", "of:=[.A1]"),
        (f"<table:covered-table-cell office:value-type='string'><text:p>{PHONE}</text:p></table:covered-table-cell>", PHONE),
    ],
)  # fmt: skip
def test_cells(written, text):
    assert read(ods(sheet(row(cell("手机")), row(written)))).only == [["手机"], [text]]


def test_places_of_rows_and_cells():
    found = read(
        ods(
            sheet(
                row(cell("a", 'table:number-columns-spanned="2"'), "<table:covered-table-cell/>", cell("c")),
                row(EMPTY, more='table:number-rows-repeated="3"'),
                f"<table:table-row-group><table:table-header-rows>{row(cell('x'))}</table:table-header-rows></table:table-row-group>",
                row(
                    '<table:table-cell table:number-columns-repeated="3"/>',
                    cell("y", 'table:number-columns-repeated="2"'),
                ),
                row(cell("z"), more='table:number-rows-repeated="2"'),
                row(EMPTY, more='table:number-rows-repeated="1048570"'),
            )
        )
    )
    assert found.only == [["a", "", "c"], ["x"], ["", "", "", "y", "y"], ["z"], ["z"]]
    assert found.lines["a sheet S"] == [1, 5, 6, 7, 8]


def test_hidden_sheets():
    content = ods(sheet(*ROWS, name="一", hidden=True), sheet(*ROWS, name="二"))
    found = read(content)
    assert list(found.rows) == ["a sheet 二"]
    assert [(w.code, w.location, w.count) for w in found.report.warnings] == [("hidden_sheet", "a sheet 一", 2)]
    assert list(read(content, hidden_sheets=True).rows) == ["a sheet 一 (hidden)", "a sheet 二"]


def test_formulas_without_a_value_are_told():
    found = read(ods(sheet(row("<table:table-cell table:formula='of:=[.A1]'/>"), name="一"), sheet(*ROWS, name="二")))
    [note] = found.report.notes
    assert note.startswith("a sheet 一: 1 cells have a formula without a stored value")


def test_a_document_under_a_password():
    manifest = "<manifest:file-entry manifest:full-path='content.xml'><manifest:encryption-data/></manifest:file-entry>"
    with pytest.raises(IntakeError, match="under a password"):
        read(package(b"\x01" * 200, manifest))


def test_a_text_document_is_no_workbook(load):
    with pytest.raises(IntakeError):
        load("a.odt", package(document(), mime_type="application/vnd.oasis.opendocument.text"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (document(sheet(row(cell("1", 'table:number-columns-repeated="999999999"')))), "too many cells"),
        (document(sheet(row(cell("1"), more='table:number-rows-repeated="999999999"'))), "too many cells"),
        (document(sheet(row(cell("1", 'table:number-columns-repeated="20000"')))), "more than 16,384 cells"),
        (document(sheet(row(EMPTY, more='table:number-rows-repeated="2000000"'), row(cell("1")))), "number above"),
        (document(sheet(row(cell("<text:span>" * 1000)))), "nested more than"),
        (document(sheet(row(cell("1" * 200_000)))), "more than 131,072 characters"),
        (document(sheet(row(cell("<text:s text:c='999999999'/>" * 200)))), "more than 131,072 characters"),
        (
            document(sheet(row(cell("&b;"))), start='<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'),
            "declares entities",
        ),
        (document(), "no sheet"),
        (document(sheet(*ROWS))[:-80], "damaged"),
        (b"\xff" * 100, "damaged"),
    ],
)
def test_hostile_documents(content, message):
    with pytest.raises(IntakeError, match=message):
        read(package(content))


@hostile(300)
@given(st.integers(0, 10**6), st.binary(max_size=4), st.integers(0, 8), st.booleans())
def test_damaged_documents_are_tables_or_an_error(at, put, cut, whole):
    content = document(sheet(*ROWS, hidden=True), sheet(*ROWS)).encode()
    content = package(content) if whole else content
    at %= len(content)
    content = content[:at] + put + content[at + cut :]
    outcome_of(lambda: list(ods_sheets(content if whole else package(content))))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_type_of_a_document_is_a_clear_error_or_none(tmp_path, method):
    """Each byte of the member that says what the package is, changed in turn."""
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as package:
        package.writestr("mimetype", kind)
        package.writestr("notes.txt", "13800138000")
    start = out.getvalue().index(b"mimetype") + len(b"mimetype")
    path = tmp_path / "a.ods"
    for at in range(start, out.getvalue().index(b"notes.txt")):
        damaged = bytearray(out.getvalue())
        damaged[at] ^= 0x5A
        path.write_bytes(damaged)
        with suppress(IntakeError):
            list(read_file(path, IntakeOptions(Kind.EXPOSURE), Report(), io.StringIO()))
