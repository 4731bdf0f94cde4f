"""`screen`, the function of Spark's mapInArrow, with plain iterators; its job crosses to another process."""

import pickle
from functools import partial

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from pilookup.errors import ScreenError
from pilookup.screening import EvaluatorJob, LocalKey, open_candidates, release_table, screen
from pilookup.screening.join_keys import row_bytes
from pilookup.screening.tables import EVALUATED_TABLE
from pilookup.screening.token_file import open_tokens
from tests.support.checking.server import Answer
from tests.support.screening.platform import listed, number, user_table


@pytest.fixture
def function(platform, publisher):
    """What is given to mapInArrow, after it was sent to an executor."""
    publisher.publish(listed(range(0, 300, 100)), serial=1)
    platform.sync()
    return pickle.loads(pickle.dumps(partial(screen, job=platform.job(), tokens=platform.folder / "tokens")))


def batches(indices, size=100):
    return iter(user_table(indices).to_batches(size))


def test_each_row_has_the_join_key_that_a_screening_gives_it(platform, function):
    rows = pa.Table.from_batches(list(function(batches(range(300)))), EVALUATED_TABLE)
    platform.run(user_table(range(300)))
    parts = [pa.parquet.read_table(path) for path in (platform.out / "joins" / "epoch=1").iterdir()]
    expected = {tuple(row.values()) for part in parts for row in part.to_pylist()}
    assert {(row["row_id"], row["user"], row["join_key"]) for row in rows.to_pylist()} == expected
    assert set(rows.column("epoch").to_pylist()) == {1}


def test_tokens_are_in_place_before_their_batch_is_yielded_and_a_retry_replaces_them(platform, function):
    key, folder = LocalKey.read(platform.key), platform.folder / "tokens" / "epoch=1"
    for tries in range(2):
        for done, batch in enumerate(function(batches(range(200))), 1):
            files = sorted(folder.iterdir())
            assert len(files) == (done if tries == 0 else 2)
            opened = [open_tokens(key, "platform", 1, path.read_bytes()) for path in files]
            assert set(batch.column("row_id").to_pylist()) in [set(row_bytes(one.rows)) for one in opened]


def test_no_more_batches_are_taken_than_are_evaluated(function):
    taken = []

    def counted():
        for batch in batches(range(300)):
            taken.append(batch)
            yield batch

    rows = function(counted())
    next(rows)
    assert len(taken) == 1


def test_a_row_without_a_number_has_a_reason_and_nothing_else(function):
    users = pa.table({"user": ["a", "b", "c"], "number": [number(1), "13", number(1)]})
    rows = [row for batch in function(users.to_batches()) for row in batch.to_pylist()]
    assert [row["user"] for row in rows] == ["a", "c", "b"]
    assert rows[2] == {"row_id": None, "user": "b", "epoch": None, "join_key": None, "reason": "too_short"}


class Stream:
    """Anything with `__arrow_c_stream__`, such as a DataFrame of Polars or a relation of DuckDB."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


def test_anything_with_an_arrow_stream_goes_in(platform, function):
    assert sum(batch.num_rows for batch in function(Stream(user_table(range(20))))) == 20
    assert platform.run(Stream(user_table(range(20)))).evaluated == 20


def test_a_batch_that_fails_is_an_error_and_those_before_are_right(host, function):
    host.twist = lambda asked, answer: Answer(503) if len(host.evaluations()) > 1 else answer
    rows = function(batches(range(300)))
    assert next(rows).num_rows == 100
    with pytest.raises(ScreenError, match="the evaluator failed") as caught:
        next(rows)
    assert caught.value.reason == "server_error"
    assert pickle.loads(pickle.dumps(caught.value)).reason == "server_error"


@pytest.mark.parametrize(
    "options", [{"channel": "public"}, {"budget": 0}, {"max_wait": -1}, {"max_wait": float("nan")}]
)
def test_jobs_that_are_not_valid(options):
    with pytest.raises(ValueError, match=":"):
        EvaluatorJob("https://check.example", b"", "screen.key", "mirror", **options)


def test_a_job_shows_no_key():
    assert "secret" not in repr(EvaluatorJob("https://check.example", b"", "screen.key", "mirror", token="secret"))


def test_a_join_in_a_warehouse_and_its_candidates(platform, publisher, function):
    """Rows of `screen` and of `release_table` are joined in DuckDB, and the candidates are opened."""
    rows = pa.Table.from_batches(list(function(batches(range(300)))), EVALUATED_TABLE)
    release = release_table(platform.job())
    assert set(release.column("serial").to_pylist()) == {1}
    with duckdb.connect() as database:
        database.register("rows", rows)
        database.register("release", release)
        found = database.sql("SELECT row_id FROM rows SEMI JOIN release USING (epoch, join_key)").fetchall()
    candidates, tokens = [row_id for (row_id,) in found], platform.folder / "tokens"
    hits = open_candidates([*candidates, *candidates], platform.job(), tokens)
    users = dict(zip(rows.column("row_id").to_pylist(), rows.column("user").to_pylist(), strict=True))
    assert sorted(users[row] for row in hits.column("row_id").to_pylist()) == ["u-0", "u-100", "u-200"]
    assert hits.to_pylist()[0] | {"row_id": b""} == {
        "row_id": b"", "serial": 1, "exposed": False, "malicious": True, "accounts": 3, "last_seen": "2025-06",
        "cases": [4], "more": False,
    }  # fmt: skip
    every = open_candidates(users, platform.job(), tokens)
    assert every.num_rows == 3, "a collision of join keys is no hit"
    assert open_candidates([], platform.job(), tokens).num_rows == 0
    with pytest.raises(ScreenError, match="no token of 1 candidates"):
        open_candidates([bytes(16)], platform.job(), tokens)
