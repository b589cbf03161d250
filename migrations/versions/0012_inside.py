"""Duties to one's own side: owed without a message to another desk, and ticked off when the call was made."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COLUMNS = ("incident", "who", "tells", "role", "agreement", "clause", "occasion")
NAME = "obligations_incident_who_tells_role_agreement_clause_occasi_key"
"""As the database named it, cut to its length."""


def upgrade() -> None:
    op.alter_column("obligations", "notification_id", existing_type=sa.BigInteger, nullable=True)
    op.add_column("obligations", sa.Column("told_at", sa.DateTime(timezone=True)))
    op.add_column("obligations", sa.Column("told_by", sa.dialects.postgresql.JSONB))
    op.drop_constraint(NAME, "obligations")
    op.create_unique_constraint("obligations_once", "obligations", [*COLUMNS, "kind"])


def downgrade() -> None:
    op.execute("delete from obligations where notification_id is null")  # the tables before this step cannot hold them
    op.drop_constraint("obligations_once", "obligations")
    op.create_unique_constraint(NAME, "obligations", list(COLUMNS))
    op.drop_column("obligations", "told_by")
    op.drop_column("obligations", "told_at")
    op.alter_column("obligations", "notification_id", existing_type=sa.BigInteger, nullable=False)
