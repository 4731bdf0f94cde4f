"""Notices, the targets that they are delivered to, and the state of each target's delivery."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("serial", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("datasets", sa.Text, nullable=False),
        sa.Column("manifest", sa.String(200), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "notice_target",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("secret_id", sa.String(32), nullable=False),
        sa.Column("key_check", sa.String(16), nullable=False),
        sa.Column("url", sa.String(2048), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("added", sa.BigInteger, nullable=False),
        sa.Column("paused", sa.BigInteger, nullable=True),
        sa.Column("paused_because", sa.String(32), nullable=True),
    )
    op.create_table(
        "notice_delivery",
        sa.Column("target", sa.String(32), primary_key=True),
        sa.Column("delivered", sa.BigInteger, nullable=False),
        sa.Column("delivered_at", sa.BigInteger, nullable=True),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("failing_since", sa.BigInteger, nullable=True),
        sa.Column("fault", sa.String(64), nullable=True),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("taken_until", sa.BigInteger, nullable=False),
        sa.Column("taken_by", sa.String(32), nullable=False),
    )


def downgrade() -> None:
    for table in ("notice_delivery", "notice_target", "notice"):
        op.drop_table(table)
