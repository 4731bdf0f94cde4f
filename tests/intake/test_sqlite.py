"""SQLite databases: every table, from a file or from memory, in another process, with nothing written or run."""

import random
import sqlite3
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake import Report, limits
from pilookup.custody.intake.files.source import Member, Source
from pilookup.custody.intake.tables.sqlite_tables import sqlite_tables
from pilookup.errors import IntakeError
from tests.support.intake.examples import hostile
from tests.support.intake.tables import assert_tables_or_refused, mutated, read_tables, tables_or_error


@pytest.fixture
def database(tmp_path):
    def make(script, *, name="a.db", wal=False):
        path = tmp_path / name
        connection = sqlite3.connect(path)
        if wal:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(script)
        connection.commit()
        connection.close()
        return path

    return make


SCRIPT = (
    'CREATE TABLE contacts (id INTEGER PRIMARY KEY, "手机" TEXT, n INTEGER, f REAL, b BLOB);'
    "INSERT INTO contacts VALUES (1, '13800138000', 13900139000, 13700137000.0, CAST('13600136000' AS BLOB)), (2, NULL, NULL, 1.5, x'ff00');"
    'CREATE TABLE "a ""b" (x); INSERT INTO "a ""b" VALUES (1); CREATE TABLE empty (y);'
    "CREATE VIEW v AS SELECT * FROM contacts; CREATE INDEX i ON contacts (n);"
)


def test_a_text_in_a_blob_is_read_whatever_its_length_and_encoding(database):
    long = "13800138000 村 " * 1000
    values = f"(x'{long.encode().hex()}'), (x'{'张三13900139000'.encode('gb18030').hex()}'), (x'89504e470d0a1a0aff')"
    (table,) = read_tables(database(f"CREATE TABLE a (b BLOB); INSERT INTO a VALUES {values}"))
    assert [row[0] for row in table.rows] == [long, "张三13900139000"]


NUMBER = b"13900139000"
WIDE = NUMBER.decode().encode("utf-16-le")


@pytest.mark.parametrize(
    ("blob", "text"),
    [
        (b"\x01\x02" + NUMBER + b"\0\xff", "13900139000"),
        (b"\x01\x0b" + NUMBER + b"\0", "13900139000"),
        (b"\x0e" + NUMBER + b"\x0e13900139001\0\0", "13900139000\n13900139001"),
        ("\x06张三 0571-88123456\x01".encode(), "张三 0571-88123456"),
        (b"bplist00\xd1\x01\x02[" + NUMBER + b"\x08\xff", "[13900139000"),
        (b"\x16\xfe" + WIDE, "13900139000"),
        (b"\x16" + WIDE + b"\0\0\xff", "13900139000"),
        (WIDE, "13900139000"),
        (NUMBER.decode().encode("utf-16-be"), "13900139000"),
        (b"\x16\0" + NUMBER.decode().encode("utf-16-be") + b"\xff\xfe", "13900139000"),
        (b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(5000), ""),
        (b"\x01\x02wxid_abc12345\0\xff", ""),
    ],
)
def test_texts_with_numbers_between_other_bytes_of_a_blob_are_cells(database, blob, text):
    (table,) = read_tables(database(f"CREATE TABLE a (b BLOB, c); INSERT INTO a VALUES (x'{blob.hex()}', 1)"))
    assert [row[0] for row in table.rows] == [text]


def test_numbers_in_the_blobs_of_contacts_are_told_or_read(database, load_path):
    blobs = [b"\x01\x02nick\x00\x0b139001390%02d\xff" % at for at in range(9)]
    rows = ",".join(f"('wxid{at}', x'{blob.hex()}')" for at, blob in enumerate(blobs))
    script = "CREATE TABLE a (phone); INSERT INTO a VALUES ('13800138000');"
    report = load_path(database(f"{script} CREATE TABLE r (u, buffer BLOB); INSERT INTO r VALUES {rows}")).report
    assert report.accepted - 1 + sum(each.count for each in report.warnings) == 9


def in_memory(path):
    data = path.read_bytes()
    import io

    class Stream(io.BytesIO):
        def seekable(self):
            return False

    member = Member(path.name, path.name, len(data), lambda: Stream(data))
    return [block.rows for table in sqlite_tables(member, Report()) for block in table.blocks(0)]


def test_every_table(database):
    contacts, other, empty = read_tables(database(SCRIPT))
    assert contacts.location == "a.db table contacts"
    assert contacts.names == ["id", "手机", "n", "f", "b"]
    assert contacts.rows == [
        ["1", "13800138000", "13900139000", "13700137000", "13600136000"],
        ["2", "", "", "1.5", ""],
    ]
    assert (other.location, other.rows, empty.rows) == ('a.db table a "b', [["1"]], [])


def test_nothing_is_written_beside_the_file_even_with_a_write_ahead_log(database, tmp_path):
    path = database(SCRIPT, wal=True)
    before = path.read_bytes()
    report = Report()
    assert read_tables(path, report)[0].rows[0][1] == "13800138000"
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]
    assert path.read_bytes() == before
    assert any("-wal" in note for note in report.notes)


@pytest.mark.parametrize(("log", "told"), [(b"x", 1), (b"", 0), (None, 0)])
def test_a_log_beside_a_database_is_told(load, database, tmp_path, log, told):
    content = database("CREATE TABLE a (phone TEXT); INSERT INTO a VALUES ('13800138000');", wal=True).read_bytes()
    if log is not None:
        (tmp_path / "b.db-wal").write_bytes(log)
    warnings = load("b.db", content).report.warnings
    assert [(one.code, one.location) for one in warnings] == [("member_skipped", "b.db-wal")] * told


@pytest.mark.parametrize("wal", [False, True])
def test_a_database_in_memory(database, wal):
    assert [row[1] for row in in_memory(database(SCRIPT, wal=wal))[0]] == ["13800138000", ""]


def test_a_caller_may_leave_rows_out(database):
    rows = ",".join(f"({i})" for i in range(5_000))
    path = database(f"CREATE TABLE a (x); INSERT INTO a VALUES {rows}; CREATE TABLE b (y); INSERT INTO b VALUES (1);")
    locations = [table.location for table in sqlite_tables(Source(path).as_member(), Report())]
    assert locations == ["a.db table a", "a.db table b"]


def test_virtual_tables_are_not_run(database):
    report = Report()
    path = database("CREATE VIRTUAL TABLE f USING fts4(phone); INSERT INTO f VALUES ('13800138000');")
    found = {table.location: table for table in read_tables(path, report)}
    assert "13800138000" in found["a.db table f_content"].rows[0]
    assert "a.db table f: a virtual table, not read" in report.notes


def test_text_in_gbk(database):
    path = database("CREATE TABLE a (x TEXT); INSERT INTO a VALUES (CAST(x'D5C5C8FD' AS TEXT));")
    assert read_tables(path)[0].rows == [["张三"]]


def schema(path, sql):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema=ON")
    connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'a'", (sql,))
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE a (x, y AS (load_extension('/tmp/x.so')))",
        "CREATE TABLE a (x, y AS (randomblob(999999999)), z AS (hex(randomblob(999999999))))",
        "CREATE TABLE a (x" + ", y" * 40_000 + ")",
        "CREATE TABLE a (x, y AS (" + "(" * 5_000 + "1" + ")" * 5_000 + "))",
        "not SQL",
    ],
)
def test_a_hostile_schema(database, sql):
    path = database("CREATE TABLE a (x); INSERT INTO a VALUES (1);")
    schema(path, sql)
    started = time.monotonic()
    _, error = tables_or_error(path)
    assert not error or "the SQLite database is damaged" in error or "does not end" in error
    assert time.monotonic() - started < 60


@pytest.mark.parametrize(
    "expression",
    [
        "hex(zeroblob(50000000))",
        "length(hex(zeroblob(50000000)))",
        "replace(hex(zeroblob(4000)), '0', hex(zeroblob(4000)))",
    ],
)
def test_a_column_that_computes_large_values_is_refused_at_its_table(database, expression):
    path = database(f"CREATE TABLE a (x, y AS ({expression})); INSERT INTO a VALUES (1)")
    assert "a.db table a: has columns that the SQLite database computes" in tables_or_error(path)[1]


@pytest.mark.parametrize("added", ["y AS (hex(zeroblob(10000)))", f"y DEFAULT '{'0' * 20_000}'"])
def test_the_text_of_all_rows_is_bounded_by_the_size_of_the_database(database, monkeypatch, added):
    rows = ",".join("(1)" for _ in range(500))
    path = database(f"CREATE TABLE a (x); INSERT INTO a VALUES {rows}; ALTER TABLE a ADD COLUMN {added}")
    assert sum(len(row[1]) for row in read_tables(path)[0].rows) == 500 * 20_000
    monkeypatch.setattr(limits, "RATIO_FREE_BYTES", 1 << 20)
    assert "a.db table a: has columns that" in tables_or_error(path)[1]
    monkeypatch.setattr(limits, "MAX_RATIO", 2000)
    assert len(read_tables(path)[0].rows) == 500


def test_a_step_that_takes_any_time_is_stopped(database, monkeypatch):
    monkeypatch.setattr(limits, "MAX_COMPUTED_SECONDS", 1)
    long = "hex(zeroblob(2000000))"
    path = database("CREATE TABLE a (x); INSERT INTO a VALUES (1)")
    schema(path, f"CREATE TABLE a (x, y AS (instr({long}, substr({long}, 1, 2000000) || '1')))")
    assert "a.db table a: reading a table of the SQLite database does not end" in tables_or_error(path)[1]


@pytest.mark.parametrize("columns", ["x", "x, y AS (substr(x, 1, 11))", "x, y AS (substr(x, 1, 11)) STORED"])
def test_what_is_stored_is_read_whatever_its_length(database, monkeypatch, columns):
    monkeypatch.setattr(limits, "MAX_VALUE_BYTES", 1000)
    long = "13800138000 村 " * 10_000
    (table,) = read_tables(
        database(f"CREATE TABLE a ({columns}); INSERT INTO a VALUES ('{long}'), (CAST('{long}' AS BLOB))")
    )
    assert [row[0] for row in table.rows] == [long, long]
    assert {row[-1] for row in table.rows} <= {long, long[:11]}


def test_long_rows_are_sent_in_several_blocks(database):
    rows = ",".join("(hex(zeroblob(1000000)))" for _ in range(5))
    path = database(f"CREATE TABLE a (x); INSERT INTO a VALUES {rows}")
    table = next(sqlite_tables(Source(path).as_member(), Report()))
    assert [[len(row[0]) for row in block.rows] for block in table.blocks(0)] == [[2_000_000] * 3, [2_000_000] * 2]


@pytest.mark.parametrize("size", [16, 99, 100, 512, 4096, 5000])
def test_a_truncated_database(database, tmp_path, size):
    data = database(SCRIPT).read_bytes()[:size]
    (tmp_path / "b.db").write_bytes(data)
    with pytest.raises(IntakeError, match=r"b\.db: (the SQLite database is damaged|has no)"):
        read_tables(tmp_path / "b.db")


@hostile(25)
@given(st.integers(0, 2**63))
def test_mutations_give_tables_or_an_error(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("sqlite")
    connection = sqlite3.connect(folder / "a.db")
    connection.executescript("PRAGMA page_size=512;" + SCRIPT)
    connection.close()
    data = (folder / "a.db").read_bytes()
    path = folder / "b.db"
    _, error = assert_tables_or_refused(path, data[:16] + mutated(data[16:], seed))
    assert not error or "SQLite" in error
    assert sorted(file.name for file in folder.iterdir()) == ["a.db", "b.db"]
