"""Reports of platforms as they were received, and the signed answers to them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("platform", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.Integer, nullable=False),
        sa.Column("quarter", sa.String(7), nullable=False),
        sa.Column("received", sa.Date, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint("platform", "case_id", "quarter", name="report_case_quarter"),
    )
    op.create_table(
        "report_answer",
        sa.Column("platform", sa.String(64), primary_key=True),
        sa.Column("report", sa.String(32), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for table in ("report_answer", "report"):
        op.drop_table(table)
