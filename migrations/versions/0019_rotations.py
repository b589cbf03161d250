"""A base rotation that was changed or emptied is kept, with the time for which it held: the past stays as it was.

The rotation that stands keeps its row, as the version that still runs reads it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # null: as long as there has been a roster
    op.add_column("rotations", sa.Column("since", AT))
    op.create_table(
        "past_rotations",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        # the roster of a desk is read whole
        sa.Column("desk", sa.String(20), nullable=False, index=True),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("anchor_at", AT, nullable=False),
        sa.Column("shift_hours", sa.Integer, nullable=False),
        sa.Column("turns", JSONB, nullable=False),
        sa.Column("since", AT),
        sa.Column("until", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=False),
        sa.Column("ended_by", JSONB, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("past_rotations")
    op.drop_column("rotations", "since")
