"""Random tables of people as programs write them into text files, in many ways to separate the cells."""

import unicodedata

from hypothesis import strategies as st

NAMES = ["张三", "李小四", "王五", "欧阳明华", "赵六", "钱七", "孙八", "周小九", "吴十", "郑多多"]
ENGLISH = ["Anna Lee", "Bob", "Carl van Dyk", "Dora", "Eve Li"]
PLACES = ["浙江省 杭州市", "北京市朝阳区 1号楼: 202", "上海", "广东省深圳市南山区", "No. 5 West Lake Rd", "杭州"]
WORDS = ["alpha", "b", "wang88", "x-1", "Passw0rd", "q.w"]


def _date(n):
    return f"20{n % 7 + 18}-{n % 12 + 1:02d}-{n % 28 + 1:02d}"


COLUMNS = {
    "姓名": lambda n: NAMES[n % len(NAMES)],
    "name": lambda n: ENGLISH[n % len(ENGLISH)],
    "id": lambda n: str(n % 10**6),
    "地址": lambda n: PLACES[n % len(PLACES)],
    "账号": lambda n: WORDS[n % len(WORDS)] + str(n % 1000),
    "金额": lambda n: f"{n % 100000}.{n % 100:02d}",
    "日期": _date,
    "时间": lambda n: f"{_date(n)} {n % 24:02d}:{n % 60:02d}:{n % 53:02d}",
    "网址": lambda n: f"https://www.example.com/u/{n % 99999}?a={n % 7}",
    "身份证号": lambda n: f"33010{n % 10}19{n % 90 + 10}0{n % 9 + 1}1{n % 10}{n % 10000:04d}",
    "空": lambda n: "" if n % 3 else "y",
}
"""What the cells of a column are, from a random number."""


@st.composite
def people(draw, least=1):
    """(the header, the rows, the index of the phone column, whether the header is written)."""
    names = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=5, unique=True))
    at = draw(st.integers(0, len(names)))
    phone = draw(st.sampled_from(["手机号", "phone", "联系电话"]))
    header = [*names[:at], phone, *names[at:]]
    rows = []
    for number in draw(st.lists(st.integers(0, 10**8 - 1), min_size=least, max_size=12)):
        seed = draw(st.integers(0, 10**9))
        cells = [COLUMNS[name](seed // (i + 1)) for i, name in enumerate(names)]
        rows.append([*cells[:at], f"1{'35789'[number % 5]}8{number:08d}", *cells[at:]])
    return header, rows, at, draw(st.booleans())


def width_of(text, wide):
    return sum(wide if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text, width, wide, align="<"):
    fill = " " * (width - width_of(text, wide))
    return fill + text if align == ">" else text + fill


def _widths(table, wide):
    return [max(width_of(row[at], wide) for row in table) for at in range(len(table[0]))]


def delimited(table, sign):
    return [sign.join(row) for row in table]


def aligned(table, wide, gap):
    widths = _widths(table, wide)
    return [
        (" " * gap).join(_padded(cell, width, wide) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def boxed(table):
    widths = _widths(table, 2)
    rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    lines = [
        "|" + "|".join(f" {_padded(cell, width, 2)} " for cell, width in zip(row, widths, strict=True)) + "|"
        for row in table
    ]
    return [rule, lines[0], rule, *lines[1:], rule, f"{len(table) - 1} rows in set (0.00 sec)"]


def psql(table):
    widths = _widths(table, 2)
    lines = ["|".join(f" {_padded(cell, width, 2)} " for cell, width in zip(row, widths, strict=True)) for row in table]
    return [lines[0], "+".join("-" * (width + 2) for width in widths), *lines[1:], f"({len(table) - 1} rows)"]


def markdown(table):
    lines = ["| " + " | ".join(row) + " |" for row in table]
    return [lines[0], "|" + "|".join(":---" for _ in table[0]) + "|", *lines[1:]]


def sqlplus(table):
    lines = aligned(table, 2, 1)
    widths = _widths(table, 2)
    return [lines[0], " ".join("-" * width for width in widths), *lines[1:]]


def labelled(table, sign, between):
    return [
        between.join(f"{label}{sign}{cell}" for label, cell in zip(table[0], row, strict=True)) for row in table[1:]
    ]


def blocks(table, sign, end):
    lines = []
    for row in table[1:]:
        lines += [f"{label}{sign}{cell}" for label, cell in zip(table[0], row, strict=True)] + end
    return lines


WITH_HEADER = {
    "boxed": boxed,
    "psql": psql,
    "markdown": markdown,
    "sqlplus": sqlplus,
    "labelled by colons": lambda table: labelled(table, "：", " "),
    "labelled by ASCII colons": lambda table: labelled(table, ": ", ", "),
    "key=value": lambda table: labelled(table, "=", " "),
    "query": lambda table: labelled(table, "=", "&"),
    "blocks": lambda table: blocks(table, "：", [""]),
    "blocks with rules": lambda table: blocks(table, ": ", ["-----------"]),
    "blocks without ends": lambda table: blocks(table, "：", []),
}
SIGNS = [
    "\t",
    ",",
    ";",
    "|",
    "，",
    "----",
    "---",
    "\x01",
    "\x02",
    "\x1e",
    "\x1f",
    "^",
    "||",
    ":::",
    "::",
    "~",
    "#",
    "$",
    "：",
    "、",
    "@@",
    "|@|",
    "/",
    "\\",
    "!",
]
OTHERS = {
    **{f"delimited by {sign!r}": (lambda table, sign=sign: delimited(table, sign)) for sign in SIGNS},
    "colons": lambda table: delimited(table, ":"),
    "spaces": lambda table: delimited([[cell.replace(" ", "") or "x" for cell in row] for row in table], " "),
    "wide spaces": lambda table: delimited([[cell or "x" for cell in row] for row in table], "   "),
    "aligned": lambda table: aligned(table, 2, 2),
    "aligned by characters": lambda table: aligned(table, 1, 2),
}


def without(way, cell):
    """A cell without the delimiter of a way, since it would have to be quoted. Times and addresses keep colons."""
    if way == "colons":
        return cell if "//" in cell or cell.startswith("20") else cell.replace(":", "")
    sign = next((sign for sign in SIGNS if way == f"delimited by {sign!r}"), "")
    return "".join(char for char in cell if char not in sign)
