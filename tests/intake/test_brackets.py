"""Brackets of a header: the same is taken out as by the plain rule, in time that grows with the length of a cell."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pilookup.custody.intake.columns.brackets import without_brackets, without_example
from pilookup.custody.intake.columns.cells import countries
from pilookup.custody.intake.columns.cells.countries import country_of_cell
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


CODE_AT_END = re.compile(r"^([^0-9+]*?)[ (]*\+?([1-9][0-9]{0,2})[ )]*\Z")
CODE_AT_START = re.compile(r"^[ (]*\+?([1-9][0-9]{0,2})[ )-]*([^0-9+]*)\Z")


@given(st.lists(st.sampled_from([*" ()-+0123x", "86", "852", "中国", "us"]), max_size=8).map("".join))
@example("中国 (+86)")
@example("+852) - us")
def test_a_country_beside_its_code_is_what_the_plain_rule_says(cell):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(countries, "_CODE_AT_END", CODE_AT_END)
        patch.setattr(countries, "_CODE_AT_START", CODE_AT_START)
        plain = country_of_cell(cell)
    assert country_of_cell(cell) == plain


@pytest.mark.parametrize(
    "cell", ["a" + "(" * LONG + "x", "86" + ")" * LONG + "5", " " * LONG + "x", "1" + "- " * LONG + "+"]
)
def test_a_long_cell_of_a_country_column_is_no_country(cell):
    assert country_of_cell(cell) is None
