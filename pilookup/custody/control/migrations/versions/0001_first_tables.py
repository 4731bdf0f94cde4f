"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dataset",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("slug", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("title_zh", sa.String(200), nullable=False),
        sa.Column("title_en", sa.String(200), nullable=False),
        sa.Column("seized_on", sa.Date),
        sa.Column("sensitive", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("withdrawn_at", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "load",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("dataset_id", sa.Integer, sa.ForeignKey("dataset.id"), nullable=False, index=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("committed_at", sa.DateTime, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("accepted", sa.BigInteger, nullable=False),
        sa.Column("distinct", sa.BigInteger, nullable=False),
        sa.Column("duplicates", sa.BigInteger, nullable=False),
        sa.Column("rejected", sa.JSON, nullable=False),
    )
    op.create_table(
        "channel",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("profile", sa.String(16), nullable=False),
        sa.Column("next_serial", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "epoch",
        sa.Column("channel", sa.String(32), sa.ForeignKey("channel.name"), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("serves_until", sa.DateTime),
        sa.Column("destroyed_at", sa.DateTime),
        sa.Column("removals_seen", sa.BigInteger, nullable=False),
        sa.Column("serial", sa.BigInteger),
    )
    op.create_table(
        "vault_state",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("removals", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for table in ("vault_state", "epoch", "channel", "load", "dataset"):
        op.drop_table(table)
