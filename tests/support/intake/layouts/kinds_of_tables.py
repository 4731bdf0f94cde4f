"""Layouts whose question is where tables begin and end, and where their headers are."""

from tests.support.intake.layouts import columns, words
from tests.support.intake.layouts.columns import BESIDE, PLAIN, beside, phone, phones
from tests.support.intake.layouts.model import BLANK, Cell, Layout, Sheet
from tests.support.intake.layouts.tables import (
    blank,
    body,
    facts,
    grouped,
    header,
    moved,
    notes,
    padded,
    side_by_side,
    table,
    titles,
    transposed,
)


def _columns(rng, count=None):
    """The columns of a table with one to three phone columns."""
    found = phones(rng, count or rng.randint(1, 3)) + beside(rng)
    rng.shuffle(found)
    return found


def titles_and_notes(rng):
    """Title lines above the header, which may name a phone, and lines under the table."""
    found = _columns(rng)
    rows = titles(rng, len(found)) + ([blank(rng, len(found))] if rng.random() < 0.3 else [])
    rows += table(rng, found, rng.randint(3, 20))
    if rng.random() < 0.6:
        rows += notes(rng, len(found))
    return Layout("titles_and_notes", [Sheet(rows)])


def header_deep_down(rng):
    """A report with many lines of facts above the header."""
    found = _columns(rng)
    rows = titles(rng, 1) + facts(rng, rng.randint(8, 60)) + ([[]] if rng.random() < 0.5 else [])
    return Layout("header_deep_down", [Sheet(rows + table(rng, found, rng.randint(5, 20)))])


def header_of_two_rows(rng):
    """A header of two rows: groups over names."""
    left = rng.sample(PLAIN, 2)
    contact = rng.choice(
        [
            (
                "联系方式",
                [phone(rng, name, words.bare) for name in rng.sample(["手机", "固话2", "电话", "备用手机"], 2)],
            ),
            ("联系电话", [phone(rng, name, words.bare) for name in rng.sample(["本人", "配偶", "父亲", "母亲"], 2)]),
            ("账号信息", [BESIDE[9], columns.Column("微信", columns.text(words.name)), phone(rng, "手机", words.bare)]),
        ]
    )
    groups = [("", left), contact, (rng.choice(["", "其他信息"]), rng.sample(BESIDE[:5], 2))]
    rows, merges = grouped(rng, groups)
    above = titles(rng, 1) if rng.random() < 0.4 else []
    found = [column for _, group in groups for column in group]
    return Layout(
        "header_of_two_rows",
        [Sheet(above + rows + body(rng, found, rng.randint(5, 20)), merges=moved(merges, len(above), 0))],
    )


def header_of_three_rows(rng):
    """A header of three rows: a title over all columns, groups, names."""
    found = [phone(rng, name, words.bare) for name in rng.sample(["手机", "电话", "备用手机", "移动电话"], 2)]
    groups = [("基本信息", rng.sample(PLAIN, 2)), ("联系方式", found)]
    rows, merges = grouped(rng, groups)
    top = [Cell(rng.choice(["人员信息", "登记信息", "信息汇总（手机号码）"])), *[BLANK] * 3]
    merges = [(0, 0, 0, 3), *moved(merges, 1, 0)]
    every = [column for _, group in groups for column in group]
    return Layout("header_of_three_rows", [Sheet([top, *rows, *body(rng, every, rng.randint(5, 20))], merges=merges)])


def header_with_example(rng):
    """A header that explains its columns, with an example number in brackets or in a row below."""
    name = rng.choice(
        [
            "手机号（11位，如13800000000）",
            "联系电话(必填，例：13800138000)",
            "手机号码\n（请填写11位数字）",
            "Phone (e.g. 13800000000)",
        ]
    )
    found = [phone(rng, name, words.bare), *beside(rng)]
    rng.shuffle(found)
    return Layout("header_with_example", [Sheet(table(rng, found, rng.randint(4, 20)))])


def repeated_header(rng):
    """The header again after every few rows, as printed pages have it."""
    found, rows = _columns(rng), []
    for _ in range(rng.randint(2, 5)):
        rows += table(rng, found, rng.randint(3, 9))
        if rng.random() < 0.3:
            rows.append(blank(rng, len(found)))
    return Layout("repeated_header", [Sheet(rows)])


def tables_under_one_another(rng):
    """Several tables with other columns, each with its header."""
    rows = []
    for number in range(rng.randint(2, 4)):
        found = _columns(rng)
        if number and rng.random() < 0.7:
            rows += [blank(rng, len(found)) for _ in range(rng.randint(1, 3))]
        if rng.random() < 0.4:
            rows += titles(rng, len(found), 1, 1)
        rows += table(rng, found, rng.randint(3, 12))
    return Layout("tables_under_one_another", [Sheet(rows)])


def tables_beside_one_another(rng):
    """Two or three tables beside one another, of different length."""
    rows = table(rng, _columns(rng, 1), rng.randint(3, 15))
    for _ in range(rng.randint(1, 2)):
        rows = side_by_side(rows, table(rng, _columns(rng, 1), rng.randint(3, 15)), rng.randint(1, 2))
    return Layout("tables_beside_one_another", [Sheet(rows)])


def same_columns_beside(rng):
    """One list in two or three columns of a page: the same header beside itself."""
    found = [columns.PLAIN[1], phone(rng, make=words.bare)]
    rows = table(rng, found, rng.randint(5, 12))
    for _ in range(rng.randint(1, 2)):
        rows = side_by_side(rows, table(rng, found, rng.randint(3, 12)), rng.randint(0, 1))
    return Layout("same_columns_beside", [Sheet(rows)])


def transposed_table(rng):
    """Each person is a column."""
    found = [rng.choice(PLAIN[1:3]), phone(rng, make=words.bare), *rng.sample(PLAIN[3:], 2)]
    if rng.random() < 0.5:
        found.append(phone(rng, "备用电话", words.bare))
    return Layout("transposed_table", [Sheet(transposed(table(rng, found, rng.randint(4, 15))))], columns_known=False)


def form_of_each_person(rng):
    """A form of some lines for each person: labels with texts beside them."""
    rows = []
    style = rng.randint(0, 2)
    for _ in range(rng.randint(3, 8)):
        number = words.bare(rng)
        second = words.bare(rng) if rng.random() < 0.5 else BLANK
        person, where = Cell(words.name(rng)), Cell(words.village(rng))
        if style == 0:
            rows += [[Cell("姓名"), person], [Cell("手机号"), number], [Cell("住址"), where], []]
        elif style == 1:
            rows += [
                [Cell("姓名"), person, Cell("联系电话"), number],
                [Cell("住址"), where, Cell("备用电话"), second],
                [],
            ]
        else:
            rows += [
                [Cell("登记表")],
                [Cell("姓名："), person, Cell("性别："), Cell("男")],
                [Cell("电话："), number, Cell("备注："), BLANK],
            ]
    return Layout("form_of_each_person", [Sheet(rows)], columns_known=False)


def columns_move(rng):
    """In the middle the columns change their order, without a header."""
    found = _columns(rng)
    rows = table(rng, found, rng.randint(5, 15))
    change = rng.randint(0, 2)
    if change == 0:
        rows += [[Cell(words.name(rng)), *row] for row in body(rng, found, rng.randint(2, 10))]
    elif change == 1:
        rows += [row[1:] + row[:1] for row in body(rng, found, rng.randint(2, 10))]
    else:
        rows += body(rng, _columns(rng), rng.randint(2, 10))
    return Layout("columns_move", [Sheet(rows)], want="told")


def glued_exports(rng):
    """Two exports in one file, the second with its own header in the middle and other columns."""
    rows = table(rng, _columns(rng), rng.randint(3, 15)) + table(rng, _columns(rng), rng.randint(3, 15))
    return Layout("glued_exports", [Sheet(rows)])


def more_cells_than_header(rng):
    """Rows with more cells than the header has."""
    found = _columns(rng)
    rows = table(rng, found, rng.randint(5, 15))
    rows[1:] = [row + [words.bare(rng)] * (rng.random() < 0.7) for row in rows[1:]]
    return Layout("more_cells_than_header", [Sheet(rows)], want="told")


def ragged_rows(rng):
    """Rows without their last cells, or with a cell too many in front."""
    found = _columns(rng)
    rows = table(rng, found, rng.randint(8, 20))
    for at in range(1, len(rows)):
        if rng.random() < 0.2:
            rows[at] = rows[at][: rng.randint(1, len(found))]
        elif rng.random() < 0.1:
            rows[at] = [Cell(words.name(rng)), *rows[at]]
    return Layout("ragged_rows", [Sheet(rows)], forms=("csv",), want="told")


def sheet_goes_on(rng):
    """A second sheet that goes on without a header."""
    found = _columns(rng, rng.randint(1, 2))
    first, second = table(rng, found, rng.randint(5, 15)), body(rng, found, rng.randint(3, 15))
    return Layout("sheet_goes_on", [Sheet(first, "甲表"), Sheet(second, "乙表")], forms=("xlsx",))


def sheets_with_other_columns(rng):
    """Sheets of which each has other columns, and some have no phone."""
    sheets = [Sheet(table(rng, _columns(rng), rng.randint(3, 12)), name) for name in ("甲表", "乙表")]
    sheets.append(Sheet(table(rng, beside(rng, 2), rng.randint(3, 9)), "丙表"))
    rng.shuffle(sheets)
    return Layout("sheets_with_other_columns", sheets, forms=("xlsx",))


def hidden_sheet(rng):
    """A hidden sheet, which is told."""
    sheets = [Sheet(table(rng, _columns(rng), rng.randint(3, 12)), name) for name in ("甲表", "乙表")]
    sheets[1].hidden = True
    return Layout("hidden_sheet", sheets, forms=("xlsx",), want="told")


def hidden_sheet_wanted(rng):
    """A hidden sheet that an option asks for."""
    layout = hidden_sheet(rng)
    return Layout("hidden_sheet_wanted", layout.sheets, layout.forms, args={"hidden_sheets": True})


def away_from_the_corner(rng):
    """A table that begins some rows down and some columns to the right."""
    found = _columns(rng)
    right = rng.randint(1, 4)
    rows = [[BLANK] * right + row for row in table(rng, found, rng.randint(4, 15))]
    return Layout("away_from_the_corner", [Sheet([[]] * rng.randint(0, 6) + padded(rows, right + len(found)))])


def header_repeated_in_words(rng):
    """A second line under the header: units, types or numbers of the columns."""
    found = _columns(rng)
    line = rng.choice(
        [
            [Cell(str(at)) for at in range(1, len(found) + 1)],
            [Cell(rng.choice(["文本", "必填", "string", "varchar(20)", ""])) for _ in found],
        ]
    )
    return Layout("header_repeated_in_words", [Sheet([header(found), line, *body(rng, found, rng.randint(4, 15))])])


KINDS = (
    titles_and_notes, header_deep_down, header_of_two_rows, header_of_three_rows, header_with_example, repeated_header,
    tables_under_one_another, tables_beside_one_another, same_columns_beside, transposed_table, form_of_each_person,
    columns_move, glued_exports, more_cells_than_header, ragged_rows, sheet_goes_on, sheets_with_other_columns, hidden_sheet,
    hidden_sheet_wanted, away_from_the_corner, header_repeated_in_words,
)  # fmt: skip
