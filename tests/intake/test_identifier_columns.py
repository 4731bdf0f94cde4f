"""Columns of identifiers of eleven digits, of which one in fourteen looks like a mobile: phones in them are told."""

import random

import pytest

from pilookup.custody.intake import IntakeOptions
from pilookup.protocol.label import Kind
from tests.support.intake.texts import assert_same

HEADER = ["手机", "单号", "QQ", "姓名"]


def digits(rng, count):
    return str(rng.randint(10 ** (count - 1), 10**count - 1))


def mobile(rng):
    return f"1{rng.randint(3, 9)}{digits(rng, 9)}"


def row(rng, order=None, qq=None):
    return [mobile(rng), order or digits(rng, 11), qq or digits(rng, rng.randint(6, 10)), "张三"]


def told(load, rows):
    """How many numbers a load tells as unread in the column of identifiers."""
    outcome = load("a.csv", "\n".join(map(",".join, [HEADER, *rows])) + "\n")
    return sum(each.count for each in outcome.report.warnings if each.column == 2)


@pytest.fixture(params=range(4))
def rng(request):
    return random.Random(request.param)


def test_identifiers_that_look_like_mobiles_are_no_warning(load, rng):
    assert told(load, [row(rng) for _ in range(3_000)]) == 0


def test_nor_beside_a_column_of_other_eleven_digits(load, rng):
    rows = [row(rng, qq=digits(rng, rng.randint(8, 11))) for _ in range(3_000)]
    assert told(load, rows) == 0


@pytest.mark.parametrize(
    "written", ["138 0013 8000", "138-0013-8000", "+86 13800138000", "8613800138000", "13800138000.0"]
)
@pytest.mark.parametrize("before", [12, 400])
def test_a_mobile_that_is_more_than_eleven_digits_is_told(load, rng, written, before):
    rows = [row(rng) for _ in range(before)]
    assert told(load, [*rows, row(rng, order=written), *(row(rng) for _ in range(20))]) == 1


MOVES = {
    "a cell in front": lambda rng: ["王五", mobile(rng), digits(rng, 11), digits(rng, 9)],
    "two phones and no order": lambda rng: [mobile(rng), mobile(rng), digits(rng, 11), "张三"],
    "the order behind all": lambda rng: [mobile(rng), mobile(rng), digits(rng, 9), digits(rng, 11)],
    "a cell more": lambda rng: [mobile(rng), mobile(rng), digits(rng, 9), "张三", digits(rng, 12)],
    "no phone where phones were": lambda rng: ["胡华", mobile(rng), "139.41.168.43", "x"],
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("before", [7, 400])
@pytest.mark.parametrize("after", [1, 4])
def test_mobiles_of_rows_that_have_moved_are_told(load, rng, move, before, after):
    rows = [row(rng) for _ in range(before)] + [MOVES[move](rng) for _ in range(after)]
    outcome = load("a.csv", "\n".join(map(",".join, [HEADER, *rows])) + "\n")
    stored = {number[2:] for number in outcome.numbers}
    lost = [cells[1] for cells in rows[before:] if cells[1] not in stored]
    assert sum(each.count for each in outcome.report.warnings if each.column == 2) >= len(lost)


@pytest.mark.parametrize("move", MOVES)
def test_the_core_and_the_rules_tell_the_same(tmp_path, rng, move):
    rows = [row(rng) for _ in range(60)]
    for at in range(30, 60, 7):
        rows[at] = MOVES[move](rng)
        rows[at - 1][1] = "138 0013 8000"
    path = tmp_path / "a.csv"
    path.write_text("\n".join(map(",".join, [HEADER, *rows])) + "\n", encoding="utf-8")
    assert_same(path, IntakeOptions(Kind.EXPOSURE), (1, 1 << 9))


@pytest.mark.parametrize("padded", [False, True])
def test_numbers_of_a_short_table_under_a_column_of_orders_are_told(load, padded):
    """Its header names no phone, so that its rows go on in the table above, without its phone columns."""
    rows = [["经度", "单号", "村", "备注", "手机"]]
    rows += [[f"81.0{at}", f"23435{at:06}", "王庄", "好", f"138{at:08}"] for at in range(40)]
    short = [["经度", "Recipient"], *([f"89.5{at}", f"139{at:08}"] for at in range(9))]
    rows += [row + [""] * 3 * padded for row in short]
    outcome = load("a.csv", "\n".join(map(",".join, rows)) + "\n")
    stored = sum(number.startswith("86139") for number in outcome.numbers)
    assert stored + sum(each.count for each in outcome.report.warnings if each.code == "unread_numbers") == 9


@pytest.mark.parametrize("header", ["用户ID", "账号", "会员名", "user_id", "uid"])
def test_accounts_that_look_like_landlines_are_not_read_as_such(load, header):
    accounts = ["3740487668", "3165735102", "2081546549"]  # 0374 0487668 and so on, without the 0
    landlines = ["0574 69302286", "+86 731 67494192", "(0755)65407665", "022-85157467"]
    rows = [f"{cell},1380013{n:04}" for n, cell in enumerate([*accounts, *landlines * 2])]
    outcome = load("a.csv", "\n".join([f"{header},手机", *rows]) + "\n")
    assert outcome.report.accepted == len(rows) + len(landlines) * 2
    assert outcome.report.rejected.total() == len(accounts)


@pytest.mark.parametrize("header", ["流水号", "订单号", "QQ", "order_id"])
def test_one_identifier_that_looks_like_a_number_is_not_read_where_the_rows_change(load, rng, header):
    rows = [[mobile(rng), "张三", digits(rng, 20)] for _ in range(3)]
    alike = ["12345", mobile(rng), "006286055858"]  # with the digits of a number in Indonesia
    rest = ["190****2639", mobile(rng), digits(rng, 20)]
    outcome = load("a.csv", "\n".join(map(",".join, [["手机", "姓名", header], *rows, alike, rest])) + "\n")
    assert sorted(outcome.numbers) == sorted(
        "86" + cells[at] for cells, at in [*((r, 0) for r in rows), (alike, 1), (rest, 1)]
    )
