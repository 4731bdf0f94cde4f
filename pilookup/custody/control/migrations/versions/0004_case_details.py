"""Texts of each dataset for cases.json, the day of their last change, and the day on which a dataset expires."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dataset", sa.Column("details", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("dataset", sa.Column("details_updated_on", sa.Date))
    op.add_column("dataset", sa.Column("expires_on", sa.Date))


def downgrade() -> None:
    op.drop_column("dataset", "expires_on")
    op.drop_column("dataset", "details_updated_on")
    op.drop_column("dataset", "details")
