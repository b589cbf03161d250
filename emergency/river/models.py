"""The tables of the river network: names, immutable versions, reaches and main paths by version, sites, day state."""

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, ForeignKey, Identity, Integer, SmallInteger, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from emergency.db import SRID, TILE_SRID, Base


class NetworkRow(Base):
    """A named network; one of its versions is active. Several names stand side by side."""

    __tablename__ = "networks"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    active_version_id: Mapped[int | None] = mapped_column(Integer)
    is_default: Mapped[bool] = mapped_column(Boolean, default=False)


class NetworkVersionRow(Base):
    """One load of a network, immutable. `report` keeps its warnings; `checksum` tells the same file again."""

    __tablename__ = "network_versions"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"), index=True)
    n: Mapped[int] = mapped_column(Integer)
    profile: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(Text)
    checksum: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)


class ReachRow(Base):
    """A reach of one version. Partitioned by version (LIST), so that a version can be dropped whole.

    foot_m, foot_s: metres, and seconds at reference flow, from its upstream end to the foot of its main path. A reach
    without a speed counts no seconds; foot_unknown counts such reaches, so that the time between two places of a path is
    known where their counts are equal. place: the name of the place at its lower end.
    """

    __tablename__ = "reaches"
    __table_args__ = {"postgresql_partition_by": "LIST (version_id)"}

    version_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reach_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    river: Mapped[str] = mapped_column(Text)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(12))
    from_node: Mapped[int] = mapped_column(BigInteger)
    to_node: Mapped[int] = mapped_column(BigInteger)
    length_m: Mapped[float]
    divergence: Mapped[int] = mapped_column(SmallInteger)
    share: Mapped[float]
    share_assumed: Mapped[bool]
    velocity_ms: Mapped[float | None]
    discharge_m3s: Mapped[float | None]
    slope: Mapped[float | None]
    drainage_area_km2: Mapped[float | None]
    volume_m3: Mapped[float | None]
    grade: Mapped[str] = mapped_column(String(1))
    velocity_grade: Mapped[str] = mapped_column(String(1))
    source: Mapped[str] = mapped_column(Text)
    schematic: Mapped[bool]
    loop: Mapped[bool]
    note: Mapped[str | None] = mapped_column(Text)
    tabled_stretches: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    path_id: Mapped[int] = mapped_column(BigInteger)
    foot_m: Mapped[float]
    foot_s: Mapped[float]
    foot_unknown: Mapped[int] = mapped_column(Integer)
    place_zh: Mapped[str | None] = mapped_column(Text)
    place_en: Mapped[str | None] = mapped_column(Text)
    geom: Mapped[Any] = mapped_column(Geometry("LINESTRING", srid=SRID, spatial_index=False))


class MainPathRow(Base):
    """A main path: the chain of reaches down to its foot; river, name and discharge are those of its foot.

    length_m, length_s, length_unknown: as foot_m, foot_s and foot_unknown of its head. drains_m: metres of network above
    its foot, divided by share where it diverges: what a small map shows first.
    """

    __tablename__ = "main_paths"
    __table_args__ = {"postgresql_partition_by": "LIST (version_id)"}

    version_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    path_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    river: Mapped[str] = mapped_column(Text)
    head_reach_id: Mapped[int] = mapped_column(BigInteger)
    foot_reach_id: Mapped[int] = mapped_column(BigInteger)
    length_m: Mapped[float]
    length_s: Mapped[float]
    length_unknown: Mapped[int] = mapped_column(Integer)
    drains_m: Mapped[float]
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    discharge_m3s: Mapped[float | None]


class PathLinkRow(Base):
    """Where water goes from one main path to another: at its foot, or where it diverges.

    from_foot_m: distance of that node to the foot of the path it leaves (0 at the foot); to_foot_m: its distance to the
    foot of the path it enters; the same two places in seconds and reaches without a speed. main: the main way on, which a
    main-path trace follows. share: of the branch that it enters; 1 where a path ends in another.
    """

    __tablename__ = "path_links"
    __table_args__ = {"postgresql_partition_by": "LIST (version_id)"}

    version_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    from_path: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    from_foot_m: Mapped[float] = mapped_column(primary_key=True)
    to_path: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    to_foot_m: Mapped[float] = mapped_column(primary_key=True)
    main: Mapped[bool]
    from_foot_s: Mapped[float]
    from_unknown: Mapped[int] = mapped_column(Integer)
    to_foot_s: Mapped[float]
    to_unknown: Mapped[int] = mapped_column(Integer)
    share: Mapped[float]


class TileLineRow(Base):
    """What a map of zoom z draws of a main path, in the projection of the tiles (EPSG:3857).

    drains_m: metres of network above the foot of the path; the more, the earlier it is drawn.
    """

    __tablename__ = "tile_lines"
    __table_args__ = {"postgresql_partition_by": "LIST (version_id)"}

    version_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    z: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    path_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    schematic: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    name_zh: Mapped[str | None] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text)
    discharge: Mapped[float | None]
    drains_m: Mapped[float]
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", srid=TILE_SRID, spatial_index=False))


class SiteRow(Base):
    """What stands on a river, kept with its own place and anchor; `SiteAnchorRow` lays it on a network version."""

    __tablename__ = "sites"

    site_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    subtype: Mapped[str | None] = mapped_column(String(16))
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    river: Mapped[str] = mapped_column(Text)
    anchor: Mapped[dict[str, Any]] = mapped_column(JSONB)
    jurisdiction: Mapped[str | None] = mapped_column(String(20))
    admin_class: Mapped[str | None] = mapped_column(Text)
    synthetic: Mapped[bool]
    confidence: Mapped[str] = mapped_column(String(1))
    note: Mapped[str | None] = mapped_column(Text)
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
    geom: Mapped[Any] = mapped_column(Geometry("POINT", srid=SRID, spatial_index=False))


class SiteAnchorRow(Base):
    """Where a site lies on one network version."""

    __tablename__ = "site_anchors"

    version_id: Mapped[int] = mapped_column(ForeignKey("network_versions.id", ondelete="CASCADE"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.site_id", ondelete="CASCADE"), primary_key=True)
    reach_id: Mapped[int] = mapped_column(BigInteger)
    offset_m: Mapped[float]


class DayStateRow(Base):
    """Something of the day, never of the network: a gate share, a speed, a discharge, the flow state; dated and authored.

    kind: share | velocity | discharge | flow_state. Read as of an instant: the newest row that holds then.
    """

    __tablename__ = "day_state"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    kind: Mapped[str] = mapped_column(String(12))
    reach_id: Mapped[int | None] = mapped_column(BigInteger)
    value: Mapped[dict[str, Any]] = mapped_column(JSONB)
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    author: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
