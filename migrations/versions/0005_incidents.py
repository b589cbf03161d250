"""Incidents, reports, assessments, obligations, tasks, and the hand-over to delivery."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _incidents()
    _assessments()
    _hand_over()
    _tasks()


def downgrade() -> None:
    for table in ("tasks", "desk_codes", "notifications", "obligations", "assessments", "reports", "incidents"):
        op.drop_table(table)


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("number", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("lead", sa.String(20), nullable=False),
        sa.Column("drill", sa.Boolean, nullable=False),
        sa.Column("medium", sa.String(10), nullable=False),
        sa.Column("known_at", AT, nullable=False),
        sa.Column("opened_at", AT, nullable=False),
        sa.Column("declared_grade", sa.String(3)),
        sa.Column("next_update_at", AT),
        sa.Column("stood_down_at", AT),
        sa.Column("closed_at", AT),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("incident", sa.BigInteger, sa.ForeignKey("incidents.number"), nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("received_at", AT, nullable=False),
        sa.Column("by", JSONB, nullable=False),
        sa.Column("statement", JSONB, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.UniqueConstraint("incident", "n"),
    )
    # a new report asks for open incidents near it
    op.create_index("ix_reports_geom", "reports", ["geom"], postgresql_using="gist")


def _assessments() -> None:
    op.create_table(
        "assessments",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("incident", sa.BigInteger, sa.ForeignKey("incidents.number"), nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("geometry", JSONB, nullable=False),
        sa.UniqueConstraint("incident", "n"),
    )
    op.execute(
        "create trigger append_only before update or delete or truncate on assessments "
        "for each statement execute function refuse_change()"
    )
    op.create_table(
        "obligations",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("incident", sa.BigInteger, sa.ForeignKey("incidents.number"), nullable=False),
        sa.Column("who", sa.String(20), nullable=False),
        sa.Column("tells", sa.String(20), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("agreement", sa.Text, nullable=False),
        sa.Column("clause", sa.Text, nullable=False),
        sa.Column("occasion", sa.Text, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("deadline_at", AT),
        sa.Column("reason", JSONB, nullable=False),
        sa.Column("raised_at", AT, nullable=False),
        sa.Column("assessment_id", sa.BigInteger, nullable=False),
        sa.Column("notification_id", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("incident", "who", "tells", "role", "agreement", "clause", "occasion"),
    )


def _hand_over() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("incident", sa.BigInteger, sa.ForeignKey("incidents.number"), nullable=False, index=True),
        sa.Column("who", sa.String(20), nullable=False),
        sa.Column("tells", sa.String(20), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("occasion", sa.Text, nullable=False),
        sa.Column("circle", sa.String(10), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("automatic", sa.Boolean, nullable=False),
        sa.Column("asks", sa.String(14), nullable=False),
        sa.Column("follows", sa.BigInteger),
        sa.Column("deadline_at", AT),
        sa.Column("clauses", JSONB, nullable=False),
        sa.Column("code", sa.String(6), nullable=False),
        sa.Column("drill", sa.Boolean, nullable=False),
        sa.Column("assessment_id", sa.BigInteger),
        sa.Column("proposed_at", AT, nullable=False),
        sa.Column("act", sa.String(14)),
        sa.Column("version", sa.Integer),
        sa.Column("content", JSONB),
        sa.Column("issued_at", AT),
        sa.Column("issued_by", JSONB),
        sa.Column("consent", JSONB),
        sa.Column("withheld_reason", sa.Text),
        sa.Column("taken_at", AT),
        sa.Column("acknowledged_at", AT),
        sa.Column("acknowledged_by", sa.Text),
        sa.Column("acknowledged_via", sa.String(6)),
        sa.Column("decided_at", AT),
        sa.Column("chased_at", AT),
        sa.UniqueConstraint("incident", "who", "tells", "role", "kind", "occasion"),
    )
    # dispatch asks for what was issued and not yet planned
    op.create_index(
        "ix_notifications_untaken",
        "notifications",
        ["issued_at"],
        postgresql_where=sa.text("issued_at is not null and taken_at is null"),
    )
    # the clock asks for proposals whose deadline comes near
    op.create_index(
        "ix_notifications_undecided", "notifications", ["deadline_at"], postgresql_where=sa.text("decided_at is null")
    )
    op.create_table(
        "desk_codes",
        sa.Column("incident", sa.BigInteger, sa.ForeignKey("incidents.number"), primary_key=True),
        sa.Column("desk", sa.String(20), primary_key=True),
        sa.Column("code", sa.String(6), nullable=False, unique=True),
    )


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("act_at", AT, nullable=False),
        sa.Column("lease_until", AT),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_error", sa.Text),
        sa.Column("done_at", AT),
    )
    op.create_index(
        "ix_tasks_open", "tasks", ["kind", "subject"], unique=True, postgresql_where=sa.text("done_at is null")
    )
    # work asks for what is due
    op.create_index("ix_tasks_due", "tasks", ["act_at"], postgresql_where=sa.text("done_at is null"))
