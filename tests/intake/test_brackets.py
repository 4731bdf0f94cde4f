"""Brackets of a header: the same is taken out as by the plain rule, in time that grows with the length of a cell."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pilookup.custody.intake.columns.brackets import without_brackets, without_example
from pilookup.custody.intake.columns.header_rows import is_header_row, names_phone
from pilookup.custody.intake.columns.headers import names_office

BRACKETS = r"[(\[{<（【《「].*?[)\]}>）】》」]"
EXAMPLE = rf"{BRACKETS}|(?:例如|如|例|e\.?g\.?)[:：]?\s*[\d\s*+-]+$"
CELLS = st.lists(
    st.sampled_from([*"([{<（【《「)]}>）】》」", *"如例:： \n1*+-.eg", "手机号", "例如"]), max_size=14
).map("".join)
LONG = 1_000_000


@given(CELLS)
@example("手机号(如:\n138")
@example("(如138) 例\n")
def test_what_is_taken_out_is_what_the_plain_rule_says(cell):
    assert without_brackets(cell) == re.sub(BRACKETS, "", cell)
    assert without_example(cell) == re.sub(EXAMPLE, "", cell)


@pytest.mark.parametrize(
    "cell",
    [
        "(" * LONG,
        ")" + "{" * LONG,
        "（" * LONG + "\n）",
        "如" + " " * LONG + "x",
        "如1" * LONG,
        "如:" * LONG,
        "([" * LONG,
    ],
    ids=lambda cell: repr(cell[:4]),
)
def test_a_long_cell_without_an_end_stays(cell):
    assert without_brackets(cell) == cell
    assert without_example(cell).startswith(cell[:-2])


@pytest.mark.parametrize("bracket", "([{<（【《「")
def test_rows_with_many_open_brackets_are_no_headers(bracket):
    cell = bracket * LONG + "13800138000"
    assert not is_header_row(["姓名", cell])
    assert not names_phone(cell)
    assert not names_office(cell)
