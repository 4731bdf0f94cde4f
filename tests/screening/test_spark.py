"""The Spark snippet of docs/operations/rescreen.md on a local Spark, where pyspark, pandas and Java are installed.

They are no dependency of development (pyspark has 500 MB); tests/screening/test_arrow_batches.py has the function with plain iterators.
"""

import re
import shutil

import pytest

from tests.support.docs.documents import ROOT
from tests.support.screening.platform import listed, user_table

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("default"),  # those of Spark are its own
    pytest.mark.skipif(shutil.which("java") is None, reason="needs Java"),
]


@pytest.fixture
def spark(monkeypatch, tmp_path):
    pytest.importorskip("pandas")
    sql = pytest.importorskip("pyspark.sql")
    monkeypatch.chdir(tmp_path)
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "200",
    }
    builder = sql.SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def snippet():
    text = (ROOT / "docs" / "operations" / "rescreen.md").read_text(encoding="utf-8")
    names = {}
    exec(re.search(r"```python\n(from functools.*?)```", text, re.DOTALL)[1], names)
    return names


def test_exactly_the_listed_users(platform, publisher, spark):
    publisher.publish(listed(range(0, 1000, 100)), serial=1)
    platform.sync()
    names, job, tokens = snippet(), platform.job(), str(platform.folder / "tokens")
    rows = [(row["user"], row["number"]) for row in user_table(range(1000)).to_pylist()] + [("bad", "12")]
    users = spark.createDataFrame(rows, "user string, number string").repartition(3)
    written = str(platform.folder / "joins.parquet")
    names["evaluate"](users, job, tokens).write.parquet(written)
    joins = spark.read.parquet(written)
    assert [row.user for row in joins.where("reason is not null").collect()] == ["bad"]
    assert joins.where("join_key is not null").count() == 1000
    candidates = names["candidates"](spark, joins, job)
    users_of = {bytes(row.row_id): row.user for row in candidates.collect()}
    hits = names["hits"](candidates, job, tokens)
    found = sorted(users_of[row] for row in hits.column("row_id").to_pylist())
    assert found == sorted(f"u-{one}" for one in range(0, 1000, 100))
