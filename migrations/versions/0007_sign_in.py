"""The counts of wrong passwords at sign-in."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sign_in_tries",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("origin", sa.Text, primary_key=True),
        # each try sweeps some rows in which all is forgiven
        sa.Column("forgiven_at", AT, nullable=False, index=True),
        sa.Column("not_before", AT, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("sign_in_tries")
