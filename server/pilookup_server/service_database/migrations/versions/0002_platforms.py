"""Platforms, their keys, their counts in epochs, and what they had evaluated by day and purpose.

`platform_usage` stays as it is: a server of the former version, which counts in it, may run beside one of this version.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


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
    op.create_table(
        "platform_day",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("platform", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("purpose", sa.String(16), primary_key=True),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("elements", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for table in ("platform_day", "platform_epoch", "platform_key", "platform"):
        op.drop_table(table)
