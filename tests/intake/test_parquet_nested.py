"""Nested columns of Parquet are columns of text, the same row by row and by splits."""

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake import limits
from pilookup.custody.intake.files.source import Source
from pilookup.custody.intake.tables.parquet import parquet_table
from pilookup.custody.intake.tables.row_lines import DELIMITER
from pilookup.custody.intake.tables.table import NumberedRows
from pilookup.errors import IntakeError
from tests.support.intake.tables import read_tables


@pytest.fixture
def written(tmp_path):
    def write(columns):
        path = tmp_path / "a.parquet"
        pq.write_table(pa.table(columns), path)
        return path

    return write


def test_every_kind_of_nested_column(written):
    phones = ["13800138000", "13900139000"]
    person = [{"tel": phones, "name": "a"}, {"tel": None, "name": "b"}]
    (table,) = read_tables(
        written(
            {
                "list": [phones, None],
                "fixed": pa.array([[1, 2], None], pa.list_(pa.int64(), 2)),
                "struct": [{"cc": "86", "n": 13800138000}, None],
                "people": [person, []],
                "map": pa.array([[("home", "1"), ("work", None)], None], pa.map_(pa.string(), pa.string())),
                "deep": [[["1"], ["2", "3"]], [None, []]],
                "decimal": pa.array([Decimal("13800138000.00"), None], pa.decimal128(20, 2)),
                "bytes": [b"13800138000", b"\xff\x00\xfe"],
                "lists of bytes": [[b"1", b"2"], None],
            }
        )
    )
    assert table.dicts() == [
        {
            "list": "13800138000\n13900139000",
            "fixed": "1\n2",
            "struct.cc": "86",
            "struct.n": "13800138000",
            "people.tel": "13800138000\n13900139000",
            "people.name": "a\nb",
            "map.key": "home\nwork",
            "map.value": "1",
            "deep": "1\n2\n3",
            "decimal": "13800138000",
            "bytes": "13800138000",
            "lists of bytes": "1\n2",
        },
        {},
    ]


def test_a_list_that_is_longer_than_a_cell(written):
    path = written({"phone": [["1"], ["13800138000"] * (limits.MAX_CELL_CHARS // 12 + 2)]})
    with pytest.raises(IntakeError, match=r"a\.parquet: the values of a list are longer than"):
        read_tables(path)


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize("name", ["phone", "note"])
def test_nothing_is_cut_from_a_long_value(written, load_path, name, encoded):
    """What stands behind the limit of a cell is rejected in a phone column and warned of in another one."""
    long = "x " * limits.MAX_CELL_CHARS + "13900139000"
    column = pa.array(["13800138000"] * 5 + [long]) if name == "phone" else pa.array(["x"] * 5 + [long])
    column = column.dictionary_encode() if encoded else column
    outcome = load_path(written({name: column, "mobile": ["13700137000"] * 6}))
    assert [each.count for each in outcome.report.warnings if each.code == "unread_numbers"] == [1]
    assert ([reject[2:] for reject in outcome.rejects][-1:] == [["phone", "too_long", "13900139000"]]) == (
        name == "phone"
    )


def test_a_value_beyond_the_limit_is_refused_by_its_row(written):
    path = written({"phone": ["13800138000", "x" * (limits.MAX_PARQUET_VALUE_CHARS + 1)]})
    with pytest.raises(
        IntakeError, match=r"a\.parquet row 2: has a value longer than 2,097,152 characters: shorten it"
    ):
        read_tables(path)


def test_a_column_that_is_nested_too_deeply(written):
    value = "1"
    for _ in range(40):
        value = {"a": value}
    with pytest.raises(IntakeError, match="a column is nested too deeply"):
        read_tables(written({"phone": [value]}))


@pytest.mark.parametrize("kind", [pa.duration("s"), pa.time32("s"), pa.bool_(), pa.float16(), pa.null()])
def test_columns_of_other_kinds_do_not_matter(written, kind):
    (table,) = read_tables(written({"phone": ["13800138000"], "x": pa.array([None], kind)}))
    assert table.rows == [["13800138000", ""]]


CELLS = st.one_of(st.none(), st.text('0123456789-\n," x', max_size=6))
VALUES = {
    "list": st.lists(CELLS, max_size=4) | st.none(),
    "struct": st.fixed_dictionaries({"a": CELLS, "b": st.lists(st.fixed_dictionaries({"c": CELLS}), max_size=3)})
    | st.none(),
    "plain": CELLS,
}
ROWS = st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=20)
SCHEMA = pa.schema(
    {
        "list": pa.list_(pa.string()),
        "struct": pa.struct({"a": pa.string(), "b": pa.list_(pa.struct({"c": pa.string()}))}),
        "plain": pa.string(),
    }
)


def texts(value):
    return "\n".join(one for one in value if one)


@given(ROWS, st.integers(1, 6))
def test_the_cells_are_the_same_row_by_row_and_by_splits(tmp_path_factory, rows, size):
    path = tmp_path_factory.mktemp("pq") / "a.parquet"
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path)
    structs = [row["struct"] or {"a": None, "b": []} for row in rows]
    wanted = [
        [texts(row["list"] or []), struct["a"] or "", texts(one["c"] for one in struct["b"]), row["plain"] or ""]
        for row, struct in zip(rows, structs, strict=True)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "BATCH_ROWS", size)
        with parquet_table(Source(path).as_member()) as table:
            found = [row for block in table.blocks(0) for row in block.rows]
        with parquet_table(Source(path).as_member()) as table:
            split = [row for part in table.splits(50, range(4)) for row in rows_of(part)]
    assert found == split == wanted


def rows_of(part):
    if isinstance(part, NumberedRows):
        return part.rows
    return [line.split(DELIMITER)[:4] for line in part[1].decode().split("\n")[:-1]]
