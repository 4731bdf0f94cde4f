"""The slots of each epoch's first snapshot, which bound those of its later ones. Unknown for earlier epochs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("epoch", sa.Column("first_slots", sa.Integer))


def downgrade() -> None:
    op.drop_column("epoch", "first_slots")
