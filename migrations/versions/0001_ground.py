"""The ground: journal, officers, tokens, audience, idempotency."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = """
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name;
end $$
"""


def upgrade() -> None:
    op.execute("create extension if not exists postgis")
    op.execute(APPEND_ONLY)
    _journal()
    _access()


def downgrade() -> None:
    for table in ("idempotency", "audience", "tokens", "officers", "journal_entries", "journal_heads"):
        op.drop_table(table)
    op.execute("drop function refuse_change")


def _journal() -> None:
    op.create_table(
        "journal_heads",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("last_n", sa.BigInteger, nullable=False),
        sa.Column("last_hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "journal_entries",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("n", sa.BigInteger, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("by", JSONB, nullable=False),
        sa.Column("facts", JSONB, nullable=False),
        sa.Column("only", JSONB, nullable=False),
        sa.Column("stored", sa.Text, nullable=False),
        sa.Column("format", sa.SmallInteger, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
    )
    op.execute(
        "create trigger append_only before update or delete or truncate on journal_entries "
        "for each statement execute function refuse_change()"
    )


def _access() -> None:
    op.create_table(
        "officers",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("jurisdiction", sa.String(20)),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("language", sa.String(2)),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("stamp", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column(
            "officer_id", sa.Integer, sa.ForeignKey("officers.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "audience",
        sa.Column("incident", sa.BigInteger, primary_key=True),
        # lists and tiles of a desk ask for its incidents
        sa.Column("jurisdiction", sa.String(20), primary_key=True, index=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "idempotency",
        sa.Column("officer_id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("answer", JSONB),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
