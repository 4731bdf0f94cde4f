"""Warnings of each load, by code and count. Loads from before this revision have none."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("load", sa.Column("warnings", sa.JSON, nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("load", "warnings")
