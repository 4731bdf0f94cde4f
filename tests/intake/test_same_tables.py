"""One table in every format of workbooks and pages gives the same rows."""

import io
from html import escape

import xlsxwriter
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake.tables.html import html_sheets
from pilookup.custody.intake.tables.mhtml import mhtml_sheets
from pilookup.custody.intake.tables.ods import ods_sheets
from pilookup.custody.intake.tables.sheets import workbook_sheets
from pilookup.custody.intake.tables.spreadsheetml import spreadsheetml_sheets
from tests.support.intake import opendocument
from tests.support.intake.examples import hostile
from tests.support.intake.xlsb import xlsb

# Letters, digits, signs of markup, and spaces between them: what every format keeps as it is.
_WORDS = st.text(alphabet="张三abC1389+-/<>&\"'=;.@#_", min_size=1, max_size=12).filter(
    lambda text: not text.startswith(("=", "{")) and "://" not in text and "_x" not in text.lower()
)
CELLS = st.one_of(st.just(""), _WORDS, st.lists(_WORDS, min_size=2, max_size=3).map(" ".join))
GRIDS = st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=8)


def trimmed(rows):
    """Rows without their empty ends."""
    rows = [list(row) for row in rows]
    for row in rows:
        while row and not row[-1]:
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


def cells_of(values) -> list[list[str]]:
    return trimmed(row for value in values if isinstance(value, list) for row in value)


def page(grid) -> str:
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in grid)
    return f"<meta charset=utf-8><table>{rows}</table>"


def spreadsheetml(grid) -> bytes:
    cells = [[f'<Cell><Data ss:Type="String">{escape(cell)}</Data></Cell>' for cell in row] for row in grid]
    rows = "".join(f"<Row>{''.join(row)}</Row>" for row in cells)
    return (
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        f'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="S"><Table>{rows}</Table></Worksheet>'
        "</Workbook>"
    ).encode()


def xlsx(grid) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for at, row in enumerate(grid):
        for column, cell in enumerate(row):
            sheet.write_string(at, column, cell)
    book.close()
    return out.getvalue()


def xls(grid) -> bytes:
    book, out = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("S")
    for at, row in enumerate(grid):
        for column, cell in enumerate(row):
            sheet.write(at, column, cell)
    book.save(out)
    return out.getvalue()


def ods(grid) -> bytes:
    rows = [opendocument.row(*[opendocument.cell(escape(cell)) for cell in row]) for row in grid]
    return opendocument.ods(opendocument.sheet(*rows))


def mhtml(grid) -> bytes:
    return (
        b"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
        + page(grid).encode()
    )


@hostile(150)
@given(GRIDS)
def test_one_table_in_every_format(grid):
    expected = trimmed(grid)
    assert cells_of(html_sheets(page(grid).encode())) == expected
    assert cells_of(mhtml_sheets(mhtml(grid))) == expected
    assert cells_of(spreadsheetml_sheets(spreadsheetml(grid))) == expected
    assert cells_of(ods_sheets(ods(grid))) == expected
    assert cells_of(workbook_sheets(xlsx(grid), [])) == expected
    assert cells_of(workbook_sheets(xls(grid), [])) == expected
    assert cells_of(workbook_sheets(xlsb(S=grid), [])) == expected


@st.composite
def merged(draw):
    """A page whose cells span columns and rows, and the rows that it shows."""
    width, height = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    taken, shown, rows = set(), [[""] * width for _ in range(height)], []
    for row in range(height):
        cells = []
        for column in range(width):
            if (row, column) in taken:
                continue
            across = draw(st.integers(1, width - column))
            while any((row, at) in taken for at in range(column, column + across)):
                across -= 1
            down = draw(st.integers(1, height - row))
            taken |= {(row + y, column + x) for y in range(down) for x in range(across)}
            shown[row][column] = draw(_WORDS)
            cells.append(f"<td colspan={across} rowspan={down}>{escape(shown[row][column])}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<meta charset=utf-8><table>{''.join(rows)}</table>", shown


@hostile(300)
@given(merged())
def test_merged_cells_of_pages(case):
    text, shown = case
    assert cells_of(html_sheets(text.encode())) == trimmed(shown)
