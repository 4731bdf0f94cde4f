"""The tables of the service database. `migrations/` has the revisions that lead to them."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

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
"""What a server of a former version counted on a day (UTC); the holder of a token is half of its SHA-256."""

platform_day = Table(
    "platform_day",
    metadata,
    Column("day", Date, primary_key=True),
    Column("platform", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("purpose", String(16), primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("elements", BigInteger, nullable=False),
)
"""What a platform had evaluated on a day (UTC)."""

platform = Table(
    "platform",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("users", BigInteger, nullable=False),
    Column("added", BigInteger, nullable=False),
)
"""The registered platforms, the number of users that each has declared, and the POSIX time when it was added."""

platform_key = Table(
    "platform_key",
    metadata,
    Column("id", String(8), primary_key=True),
    Column("platform", String(32), nullable=False),
    Column("kind", String(4), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=True),
    Column("revoked", BigInteger, nullable=True),
)
"""Keys of platforms: the SHA-256 of each secret, and POSIX times."""

platform_epoch = Table(
    "platform_epoch",
    metadata,
    Column("platform", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("purpose", String(16), primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("evaluated", BigInteger, nullable=False),
    Column("warned", BigInteger, nullable=True),
)
"""Elements of a platform that were evaluated in an epoch, or that a server has taken in advance; and the POSIX time
when the operator was told that most of the quota is used."""

notice = Table(
    "notice",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("serial", BigInteger, primary_key=True, autoincrement=False),
    Column("datasets", Text, nullable=False),
    Column("manifest", String(200), nullable=False),
    Column("created", BigInteger, nullable=False),
)
"""The newest notices of each channel. `datasets` is a JSON list of ids."""

notice_target = Table(
    "notice_target",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("secret_id", String(32), nullable=False),
    Column("key_check", String(16), nullable=False),
    Column("url", String(2048), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("added", BigInteger, nullable=False),
    Column("paused", BigInteger, nullable=True),
    Column("paused_because", String(32), nullable=True),
)
"""Who is told of the releases of a channel. `secret_id` and a key that is not in the database give the secret."""

notice_delivery = Table(
    "notice_delivery",
    metadata,
    Column("target", String(32), primary_key=True),
    Column("delivered", BigInteger, nullable=False),
    Column("delivered_at", BigInteger, nullable=True),
    Column("attempts", BigInteger, nullable=False),
    Column("failing_since", BigInteger, nullable=True),
    Column("fault", String(64), nullable=True),
    Column("next_at", BigInteger, nullable=False),
    Column("taken_until", BigInteger, nullable=False),
    Column("taken_by", String(32), nullable=False),
)
"""The delivery to each target: the serial delivered last, and who delivers now. Times are POSIX seconds."""

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

platform_fetch = Table(
    "platform_fetch",
    metadata,
    Column("platform", String(32), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("serial", BigInteger, nullable=False),
    Column("day", Date, nullable=False),
)
"""The highest serial of a channel whose manifest a platform fetched, and the day (UTC) on which it first did."""
