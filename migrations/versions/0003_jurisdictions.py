"""Divisions with validity and successors, boundaries by version, and the stretches of river in each."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _register()
    _boundaries()
    _stretches()


def downgrade() -> None:
    for table in ("stretches", "boundaries", "boundary_versions", "successors", "divisions"):
        op.drop_table(table)


def _register() -> None:
    op.create_table(
        "divisions",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("name_zh", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
        sa.Column("level", sa.String(12), nullable=False),
        # a file lists children before parents too, so the parent is checked as the transaction ends
        sa.Column("parent", sa.Text, sa.ForeignKey("divisions.code", deferrable=True, initially="DEFERRED")),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_to", sa.Date),
        sa.Column("desk", sa.Boolean, nullable=False),
        sa.Column("surrogate", sa.Boolean, nullable=False),
        sa.Column("note", sa.Text),
        sa.CheckConstraint("valid_from < valid_to", name="valid_days_in_order"),
    )
    op.create_table(
        "successors",
        sa.Column("code", sa.Text, sa.ForeignKey("divisions.code"), primary_key=True),
        sa.Column("successor", sa.Text, sa.ForeignKey("divisions.code"), primary_key=True),
        sa.Column("from_date", sa.Date, primary_key=True),
        sa.Column("note", sa.Text),
    )


def _boundaries() -> None:
    op.create_table(
        "boundary_versions",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("checksum", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("source_line", sa.Text, nullable=False),
    )
    op.create_index(
        "ix_boundary_versions_active",
        "boundary_versions",
        ["active"],
        unique=True,
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "boundaries",
        sa.Column(
            "boundary_version_id",
            sa.Integer,
            sa.ForeignKey("boundary_versions.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("code", sa.Text, sa.ForeignKey("divisions.code"), primary_key=True),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
    )
    # the cut of the reaches asks which polygons a line touches; a map tile asks which lie in it
    op.create_index("ix_boundaries_geom", "boundaries", ["geom"], postgresql_using="gist")


def _stretches() -> None:
    op.create_table(
        "stretches",
        sa.Column(
            "network_version_id",
            sa.Integer,
            sa.ForeignKey("network_versions.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column(
            "boundary_version_id",
            sa.Integer,
            sa.ForeignKey("boundary_versions.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("reach_id", sa.BigInteger, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("from_m", sa.Float(53), nullable=False),
        sa.Column("to_m", sa.Float(53), nullable=False),
        sa.Column("bank", sa.String(6), nullable=False),
        sa.Column("origin", sa.String(7), nullable=False),
        sa.Column("flag", sa.Text),
        sa.Column("path_id", sa.BigInteger, nullable=False),
        sa.Column("enter_foot_m", sa.Float(53), nullable=False),
        sa.Column("leave_foot_m", sa.Float(53), nullable=False),
        sa.CheckConstraint("from_m <= to_m", name="runs_downstream"),
        sa.CheckConstraint("bank in ('both', 'left', 'right', 'border')", name="bank_known"),
        sa.CheckConstraint("origin in ('table', 'polygon')", name="origin_known"),
        postgresql_partition_by="LIST (network_version_id)",
    )
    # a main path's divisions in the order of the water
    op.create_index("ix_stretches_path", "stretches", ["network_version_id", "path_id"])
