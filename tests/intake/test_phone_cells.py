"""The separation of numbers in phone cells, spreadsheet values as text, and dates as months."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.custody.intake.columns.months import MonthReader
from pilookup.custody.intake.tables.cell_text import text_of, text_of_number

A, B = b"tel:+8613800138000", b"tel:+8613900139000"
LANDLINE = b"tel:+861062345678"


@pytest.mark.parametrize(
    "cell",
    ["13800138000", "138 0013 8000", "138-0013-8000", "(+86) 138 0013 8000", "手机：13800138000", "13800138000.0"],
)
def test_a_formatted_number_is_one(cell):
    assert find_numbers(cell, "CN") == [(cell, A)]


@pytest.mark.parametrize("cell", ["010-62345678", "(010) 6234 5678", "010 6234-5678"])
def test_a_formatted_landline_is_one(cell):
    assert find_numbers(cell, "CN") == [(cell, LANDLINE)]


def test_a_foreign_number_is_one():
    assert find_numbers("+1 650-253-0000", "CN") == [("+1 650-253-0000", b"tel:+16502530000")]


@pytest.mark.parametrize(
    "between",
    [
        "/",
        "、",
        "，",
        ",",
        ";",
        "；",
        "|",
        "\n",
        "\r\n",
        "或",
        "或者",
        "和",
        " ",
        "  ",
        "　",
        " - ",
        "--",
        " / ",
        "、 ",
        "\t",
        "\\",
        " & ",
    ],
)
def test_two_numbers_are_separated(between):
    found = find_numbers(f"13800138000{between}13900139000", "CN")
    assert [result for _, result in found] == [A, B]


@pytest.mark.parametrize(
    "cell",
    [
        "138 0013 8000 139 0013 9000",
        "138-0013-8000/139-0013-9000",
        "138 0013 8000、+86 139 0013 9000",
        "13800138000 139-0013-9000",
    ],
)
def test_two_formatted_numbers_are_separated(cell):
    assert [result for _, result in find_numbers(cell, "CN")] == [A, B]


def test_a_mobile_and_a_landline():
    assert [result for _, result in find_numbers("13800138000 010-62345678", "CN")] == [A, LANDLINE]


def test_a_text_that_is_no_number_keeps_its_reason_next_to_a_number():
    found = find_numbers("13800138000/123", "CN")
    assert found[0] == ("13800138000", A)
    assert found[1][0] == "123"
    assert not isinstance(found[1][1], bytes)


@pytest.mark.parametrize(
    "cell", ["6222 0213 8001 3800 012", "张三", "12/34", "440101 19900101 123X", "a" * 100_000, "1/" * 70]
)
def test_a_cell_without_a_number_stays_whole(cell):
    found = find_numbers(cell, "CN")
    assert [text for text, _ in found] == [cell]
    assert not isinstance(found[0][1], bytes)


@given(st.text(max_size=60))
def test_any_cell_is_separated_without_error_into_texts_of_the_cell(cell):
    for text, _ in find_numbers(cell, "CN"):
        assert text in cell


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (13800138000.0, "13800138000"),
        (13800138000, "13800138000"),
        (0.5, "0.5"),
        (float(2**53), "9.007199254740992E+15"),
        (4.4010119900101e17, "4.401011990010100E+17"),
        (float("nan"), ""),
        (float("inf"), ""),
        (2**60, str(2**60)),
    ],
)
def test_numbers_of_a_spreadsheet(value, text):
    assert text_of_number(value) == text


def test_other_values_of_a_spreadsheet():
    assert [text_of(value) for value in ("x", True, date(2024, 1, 15))] == ["x", "TRUE", "2024-01-15 00:00:00"]


JANUARY_2024 = 24 * 12 + 1


@pytest.mark.parametrize(
    "cell",
    [
        "2024-01-15", "2024/1/15", "2024.01.15", "20240115", "2024年1月15日", "2024年01月15日 10时22分", "2024年1月", "2024-01",
        "2024/1", "202401", "2024-01-15 10:22:33", "2024-01-15T10:22:33Z", "2024-01-15T10:22:33.123+08:00", "20240115102233",
        "15.01.2024", "15/01/2024", "01/15/2024", "15-Jan-2024", "Jan 15, 2024", "January 2024", "1705285353", "1705285353000",
        "45306", "45306.43", "２０２４-０１-１５", " 2024-01-15 ", "'2024-01-15", "2024-1-5 9:05", "2024年1月15号",
    ],
)  # fmt: skip
def test_dates_of_january_2024(cell):
    months = MonthReader(date(2024, 6, 1))
    assert months.read([cell, cell]) == [JANUARY_2024] * 2
    assert (months.unreadable, months.out_of_range) == (0, 0)


@pytest.mark.parametrize(
    "cell",
    ["soon", "2024-13-01", "2024-02-31", "03/04/2024", "24-01-15", "1.5", "7", "2024", "1e5", "99999999", "9" * 500],
)
def test_what_is_no_date_counts_as_unknown(cell):
    months = MonthReader(date(2024, 6, 1))
    assert months.read([cell, cell]) == [0, 0]
    assert (months.unreadable, months.out_of_range) == (2, 0)


@pytest.mark.parametrize("cell", ["1999-12-31", "1900-01-01", "2024-08-01", "2099-01-01", "9999-12-31"])
def test_dates_out_of_range_count_as_unknown(cell):
    months = MonthReader(date(2024, 6, 1))
    assert months.read([cell]) == [0]
    assert (months.unreadable, months.out_of_range) == (0, 1)


def test_the_range_ends_a_month_from_now():
    months = MonthReader(date(2024, 12, 31))
    assert months.read(["2000-01-01", "2025-01-31", "2025-02-01", ""]) == [1, 25 * 12 + 1, 0, 0]
    assert (months.unreadable, months.out_of_range) == (0, 1)


@given(st.dates(date(2000, 1, 1), date(2024, 6, 30)), st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y"]))
def test_any_date_gives_its_month(day, form):
    assert MonthReader(date(2024, 6, 30)).read([day.strftime(form)]) == [(day.year - 2000) * 12 + day.month]


@given(st.lists(st.text(max_size=20)))
def test_any_text_is_a_month_or_unknown(cells):
    assert all(0 <= month <= 24 * 12 + 7 for month in MonthReader(date(2024, 6, 30)).read(cells))
