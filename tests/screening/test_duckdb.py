"""The SQL of docs/operations/rescreen.md in DuckDB: the same candidates as the command's own join."""

import re

import duckdb
import pytest

from tests.support.docs.documents import ROOT
from tests.support.screening.platform import listed, user_table

PAGE = ROOT / "docs" / "operations" / "rescreen.md"


def statements():
    """The SQL blocks of DuckDB's section."""
    section = PAGE.read_text(encoding="utf-8").partition("### DuckDB")[2].partition("\n### ")[0]
    return re.findall(r"```sql\n(.*?)```", section, re.DOTALL)


@pytest.fixture
def query(platform, monkeypatch):
    """Runs a statement of the page in the directory that its paths are relative to."""

    def run(statement):
        monkeypatch.chdir(platform.folder)
        with duckdb.connect() as database:
            return database.sql(statement.replace("OUT_DIR", str(platform.out))).fetchall()

    return run


def test_the_join_gives_exactly_the_users_that_match(platform, publisher, query):
    hits = range(0, 2000, 100)
    publisher.publish(listed(hits), serial=1)
    platform.run(user_table(range(2000)))
    (join, *_) = statements()
    assert sorted(row[1] for row in query(join)) == sorted(f"u-{one}" for one in hits)
    publisher.publish(listed([3, 100]), serial=2)
    outcome = platform.run(user_table(range(2000)))
    assert outcome.elements == 0
    assert sorted(row[1] for row in query(join)) == ["u-100", "u-3"]


def test_the_join_by_ranges_gives_the_same(platform, publisher):
    publisher.publish(listed(range(0, 2000, 100)), serial=1)
    platform.run(user_table(range(2000)))
    *_, first, by_range = statements()
    with duckdb.connect() as database:
        for statement in first.replace("OUT_DIR", str(platform.out)).split(";")[:2]:
            database.execute(statement).fetchall()
        starts = range(-(2**63), 2**63, 2**60)
        found = [database.execute(by_range, [start, start + 2**60 - 1]).fetchall() for start in starts]
    assert len(found) == 16
    assert sum(map(bool, found)) > 1
    assert sorted(row[1] for rows in found for row in rows) == sorted(f"u-{one}" for one in range(0, 2000, 100))


def test_during_a_rotation_each_row_comes_once(platform, publisher, query):
    publisher.publish(listed([1, 2]), epoch=1, serial=1)
    platform.run(user_table(range(100)))
    publisher.publish(listed([1, 2, 3]), epoch=1, serial=2)
    publisher.served = (2, 1)
    publisher.publish(listed([1, 2, 3]), epoch=2, serial=3)
    outcome = platform.run(user_table(range(100)))
    assert outcome.moved == 100
    platform.run(user_table(range(100)))
    assert sorted(query(statements()[0])) == sorted(query(statements()[0]))
    assert sorted(row[1] for row in query(statements()[0])) == ["u-1", "u-2", "u-3"]


def test_the_results_can_be_read(platform, publisher, query):
    publisher.publish(listed([1, 2]), serial=1)
    platform.run(user_table(range(100)))
    rows = query(statements()[1])
    assert [row[:2] for row in rows] == [("new", "u-1"), ("new", "u-2")]
