"""Writes layouts as files: texts with every delimiter and encoding, and workbooks."""

import csv
import io

import xlsxwriter
import xlwt

_DELIMITERS = (",", ",", ";", "\t", "|", "----", "||", "^", "\x01")
_ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be")
_ENDS = ("\n", "\r\n", "\r")


def write(rng, layout, folder):
    """Write a layout into a folder.

    Returns:
        The file, and its shape in words, without any content.
    """
    form = layout.forms[rng.random() < 0.25] if len(layout.forms) > 1 else layout.forms[0]
    shape = ", ".join(f"{len(sheet.rows)} rows of {max(map(len, sheet.rows))}" for sheet in layout.sheets)
    if form == "xlsx":
        numeric, old = rng.random() < 0.5, rng.random() < 0.25
        path = folder / ("layout.xls" if old else "layout.xlsx")
        (_old_workbook if old else _workbook)(layout, path, numeric=numeric)
        return path, f"{shape}; {path.suffix} with {'numeric' if numeric else 'text'} cells"
    rows = [[cell.text for cell in row] for row in layout.sheets[0].rows]
    delimiter = "" if form == "lines" else _delimiter(rng, rows)
    encoding, end = rng.choice(_ENCODINGS), rng.choice(_ENDS)
    path = folder / rng.choice(["layout.csv", "layout.txt"])
    path.write_bytes(_text(rng, rows, delimiter, end).encode(encoding, "surrogatepass"))
    return path, f"{shape}; text, delimiter {delimiter!r}, {encoding}, end {end!r}"


def _delimiter(rng, rows):
    """A delimiter that no cell contains, or the comma, which is quoted."""
    content = "\n".join(cell for row in rows for cell in row)
    quoted = any(mark in cell for row in rows for cell in row for mark in '\n\r"')
    delimiter = rng.choice(_DELIMITERS)
    if delimiter in content or (quoted and delimiter not in ",;\t"):
        return ","
    return delimiter


def _text(rng, rows, delimiter, end):
    if len(delimiter) != 1 or delimiter in "^\x01":
        lines = [delimiter.join(row) for row in rows]
        return end.join(lines) + end
    out = io.StringIO()
    line_ends = any(
        "\n" in cell for row in rows for cell in row
    )  # which the writer quotes only where they end its lines
    quoting = csv.QUOTE_ALL if rng.random() < 0.2 or line_ends else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    for row in rows:
        if row:
            writer.writerow(row)
        else:
            out.write(end)
    return out.getvalue()


def _workbook(layout, path, *, numeric):
    """Write all sheets; cells with a value as numbers if `numeric`."""
    book = xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    for sheet in layout.sheets:
        out = book.add_worksheet(sheet.name)
        for at, row in enumerate(sheet.rows):
            for column, cell in enumerate(row):
                if cell.value is not None and numeric:
                    out.write_number(at, column, cell.value)
                elif cell.text:
                    out.write_string(at, column, cell.text)
        for top, left, bottom, right in sheet.merges:
            out.merge_range(top, left, bottom, right, sheet.rows[top][left].text)
        if sheet.hidden:
            out.hide()
    book.close()


def _old_workbook(layout, path, *, numeric):
    """The same as XLS."""
    book = xlwt.Workbook()
    for sheet in layout.sheets:
        out = book.add_sheet(sheet.name)
        corners = {(top, left): (top, bottom, left, right) for top, left, bottom, right in sheet.merges}
        for at, row in enumerate(sheet.rows):
            for column, cell in enumerate(row):
                if (at, column) in corners:
                    out.write_merge(*corners[at, column], cell.text)
                elif cell.value is not None and numeric:
                    out.write(at, column, cell.value)
                elif cell.text:
                    out.write(at, column, cell.text)
        out.visibility = int(sheet.hidden)
    book.save(path)
