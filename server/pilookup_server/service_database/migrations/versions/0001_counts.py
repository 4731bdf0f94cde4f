"""Counts of epochs, what was taken over from files, and the usage of platforms."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "epoch_count",
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("epoch", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("evaluated", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "file_count",
        sa.Column("source", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("epoch", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("evaluated", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "platform_usage",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("platform", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("elements", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for table in ("platform_usage", "file_count", "epoch_count"):
        op.drop_table(table)
