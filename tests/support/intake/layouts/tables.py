"""Parts of sheets: headers, bodies, titles and notes, and how tables stand beside and under one another."""

from tests.support.intake.layouts import words
from tests.support.intake.layouts.model import BLANK, Cell

_TITLES = (
    "2024年度人员登记表", "联系电话清单", "手机号码明细表", "机密", "通讯录", "某某街道居民联系方式一览表", "取证报告", "Export of contacts",
    "号码登记", "统计表（电话）",
)  # fmt: skip
_FACTS = ("案件名称", "设备型号", "提取时间", "检材编号", "操作系统", "报告版本", "序列", "软件", "备注", "单位")
_NOTES = ("注：以上信息仅供参考", "合计", "制表人：办公室", "第1页 共1页", "填表说明：电话请填写手机号码", "以下空白")


def header(columns):
    return [Cell(column.header) for column in columns]


def body(rng, columns, count):
    """`count` rows of these columns; no row is blank."""
    made = [column.cells(rng, count) for column in columns]
    rows = [list(row) for row in zip(*made, strict=True)]
    for row in rows:
        if not any(cell.text.strip() for cell in row):
            row[0] = Cell(words.name(rng))
    return rows


def table(rng, columns, count):
    """A header of one row, and the body."""
    return [header(columns), *body(rng, columns, count)]


def titles(rng, width, least=1, most=3):
    """Title lines: a text in the first cell, now and then padded to the width of the table."""
    lines = [[Cell(text)] for text in rng.sample(_TITLES, rng.randint(least, most))]
    return [line + [BLANK] * (width - 1) for line in lines] if rng.random() < 0.5 else lines


def notes(rng, width):
    """Lines under a table."""
    return [[Cell(text), *[BLANK] * (width - 1)] for text in rng.sample(_NOTES, rng.randint(1, 2))]


def facts(rng, count):
    """Lines of a label and a text, as a report has above its table."""
    return [
        [Cell(rng.choice(_FACTS)), Cell(rng.choice([words.name(rng), words.place(rng), "V3.2.1", "2024-05-01", ""]))]
        for _ in range(count)
    ]


def blank(rng, width):
    """A blank row, of no cell or of empty cells."""
    return rng.choice([[], [BLANK] * width, [BLANK]])


def padded(rows, width):
    """Rows of one width."""
    return [row + [BLANK] * (width - len(row)) for row in rows]


def side_by_side(left, right, gap):
    """Two tables beside one another, with `gap` empty columns between them."""
    width = max(map(len, left))
    height = max(len(left), len(right))
    left, right = padded(left, width) + [[BLANK] * width] * (height - len(left)), right + [[]] * (height - len(right))
    return [a + [BLANK] * gap + b for a, b in zip(left, right, strict=True)]


def transposed(rows):
    """The rows as columns."""
    width = max(map(len, rows))
    return [list(column) for column in zip(*padded(rows, width), strict=True)]


def grouped(rng, groups):
    """Header rows of groups over names, and the merged ranges.

    Args:
        groups: Pairs of the group's title, empty for none, and its columns.

    Returns:
        Two header rows, and the merged ranges from row 0 and column 0.
    """
    over, under, merges = [], [], []
    for title, columns in groups:
        start = len(over)
        names = header(columns)
        if title:
            over += [Cell(title), *[BLANK] * (len(columns) - 1)]
            under += names
            if len(columns) > 1:
                merges.append((0, start, 0, start + len(columns) - 1))
        else:  # a column without a group has its name in the first of both rows, merged, or in the second
            below = rng.random() < 0.3
            over += [BLANK] * len(columns) if below else names
            under += names if below else [BLANK] * len(columns)
            merges += [] if below else [(0, start + at, 1, start + at) for at in range(len(columns))]
    return [over, under], merges


def moved(merges, rows, columns):
    """Merged ranges, moved down and to the right."""
    return [(top + rows, left + columns, bottom + rows, right + columns) for top, left, bottom, right in merges]
