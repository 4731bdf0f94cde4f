"""The tables of the service database. `migrations/` has the revisions that lead to them."""

from sqlalchemy import BigInteger, Column, Date, Integer, MetaData, String, Table, Text, UniqueConstraint

metadata = MetaData()

epoch_count = Table(
    "epoch_count",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("evaluated", BigInteger, nullable=False),
)
"""Elements that were evaluated in an epoch, or that a server has taken in advance."""

file_count = Table(
    "file_count",
    metadata,
    Column("source", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("evaluated", BigInteger, nullable=False),
)
"""How much of `evaluated.json` of each HOME is contained in `epoch_count`."""

platform_usage = Table(
    "platform_usage",
    metadata,
    Column("day", Date, primary_key=True),
    Column("platform", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("elements", BigInteger, nullable=False),
)
"""What the holder of a token had evaluated on a day (UTC); the holder is half of the token's SHA-256."""

report = Table(
    "report",
    metadata,
    Column("platform", String(64), primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("case_id", Integer, nullable=False),
    Column("quarter", String(7), nullable=False),
    Column("received", Date, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("platform", "case_id", "quarter", name="report_case_quarter"),
)
"""Reports as they were received: canonical JSON in `body`, and the day (UTC). There is one a case and quarter."""

report_answer = Table(
    "report_answer",
    metadata,
    Column("platform", String(64), primary_key=True),
    Column("report", String(32), primary_key=True),
    Column("body", Text, nullable=False),
)
"""Answers of custody as it signed them."""
