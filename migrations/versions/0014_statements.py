"""Who verified a report, in which file it counts, files that are one event, linked files, and the lead handed over."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _files()
    _reports()
    _messages()
    _links()
    _hand_overs()


def downgrade() -> None:
    for table in ("lead_hand_overs", "incident_links", "verdicts", "attachments"):
        op.drop_table(table)
    for table in ("obligations", "notifications"):
        op.execute(f"drop trigger own_event on {table}")
        op.execute(f"drop function own_event_of_{table}()")
        op.drop_column(table, "event")
    op.drop_column("notifications", "caller")
    op.drop_column("incidents", "told_by")
    op.drop_column("incidents", "merged_into")


def _files() -> None:
    op.add_column("incidents", sa.Column("merged_into", sa.BigInteger, sa.ForeignKey("incidents.number")))
    op.add_column("incidents", sa.Column("told_by", sa.String(20)))
    # a file asks for what was merged into it
    op.create_index("ix_incidents_merged_into", "incidents", ["merged_into"])


def _reports() -> None:
    op.create_table(
        "attachments",
        sa.Column("incident", sa.BigInteger, sa.ForeignKey("incidents.number"), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("report", sa.BigInteger, sa.ForeignKey("reports.id"), nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT),
        sa.UniqueConstraint("incident", "report"),
    )
    op.execute("insert into attachments (incident, n, report, since) select incident, n, id, received_at from reports")
    # a report counts in one file at a time
    op.create_index(
        "ix_attachments_counting", "attachments", ["report"], unique=True, postgresql_where=sa.text("until is null")
    )
    op.create_table(
        "verdicts",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("report", sa.BigInteger, sa.ForeignKey("reports.id"), nullable=False, index=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", JSONB, nullable=False),
        sa.Column("at", AT, nullable=False),
    )
    op.execute(
        "create trigger append_only before update or delete or truncate on verdicts "
        "for each statement execute function refuse_change()"
    )


def _messages() -> None:
    """In which event a message or a duty counts: its own file's, the one that this was merged into, or none while
    another one stands for it."""
    for table in ("notifications", "obligations"):
        op.add_column(table, sa.Column("event", sa.BigInteger))
        op.execute(f"update {table} set event = incident")
        # a file asks for all that counts in its event
        op.create_index(f"ix_{table}_event", table, ["event"])
        # the version that still runs writes no event: it is the file's own
        op.execute(
            f"create function own_event_of_{table}() returns trigger language plpgsql as "
            "$$ begin new.event := coalesce(new.event, new.incident); return new; end $$"
        )
        op.execute(
            f"create trigger own_event before insert on {table} for each row execute function own_event_of_{table}()"
        )

    op.add_column("notifications", sa.Column("caller", sa.String(20)))


def _links() -> None:
    op.create_table(
        "incident_links",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("file", sa.BigInteger, sa.ForeignKey("incidents.number"), nullable=False, index=True),
        sa.Column("other", sa.BigInteger, sa.ForeignKey("incidents.number"), nullable=False, index=True),
        sa.Column("because", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("made_by", JSONB, nullable=False),
        sa.Column("ended_at", AT),
        sa.CheckConstraint("file <> other"),
    )


def _hand_overs() -> None:
    op.create_table(
        "lead_hand_overs",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("incident", sa.BigInteger, sa.ForeignKey("incidents.number"), nullable=False, index=True),
        sa.Column("from_desk", sa.String(20), nullable=False),
        sa.Column("to_desk", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("sheet", JSONB, nullable=False),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("asked_by", JSONB, nullable=False),
        sa.Column("answer", sa.String(10)),
        sa.Column("answered_at", AT),
        sa.Column("answered_by", JSONB),
        sa.Column("answer_reason", sa.Text),
    )
    # one is open at a time
    op.create_index(
        "ix_lead_hand_overs_open", "lead_hand_overs", ["incident"], unique=True,
        postgresql_where=sa.text("answer is null"),
    )  # fmt: skip
