"""The highest serial that each platform fetched."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "platform_fetch",
        sa.Column("platform", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("serial", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("platform_fetch")
