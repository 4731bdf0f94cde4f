"""Cheap checks that leave out most cells decide nothing: with and without them the same is found."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pilookup.custody.intake.columns import full_numbers, header_rows, mobiles
from pilookup.custody.intake.columns.header_rows import is_header_row
from pilookup.custody.intake.columns.mobiles import mobiles_in
from pilookup.custody.intake.rows.fit import outside_full_numbers

ALWAYS = re.compile("")
PIECES = st.sampled_from(
    [
        *"0123456789",
        *"〇零一二三四五六七八九幺两",
        *"OoＯｏ０１３٣",
        *" -._+()（）*xX:：",
        *("138", "13800138000", "1380O138000", "一三八零零一三八零零零", "0571", "86", "852", "17951"),
        *("手机号", "姓名", "张三", "电话", "例如", "如138", "phone", "name", "前三位", "后八位", "客服"),
    ]
)
CELLS = st.lists(PIECES, max_size=24).map("".join)
ROWS = st.lists(CELLS, min_size=1, max_size=4)


@pytest.fixture(scope="module")
def without():
    """Calls a function without the checks of a module."""

    def call(module, checks, function, *args):
        with pytest.MonkeyPatch.context() as patch:
            for check in checks:
                patch.setattr(module, check, ALWAYS)
            return function(*args)

    return call


@given(CELLS)
@example("13800138000")
@example("13OOOOOOOOO")
@example("一三OOO零零零零零零")
def test_cells_with_few_digits_have_no_mobile(without, cell):
    assert mobiles_in(cell) == without(mobiles, ["_ELEVEN_DIGITS"], mobiles_in, cell)


@given(ROWS)
@example(["+65 8123456", "0571 8888 O123", "(852)9123O567"])
def test_cells_with_few_digits_have_no_number_in_full(without, row):
    found = outside_full_numbers(row, (), (), "CN")
    assert found == without(full_numbers, ["_EIGHT_DIGITS"], outside_full_numbers, row, (), (), "CN")


@given(ROWS)
@example(["姓名", "手机号(如138)00", "1(3)8(0)0(1)3"])
@example(["手机号", "姓名", "12345"])
@example(["手机号 如13800138000", "姓名"])
def test_cells_with_few_digits_are_no_data(without, row):
    assert is_header_row(row) == without(header_rows, ["_MAY_HOLD"], is_header_row, row)
