"""XLSX sheets in which a row or a cell is written twice."""

import io
import time
import zipfile

import pytest

from pilookup.custody.intake.tables.sheet_values import SheetFaultError
from pilookup.custody.intake.tables.xlsx_positions import check_positions
from pilookup.errors import IntakeError

WORKBOOK = b'<workbook xmlns:r="r"><sheets><sheet name="s" sheetId="1" r:id="a"/></sheets></workbook>'
RELATIONS = b'<Relationships><Relationship Id="a" Target="worksheets/sheet1.xml" Type="t/worksheet"/></Relationships>'


def sheet(*rows: str) -> bytes:
    return f"<worksheet><sheetData>{''.join(rows)}</sheetData></worksheet>".encode()


def row(number: object, *cells: str) -> str:
    texts = "".join(
        f'<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>' for at, _, text in (c.partition("=") for c in cells)
    )
    return f'<row spans="1:2" r="{number}">{texts}</row>'


def workbook(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", WORKBOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        archive.writestr("xl/worksheets/sheet1.xml", content)
    return out.getvalue()


HEADER = row(1, "A1=姓名", "B1=手机号")


@pytest.mark.parametrize(
    "rows",
    [
        [row(2, "A2=x", "B2=13812345601"), row(2, "A2=y", "B2=13812345602")],
        [row(2, "A2=x", "B2=13812345601", "B2=13812345602")],
    ],
)
def test_a_position_that_is_written_twice_is_refused(load, rows):
    with pytest.raises(IntakeError, match="row 2 of a sheet, or a cell of it, is written twice") as error:
        load("a.xlsx", workbook(sheet(HEADER, *rows)))
    assert "13812345" not in str(error.value)


def test_positions_that_are_written_once():
    rows = [HEADER, row(2, "A2=x", "B2=y"), row(2), row(12, "A12=x", "B12=y"), row(3, "A3=x"), "<row/>"]
    check_positions(sheet(*rows))


def test_prefixes_and_cells_without_a_position():
    check_positions(b"<x:row><x:c><x:v>1</x:v></x:c><x:c/></x:row><x:row><x:c/></x:row>")
    with pytest.raises(SheetFaultError, match="row 3 of a sheet"):
        check_positions(b"<x:row><x:c s='1' r='A3'/><x:c r='A3' s='1'/></x:row>")


@pytest.mark.parametrize("part", [b"<row ", b"<c ", b"<row><c r", b"<c  ", b"<" + b"a" * 20, b"a:"])
def test_hostile_sheets_take_little_time(part):
    start = time.process_time()
    check_positions(b"<row " + part * (1 << 18))
    assert time.process_time() - start < 5
