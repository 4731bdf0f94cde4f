"""A long cell that every row shares takes hardly more time than one row of it: a small Parquet file can have many."""

import io
import time
from contextlib import suppress

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pilookup.custody.intake.columns.headers import names_office
from pilookup.custody.intake.columns.judge import digit_count
from pilookup.custody.intake.columns.long_cells import LONG_CHARS, remember_long
from pilookup.custody.intake.columns.mobiles import mobiles_in
from pilookup.errors import NoNumbersError

ROWS = 60
CELLS = {
    "letters": "x" * 13_000,
    "words of an officer": "联系民警电话 " * 1_800,
    "digits": "1" * 13_000,
    "spaces": " " * 13_000 + "1",
    "brackets": "(" * 13_000,
    "landlines": "010-62345678 " * 900,
    "people": "张三 13800138000；" * 800,
    "a note": "本表由张三提供，电话13800138000，请核对。" * 400,
    "dates": "2024-01-01 " * 1_000,
}


def parquet(values, rows):
    """A file of rows that take their cell of the phone column from a dictionary of values in turn."""
    column = pa.DictionaryArray.from_arrays(pa.array([at % len(values) for at in range(rows)], pa.int32()), values)
    out = io.BytesIO()
    pq.write_table(pa.table({"phone": column, "name": ["张三"] * rows}), out)
    return out.getvalue()


def seconds(load, values, rows):
    """Processor time of a load."""
    start = time.process_time()
    with suppress(NoNumbersError):
        load("a.parquet", parquet(values, rows))
    return time.process_time() - start


@pytest.mark.parametrize("kind", CELLS)
def test_rows_that_share_a_long_cell_take_less_time_than_a_few_with_cells_of_their_own(load, kind):
    others = [f"{CELLS[kind]} {number}" for number in range(ROWS // 3)]
    assert seconds(load, [CELLS[kind]], ROWS) < seconds(load, others, len(others))


@pytest.mark.parametrize("find", [digit_count, names_office, mobiles_in])
@pytest.mark.parametrize("words", ["民警 13800138000 ", "张三 13800138000 ", "一二三四 "])
def test_what_is_found_in_a_long_cell_is_what_its_parts_hold(find, words):
    times = LONG_CHARS // len(words) + 1
    short, long = find(words), find(words * times)
    assert long == (short if isinstance(short, bool) else short * times)


def test_the_results_of_long_cells_are_kept_and_of_short_ones_not():
    asked = []

    @remember_long
    def length(cell):
        """The number of characters."""
        asked.append(cell)
        return len(cell)

    for cell in ("a" * LONG_CHARS, "b" * LONG_CHARS, "a" * LONG_CHARS, "short", "short"):
        assert length(cell) == len(cell)
    assert [len(cell) for cell in asked] == [LONG_CHARS, LONG_CHARS, 5, 5]
    assert length.__doc__ == "The number of characters."
