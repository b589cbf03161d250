"""Numbers that were said to be wrong, and calls to intakes that are too near for any message."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("contact_methods", sa.Column("wrong_at", AT))
    op.create_table(
        "intake_calls",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        # the call board reads the calls of one incident
        sa.Column("incident", sa.BigInteger, nullable=False, index=True),
        sa.Column("site", sa.BigInteger, nullable=False),
        sa.Column("desk", sa.String(20), nullable=False),
        sa.Column("says", sa.String(12), nullable=False),
        sa.Column("contact_id", sa.BigInteger, sa.ForeignKey("contacts.id")),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("stated_at", AT, nullable=False),
        sa.Column("typed_at", AT, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("intake_calls")
    op.drop_column("contact_methods", "wrong_at")
