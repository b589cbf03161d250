"""Organisations and who keeps them, how a number was verified, shifts, covers, holidays, feeds, hand-overs of a desk."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
TABLES = ("organisations", "rosters", "shifts", "roster_days", "roster_feeds", "desk_hand_overs")
CONTACT_COLUMNS = ("organisation_id", "kept_by", "tier", "version", "origin")
METHOD_COLUMNS = ("verified_by", "proven_at", "proven_by", "sealed_with")
OVERRIDE_COLUMNS = ("others", "kind", "reason", "pair", "origin", "entered_at", "entered_by", "ended_at", "ended_by")


def upgrade() -> None:
    _directory()
    _roster()
    _calendar()
    _hand_overs()


def downgrade() -> None:
    op.execute("delete from contact_methods m where channel in ('fax', 'oa')"
               " and not exists (select from deliveries d where d.method_id = m.id)")  # fmt: skip
    # the version before knows no cover that was taken back
    op.execute("delete from overrides where ended_at is not null")
    for table, columns in (
        ("overrides", OVERRIDE_COLUMNS),
        ("contact_methods", METHOD_COLUMNS),
        ("contacts", CONTACT_COLUMNS),
    ):
        for column in columns:
            op.drop_column(table, column)
    for table in reversed(TABLES):
        op.drop_table(table)


def _directory() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        # a desk asks for what it keeps
        sa.Column("kept_by", sa.String(20), nullable=False, index=True),
        sa.Column("place", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("name_zh", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    )
    op.add_column("contacts", sa.Column("organisation_id", sa.BigInteger, sa.ForeignKey("organisations.id")))
    op.create_index("ix_contacts_organisation_id", "contacts", ["organisation_id"])
    # the version that still runs writes none of these: null is the desk itself
    op.add_column("contacts", sa.Column("kept_by", sa.String(20)))
    op.create_index("ix_contacts_kept_by", "contacts", ["kept_by"])
    op.add_column("contacts", sa.Column("tier", sa.String(20)))
    op.add_column("contacts", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    op.add_column("contacts", sa.Column("origin", sa.String(8), nullable=False, server_default="file"))
    op.add_column("contact_methods", sa.Column("verified_by", JSONB))
    op.add_column("contact_methods", sa.Column("proven_at", AT))
    op.add_column("contact_methods", sa.Column("proven_by", sa.String(20)))
    op.add_column("contact_methods", sa.Column("sealed_with", sa.String(16)))


def _roster() -> None:
    op.create_table(
        "rosters",
        sa.Column("desk", sa.String(20), primary_key=True),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("horizon_days", sa.SmallInteger, nullable=False),
        # the worker asks which roster is to be checked next
        sa.Column("next_check_at", AT, nullable=False, index=True),
        sa.Column("checked_at", AT),
    )
    op.execute(
        "insert into rosters (desk, time_zone, horizon_days, next_check_at)"
        " select desk, min(time_zone), 14, now() from rotations group by desk"
    )
    op.create_table(
        "shifts",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("desk", sa.String(20), nullable=False, index=True),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("days", JSONB, nullable=False),
        sa.Column("starts", sa.String(5), nullable=False),
        sa.Column("hours", sa.Integer, nullable=False),
        sa.Column("anchor_on", sa.Date, nullable=False),
        sa.Column("until_on", sa.Date),
        sa.Column("changes", sa.String(8), nullable=False),
        sa.Column("turns", JSONB, nullable=False),
        sa.Column("entered_at", AT, nullable=False),
        sa.Column("entered_by", JSONB, nullable=False),
        sa.Column("ended_at", AT),
        sa.Column("ended_by", JSONB),
        sa.CheckConstraint("hours between 1 and 744", name="length"),
    )
    op.add_column("overrides", sa.Column("others", JSONB, nullable=False, server_default="[]"))
    op.add_column("overrides", sa.Column("kind", sa.String(10), nullable=False, server_default="override"))
    op.add_column("overrides", sa.Column("reason", sa.Text, nullable=False, server_default=""))
    op.add_column("overrides", sa.Column("pair", sa.BigInteger))
    op.add_column("overrides", sa.Column("origin", sa.String(8), nullable=False, server_default="file"))
    op.add_column("overrides", sa.Column("entered_at", AT))
    op.add_column("overrides", sa.Column("entered_by", JSONB))
    op.add_column("overrides", sa.Column("ended_at", AT))
    op.add_column("overrides", sa.Column("ended_by", JSONB))


def _calendar() -> None:
    op.create_table(
        "roster_days",
        sa.Column("desk", sa.String(20), primary_key=True),
        sa.Column("on_date", sa.Date, primary_key=True),
        sa.Column("counts_as", sa.String(8), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.create_table(
        "roster_feeds",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("desk", sa.String(20), nullable=False, index=True),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("made_by", JSONB, nullable=False),
        sa.Column("revoked_at", AT),
    )


def _hand_overs() -> None:
    op.create_table(
        "desk_hand_overs",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("desk", sa.String(20), nullable=False, index=True),
        sa.Column("lines", JSONB, nullable=False),
        sa.Column("given_at", AT, nullable=False),
        sa.Column("given_by", JSONB, nullable=False),
        sa.Column("given_name", sa.Text, nullable=False),
        sa.Column("answer", sa.String(10)),
        sa.Column("answered_at", AT),
        sa.Column("answered_by", JSONB),
        sa.Column("answered_name", sa.Text),
        sa.Column("remark", sa.Text, nullable=False, server_default=""),
    )
    # one is open at a time
    op.create_index(
        "ix_desk_hand_overs_open", "desk_hand_overs", ["desk"], unique=True,
        postgresql_where=sa.text("answer is null"),
    )  # fmt: skip
