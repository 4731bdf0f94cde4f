"""How lines are separated into cells: every way that programs and people write tables into text files."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.custody.intake.tables.detect_dialect import detect_dialect
from pilookup.custody.intake.tables.dialect import NO_DELIMITER, Separation
from pilookup.custody.intake.tables.records import Records
from pilookup.errors import IntakeError
from tests.support.intake.dialects import OTHERS, WITH_HEADER, people, without
from tests.support.intake.examples import hostile


def read(text, name="a.txt"):
    """The dialect, and the rows that are not blank."""
    lines = [f"{line}\n" for line in text.removesuffix("\n").split("\n")]
    dialect = detect_dialect(name, lines[:200])
    records = Records(name, iter([lines]), dialect)
    return dialect, [row for block in records for row in block.rows if any(row)]


def written(write, table, *, header):
    lines = write(table)
    return "".join(f"{line}\n" for line in (lines if header else lines[1:]))


@pytest.mark.parametrize("way", WITH_HEADER)
@hostile(40)
@given(people(least=2))
def test_a_table_with_rules_or_labels_keeps_each_number_whole(way, table):
    header, rows, phone, _ = table
    _, found = read(written(WITH_HEADER[way], [header, *rows], header=True))
    assert {row[phone] for row in rows} <= {cell for row in found for cell in row}


@pytest.mark.parametrize("way", OTHERS)
@hostile(40)
@given(people(least=2))
def test_a_delimited_or_aligned_table_keeps_each_number_whole(way, table):
    header, rows, phone, with_header = table
    rows = [[without(way, cell) for cell in row] for row in rows]
    dialect, found = read(written(OTHERS[way], [header, *rows], header=with_header))
    cells = {cell.strip(" ：") for row in found for cell in row}  # a name in each row may be read as a label
    if dialect.delimiter == NO_DELIMITER:  # the safe way: nothing is cut
        assert all(any(row[phone] in cell for cell in cells) for row in rows)
    else:
        assert {row[phone] for row in rows} <= cells


@pytest.mark.parametrize("sign", ["@", "#", "=", "~", "|", "^", "$"])
def test_a_delimiter_of_two_signs_is_found_where_most_rows_have_an_empty_cell(sign):
    table = [[str(at), "甲" * (at == 3), f"1381234567{at}"] for at in range(6)]
    _, rows = read("\n".join((sign * 2).join(row) for row in table))
    assert [row[-1] for row in rows] == [row[-1] for row in table]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("lines", [2, 10, 30])
@pytest.mark.parametrize("last", [True, False])
def test_a_quoted_cell_may_have_many_lines(delimiter, lines, last):
    def row(at):
        cells = [str(at), '"' + "\n".join(f"1381{at:02}{line:05}" for line in range(lines)) + '"']
        return delimiter.join(cells if last else cells[::-1])

    _, rows = read("\n".join([delimiter.join(["编号", "收件人"] if last else ["收件人", "编号"]), *map(row, range(4))]))
    assert [len(cells) for cells in rows] == [2] * 5
    assert [cells[last].count("\n") for cells in rows[1:]] == [lines - 1] * 4


@pytest.mark.parametrize("way", [way for way in OTHERS if "aligned" not in way])
def test_an_ordinary_table_is_separated_and_not_read_as_one_cell_a_line(way):
    table = [["id", "姓名", "手机号"], *([str(i), "张三李四"[i % 2 :], f"1380013{i:04d}"] for i in range(20))]
    dialect, rows = read(written(OTHERS[way], table, header=True))
    assert dialect.width == 3
    assert [row[2] for row in rows[1:]] == [row[2] for row in table[1:]]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "zhangsan:13800138000:2026-01-01 10:20:30:https://a.com:8080/x\nlisi:13900139000:2026-01-02 10:20:30:-\n",
            [
                ["zhangsan", "13800138000", "2026-01-01 10:20:30", "https://a.com:8080/x"],
                ["lisi", "13900139000", "2026-01-02 10:20:30", "-"],
            ],
        ),
        (
            "https://a.com/login:13800138000:abc\nhttps://b.com:8080/x:13900139000:z\n",
            [["https://a.com/login", "13800138000", "abc"], ["https://b.com:8080/x", "13900139000", "z"]],
        ),
        (
            "姓名：张三电话：13800138000\n姓名：李小四电话：13900139000\n",
            [["张三", "13800138000"], ["李小四", "13900139000"]],
        ),
        (
            "Name: Zhang San Phone Number: 13800138000\nName: Li Phone Number: 13900139000\nName: A Phone Number: 1\n",
            [["Zhang San", "13800138000"], ["Li", "13900139000"], ["A", "1"]],
        ),
        (
            "10:00 INFO user=x phone=13800138000\n10:01 WARN user=yy phone=13900139000\n",
            [["10:00 INFO", "x", "13800138000"], ["10:01 WARN", "yy", "13900139000"]],
        ),
        (
            "{'name': '张三', 'phone': '13800138000'}\n{'name': '李四', 'phone': '13900139000'}\n",
            [["张三", "13800138000"], ["李四", "13900139000"]],
        ),
        (
            "******* 1. row *******\n  id: 1\n mobile: 13800138000\n******* 2. row *******\n  id: 2\n mobile: 13900139000\n",
            [["1", "13800138000"], ["2", "13900139000"]],
        ),
        (
            "-[ RECORD 1 ]---\nid     | 1\nmobile | 13800138000\n-[ RECORD 2 ]---\nid     | 2\nmobile | 13900139000\n",
            [["1", "13800138000"], ["2", "13900139000"]],
        ),
        (
            "姓名：张三\n\n电话：13800138000\n\n姓名：李四\n\n电话：13900139000\n",
            [["张三", "13800138000"], ["李四", "13900139000"]],
        ),
        ("姓名：张三\n性别：男\n手机：13800138000\n", [["张三", "男", "13800138000"]]),
        (
            "姓名：张三\n手机：13800138000\n13900139000\n备注：x\n\n姓名：李四\n手机：13700137000\n备注：y\n别名：z\n",
            [["张三", "13800138000;13900139000", "x"], ["李四", "13700137000", "y", "别名：z"]],
        ),
        ("  | 13800138000 \n--+-------------\n1 | 13900139000 \n", [["", "13800138000"], ["1", "13900139000"]]),
        (
            "姓名      手机\n张三      13800138000\n          13900139000\n欧阳小明  13700137000\n",
            [["姓名", "手机"], ["张三", "13800138000"], ["", "13900139000"], ["欧阳小明", "13700137000"]],
        ),
        (
            "张三 13800138000 浙江省 杭州市\n李四 13900139000 上海\n王五 13700137000 北京市 朝阳区 1号\n",
            [
                ["张三", "13800138000", "浙江省", "杭州市"],
                ["李四", "13900139000", "上海"],
                ["王五", "13700137000", "北京市", "朝阳区", "1号"],
            ],
        ),
    ],
)
def test_rows(text, rows):
    assert read(text)[1] == rows


@pytest.mark.parametrize(
    "text",
    [
        "138 0013 8000\n139 0013 9000\n137-0013-7000\n",
        "John Smith (650) 253-0000 NY\nBob (212) 555-0123 LA\nAnn Lee (415) 555-0199 SF\n",
        "今天张三说，他的电话是13800138000，请联系。\n明天李四来。\n电话13900139000是王五的，谢谢。\n没有了\n",
        "13800138000,13900139000\n13700137000\n13600136000,13500135000,13400134000\n",
        "张三 2026/1/1 10:20\n我的电话 13800138000\n\n李四 2026/1/1 10:21\n好的 139-0013-9000\n",
        "13800138000 ::: 13900139000\n13700137000\n13600136000 ::: 13500135000\n",
    ],
)
def test_one_cell_a_line_where_no_way_is_good(text):
    dialect, rows = read(text)
    assert dialect.delimiter == NO_DELIMITER
    assert rows == [[line] for line in text.splitlines() if line]


def test_a_sign_between_numbers_of_a_cell_is_no_delimiter():
    dialect, rows = read("Name,Phone\nA,13800138000 ::: 13900139000\nB,13700137000 ::: 13600136000\n", "a.csv")
    assert dialect.delimiter == ","
    assert rows[1] == ["A", "13800138000 ::: 13900139000"]


def test_a_title_with_a_comma_does_not_decide():
    dialect, _ = read("名单，共3人，联系电话\n姓名^手机号\n张三^13800138000\n李小四^13900139000\n王五^13700137000\n")
    assert dialect.delimiter == "^"


def test_a_tsv_without_tabs_is_detected():
    assert read("姓名,手机号\n张三,13800138000\n", "a.tsv")[0].delimiter == ","


def test_a_line_that_does_not_fit_is_a_row_with_its_cells():
    for text, row in [
        (
            "+---+-------------+\n| a | phone       |\n+---+-------------+\n| 1 | 13800138000 |\nx 13900139000\n",
            ["x 13900139000"],
        ),
        ("a=1 phone=13800138000\na=2 phone=13700137000\nx 13900139000\n", ["", "", "x 13900139000"]),
        ("a^phone\n" + "1^13800138000\n" * 9 + "2^13700137000^x\n", ["2", "13700137000", "x"]),
    ]:
        rows = read(text)[1]
        assert [cell for cell in rows[-1] if cell] == [cell for cell in row if cell]


def test_labels_are_names_of_columns(load):
    outcome = load("a.txt", "姓名：张三 手机：13800138000 家庭电话：010-62345678\n姓名：李四 手机：12 家庭电话：\n")
    assert outcome.numbers == ["8613800138000", "861062345678"]
    assert outcome.rejects[0][1:3] == ["2", "手机"]


def test_a_rejected_cell_of_a_block_is_told_by_the_first_line_of_the_block(load):
    outcome = load("a.txt", "姓名：张三\n手机：13800138000\n\n姓名：李四\n手机：12\n")
    assert outcome.numbers == ["8613800138000"]
    assert outcome.rejects[0][1:3] == ["4", "手机"]


def test_a_record_without_an_end_is_cut():
    lines = ["a: 1\n", "phone: 13800138000\n", *["more\n"] * 5000]
    dialect = detect_dialect("a.txt", ["a: 1\n", "phone: 13800138000\n", "a: 1\n", "phone: 13900139000\n"])
    assert dialect.delimiter == Separation.BLOCKS
    rows = [row for block in Records("a.txt", iter([lines]), dialect) for row in block.rows]
    assert len(rows) > 5
    assert sum(cell.count("more") for row in rows for cell in row) == 5000


LINE = st.text(st.sampled_from(list("13800 \t,;|:：=-+^~#\"'张三电话/a.\x01\x1e{}()[]*")), max_size=60)


@settings(max_examples=200, deadline=2000)
@given(st.lists(LINE, min_size=1, max_size=30))
def test_random_lines_are_a_table_or_an_error(lines):
    text = "".join(f"{line}\n" for line in lines)
    try:
        dialect, rows = read(text)
    except IntakeError:
        return
    if isinstance(dialect.delimiter, Separation) or len(dialect.delimiter) != 1:
        kept = "".join(cell for row in rows for cell in row)
        assert sum(map(kept.count, "0123456789")) == sum(map(text.count, "0123456789"))


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("{i}、张三{n}", ["{i}、张三", "{n}", ""]),
        ("{n}张三", ["", "{n}", "张三"]),
        ("张三-{n}-杭州", ["张三-", "{n}", "-杭州"]),
    ],
)
def test_lines_of_a_number_and_a_few_words_without_a_sign_between(line, cells):
    numbers = [f"1380013800{i}" for i in range(10)]
    text = "".join(f"{line.format(i=i, n=number)}\n" for i, number in enumerate(numbers))
    _, rows = read(text + "无\n")
    assert rows[0] == [cell.format(i=0, n=numbers[0]) for cell in cells]
    assert [row[1] for row in rows[:-1]] == numbers
    assert rows[-1] == ["无"]


def test_names_of_one_to_three_words_before_a_number():
    names = ["Anna Lee", "Bob", "Carl van Dyk", "张 三", "李四"]
    _, rows = read("".join(f"{name} 1380013800{i}\n" for i, name in enumerate(names)))
    assert rows == [[name, f"1380013800{i}", ""] for i, name in enumerate(names)]


def test_numbers_with_decimal_places_are_whole_cells():
    lines = ["经度^手机", *(f"130.5284345{at}^1958780805{at}.0" for at in range(5)), "单号^QQ^名^编号^B Number"]
    lines += [f"SF{at:09}^31828607{at}^张三^{at}^1730083551{at}" for at in range(6)]
    dialect, rows = read("\n".join(lines))
    assert dialect.delimiter == "^"
    assert rows[1] == ["130.52843450", "19587808050.0"]


def test_the_sign_between_cells_in_quotes_is_the_delimiter_of_tables_of_any_width():
    tables = [["经度", "备注", "To"], *([f"130.0812374{at}", "回拨13700137000", ""] for at in range(9))]
    tables += [["名", "甲", "乙", "丙", "订单"], *([f"张三1380013800{at}", "", "x", "", f"{at}"] for at in range(9))]
    tables += [["年龄", "信息"], *([f"{at}", f"1390013900{at}已停机"] for at in range(9))]
    _, rows = read("\n".join(",".join(f'"{cell}"' for cell in row) for row in tables))
    assert rows == tables


SPELLED = [
    "(+86)13800138{:03}",
    "（86）13800138{:03}",
    "138\xa00013\xa08{:03}",
    "13800138{:03}.0",
    "+86-13800138{:03}",
    "13800138{:03}",
]


@pytest.mark.parametrize("delimiter", ["^", "||", "~"])
def test_tables_of_several_widths_are_separated_however_their_numbers_are_spelled(delimiter):
    """The delimiter keeps all numbers whole, though most rows do not have the usual width and no number may be bare."""
    numbers = [spelled.format(at) for at, spelled in enumerate(SPELLED * 3)]
    rows = [["金额", "来电号码"], *(["1,300.18", number] for number in numbers[:6])]
    rows += [["号码", "内容", "单号"], *([number, "好", "A1"] for number in numbers[6:12])]
    rows += [["村", "组", "内容", "电话"], *(["王庄", "2", "好", number] for number in numbers[12:])]
    dialect, found = read("".join(f"{delimiter.join(row)}\n" for row in rows))
    assert dialect.delimiter == delimiter
    assert found == rows


def test_a_sign_in_cells_is_no_delimiter_where_a_run_of_it_separates_the_header():
    numbers = [f"138-0013-8{at:03}" for at in range(300)]
    rows = [["接收号码", "内容"], [" or ".join(numbers[:100]), "好"], ["、".join(numbers[100:200]), "好"]]
    rows.append(["|".join(numbers[200:]), "好"])
    dialect, found = read("".join(f"{'||'.join(row)}\n" for row in rows))
    assert dialect.delimiter == "||"
    assert found == rows


def test_an_empty_cell_in_most_rows_does_not_double_a_delimiter_of_several_signs():
    rows = [[f"甲{at}", "" if at % 6 else "好", f"1380013{at:04}"] for at in range(24)]
    dialect, found = read("".join(f"{'----'.join(row)}\n" for row in rows))
    assert dialect.delimiter == "----"
    assert found == rows


def test_empty_cells_of_a_header_do_not_double_its_delimiter():
    rows = [["手机", "", "备注"], *([f"13800138{at:03}", "王庄", "" if at % 3 else "好"] for at in range(30))]
    dialect, found = read("".join(f"{'|'.join(row)}\n" for row in rows))
    assert dialect.delimiter == "|"
    assert found == rows


@pytest.mark.parametrize("sign", ["|", "^", "~", "#", "||", "^^"])
@pytest.mark.parametrize("filled", [1, 3, 19])
def test_a_sign_with_an_empty_cell_in_most_rows_is_the_delimiter(sign, filled):
    """Then twice the sign stands in most lines, and the sign itself in few."""
    rows = [[f"u{i}", "x" if i < filled else "", f"1380013{i:04d}"] for i in range(20)]
    dialect, found = read("".join(sign.join(row) + "\n" for row in rows))
    assert dialect.delimiter == sign
    assert found == rows
