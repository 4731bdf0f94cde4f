"""Platforms, their keys, their counts in epochs, and the purpose of what is counted by day."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_USAGE = "day, platform, channel, requests, elements"


def upgrade() -> None:
    op.create_table(
        "platform",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("users", sa.BigInteger, nullable=False),
        sa.Column("added", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "platform_key",
        sa.Column("id", sa.String(8), primary_key=True),
        sa.Column("platform", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(4), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=True),
        sa.Column("revoked", sa.BigInteger, nullable=True),
    )
    op.create_table(
        "platform_epoch",
        sa.Column("platform", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("purpose", sa.String(16), primary_key=True),
        sa.Column("epoch", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("evaluated", sa.BigInteger, nullable=False),
        sa.Column("warned", sa.BigInteger, nullable=True),
    )
    # SQLite cannot change a primary key. What was counted before the purpose was known counts as screening.
    op.execute("CREATE TABLE platform_usage_before AS SELECT * FROM platform_usage")
    op.drop_table("platform_usage")
    _create_usage(sa.Column("purpose", sa.String(16), primary_key=True))
    op.execute(
        f"INSERT INTO platform_usage ({_USAGE}, purpose) SELECT {_USAGE}, 'screening' FROM platform_usage_before"
    )
    op.drop_table("platform_usage_before")


def downgrade() -> None:
    op.execute(
        "CREATE TABLE platform_usage_after AS SELECT day, platform, channel, SUM(requests) AS requests, "
        "SUM(elements) AS elements FROM platform_usage GROUP BY day, platform, channel"
    )
    op.drop_table("platform_usage")
    _create_usage()
    op.execute(f"INSERT INTO platform_usage ({_USAGE}) SELECT {_USAGE} FROM platform_usage_after")
    op.drop_table("platform_usage_after")
    for table in ("platform_epoch", "platform_key", "platform"):
        op.drop_table(table)


def _create_usage(*purpose: sa.Column[str]) -> None:
    op.create_table(
        "platform_usage",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("platform", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        *purpose,
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("elements", sa.BigInteger, nullable=False),
    )
