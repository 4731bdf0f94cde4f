"""Parquet, joined to lines of text and read by splits, gives the same result as read cell by cell."""

import datetime as dt
import zipfile
from itertools import islice

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pilookup.custody.intake import IntakeOptions, limits
from pilookup.custody.intake.read import TextSplit
from pilookup.custody.intake.tables.arrow import cells_of, lines_of
from pilookup.custody.intake.tables.parquet import ParquetTable
from pilookup.custody.intake.tables.row_lines import DELIMITER
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind
from tests.support.intake.texts import ACCOUNTS, DATES, PHONES, outcome, read_by_rows, read_by_splits

MALICIOUS, EXPOSURE = IntakeOptions(Kind.MALICIOUS), IntakeOptions(Kind.EXPOSURE)
ABROAD = IntakeOptions(Kind.EXPOSURE, "US")
NUMBER = "13800138000"


def loaded(path, options, size=1 << 20, *, fast=True):
    """(rows sorted, report, rejects), and (number of splits of text, number of batches of rows)."""
    if not fast:
        return read_by_rows(path, options), (0, 1)
    seen = []
    found = read_by_splits(path, options, size, seen=seen)
    texts = sum(isinstance(work, TextSplit) for work in seen)
    return found, (texts, len(seen) - texts)


def outcome_of(*given, **ways):
    return outcome(lambda: loaded(*given, **ways)[0])


def written(path, columns, **options):
    pq.write_table(pa.table(columns), path, **options)
    return path


ODD = st.sampled_from(
    [
        None,
        "",
        "-",
        "--",
        f"{NUMBER}-",
        f"-{NUMBER}",
        f"{NUMBER}----x",
        f"{NUMBER}\n13900139000",
        "a\r",
        "\n",
        '"',
        f'"{NUMBER}"',
        f' "{NUMBER}',
        "a\x00",
        "\ufeff13800138000",
        "\x1a",
        "\x0b\x1c",
        "\u2028",
        "\x85",
        ".",
        "村" * 50_000,
        "x" * limits.MAX_CELL_CHARS,
        "1" * (limits.MAX_CELL_CHARS + 1),
        "y" * (limits.MAX_CELL_CHARS + 1),
    ]
)
TEXTS = {
    "plain": [st.text(st.characters(exclude_categories=["Cs"]), max_size=6)],
    "odd": [ODD, st.text(st.characters(exclude_categories=["Cs"]), max_size=6)],
}


@st.composite
def text_column(draw, cells, count):
    kind = draw(st.sampled_from(["plain", "plain", "odd"]))
    each = st.one_of(cells, cells, cells, *(TEXTS[kind] if kind == "odd" else [st.none()]))
    column = pa.array(draw(st.lists(each, min_size=count, max_size=count)), pa.string())
    column = column.cast(draw(st.sampled_from([pa.string(), pa.large_string(), pa.binary()])))
    return column.dictionary_encode() if draw(st.booleans()) else column


@st.composite
def typed_column(draw, count):
    kind, values = draw(
        st.sampled_from(
            [
                (pa.int64(), st.integers(0, 20_000_000_000)),
                (pa.uint32(), st.integers(0, 2**32 - 1)),
                (pa.float64(), st.floats()),
                (pa.date32(), st.dates()),
                (pa.timestamp("ms"), st.datetimes()),
                (pa.timestamp("us", "Asia/Shanghai"), st.datetimes()),
                (pa.decimal128(20, 2), st.decimals(0, 10**15, places=2)),
                (pa.bool_(), st.booleans()),
            ]
        )
    )
    return pa.array(draw(st.lists(st.none() | values, min_size=count, max_size=count)), kind)


@st.composite
def tables(draw):
    count = draw(st.integers(1, 40))
    columns = {
        "姓名": draw(text_column(ACCOUNTS, count)),
        "手机号": draw(text_column(PHONES, count) | typed_column(count)),
        "账号": draw(text_column(ACCOUNTS, count) | typed_column(count)),
        "日期": draw(text_column(DATES, count) | typed_column(count)),
    }
    if draw(st.booleans()):
        columns["手机2"] = draw(text_column(PHONES, count))
    return columns


@settings(
    max_examples=300,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    tables(),
    st.sampled_from([MALICIOUS, EXPOSURE, ABROAD]),
    st.integers(1, 50),
    st.integers(1, 50),
    st.sampled_from([1, 100, 1 << 20]),
)
def test_any_cells_come_out_the_same(tmp_path_factory, columns, options, group, batch, size):
    path = written(tmp_path_factory.mktemp("joined") / "a.parquet", columns, row_group_size=group)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "BATCH_ROWS", batch)
        assert outcome_of(path, options, size) == outcome_of(path, options, size, fast=False)


@settings(max_examples=300, deadline=None, phases=[Phase.generate])
@given(st.data(), st.integers(1, 5))
def test_lines_separate_into_the_cells(data, count):
    columns = [data.draw(text_column(PHONES, count) | typed_column(count)) for _ in range(data.draw(st.integers(1, 3)))]
    lines = lines_of(columns, range(len(columns)))
    if lines is None:
        return
    rows = [line.split(DELIMITER) for line in lines.decode().removesuffix("\n").split("\n")]
    assert rows == [list(row) for row in zip(*map(cells_of, columns), strict=True)]


PLAIN = [NUMBER, '"13900139000"', "", " none ", "-a", "a----b-", "a,b;c|d\te", "'138 0013 8001"]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(PLAIN),
        pa.array([*PLAIN, None]).dictionary_encode(),
        pa.array(PLAIN, pa.large_string()).dictionary_encode(),
        pa.array([int(NUMBER), None, 12]),
        pa.array([dt.date(2024, 1, 15), None]),
        pa.array([1_705_285_353_000_000_000], pa.timestamp("ns", "Asia/Shanghai")),
        pa.array([b"138", b""]),
        pa.array([None, None]),
        pa.array(["x" * limits.MAX_CELL_CHARS]),
        pa.array([], pa.string()),
    ],
    ids=lambda column: str(column.type),
)
def test_columns_whose_cells_survive_in_lines_are_joined(column):
    lines = lines_of([column, column])
    assert lines.decode() == "".join(f"{cell}{DELIMITER}{cell}\n" for cell in cells_of(column))


@pytest.mark.parametrize(
    "cell",
    ["a\n", "\r", "a\x1fb", "\x1f", "x" * (limits.MAX_CELL_CHARS + 1), b"a\n"],
    ids=lambda cell: repr(cell)[:9],
)
@pytest.mark.parametrize("encoded", [False, True])
def test_columns_with_a_cell_that_lines_would_change_are_not_joined(cell, encoded):
    column = pa.array([cell])
    column = column.dictionary_encode() if encoded else column
    assert lines_of([pa.array(["a"]), column]) is None


def test_lines_are_bounded_whatever_a_dictionary_repeats():
    def named(count):
        return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array(["x" * (128 << 10)]))

    assert len(lines_of([named(127)])) < limits.MAX_LINES_BYTES
    assert lines_of([named(128)]) is None
    assert lines_of([named(64)] * 2) is None
    assert lines_of([pa.array([""] * (1 << 14))] * 1025) is None  # delimiters alone


@pytest.mark.parametrize(
    ("cell", "size", "ways"),
    [
        ("x", 1, (8, 0)),
        (None, 1, (8, 0)),
        ("a\nb", 1, (7, 1)),
        ("x", 1 << 20, (1, 0)),
        ("a\nb", 1 << 20, (2, 1)),
    ],
)
def test_only_a_batch_with_an_odd_cell_is_read_row_by_row(tmp_path, monkeypatch, cell, size, ways):
    monkeypatch.setattr(limits, "BATCH_ROWS", 10)
    phones = [f"138{i:08}" for i in range(80)]
    phones[3], phones[35], phones[50] = "none", cell, "none"
    path = written(tmp_path / "a.parquet", {"phone": phones})
    fast, slow = loaded(path, EXPOSURE, size), loaded(path, EXPOSURE, fast=False)
    assert fast[0] == slow[0]
    assert (fast[1], slow[1]) == (ways, (0, 1))
    assert [line.split(",")[1] for line in fast[0][2].splitlines() if "a.parquet" in line] == [
        "4",
        *(["36"] if cell else []),  # a row without content is none
        "51",
    ]


def test_a_split_holds_many_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "BATCH_ROWS", 10)
    path = written(tmp_path / "a.parquet", {"phone": [f"138{i:08}" for i in range(100)]})
    assert loaded(path, EXPOSURE, 1 << 20)[1] == (1, 0)
    assert loaded(path, EXPOSURE, 500)[1] == (2, 0)  # five batches of 120 bytes reach it


def test_a_parquet_file_between_texts_of_an_archive_is_read_by_splits(tmp_path):
    inner = written(
        tmp_path / "b.parquet", {"other": ["x"] * 3, "phone": [NUMBER, "none", None], "date": ["x", "", "9"]}
    )
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "name,phone\na,1\n")
        archive.write(inner, "b.parquet")
        archive.writestr("c.csv", "phone\n2\n")
    fast, slow = loaded(path, MALICIOUS), loaded(path, MALICIOUS, fast=False)
    assert fast[0] == slow[0]
    assert fast[1] == (3, 0)


def test_missing_rows_and_exceeded_limits_give_the_same_error_on_both_paths(tmp_path, monkeypatch):
    path = written(tmp_path / "a.parquet", {"phone": [NUMBER] * 40})
    monkeypatch.setattr(limits, "BATCH_ROWS", 10)
    batches = ParquetTable._batches
    with monkeypatch.context() as patch:
        patch.setattr(ParquetTable, "_batches", lambda *given: islice(batches(*given), 3))
        assert outcome_of(path, EXPOSURE) == outcome_of(path, EXPOSURE, fast=False)
        with pytest.raises(IntakeError, match="truncated or damaged"):
            loaded(path, EXPOSURE)
    monkeypatch.setattr(limits, "MAX_PARQUET_BATCH_BYTES", 50)
    monkeypatch.setattr(limits, "HEAD_ROWS", 1)
    assert outcome_of(path, EXPOSURE) == outcome_of(path, EXPOSURE, fast=False)
    with pytest.raises(IntakeError, match="10 rows take more than 50 bytes"):
        loaded(path, EXPOSURE)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 255), st.booleans())
def test_damage_gives_the_same_error_on_both_paths(tmp_path_factory, at, byte, cut):
    path = tmp_path_factory.mktemp("damaged") / "a.parquet"
    columns = {"phone": [NUMBER, "1390013900"], "账号": ["a", "b"], "date": [dt.date(2024, 1, 15)] * 2}
    content = bytearray(written(path, columns, use_dictionary=["账号"]).read_bytes())
    content[at % len(content)] = byte
    path.write_bytes(content[: at % len(content)] if cut else content)
    assert outcome_of(path, MALICIOUS) == outcome_of(path, MALICIOUS, fast=False)
