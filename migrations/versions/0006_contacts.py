"""Contacts, rosters, deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
TABLES = (
    "contacts",
    "contact_methods",
    "rotations",
    "overrides",
    "deliveries",
    "attempts",
    "provider_events",
    "inbound_messages",
    "escalations",
    "channel_pauses",
)


def upgrade() -> None:
    _directory()
    _roster()
    _deliveries()
    _evidence()
    _escalations()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _directory() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("desk", sa.String(20), nullable=False, index=True),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("name_zh", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("profile", sa.String(2), nullable=False),
        sa.Column("content_level", sa.String(5), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("officer_name", sa.Text),
    )
    op.create_table(
        "contact_methods",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("contact_id", sa.BigInteger, sa.ForeignKey("contacts.id"), nullable=False, index=True),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("n", sa.SmallInteger, nullable=False),
        sa.Column("number", sa.LargeBinary, nullable=False),
        # an inbound text asks whose number it came from
        sa.Column("lookup", sa.LargeBinary, nullable=False, index=True),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("verified_at", AT),
        sa.Column("opted_out_at", AT),
    )


def _roster() -> None:
    op.create_table(
        "rotations",
        sa.Column("desk", sa.String(20), primary_key=True),
        sa.Column("role", sa.String(10), primary_key=True),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("anchor_at", AT, nullable=False),
        sa.Column("shift_hours", sa.Integer, nullable=False),
        sa.Column("turns", JSONB, nullable=False),
    )
    op.create_table(
        "overrides",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("desk", sa.String(20), nullable=False, index=True),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("contact_id", sa.BigInteger, sa.ForeignKey("contacts.id"), nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT, nullable=False),
        sa.CheckConstraint("since < until", name="in_order"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("notification_id", sa.BigInteger, sa.ForeignKey("notifications.id"), nullable=False, index=True),
        sa.Column("incident", sa.BigInteger, nullable=False),
        sa.Column("desk", sa.String(20), nullable=False),
        sa.Column("contact_id", sa.BigInteger, sa.ForeignKey("contacts.id")),
        sa.Column("method_id", sa.BigInteger, sa.ForeignKey("contact_methods.id")),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("role", sa.String(10)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("resend", sa.Boolean, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("language", sa.String(2)),
        sa.Column("act_at", AT),
        sa.Column("lease_token", sa.String(32)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("uncounted", sa.Integer, nullable=False),
        sa.Column("checks", sa.Integer, nullable=False),
        sa.Column("provider", sa.String(20)),
        sa.Column("provider_sid", sa.String(40), unique=True),
        sa.Column("reason", JSONB),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("attempted_at", AT),
        sa.Column("accepted_at", AT),
        sa.Column("sent_at", AT),
        sa.Column("delivered_at", AT),
        sa.Column("expires_at", AT, nullable=False),
    )
    # dispatch asks what is due, the first alerts first
    op.create_index("ix_deliveries_due", "deliveries", ["act_at"], postgresql_where=sa.text("act_at is not null"))
    # the call board and a new version ask what a desk was sent in an incident
    op.create_index("ix_deliveries_thread", "deliveries", ["incident", "desk"])


def _evidence() -> None:
    op.create_table(
        "attempts",
        sa.Column("delivery_id", sa.BigInteger, sa.ForeignKey("deliveries.id"), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("started_at", AT, nullable=False),
        sa.Column("finished_at", AT),
        sa.Column("outcome", sa.String(20)),
        sa.Column("http_status", sa.Integer),
        sa.Column("error_code", sa.Integer),
        sa.Column("provider_sid", sa.String(40)),
        sa.Column("facts", JSONB),
    )
    # reconcile asks which texts are known already
    op.create_index(
        "ix_attempts_sid", "attempts", ["provider_sid"], postgresql_where=sa.text("provider_sid is not null")
    )
    op.create_table(
        "provider_events",
        sa.Column("provider", sa.String(20), primary_key=True),
        sa.Column("sid", sa.String(40), primary_key=True),
        sa.Column("status", sa.String(20), primary_key=True),
        sa.Column("delivery_id", sa.BigInteger, sa.ForeignKey("deliveries.id"), nullable=False, index=True),
        sa.Column("error_code", sa.Integer),
        sa.Column("received_at", AT, nullable=False),
    )
    op.create_table(
        "inbound_messages",
        sa.Column("sid", sa.String(40), primary_key=True),
        sa.Column("lookup", sa.LargeBinary, nullable=False),
        sa.Column("taken_as", sa.String(20), nullable=False),
        sa.Column("notification_id", sa.BigInteger),
        sa.Column("received_at", AT, nullable=False),
    )


def _escalations() -> None:
    op.create_table(
        "escalations",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("incident", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(20), nullable=False),
        sa.Column("tells", sa.String(20), nullable=False),
        sa.Column("notification_id", sa.BigInteger, sa.ForeignKey("notifications.id"), nullable=False, index=True),
        sa.Column("step", sa.SmallInteger, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("next_at", AT),
        sa.Column("opened_at", AT, nullable=False),
        sa.UniqueConstraint("incident", "who", "tells"),
    )
    # dispatch asks which ladders are due
    op.create_index("ix_escalations_due", "escalations", ["next_at"], postgresql_where=sa.text("state = 'open'"))
    op.create_table(
        "channel_pauses",
        sa.Column("channel", sa.String(10), primary_key=True),
        sa.Column("until", AT, nullable=False),
        sa.Column("strikes", sa.Integer, nullable=False),
        sa.Column("stopped_at", AT),
        sa.Column("reason", JSONB, nullable=False),
    )
