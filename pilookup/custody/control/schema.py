"""The tables of the control database. `migrations/` has the revisions that lead to them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

dataset = Table(
    "dataset",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("slug", String(64), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("title_zh", String(200), nullable=False),
    Column("title_en", String(200), nullable=False),
    Column("seized_on", Date),
    Column("sensitive", Boolean, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("withdrawn_at", DateTime),
    Column("details", JSON, nullable=False, server_default="{}"),
    Column("details_updated_on", Date),
    Column("expires_on", Date),
    sqlite_autoincrement=True,
)

load = Table(
    "load",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("dataset_id", Integer, ForeignKey("dataset.id"), nullable=False, index=True),
    Column("digest", String(64), nullable=False),
    Column("committed_at", DateTime, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),
    Column("distinct", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("rejected", JSON, nullable=False),
    Column("warnings", JSON, nullable=False, server_default="{}"),
)

channel = Table(
    "channel",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("profile", String(16), nullable=False),
    Column("next_serial", BigInteger, nullable=False),
)

epoch = Table(
    "epoch",
    metadata,
    Column("channel", String(32), ForeignKey("channel.name"), primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("started_at", DateTime, nullable=False),
    Column("serves_until", DateTime),
    Column("destroyed_at", DateTime),
    Column("removals_seen", BigInteger, nullable=False),
    Column("serial", BigInteger),
    Column("first_slots", Integer),
)

vault_state = Table(
    "vault_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("removals", BigInteger, nullable=False),
)

report = Table(
    "report",
    metadata,
    Column("platform", String(64), primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("received", Date, nullable=False),
    Column("imported_at", DateTime, nullable=False),
    Column("body", Text, nullable=False),
    Column("answer", Text),
)
