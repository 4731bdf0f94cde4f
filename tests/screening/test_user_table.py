"""Tables of users in each form, and what cannot be read. No error shows a cell."""

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.errors import ScreenError
from pilookup.screening.user_table import read_users, row_count
from tests.support.screening.platform import number, user_table

TABLE = user_table(range(500))


def arrow_file(table, path):
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, 100)


def arrow_stream(table, path):
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, 100)


WRITERS = {
    "parquet": pyarrow.parquet.write_table,
    "csv": pyarrow.csv.write_csv,
    "arrow file": arrow_file,
    "arrow stream": arrow_stream,
}


def rows(source, user="user", column="number"):
    return [row for batch in read_users(source, user, column) for row in batch.to_pylist()]


@pytest.fixture(params=WRITERS)
def write(request, tmp_path):
    def write(table):
        WRITERS[request.param](table, tmp_path / "users")
        return tmp_path / "users"

    return write


def test_each_form_gives_the_same_rows(write):
    path = write(TABLE)
    assert rows(path) == TABLE.to_pylist()
    assert rows(str(path)) == TABLE.to_pylist()
    assert row_count(path) in (0, 500)


def test_integers_and_dictionaries_are_texts_and_other_columns_are_not_read(write):
    table = pa.table({"id": [7, 8], "x": [1.5, 2.5], "phone": [int(number(1)), int(number(2))]})
    expected = [{"user": "7", "number": number(1)}, {"user": "8", "number": number(2)}]
    assert rows(write(table), "id", "phone") == expected
    coded = pa.table({"user": pa.array(["a", "b"]).dictionary_encode(), "number": [number(1), None]})
    assert rows(coded) == [{"user": "a", "number": number(1)}, {"user": "b", "number": None}]


def test_a_text_of_a_csv_that_looks_like_a_number_or_null_stays_a_text(tmp_path):
    path = tmp_path / "users.csv"
    path.write_text('user,number\n007,"+86 138 0000 0001"\nNULL,0138\n')
    assert rows(path) == [{"user": "007", "number": "+86 138 0000 0001"}, {"user": "NULL", "number": "0138"}]


def test_a_missing_column_is_named(write):
    with pytest.raises(ScreenError, match="phone") as caught:
        rows(write(TABLE), column="phone")
    assert caught.value.reason == "bad_input"


def test_a_column_of_another_type_is_refused():
    table = pa.table({"user": ["a"], "number": [13800000001.0]})
    with pytest.raises(ScreenError, match="column number is of type double"):
        rows(table)


def test_a_ragged_row_of_a_csv_is_named_without_its_content(tmp_path):
    path = tmp_path / "users.csv"
    path.write_text(f"user,number\na,{number(1)}\nb,{number(2)},{number(3)}\n")
    with pytest.raises(ScreenError, match="row 3 has another number of cells") as caught:
        rows(path)
    assert number(3) not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_csv_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "users.csv"
    path.write_bytes("user,number\n张,1\n".encode("gb18030"))
    with pytest.raises(ScreenError, match="CSV in UTF-8"):
        rows(path)


def test_a_table_without_users_has_no_rows(write):
    assert rows(write(TABLE.slice(0, 0))) == []


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ScreenError, match="none: cannot be read: No such file"):
        rows(tmp_path / "none")


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_shows_nothing(write, data):
    path = write(user_table(range(30)))
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    change = data.draw(st.sampled_from([b"", b"\xff" + whole[at + 1 :], whole[at + 5 :]]))
    path.write_bytes(whole[:at] + change)
    try:
        rows(path)
    except ScreenError as error:
        assert "138000" not in str(error)  # noqa: PT017 - a damaged file may be readable too
