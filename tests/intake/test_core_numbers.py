"""What the core decides about a cell is what the Python rules say; every other cell it leaves to them."""

import os
import random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pilookup import _core
from pilookup.custody.intake.columns.find_numbers import find_numbers
from pilookup.custody.intake.columns.full_numbers import full_numbers
from pilookup.custody.intake.columns.mobiles import mobiles_in
from pilookup.custody.intake.rows.packed import PackedBytes
from pilookup.custody.intake.tables.row_lines import DELIMITER
from tests.support.intake import phone_texts
from tests.support.intake.texts import strings

TAKEN = "13912345678"
CELLS = 200
LONG_RUN = int(os.environ.get("CELLS", "3000000"))
CODECS = ("utf-8", "gb18030")


def core(cells, codec, unread=()):
    """The row of these cells as the core reads it, the first as its phone cell; None if the core leaves it."""
    data = (DELIMITER.join(cells) + "\n").encode(codec)
    columns = ([0], False, list(unread), [], None, None, len(cells), 1, 300, True)
    rows = _core.TextRows(data, len(data), 1, True, (codec, DELIMITER, len(cells)), columns)
    return None if rows.odd_rows else rows


def one_line(text):
    return text.replace("\n", " ").replace("\r", " ").replace(DELIMITER, " ")


def check_phone_cell(cell, codec):
    """Compare a phone cell that the core decides; returns whether it does."""
    rows = core([cell], codec) if cell.strip() else None
    if rows is None:
        return False
    decided = strings(PackedBytes(rows.identifiers, rows.identifier_offsets))
    for bare_landlines in (False, True):
        for short_mantissa in (False, True):
            found = find_numbers(cell, bare_landlines=bare_landlines, short_mantissa=short_mantissa)
            results = [result for _, result in found]
            assert list(dict.fromkeys(results)) == decided, repr(cell)
            assert len(results) - len(decided) == rows.counts[2], repr(cell)
    return True


def check_other_cell(cell, codec):
    """Compare the mobiles in a cell of another column; returns whether the core decides."""
    rows = core([TAKEN, cell], codec, unread=[1])
    if rows is None:
        return False
    taken = b"tel:+86" + TAKEN.encode()
    found = mobiles_in(cell) or list(full_numbers(cell, "CN"))
    assert rows.left == [sum(number != taken for number in found), 0], repr(cell)
    return True


def check_cells(rng, count):
    """Compare cells at random; returns how many of each column the core decides."""
    phones = others = 0
    for _ in range(count):
        codec = rng.choice(CODECS)
        phones += check_phone_cell(one_line(phone_texts.cell(rng)), codec)
        others += check_other_cell(one_line(phone_texts.remark(rng)), codec)
    return phones, others


@settings(max_examples=60, deadline=None, phases=[Phase.generate])
@given(st.integers(0, 1 << 32))
def test_cells_come_out_the_same(seed):
    phones, others = check_cells(random.Random(seed), CELLS)
    assert phones > CELLS // 10
    assert others > CELLS // 10


@pytest.mark.parametrize("codec", CODECS)
def test_any_character_beside_a_number_comes_out_the_same(codec):
    """Every character of the first two planes, before, in and behind a number."""
    for code in range(0x30000):
        char = chr(code)
        if char in "\n\r\x1f" or 0xD800 <= code < 0xE000:
            continue
        for cell in (f"手机{char}13800138000", f"138{char}0013{char}8000", f"13800138000{char}1"):
            if code < 0x3100 or code % 13 == 0 or 0xF000 <= code < 0x10000:
                check_phone_cell(cell, codec)
                check_other_cell(cell, codec)


@pytest.mark.long
def test_many_cells_come_out_the_same():
    rng = random.Random()
    phones, others = check_cells(rng, LONG_RUN)
    print(f"{LONG_RUN:,} cells of each column, of which the core decides {phones:,} and {others:,}; no difference")
