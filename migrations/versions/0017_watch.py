"""Ladders carry their steps and how many must read back; every read-back is kept; contact tests; who is at work; audits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
USUAL = '[{"role": "primary", "wait_s": 900}, {"role": "deputy", "wait_s": 900}, {"role": "leader", "wait_s": 900}]'


# a contact test is a message of no incident: it counts below nought, and only what counts above it must name a file
FILED = ("notifications", "desk_codes")
OF_TESTS = (
    "delete from read_backs where notification_id in (select id from notifications where incident < 0)",
    "delete from provider_events where delivery_id in (select id from deliveries where incident < 0)",
    "delete from attempts where delivery_id in (select id from deliveries where incident < 0)",
    "delete from deliveries where incident < 0",
    "delete from contact_test_items",
    "delete from notifications where incident < 0",
    "delete from desk_codes where incident < 0",
    "delete from audience where incident < 0",
)


def upgrade() -> None:
    for table in FILED:
        op.drop_constraint(f"{table}_incident_fkey", table)
        op.execute(
            f"alter table {table} add column file bigint"
            " generated always as (case when incident > 0 then incident end) stored references incidents (number)"
        )
    _escalations()
    _read_backs()
    _contact_tests()
    _watching()


def downgrade() -> None:
    for deletion in OF_TESTS:
        op.execute(deletion)
    for table in FILED:
        op.drop_column(table, "file")
        op.create_foreign_key(f"{table}_incident_fkey", table, "incidents", ["incident"], ["number"])
    for table in ("audits", "clock_marks", "worker_beats", "contact_test_items", "contact_tests"):
        op.drop_table(table)
    op.drop_table("read_backs")
    op.drop_table("escalation_rules")
    op.drop_column("escalations", "read_backs")
    op.drop_column("escalations", "steps")


def _escalations() -> None:
    # the defaults serve workers of the version before, which do not write these columns
    op.add_column("escalations", sa.Column("steps", JSONB, nullable=False, server_default=sa.text(f"'{USUAL}'")))
    op.add_column("escalations", sa.Column("read_backs", sa.SmallInteger, nullable=False, server_default="1"))
    op.create_table(
        "escalation_rules",
        sa.Column("desk", sa.String(20), primary_key=True),
        sa.Column("circle", sa.String(10), primary_key=True),
        sa.Column("steps", JSONB, nullable=False),
        sa.Column("read_backs", sa.SmallInteger, nullable=False),
        sa.Column("loaded_at", AT, nullable=False),
        sa.CheckConstraint("read_backs > 0", name="somebody"),
    )


def _read_backs() -> None:
    op.create_table(
        "read_backs",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("notification_id", sa.BigInteger, sa.ForeignKey("notifications.id"), nullable=False, index=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("via", sa.String(6), nullable=False),
        sa.Column("by", JSONB, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("recorded_at", AT, nullable=False),
        sa.Column("first", sa.Boolean, nullable=False),
    )
    # whoever comes at the same instant, one is the first
    op.create_index(
        "ix_read_backs_first", "read_backs", ["notification_id"], unique=True, postgresql_where=sa.text("first")
    )
    op.execute(
        "insert into read_backs (notification_id, person, via, by, at, recorded_at, first)"
        " select id, coalesce(acknowledged_by, ''), acknowledged_via, '{}', acknowledged_at, acknowledged_at, true"
        " from notifications where acknowledged_at is not null"
    )


def _contact_tests() -> None:
    op.create_table(
        "contact_tests",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("desk", sa.String(20), nullable=False, index=True),
        sa.Column("announced", sa.Boolean, nullable=False),
        # set where the month's own test planned it: one in a month
        sa.Column("month", sa.String(7)),
        sa.Column("starts_at", AT, nullable=False),
        sa.Column("started_at", AT),
        sa.Column("cancelled_at", AT),
        sa.Column("by", JSONB, nullable=False),
        sa.UniqueConstraint("desk", "month"),
    )
    # the worker asks which tests are due
    op.create_index(
        "ix_contact_tests_due",
        "contact_tests",
        ["starts_at"],
        postgresql_where=sa.text("started_at is null and cancelled_at is null"),
    )
    op.create_table(
        "contact_test_items",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("test_id", sa.BigInteger, sa.ForeignKey("contact_tests.id"), nullable=False, index=True),
        sa.Column("contact_id", sa.BigInteger, sa.ForeignKey("contacts.id"), nullable=False, index=True),
        sa.Column("notification_id", sa.BigInteger, sa.ForeignKey("notifications.id"), unique=True),
    )


def _watching() -> None:
    op.create_table(
        "worker_beats",
        sa.Column("kind", sa.String(10), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("started_at", AT, nullable=False),
        sa.Column("beat_at", AT, nullable=False),
    )
    op.create_table(
        "clock_marks",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("boot", sa.Text, nullable=False),
        sa.Column("steady_s", sa.Float, nullable=False),
        sa.Column("wall_at", AT, nullable=False),
    )
    op.create_table(
        "audits",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("well", sa.Boolean, nullable=False),
        sa.Column("findings", JSONB, nullable=False),
        sa.Column("heartbeat_at", AT),
        sa.Column("heartbeat_trouble", sa.Text),
    )
