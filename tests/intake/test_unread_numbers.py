"""Numbers outside the columns that are read: mainland mobiles, and numbers that are written in full, are told."""

import pytest

from pilookup.custody.intake import IntakeOptions
from pilookup.custody.intake.columns.full_numbers import is_full_number
from pilookup.custody.intake.columns.unread_cells import numbers_of_unread
from pilookup.protocol.label import Kind
from tests.support.intake.texts import assert_same

FULL = [
    "0571-88888888", "057188888888", "(0571)88888888", "010 62345678", " 021-62345678 ", "+85291234000", "+852 91234000",
    "0085291234000", "852-91234000", "(853)66123000", "886-912345000", "+14155550123", "013800138000", "13800138000.0",
]  # fmt: skip
OTHERS = [
    "", "88888888", "05718888888x", "0571-18888888", "000571888888", "85291234000", "20240115-001", "2024-01-15 10:00:00",
    "2024-01-15T10:00:00+08:00", "440101199001011234", "0.5718888888", "张三丰李四王五赵六钱七", "NO20231231001",
]  # fmt: skip
SPELLED = [
    "打13800138001", "138OO138001", "13O-0138-0O01", "一三八零零一三八零零一", "１３８００１３８００１", "+86 13800138001", "备用:13800138001",
    "香港+85291234000", "座机0571-88888888，手机13800138001", "13800138001_13800138002", "二〇二四年一月一日到期",
]  # fmt: skip
TOUCHED = [
    *(f"{word}13912345678" for word in ("V", "vx", "wx", "tel", "TEL", "微信V", "加wx", "QQ", "sj", "Mobile", "P")),
    *(f"13912345678{word}" for word in ("V", "vx", "wx同号", "tx", "X2", "x12", "v，勿扰")),
]
"""A mobile with words that people write beside a number, and nothing between."""
IN_A_TEXT = [
    "座机0571-88888888", "家里(0571)88888888，晚上打", "打0571 88888888找他", "（010）62345678转", "tel0571-88888888", "0571-88888888-801转",
    "香港00852-91234000的", "港852-91234000", "台(886)912345000", "打013912345678", "拨17951 13912345678", "拨1795113912345678", "12593 13912345678",
]  # fmt: skip
IN_GROUPS = [
    "139.1234.5678", "139-12345678", "139 12345678", "1391234-5678", "139-123-45678", "13912 345678", "1391-234-5678", "139_1234_5678", "1391 2345 678",
    "+86 139.1234.5678", "86-1391234-5678", "另13912345678.0",
]  # fmt: skip
ESCAPED = [
    r"\u7535139-1234-5678",
    r"\u8bdd139 1234 5678",
    "%22139-1234-5678",
    r"\u8bdd13912345678",
    r"\u753513912345678",
    r"\n13912345678",
    "%2213912345678%22",
    "%2B8613912345678",
    "?d=%7B%22tel%22%3A%2213912345678%22%7D",
]
NOT_IN_GROUPS = [
    "139 20240115",
    "150-20240115",
    "1998-01-02 10:00",
    "6222 1391 2345 678",
    "139.12345678",
    "139.50",
    "13912345678.5",
    "139 1234 56789",
]
NO_NUMBER = [
    "f13912345678a", "id_a13912345678", "ab13912345678", "13912345678e", "13912345678abc", "sha1139123456780", "NO.2024-0571-88888888",
    "0571-18888888元", "第0571-8888888888号", "0571-888888", "85291234000元", "01391234567", "17951139123456789",
]  # fmt: skip
LISTS = [
    "1.N",
    "1.N 2.N",
    "12.N",
    "100.N",
    "1. N",
    "1．N",
    "1.+86N",
    "9.N;10.N",
    "N.N",
    "1.张三N 2.李四N",
    "（1.N）",
    "1.0571-87654321",
]
"""Points of list items, and between numbers, are no decimal points."""
DECIMALS = ["0.N", "N.5", "1.2.N", "1234.N", "01.N", "-3.5e1.N", "v1.N"]
POINTS = [item.replace("N", "13912345678") for item in [*LISTS, *DECIMALS]]


@pytest.mark.parametrize("place", ["text", "phones"])
@pytest.mark.parametrize("item", LISTS)
def test_numbers_of_list_items_are_told(load, item, place):
    numbers = (f"13{at:09}" for at in range(900_000_000, 999_999_999, 7919))
    cells = ["".join(next(numbers) if char == "N" else char for char in item) for _ in range(12)]
    rows = (
        _rows(cells)
        if place == "text"
        else "手机,村\n" + "".join(f"138{at:08},好\n{cell},\n" for at, cell in enumerate(cells))
    )
    outcome = load("a.csv", rows)
    told = sum(warning.count for warning in outcome.report.warnings if warning.code == "unread_numbers")
    if "N" not in item and place == "phones":  # a landline is written to the rejects
        told = outcome.report.rejected.total()
    assert len(outcome.numbers) - 12 + told == 12 * max(item.count("N"), 1)


@pytest.mark.parametrize("item", DECIMALS)
def test_decimals_are_no_numbers(item):
    assert not numbers_of_unread(item.replace("N", "13912345678"), "CN")


@pytest.mark.parametrize("cell", FULL)
def test_a_number_written_in_full(cell):
    assert is_full_number(cell)


@pytest.mark.parametrize("cell", OTHERS)
def test_other_texts(cell):
    assert not is_full_number(cell)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("kind", [Kind.EXPOSURE, Kind.MALICIOUS])
def test_the_core_and_the_rules_tell_the_same(tmp_path, kind, encoding):
    """Each row is plain except a cell in a column that is not read, or in one of another party."""
    cells = [
        cell
        for one in [
            *FULL,
            *OTHERS,
            *SPELLED,
            *TOUCHED,
            *IN_A_TEXT,
            *NO_NUMBER,
            *POINTS,
            *IN_GROUPS,
            *ESCAPED,
            *NOT_IN_GROUPS,
        ]
        for cell in (one, "好", "2024-01-15")
    ]
    rows = [f"138{at:08},{cell},{'好' if at % 2 else cell}" for at, cell in enumerate(cells)]
    path = tmp_path / "a.csv"
    path.write_text("手机,备注,客服电话\n" + "\n".join(rows) + "\n", encoding=encoding)
    assert_same(path, IntakeOptions(kind), (1 << 9,))


def _warnings(outcome):
    return {(str(each.code), each.column, each.count) for each in outcome.report.warnings}


def _rows(cells, header="手机,村,备注"):
    return header + "\n" + "\n".join(f"138{at:08},王庄,{cell}" for at, cell in enumerate(cells)) + "\n"


@pytest.mark.parametrize("cell", [cell for cell in FULL if not cell.strip().isdigit()])
def test_a_number_written_in_full_is_told(load, cell):
    outcome = load("a.csv", _rows(["好"] * 9 + [cell]))
    assert _warnings(outcome) == {("unread_numbers", 3, 1)}


@pytest.mark.parametrize("kind", [Kind.EXPOSURE, Kind.MALICIOUS])
@pytest.mark.parametrize("length", [0, 80])
@pytest.mark.parametrize("cell", [*TOUCHED, *IN_A_TEXT, *IN_GROUPS, *ESCAPED])
def test_a_number_in_a_text_is_read_or_told(load, cell, length, kind):
    outcome = load("a.csv", _rows(["好"] * 9 + [cell, "好" * length + cell]), kind=kind)
    read = len(outcome.numbers) - 11
    told = [(column, count) for code, column, count in _warnings(outcome) if code != "lookalike_numbers"]
    assert read == 2 if read else told == [(3, 2)]


@pytest.mark.parametrize("cell", [*TOUCHED, *IN_A_TEXT])
def test_a_number_in_a_text_is_stored_where_texts_are_searched(load, cell):
    outcome = load("a.csv", _rows(["好"] * 9 + [f"好，{cell}"]), scan_text=True)
    assert len(outcome.numbers) == 11


@pytest.mark.parametrize("cell", [*NO_NUMBER, *NOT_IN_GROUPS])
def test_other_digits_in_a_text_are_not_told(load, cell):
    assert _warnings(load("a.csv", _rows(["好"] * 9 + [cell, f"好，{cell}"]))) == set()


@pytest.mark.parametrize("cell", ["013800138000", "057188888888", "01062345678"])
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("words", [["无", "同上", "", "没有手机", "/"], ["晚上打", "王庄3组", ""]])
def test_digits_alone_among_words_are_read_or_told(load, cell, count, words):
    """Identifiers fill their column; a person has a number or a word for none."""
    outcome = load("a.csv", _rows(words * 5 + [cell] * count))
    read = len(outcome.numbers) - len(words) * 5 - count
    assert read == count if read else _warnings(outcome) == {("unread_numbers", 3, count)}


def test_digits_alone_are_told_where_the_column_has_other_numbers(load):
    """They may be identifiers with zeros in front: alone they are no warning."""
    digits = ["057188888888", "057188888889"]
    assert _warnings(load("a.csv", _rows(["好"] * 9 + digits))) == set()
    assert _warnings(load("b.csv", _rows(["好"] * 9 + [*digits, "打13900139000"]))) == {("unread_numbers", 3, 3)}


def test_digits_alone_are_told_in_a_row_with_more_cells_than_the_header(load):
    text = _rows(["好"] * 300) + "13900139000,王庄,好,057188888888\n"
    assert _warnings(load("a.csv", text)) == {("unread_numbers", 4, 1)}


def test_digits_alone_are_told_in_a_row_that_moved_where_all_rows_have_one_width(load):
    """As in a workbook."""
    rows = [f"138{at:08},139{at:08},王庄," for at in range(30)]
    text = "\n".join(["手机,家长电话,村,", *rows, "张三,15100151000,013800138000,王庄"]) + "\n"
    assert _warnings(load("a.csv", text)) == {("unread_numbers", 3, 1)}


@pytest.mark.parametrize("missing", ["/", "无", "不详", ""])
def test_identifiers_beside_a_missing_number_and_a_remark_are_no_warning(load, missing):
    rows = [f"138{at:08},139{at:08},0532480921{at % 90 + 10}," for at in range(30)]
    text = "\n".join(["手机,家长电话,流水号,", *rows, f"{missing},15100151000,053248092199,补"]) + "\n"
    assert _warnings(load("a.csv", text)) == set()


def test_a_row_that_the_number_is_also_in_a_phone_column_of_is_not_told(load):
    text = "手机,备注\n" + "\n".join(f"0571-888{at:05},0571-888{at:05}" for at in range(30))
    assert _warnings(load("a.csv", text)) == set()


def test_other_numbers_of_a_cell_with_an_unread_mobile_are_told(load):
    outcome = load("a.csv", _rows(["好"] * 9 + ["座机0571-88888888，手机13900139000"]))
    assert _warnings(outcome) == {("unread_numbers", 3, 2)}


@pytest.mark.parametrize(
    ("kind", "header", "code"),
    [(Kind.EXPOSURE, "客服热线", "other_party"), (Kind.MALICIOUS, "座机", "other_phone_columns")],
)
def test_landlines_of_a_column_that_is_not_read_are_told(load, kind, header, code):
    text = _rows([f"0571-888{at:05}" for at in range(30)], f"手机,村,{header}")
    assert _warnings(load("a.csv", text, kind)) == {(code, 3, 30)}


def test_a_constant_landline_is_told(load):
    assert _warnings(load("a.csv", _rows(["0571-88888888"] * 30, "手机,村,电话"))) == {("constant_column", 3, 30)}


def test_landlines_above_a_header_are_told(load):
    text = "登记 0571-88888888 表\n咨询,+85291234000\n" + _rows(["好"] * 9)
    assert [each.code for each in load("a.csv", text).report.warnings] == ["unread_numbers"]


# --- rows of several lines ---


@pytest.mark.parametrize("cells", [["好"], [], ["好", "好", "好"]], ids=["usual", "fewer", "more"])
def test_a_cell_of_several_lines_is_read_whatever_the_width_of_its_row(tmp_path, load, cells):
    rows = [f"张三,138{at:08},好" for at in range(40)]
    rows[20] = ",".join(["李四", '"移动电话：13900139000\n办公电话：0571-88888888"', *cells])
    path = tmp_path / "table.csv"
    path.write_text("姓名,手机,备注\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert_same(path, IntakeOptions(Kind.EXPOSURE), (64, 1 << 20))
    outcome = load("a.csv", path.read_text(encoding="utf-8"))
    assert {"8613900139000", "8657188888888"} <= set(outcome.numbers)
    assert len(outcome.numbers) == 41
    assert not [note for note in outcome.report.notes if "quotes" in note]


# --- words above a column ---


def _beside(words):
    """Two tables beside each other. The header of the second one stands beside data of the first."""
    rows = [f"138{at:08},王庄,," for at in range(30)]
    rows[4] = f"13800000004,王庄,单号,{words}"
    rows[5:] = [f"138{at:08},王庄,A{at},139{at:08}" for at in range(5, 30)]
    return "手机,村,,\n" + "\n".join(rows) + "\n"


def test_words_above_a_column_without_a_label_may_name_another_party(load):
    outcome = load("a.csv", _beside("快递员手机"))
    assert not [number for number in outcome.numbers if number.startswith("86139")]
    assert _warnings(outcome) == {("other_party", 4, 25)}


def test_other_words_above_a_column_do_not_matter(load):
    outcome = load("a.csv", _beside("家长"))
    assert len(outcome.numbers) == 55
    assert _warnings(outcome) == set()


def test_a_header_without_a_phone_column_starts_a_table(load):
    """The numbers under "hotline" are not those of the table above."""
    text = "姓名,手机\n" + "\n".join(f"甲,138{at:08}" for at in range(20))
    text += "\nIMEI,hotline,姓名,QQ\n" + "\n".join(f"86{at:013},139{at:08},乙,{at:09}" for at in range(20)) + "\n"
    outcome = load("a.csv", text)
    assert len(outcome.numbers) == 20
    assert ("other_party", 2, 20) in _warnings(outcome)


def test_no_header_that_may_be_the_name_of_a_person_is_shown(load):
    text = "手机,张桂芳,备注,王小明 电话\n" + "\n".join(f"138{at:08},打139{at:08},好,151{at:08}" for at in range(30))
    outcome = load("a.csv", text)
    assert [(each.column, each.header) for each in outcome.report.warnings] == [(2, None)]
    shown = " ".join([*outcome.report.notes, *(each.header or "" for each in outcome.report.columns)])
    assert "张桂芳" not in shown
    assert "王小明" not in shown


def test_digits_without_a_zero_are_no_landline_in_a_row_that_has_moved(load):
    """The column has landlines with their 0, so that others may lack it; the account of a moved row is none."""
    rows = [f"甲{at},138{at:08},用户{at},0571-888{at:05}" for at in range(30)]
    text = "姓名,手机,用户ID,电话\n" + "\n".join([*rows, "多,乙,13900139000,用户,2178437176"]) + "\n"
    outcome = load("a.csv", text)
    assert "862178437176" not in outcome.numbers


def test_digits_alone_in_rows_with_empty_cells_at_their_end_are_identifiers(load):
    rows = [f"138{at:08},村,0532480921{at % 90 + 10},{'' if at % 3 else ',,'}" for at in range(300)]
    assert _warnings(load("a.csv", "手机,村,流水号\n" + "\n".join(rows) + "\n")) == set()


def test_words_beside_rows_of_another_table_count_from_where_the_layout_changes(load):
    """The header of the second table stands beside the last row of the first one, so that no header is above it."""
    rows = [f"138{at:08},王庄,,,," for at in range(30)]
    rows[29] = "13800000029,王庄,,单号,备注,hotline"
    rows += [f",,,A{at:09},好,139{at:08}" for at in range(40)]
    outcome = load("a.csv", "手机,村,,,,\n" + "\n".join(rows) + "\n")
    assert not [number for number in outcome.numbers if number.startswith("86139")]
    assert sum(each.count for each in outcome.report.warnings if each.code == "other_party") == 40


def test_a_number_of_a_service_in_a_list_of_another_country_is_none(load):
    rows = [str(number) for number in range(2_300_000_001, 9_900_000_000, 390_000_017)]
    outcome = load(
        "a.csv", "phone,mobile\n" + "\n".join(f"{row},138{at:08}" for at, row in enumerate([*rows, "8007199924"]))
    )
    assert "868007199924" not in outcome.numbers
    assert (
        load("b.csv", "电话\n" + "\n".join(["8007199924", *(f"0571-888{at:05}" for at in range(9))])).numbers[0]
        == "868007199924"
    )


def test_mobiles_that_changed_places_with_identifiers_of_eleven_digits_are_told(load):
    rows = [f"138{at:08},139{at:08},8{at:010}" for at in range(30)]
    rows += [f"138{at:08},8{at:010},139{at:08}" for at in range(30, 36)]
    outcome = load("a.csv", "母亲手机,来电号码,单号\n" + "\n".join(rows) + "\n")
    lost = 36 - sum(number.startswith("86139") for number in outcome.numbers)
    assert sum(each.count for each in outcome.report.warnings) >= lost


def test_numbers_written_in_full_that_changed_places_with_identifiers_are_told(load):
    spelled = ["0139{:08}", "139{:08}.0", "(0571)8{:07}", "+8529123{:04}"]
    rows = [f"138{at:08},7{at:010}" for at in range(30)]
    rows += [f"7{at:010},{spelled[at % 4].format(at)}" for at in range(30, 38)]
    outcome = load("a.csv", "手机,单号\n" + "\n".join(rows) + "\n")
    assert _warnings(outcome) == {("unread_numbers", 2, 8)}


def test_identifiers_with_a_zero_in_front_are_no_landlines_in_a_row_that_may_have_moved(load):
    rows = [f"138{at:08},{'0571' if at % 4 else '7301'}8{at:06}" for at in range(40)]
    rows[0] = f"12345678901,{rows[1].split(',')[1]}"
    assert _warnings(load("a.csv", "手机,单号\n" + "\n".join(rows) + "\n")) == set()


def test_words_above_a_column_count_where_another_table_begins_beside_it(load):
    """The second header, on the left, has no label above the seller's numbers, which go on."""
    left = [["手机", "村"], *([f"138{at:08}", "王庄"] for at in range(20)), ["姓名", "A号码"]]
    left += [["甲", f"150{at:08}"] for at in range(20)]
    right = ["卖家手机", *(f"139{at:08}" if at != 20 else "" for at in range(41))]
    rows = [",".join([*cells, "", number]) for cells, number in zip(left, right, strict=True)]
    outcome = load("a.csv", "\n".join(rows) + "\n")
    assert not [number for number in outcome.numbers if number.startswith("86139")]
    assert len(outcome.numbers) == 40
