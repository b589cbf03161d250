"""The river network: versions, reaches, main paths, links, sites, day state."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _versions()
    _reaches()
    _paths()
    _sites()
    _day_state()


def downgrade() -> None:
    tables = (
        "day_state",
        "site_anchors",
        "sites",
        "path_links",
        "main_paths",
        "reaches",
        "network_versions",
        "networks",
    )
    for table in tables:
        op.drop_table(table)


def _versions() -> None:
    op.create_table(
        "networks",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("active_version_id", sa.Integer),
        sa.Column("is_default", sa.Boolean, nullable=False),
    )
    op.create_table(
        "network_versions",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("network_id", sa.Integer, sa.ForeignKey("networks.id"), nullable=False, index=True),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("profile", sa.String(20), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("checksum", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", JSONB, nullable=False),
        sa.UniqueConstraint("network_id", "n"),
    )


def _reaches() -> None:
    op.create_table(
        "reaches",
        sa.Column("version_id", sa.Integer, primary_key=True),
        sa.Column("reach_id", sa.BigInteger, primary_key=True),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("river", sa.Text, nullable=False),
        sa.Column("name_zh", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("from_node", sa.BigInteger, nullable=False),
        sa.Column("to_node", sa.BigInteger, nullable=False),
        sa.Column("length_m", sa.Float(53), sa.CheckConstraint("length_m > 0", name="length_positive"), nullable=False),
        sa.Column("divergence", sa.SmallInteger, nullable=False),
        sa.Column(
            "share", sa.Float(53), sa.CheckConstraint("share between 0 and 1", name="share_part"), nullable=False
        ),
        sa.Column("share_assumed", sa.Boolean, nullable=False),
        sa.Column("velocity_ms", sa.Float(53)),
        sa.Column("discharge_m3s", sa.Float(53)),
        sa.Column("slope", sa.Float(53)),
        sa.Column("drainage_area_km2", sa.Float(53)),
        sa.Column("volume_m3", sa.Float(53)),
        sa.Column("grade", sa.String(1), nullable=False),
        sa.Column("velocity_grade", sa.String(1), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("schematic", sa.Boolean, nullable=False),
        sa.Column("loop", sa.Boolean, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("tabled_stretches", JSONB),
        sa.Column("path_id", sa.BigInteger, nullable=False),
        sa.Column("foot_m", sa.Float(53), nullable=False),
        sa.Column("geom", Geometry("LINESTRING", srid=4326, spatial_index=False), nullable=False),
        postgresql_partition_by="LIST (version_id)",
    )
    # a trace scans a main path from an entry down to its foot
    op.create_index("ix_reaches_path", "reaches", ["version_id", "path_id", "foot_m"])
    # the day's share of one branch asks for the others of its node
    op.create_index("ix_reaches_from_node", "reaches", ["version_id", "from_node"])
    # a snap asks for the nearest lines
    op.create_index("ix_reaches_geom", "reaches", ["geom"], postgresql_using="gist")


def _paths() -> None:
    op.create_table(
        "main_paths",
        sa.Column("version_id", sa.Integer, primary_key=True),
        sa.Column("path_id", sa.BigInteger, primary_key=True),
        sa.Column("river", sa.Text, nullable=False),
        sa.Column("head_reach_id", sa.BigInteger, nullable=False),
        sa.Column("foot_reach_id", sa.BigInteger, nullable=False),
        sa.Column("length_m", sa.Float(53), nullable=False),
        postgresql_partition_by="LIST (version_id)",
    )
    op.create_table(
        "path_links",
        sa.Column("version_id", sa.Integer, primary_key=True),
        sa.Column("from_path", sa.BigInteger, primary_key=True),
        sa.Column("from_foot_m", sa.Float(53), primary_key=True),
        sa.Column("to_path", sa.BigInteger, primary_key=True),
        sa.Column("to_foot_m", sa.Float(53), primary_key=True),
        sa.Column("main", sa.Boolean, nullable=False),
        postgresql_partition_by="LIST (version_id)",
    )
    # an upstream trace walks the links backwards
    op.create_index("ix_path_links_to", "path_links", ["version_id", "to_path", "to_foot_m"])


def _sites() -> None:
    op.create_table(
        "sites",
        sa.Column("site_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subtype", sa.String(16)),
        sa.Column("name_zh", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
        sa.Column("river", sa.Text, nullable=False),
        sa.Column("anchor", JSONB, nullable=False),
        sa.Column("jurisdiction", sa.String(20)),
        sa.Column("admin_class", sa.Text),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("confidence", sa.String(1), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("valid_from", sa.DateTime(timezone=True)),
        sa.Column("valid_to", sa.DateTime(timezone=True)),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
    )
    op.create_index("ix_sites_geom", "sites", ["geom"], postgresql_using="gist")
    op.create_table(
        "site_anchors",
        sa.Column("version_id", sa.Integer, sa.ForeignKey("network_versions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("site_id", sa.BigInteger, sa.ForeignKey("sites.site_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("reach_id", sa.BigInteger, nullable=False),
        sa.Column("offset_m", sa.Float(53), nullable=False),
    )
    # an assessment asks for the sites on the reaches it traced
    op.create_index("ix_site_anchors_reach", "site_anchors", ["version_id", "reach_id"])


def _day_state() -> None:
    op.create_table(
        "day_state",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("network_id", sa.Integer, sa.ForeignKey("networks.id"), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("reach_id", sa.BigInteger),
        sa.Column("value", JSONB, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.Column("author", JSONB, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    )
    # read as of an instant, per network
    op.create_index("ix_day_state_since", "day_state", ["network_id", "since"])
