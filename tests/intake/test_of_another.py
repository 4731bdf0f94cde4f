"""Numbers of officers and services, and notes, in phone cells: told and not taken, wherever they stand."""

import random
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.custody.intake.columns.layout import PhoneColumn
from pilookup.custody.intake.rows.of_another import are_of_office
from pilookup.errors import NoNumbersError

OFFICE = [
    "制表人：李四 电话：{}", "填表人 张三{}", "如有疑问请联系王警官 {}", "技术支持 {}", "客服热线:{}", "咨询电话 {}", "{}（办案民警）",
    "审核：赵六，{}", "举报电话{}", "Hotline {}", "prepared by Li Si, {}", "For questions: {}", "customer service {}",
]  # fmt: skip
NOTES = ["请加微信 {} 领取", "本表由某某平台导出，{}", "please send a text to {}"]
OF_A_PERSON = [
    "{}", "张三 {}", "{}(儿子)", "妻子{}", "微信号：{}", "{}（微信同号）", "电话1：{}", "手机：{}", "浙江杭州 {}", "{} 移动", "Mrs Li {}",
]  # fmt: skip
PLACES = ["foot", "foot after blank rows", "middle", "head of the data"]


def mobile(seed):
    return f"13{random.Random(seed).randrange(10**9):09}"


def table(line, place, header):
    """Rows of phone and name, among which a line stands in the first column."""
    rows = [f"{mobile(at)},某人" for at in range(30)]
    at = {"foot": 30, "foot after blank rows": 30, "middle": 15, "head of the data": 1}[place]
    rows[at:at] = ["", "", line] if "blank" in place else [line]
    return "\n".join(["手机,姓名"] * header + rows) + "\n"


def told(outcome, code):
    return sum(warning.count for warning in outcome.report.warnings if warning.code == code)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("words", "code"), [*((one, "other_party") for one in OFFICE), *((one, "unread_numbers") for one in NOTES)]
)
def test_a_number_of_an_office_or_in_a_note_is_told(load, words, code, place, header):
    line = words.format(mobile("office")).replace(",", "，")
    outcome = load("a.csv", table(line, place, header))
    assert sorted(outcome.numbers) == sorted("86" + mobile(at) for at in range(30))
    assert told(outcome, code) == 1


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("words", OF_A_PERSON)
def test_a_number_with_a_name_or_role_is_taken(load, words, place):
    outcome = load("a.csv", table(words.format(mobile("person")), place, True))
    assert "86" + mobile("person") in outcome.numbers
    assert not outcome.report.warnings


@pytest.mark.parametrize("words", [*OFFICE, *NOTES])
def test_a_column_that_the_operator_names_is_read_whatever_the_words(load, words):
    line = words.format(mobile("office")).replace(",", "，")
    assert "86" + mobile("office") in load("a.csv", table(line, "foot", True), phone="手机").numbers


@pytest.mark.parametrize("words", OFFICE)
def test_the_only_cell_of_a_sheet(load, words):
    page = f"<html><table><tr><td>{words.format(mobile('office'))}</td></tr></table></html>"
    with pytest.raises(NoNumbersError, match=r"(?:other_party|unread_numbers)[^;]*\(1\)"):
        load("a.html", page)


ENTRIES = st.tuples(st.sampled_from(["", "张三", "客服", "民警", "家属"]), st.integers(0, 10**8 - 1))


@given(st.lists(ENTRIES, min_size=1, max_size=6))
def test_each_number_of_a_cell_has_its_own_words(entries):
    cell = "，".join(f"{words} 138{digits:08}" for words, digits in entries)
    found = find_numbers(cell)
    assert len(found) == len(entries)
    marks = are_of_office(cell, found, PhoneColumn(0))
    assert marks == [words in ("客服", "民警") for words, _ in entries]
    assert not any(are_of_office(cell, found, PhoneColumn(0, is_given=True)))


def test_a_row_of_equal_words_is_no_header(load):
    """A table whose rows are columns: its last row has the same word for everybody."""
    numbers = [mobile(at) for at in range(7)]
    rows = [["姓名", *"甲乙丙丁戊己庚"], ["手机", *numbers], ["住址", *["村"] * 7]]
    outcome = load("a.csv", "\n".join(",".join(row) for row in rows) + "\n")
    assert sorted(outcome.numbers) == sorted("86" + number for number in numbers)


def calls(load, width):
    """How many functions are called to read three rows of so many phone cells."""
    count = 0

    def counted(_frame, event, _argument):
        nonlocal count
        count += event in {"call", "c_call"}

    rows = [",".join(f"电话1{3 + row}{at:09}" for at in range(width)) for row in range(3)]
    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        outcome = load("wide.csv", "\n".join(rows) + "\n")
    finally:
        sys.setprofile(before)
    assert len(outcome.numbers) == 3 * width
    return count


def test_time_grows_with_the_width_of_the_rows(load):
    calls(load, 500)  # fills caches
    assert calls(load, 2000) <= 2.3 * calls(load, 1000)
