"""A contact test may be a code to one number; when somebody was reached is read from what happened and kept nowhere else."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "contact_tests", sa.Column("method_id", sa.BigInteger, sa.ForeignKey("contact_methods.id"), index=True)
    )
    op.drop_column("contact_methods", "proven_at")
    op.drop_column("contact_methods", "proven_by")


def downgrade() -> None:
    op.add_column("contact_methods", sa.Column("proven_by", sa.String(20)))
    op.add_column("contact_methods", sa.Column("proven_at", sa.DateTime(timezone=True)))
    op.drop_index("ix_contact_tests_method_id", "contact_tests")
    op.drop_column("contact_tests", "method_id")
