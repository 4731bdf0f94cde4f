"""JSON and JSON lines: every scalar is a cell, whatever the shape, and what is not JSON is named by its place."""

import json
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake.files.source import Source
from pilookup.custody.intake.tables import json_values, named_records
from pilookup.custody.intake.tables.json_tables import json_tables
from pilookup.custody.intake.tables.whole_text import text_encoding
from pilookup.errors import IntakeError
from tests.support.intake.examples import hostile
from tests.support.intake.tables import all_cells, assert_tables_or_refused, mutated, read_tables, tables_or_error


@pytest.fixture
def tables(tmp_path):
    def read(content, name="a.json"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_tables(path)

    return read


def test_an_array_of_objects_is_a_table(tables):
    (table,) = tables('[{"name": "张三", "phone": "13800138000"},\n {"phone": 13900139000, "new": true}]')
    assert table.names == ["name", "phone", "new"]
    assert table.rows == [["张三", "13800138000", ""], ["", "13900139000", "true"]]


@pytest.mark.parametrize("between", ["\n", "", ",\n", "\r\n\r\n", "\x1e"])
def test_values_one_after_the_other_are_one_table(tables, between):
    (table,) = tables(between.join(['{"phone": "13800138000"}', '{"tel": {"home": "13900139000"}}']), "a.txt")
    assert table.dicts() == [{"phone": "13800138000"}, {"tel.home": "13900139000"}]


def test_numbers_are_kept_as_they_are_written(tables):
    (table,) = tables('[{"a": 1.3800138e10, "b": 13800138000.0, "c": 123456789012345678901234567890, "d": NaN}]')
    assert table.rows == [["1.3800138e10", "13800138000.0", "123456789012345678901234567890", ""]]


def test_nothing_of_a_nested_value_is_lost(tables):
    (table,) = tables(
        '[{"who": {"name": "a", "tel": ["1", "2"]}, "friends": [{"tel": "3"}, {"tel": "4", "x": null}], "who": {"tel": "5"}}]'
    )
    assert table.dicts() == [{"who.name": "a", "who.tel": "1\n2\n5", "friends.tel": "3\n4"}]


def test_an_object_is_searched_for_its_arrays(tables):
    found = tables(
        '{"code": 0, "owner": {"phone": "1"}, "data": {"list": [{"phone": "2"}, {"phone": "3"}], "x": ["4"]}}'
    )
    assert [(table.location, table.dicts()) for table in found] == [
        ("a.json data.list", [{"phone": "2"}, {"phone": "3"}]),
        ("a.json", [{"code": "0", "owner.phone": "1", "data.x": "4"}]),
    ]


def test_keys_that_are_numbers_are_values(tables):
    (table,) = tables('{"13800138000": {"name": "a"}, "13900139000": {"name": "b"}}')
    assert table.dicts() == [{"key": "13800138000", "name": "a"}, {"key": "13900139000", "name": "b"}]
    (table,) = tables('[{"book": {"13800138000": "a", "13900139000": "b"}}]')
    assert table.dicts() == [{"book.key": "13800138000\n13900139000", "book": "a\nb"}]


def test_an_array_of_arrays_has_no_names(tables):
    (table,) = tables('[["name", "phone"], ["a", 13800138000]]')
    assert (table.names, table.rows) == (None, [["name", "phone"], ["a", "13800138000"]])


@pytest.mark.parametrize("content", ["[13800138000, 13900139000]", '["13800138000", "13900139000"]'])
def test_an_array_of_numbers(tables, content):
    assert tables(content)[0].rows == [["13800138000"], ["13900139000"]]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_encodings(tables, codec):
    assert tables('[{"姓名": "张三", "phone": "13800138000"}]'.encode(codec))[0].rows == [["张三", "13800138000"]]


def test_a_field_that_first_occurs_in_the_last_record_is_a_column(tables):
    rows = [{"a": str(i)} for i in range(9_999)] + [{"phone": "13800138000"}]
    (table,) = tables("\n".join(map(json.dumps, rows)), "a.jsonl")
    assert table.names == ["a", "phone"]
    assert len(table.rows) == 10_000
    assert table.rows[-1] == ["", "13800138000"]


def test_fields_beyond_the_limit_are_kept_with_their_names(tables):
    (table,) = tables(json.dumps([{f"k{i}": str(i)} for i in range(1_003)]))
    assert len(table.names) == 1_001
    assert [row[-1] for row in table.rows[-3:]] == ["k1000: 1000", "k1001: 1001", "k1002: 1002"]


def test_a_list_that_is_too_long_for_a_cell_is_continued_in_further_rows(tables):
    numbers = [str(13800000000 + i) for i in range(1_000)]
    (table,) = tables(json.dumps([{"name": "a", "phones": numbers}, {"name": "b"}]))
    assert "\n".join(table.column("phones")).split() == numbers
    assert table.column("name")[:2] == ["a", ""]
    assert max(len(cell) for row in table.rows for cell in row) <= 2_000


def test_a_value_that_is_too_long_for_a_cell_is_divided_at_white_space(tables):
    text = "13800138000 " * 20_000
    (table,) = tables(json.dumps([{"note": text}]))
    pieces = table.column("note")
    assert len(pieces) > 2
    assert all(set(piece.split()) == {"13800138000"} for piece in pieces)


def test_values_larger_than_memory_allows_at_once_are_read_member_by_member(tables, monkeypatch):
    monkeypatch.setattr(json_values, "MAX_VALUE_CHARS", 1_000)
    monkeypatch.setattr(json_values, "_FIRST_CHARS", 64)
    inner = [{"phone": str(13800000000 + i), "sub": {"x": [i]}} for i in range(500)]
    content = {"a": {"owner": "13900139000", "list": inner}, "b": {"13700137000": {"x": "1" * 900}}, "c": [["1"] * 600]}
    cells = {
        cell for table in tables(json.dumps(content)) for row in table.rows for part in row for cell in part.split("\n")
    }
    assert cells >= {"13900139000", "13700137000", *(str(13800000000 + i) for i in range(500))}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ('[{"a": 1},\n {"a": x}]', "line 2 character"),
        ('[{"a": 1}', "line 1 character 10"),
        ('[{"a": 1}] trailing', "line 1 character 12"),
        ('{"a": 1}\n{"a": 2}\n{"a" 3}', "line 3"),
        ('[{"a": "13800138000]', "line 1"),
        ('{"a": 1}\n}', "line 2 character 1"),
        ("[" * 100_000, "line 1"),
        ('[{"a":' * 5_000, "line 1"),
    ],
)
def test_what_is_not_json_is_named_by_its_place(tables, content, place):
    with pytest.raises(IntakeError, match=place):
        tables(content)


def test_an_error_shows_no_cell(tables):
    with pytest.raises(IntakeError) as caught:
        tables('[{"phone": "13800138000", 13900139000}]')
    assert "13900139000" not in str(caught.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=30,
)


def scalars(value):
    if isinstance(value, dict):
        return [one for inner in value.values() for one in scalars(inner)]
    if isinstance(value, list):
        return [one for inner in value for one in scalars(inner)]
    return (
        []
        if value is None or not str(value).strip()
        else [str(value).lower() if isinstance(value, bool) else str(value)]
    )


@given(st.lists(VALUES, min_size=1, max_size=5), st.booleans(), st.integers(4, 200))
def test_every_scalar_of_any_document_is_in_a_cell(tmp_path_factory, values, lines, size):
    path = tmp_path_factory.mktemp("json") / "a.json"
    content = "\n".join(map(json.dumps, values)) if lines else json.dumps([*values, {"a": "b"}])
    path.write_text("[]\n" + content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_values, "_FIRST_CHARS", size)
        found, error = tables_or_error(path)
    assert not error or "has no records" in error
    cells = all_cells(found)
    for scalar in [one for value in values for one in scalars(value)]:
        assert scalar.replace("\r\n", "\n") in cells


@hostile(300)
@given(st.integers(0, 2**63))
def test_mutations_give_tables_or_an_error(tmp_path_factory, seed):
    content = (
        b'{"c": 0, "d": [{"p": "13800138000", "q": [1, {"r": null}]}, {"p": 1.5e3}]}\n{"x": "\xe5\xbc\xa0\\u4e09"}\n'
    )
    assert_tables_or_refused(tmp_path_factory.mktemp("json") / "a.json", mutated(content, seed))


def test_a_large_file_takes_little_memory(tmp_path):
    path = tmp_path / "a.json"
    with path.open("w") as stream:
        stream.write("[" + ",".join('{"name": "someone", "phone": "13800138000"}' for _ in range(50_000)) + "]")
    tracemalloc.start()
    started = time.monotonic()
    try:
        rows = sum(len(block.lines) for table in _open(path) for block in table.blocks(0))
        assert rows == 50_000
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()
    assert time.monotonic() - started < 120


def _open(path):
    member = Source(path).as_member()
    return json_tables(member, text_encoding(member, None), [])


def test_many_tables_are_limited(tables):
    found = tables(json.dumps({f"t{i}": [{"phone": str(i)}] for i in range(named_records.MAX_TABLES + 5)}))
    assert len(found) == named_records.MAX_TABLES + 1
    assert "t204.phone" in found[-1].names
