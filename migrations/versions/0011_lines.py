"""The lines of the main paths by zoom, for small-scale tiles."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tile_lines",
        sa.Column("version_id", sa.Integer, primary_key=True),
        sa.Column("z", sa.SmallInteger, primary_key=True),
        sa.Column("path_id", sa.BigInteger, primary_key=True),
        sa.Column("schematic", sa.Boolean, primary_key=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name_zh", sa.Text),
        sa.Column("name_en", sa.Text),
        sa.Column("discharge", sa.Float(53)),
        sa.Column("drains_m", sa.Float(53), nullable=False),
        sa.Column("geom", Geometry("GEOMETRY", srid=3857, spatial_index=False), nullable=False),
        postgresql_partition_by="LIST (version_id)",
    )


def downgrade() -> None:
    op.drop_table("tile_lines")
