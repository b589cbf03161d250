"""Evidence of every question to a provider, its codes as an operator's data, updates in one text, workers of two versions."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # a worker of the version before adds rows without these columns, and must be able to
    op.add_column("deliveries", sa.Column("contract", sa.SmallInteger, nullable=False, server_default="1"))
    op.add_column("deliveries", sa.Column("bundle_id", sa.BigInteger, sa.ForeignKey("deliveries.id")))
    op.add_column("provider_events", sa.Column("source", sa.String(10), nullable=False, server_default="callback"))
    op.add_column("provider_events", sa.Column("copies", sa.Integer, nullable=False, server_default="1"))
    # dispatch takes what is due in this order, one row at a time, however many are due
    op.drop_index("ix_deliveries_due", "deliveries")
    op.create_index(
        "ix_deliveries_turn", "deliveries", ["rank", "act_at"], postgresql_where=sa.text("act_at is not null")
    )
    # the budget of a contact counts what was taken in the last day
    op.create_index(
        "ix_deliveries_taken", "deliveries", ["contact_id", "accepted_at"],
        postgresql_where=sa.text("accepted_at is not null"),
    )  # fmt: skip
    # what happens to a text happens to all that travel in it
    op.create_index(
        "ix_deliveries_bundle", "deliveries", ["bundle_id"], postgresql_where=sa.text("bundle_id is not null")
    )
    op.create_table(
        "delivery_checks",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("delivery_id", sa.BigInteger, sa.ForeignKey("deliveries.id"), nullable=False, index=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("asked", sa.String(10), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("answer", sa.String(20), nullable=False),
        sa.Column("provider_sid", sa.String(40)),
    )
    op.create_table(
        "provider_codes",
        sa.Column("code", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("verdict", sa.String(15), nullable=False),
        sa.Column("zh", sa.Text, nullable=False),
        sa.Column("en", sa.Text, nullable=False),
        sa.Column("changed_at", AT, nullable=False),
    )
    op.create_table(
        "text_templates",
        sa.Column("provider", sa.String(20), primary_key=True),
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("registered_as", sa.Text, nullable=False),
        sa.Column("registered_at", AT, nullable=False),
    )


def downgrade() -> None:
    for table in ("text_templates", "provider_codes", "delivery_checks"):
        op.drop_table(table)
    op.drop_index("ix_deliveries_bundle", "deliveries")
    op.drop_index("ix_deliveries_taken", "deliveries")
    op.drop_index("ix_deliveries_turn", "deliveries")
    op.create_index("ix_deliveries_due", "deliveries", ["act_at"], postgresql_where=sa.text("act_at is not null"))
    op.drop_column("provider_events", "copies")
    op.drop_column("provider_events", "source")
    op.drop_column("deliveries", "bundle_id")
    op.drop_column("deliveries", "contract")
