"""Rules of grades and limits, signed acts, alerts of clocks; the clocks of incidents begin by themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "rules",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("loaded_at", AT, nullable=False),
        sa.Column("checksum", sa.String(64), nullable=False),
        sa.Column("body", JSONB, nullable=False),
    )
    op.create_table(
        "signed_acts",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("incident", sa.BigInteger, sa.ForeignKey("incidents.number"), nullable=False, index=True),
        sa.Column("jurisdiction", sa.String(20), nullable=False),
        sa.Column("what", sa.String(10), nullable=False),
        sa.Column("act", sa.String(20), nullable=False),
        sa.Column("value", sa.String(20)),
        sa.Column("before", sa.String(20)),
        sa.Column("at", AT, nullable=False),
        sa.Column("recorded_at", AT, nullable=False),
        sa.Column("by", JSONB, nullable=False),
        sa.Column("signer", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("details", JSONB, nullable=False),
    )
    op.execute(
        "create trigger append_only before update or delete or truncate on signed_acts "
        "for each statement execute function refuse_change()"
    )
    op.create_table(
        "clock_alerts",
        sa.Column("incident", sa.BigInteger, sa.ForeignKey("incidents.number"), primary_key=True),
        sa.Column("clock", sa.Text, primary_key=True),
        sa.Column("stage", sa.Integer, primary_key=True),
        sa.Column("at", AT, nullable=False),
        sa.Column("until_at", AT, nullable=False),
        sa.Column("tier", sa.Text, nullable=False),
    )
    # work asks for open incidents whose clocks nobody watches
    op.create_index("ix_incidents_running", "incidents", ["number"], postgresql_where=sa.text("status = 'open'"))


def downgrade() -> None:
    op.execute("delete from tasks where kind = 'clocks'")  # a worker of the version before does not know them
    op.drop_index("ix_incidents_running", "incidents")
    for table in ("clock_alerts", "signed_acts", "rules"):
        op.drop_table(table)
