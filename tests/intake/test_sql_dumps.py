"""Dumps of databases: the values of INSERT and COPY, with the names of their columns, whatever the dialect."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody.intake.tables import sql_text
from pilookup.errors import IntakeError
from tests.support.intake.examples import hostile
from tests.support.intake.tables import assert_tables_or_refused, mutated, read_tables


@pytest.fixture
def tables(tmp_path):
    def read(content, name="a.sql"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_tables(path)

    return read


def test_mysql(tables):
    users, logs = tables(
        "-- MySQL dump 10.13; it's a comment\n/*!40101 SET NAMES utf8 */;\nDROP TABLE IF EXISTS `user`;\n"
        "CREATE TABLE `user` (\n  `id` int(11) NOT NULL COMMENT 'a, (b)',\n  `mobile` varchar(20) DEFAULT '',\n `note` text,\n"
        "  PRIMARY KEY (`id`),\n  KEY `m` (`mobile`)\n) ENGINE=InnoDB;\nLOCK TABLES `user` WRITE;\n"
        "/*!40000 ALTER TABLE `user` DISABLE KEYS */;\n"
        "INSERT INTO `user` VALUES (1,'13800138000','it\\'s; (a), ''b'''),(2,NULL,'x\\\\'),\n(3,'13900139000','-- no');\n"
        "INSERT INTO `log` (`a`, `b`) VALUES (0x31333830, _utf8mb4'13700137000');\nUNLOCK TABLES;\n"
    )
    assert users.location == "a.sql user"
    assert users.names == ["id", "mobile", "note"]
    assert users.rows == [["1", "13800138000", "it's; (a), 'b'"], ["2", "", "x\\"], ["3", "13900139000", "-- no"]]
    assert logs.dicts() == [{"a": "1380", "b": "13700137000"}]


def test_postgresql(tables):
    copied, inserted = tables(
        "--\n-- PostgreSQL database dump\n--\nSET standard_conforming_strings = on;\n"
        "CREATE TABLE public.person (\n    id integer,\n    \"Phone\" text DEFAULT 'x'::text,\n    CONSTRAINT p CHECK ((id > 0))\n);\n"
        'COPY public.person (id, "Phone", note) FROM stdin;\n1\t13800138000\ta\\tb\\\\\n2\t\\N\t\\N\n\\.\n\n'
        "INSERT INTO public.other VALUES (1, 'C:\\', E'it\\'s', '13900139000'::text);\n"
    )
    assert copied.dicts() == [{"id": "1", "Phone": "13800138000", "note": "a\tb\\"}, {"id": "2"}]
    assert (inserted.names, inserted.rows) == (None, [["1", "C:\\", "it's", "13900139000"]])


def test_sql_server(tables):
    content = (
        "USE [x]\r\nGO\r\nSET ANSI_NULLS ON\r\nGO\r\nCREATE TABLE [dbo].[u](\r\n\t[id] [int] NOT NULL,\r\n\t[phone] [nvarchar](50) NULL,\r\n"
        " CONSTRAINT [PK] PRIMARY KEY CLUSTERED ([id] ASC)\r\n) ON [PRIMARY]\r\nGO\r\nSET IDENTITY_INSERT [dbo].[u] ON \r\n"
        "INSERT [dbo].[u] ([id], [phone], [at]) VALUES (1, N'13800138000', CAST(N'2024-01-01T00:00:00.000' AS DateTime))\r\n"
        "INSERT [dbo].[u] ([id], [phone], [at]) VALUES (2, N'a\\', CAST(0x0000A2 AS DateTime))\r\nGO\r\n"
    )
    (table,) = tables(content.encode("utf-16"))
    assert table.dicts() == [
        {"id": "1", "phone": "13800138000", "at": "2024-01-01T00:00:00.000"},
        {"id": "2", "phone": "a\\", "at": "CAST(0x0000A2 AS DateTime)"},
    ]


def test_oracle_and_sqlite(tables):
    (table,) = tables(
        "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nInsert into T (A,B) values ('13800138000',to_date('2024-01-01','yyyy'));\n"
        "INSERT INTO \"T\" (A,B) VALUES('13900139000',X'3133');\nINSERT ALL\n INTO T (A, B) VALUES ('1', '2')\n INTO T (A, B) VALUES ('3', '4')\nSELECT 1 FROM dual;\n"
    )
    assert table.dicts() == [
        {"A": "13800138000", "B": "2024-01-01\nyyyy"},
        {"A": "13900139000", "B": "13"},
        {"A": "1", "B": "2"},
        {"A": "3", "B": "4"},
    ]


HEX = b"13800138000".hex()


@pytest.mark.parametrize(
    "dump",
    [
        f"INSERT INTO t (a, b) VALUES (1, '\\x{HEX}');\n",
        f"SET statement_timeout = 0;\n-- PostgreSQL\nINSERT INTO t (a, b) VALUES (1, '\\x{HEX.upper()}');\n",
        f"INSERT INTO t (a, b) VALUES (1, E'\\\\x{HEX}');\n",
        f"INSERT INTO t (a, b) VALUES (1, '\\x{HEX}'::bytea);\n",
        f"COPY t (a, b) FROM stdin;\n1\t\\\\x{HEX}\n\\.\n",
        f"COPY t (a, b) FROM stdin WITH (FORMAT csv);\n1,\\x{HEX}\n\\.\n",
    ],
)
def test_bytes_of_postgresql_that_are_text(tables, dump):
    (table,) = tables(dump)
    assert table.dicts() == [{"a": "1", "b": "13800138000"}]


def test_bytes_of_postgresql_that_are_no_text(tables):
    (table,) = tables("COPY t (a, b, c) FROM stdin;\n\\\\xff00\t\\\\x123\t\\\\xyz\n\\.\n")
    assert table.dicts() == [{"a": "\\xff00", "b": "\\x123", "c": "\\xyz"}]


@pytest.mark.parametrize("literal", ["0x{}", "X'{}'", "'\\x{}'"])
def test_bytes_that_are_a_long_text(tables, literal):
    text = "called 13800138000," * 2_000
    (table,) = tables(f"INSERT INTO t (a) VALUES ({literal.format(text.encode().hex())});\n")
    assert table.column("a") == [text]


def test_other_forms_of_insert(tables):
    (table,) = tables(
        "INSERT INTO t SET phone='13800138000', name = 'a';\nINSERT IGNORE INTO t(phone,name)\nVALUES\n('13900139000','b') ON DUPLICATE KEY UPDATE x=1;\n"
        "INSERT INTO t(phone, name) SELECT '13700137000', N'c' UNION ALL SELECT '13600136000' AS p, 'd';\nREPLACE INTO db.t (`phone`) VALUES (13500135000)"
    )
    assert table.dicts() == [
        {"phone": "13800138000", "name": "a"},
        {"phone": "13900139000", "name": "b"},
        {"phone": "13700137000", "name": "c"},
        {"phone": "13600136000", "name": "d"},
        {"phone": "13500135000"},
    ]


def test_tables_that_alternate(tables):
    first, second = tables(
        "".join(f"INSERT INTO a (x) VALUES ({i});\nINSERT INTO b (y) VALUES ({-i});\n" for i in range(50))
    )
    assert (first.column("x"), second.column("y")) == ([str(i) for i in range(50)], [str(-i) for i in range(50)])
    assert first.lines == second.lines == list(range(1, 51))


def test_numbers_in_other_statements_are_rows_of_text(tables):
    _, other = tables(
        "INSERT INTO t (a) VALUES (1);\nDELETE FROM u WHERE phone='13800138000';\n-- ask 13900139000\nDELETE FROM x;\n"
        "UPDATE u SET a = 1 WHERE phone='13700137000';"
    )
    assert [row[0].strip() for row in other.rows] == [
        "DELETE FROM u WHERE phone='13800138000';",
        "-- ask 13900139000",
        "WHERE phone='13700137000';",
    ]


@pytest.mark.parametrize("number", ["13800138000", "0571-87654321", "057187654321", "+8613800138000", "(010) 62345678"])
def test_the_values_that_an_update_sets(tables, number):
    insert, updates = tables(
        "INSERT INTO t (a, phone) VALUES (1, '13700137000');\nUPDATE t SET seen='2024-01-02 03:04:05' WHERE a=1;\n"
        f"update only db.t as x set phone = '{number}', a=2 where a=1;\nUPDATE `t` SET `phone`='{number}';\n"
    )
    assert insert.column("phone") == ["13700137000"]
    assert updates.dicts() == [{"phone": number, "a": "2"}, {"phone": number}]


def test_a_backslash_before_the_last_quote_of_an_unknown_dialect(tables):
    (table,) = tables(
        "INSERT INTO t (a,b,c) VALUES ('x\\', 'y', '13800138000');\nINSERT INTO t (a,b,c) VALUES ('1', '2\\', '3');"
    )
    assert table.rows == [["x\\", "y", "13800138000"], ["1", "2\\", "3"]]


def test_more_values_than_columns(tables):
    (table,) = tables("INSERT INTO t (a) VALUES (1, '13800138000');")
    assert table.dicts() == [{"a": "1", "column 2": "13800138000"}]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings(tables, codec):
    assert tables("INSERT INTO 用户 (姓名) VALUES ('张三\\');".replace("\\", "").encode(codec))[0].dicts() == [
        {"姓名": "张三"}
    ]


@pytest.mark.parametrize(
    "content", ["INSERT INTO t VALUES (1, 'abc", "INSERT INTO t VALUES (1, f(2", "INSERT INTO t VALUES (1,"]
)
def test_a_row_that_does_not_end(tables, content):
    with pytest.raises(IntakeError, match=r"a\.sql line 2: a row of values does not end"):
        tables("-- x\n" + content)


def test_a_dump_without_rows(tables):
    with pytest.raises(IntakeError, match="has no records"):
        tables("CREATE TABLE t (a int);\n")


def test_a_row_that_is_too_long(tables, monkeypatch):
    monkeypatch.setattr(sql_text, "MAX_ROW_CHARS", 1 << 20)
    with pytest.raises(IntakeError, match=r"a row is over|does not end, or has"):
        tables("INSERT INTO t VALUES ('" + "x" * (5 << 20) + "');")


HOSTILE = {
    "many quotes": "INSERT INTO t VALUES (" + "'" * 300_001,
    "many brackets": "INSERT INTO t VALUES " + "(" * 300_000,
    "many comments": "/*" * 200_000,
    "many backslashes": "INSERT INTO t VALUES ('" + "\\" * 300_001,
    "many names": "INSERT INTO " + "a." * 200_000 + "t VALUES (1)",
    "many columns": "INSERT INTO t (" + "a," * 200_000 + "b) VALUES (1)",
    "a table that does not end": "CREATE TABLE t (" + "a int, " * 200_000,
    "spaces": "INSERT INTO t" + " " * 500_000,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_dumps_end_soon(tmp_path, what):
    started = time.monotonic()
    assert_tables_or_refused(tmp_path / "a.sql", ("INSERT INTO t VALUES (1);\n" + HOSTILE[what]).encode())
    assert time.monotonic() - started < 30


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=8), st.booleans(), st.integers(8, 300))
def test_every_literal_is_read_back(tmp_path_factory, rows, mysql, size):
    def literal(text):
        text = text.replace("\\", "\\\\") if mysql else text
        return "'" + text.replace("'", "\\'" if mysql else "''") + "'"

    start = "-- MySQL dump\n" if mysql else "-- PostgreSQL database dump\n"
    values = [f"({', '.join(map(literal, row))})" for row in rows]
    content = start + "INSERT INTO t (a, b, c) VALUES " + ",\n".join(values) + ";\nINSERT INTO t (a) VALUES (1);\n"
    path = tmp_path_factory.mktemp("sql") / "a.sql"
    path.write_bytes(content.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql_text, "_BLOCK_CHARS", size)
        patch.setattr(sql_text, "_AHEAD_CHARS", 200)
        found = {table.location: table for table in read_tables(path)}
    table = next(table for table in found.values() if table.names == ["a", "b", "c"])
    assert table.rows == [*(row for row in rows if "".join(row).strip()), ["1", "", ""]]


@hostile(300)
@given(st.integers(0, 2**63))
def test_mutations_give_tables_or_an_error(tmp_path_factory, seed):
    content = (
        b"CREATE TABLE `t` (`a` int, `b` text);\nINSERT INTO `t` VALUES (1,'13800138000'),(2,f('x\\'',0x31));\n"
        b"COPY u (a) FROM stdin;\n1\t2\n\\.\nINSERT INTO v SET a='1', b=2;\n"
    )
    assert_tables_or_refused(tmp_path_factory.mktemp("sql") / "a.sql", mutated(content, seed))


def test_texts_with_numbers_in_hexadecimal_values_are_cells(load):
    values = [b"\x01\x02nick\x00\x0b13900139000\xff", "13900139001 村".encode() + b" " * 300, b"\xff\xd8\xff\xe0JFIF"]
    rows = "".join(f"INSERT INTO a VALUES ('13800138000', X'{value.hex()}');\n" for value in values)
    outcome = load("a.sql", f"CREATE TABLE a (phone text, data blob);\n{rows}")
    told = sum(each.count for each in outcome.report.warnings if each.column == 2)
    assert len({"8613900139000", "8613900139001"} & {*outcome.numbers}) + told == 2
