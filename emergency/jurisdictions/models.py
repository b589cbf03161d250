"""The tables of the divisions: the register, successors, versions of the boundaries, and the cut of reaches by them."""

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Identity, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from emergency.db import SRID, Base


class DivisionRow(Base):
    """A division of the register. Rows are corrected, never removed: an ended code keeps its row and its last day."""

    __tablename__ = "divisions"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(String(12))
    parent: Mapped[str | None] = mapped_column(Text)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    desk: Mapped[bool] = mapped_column(Boolean)
    surrogate: Mapped[bool] = mapped_column(Boolean)
    note: Mapped[str | None] = mapped_column(Text)


class SuccessorRow(Base):
    """`successor` takes over (a part of) `code` from a day on."""

    __tablename__ = "successors"

    code: Mapped[str] = mapped_column(ForeignKey("divisions.code"), primary_key=True)
    successor: Mapped[str] = mapped_column(ForeignKey("divisions.code"), primary_key=True)
    from_date: Mapped[date] = mapped_column(Date, primary_key=True)
    note: Mapped[str | None] = mapped_column(Text)


class BoundaryVersionRow(Base):
    """One load of boundaries, immutable. `source_line` is shown on every map that draws them."""

    __tablename__ = "boundary_versions"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    checksum: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    active: Mapped[bool] = mapped_column(Boolean)
    source_line: Mapped[str] = mapped_column(Text)


class BoundaryRow(Base):
    """The territory of a division in one version, as published."""

    __tablename__ = "boundaries"

    boundary_version_id: Mapped[int] = mapped_column(
        ForeignKey("boundary_versions.id", ondelete="CASCADE"), primary_key=True
    )
    code: Mapped[str] = mapped_column(ForeignKey("divisions.code"), primary_key=True)
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", srid=SRID, spatial_index=False))


class StretchRow(Base):
    """A part of a reach in one division. Partitioned by network version and then by boundary version (LIST), so that each
    can be dropped whole and a pair is filled before anyone sees it.

    enter_foot_m, leave_foot_m: distances of its ends to the foot of the main path. origin: table, or polygon.
    """

    __tablename__ = "stretches"
    __table_args__ = {"postgresql_partition_by": "LIST (network_version_id)"}

    network_version_id: Mapped[int] = mapped_column(
        ForeignKey("network_versions.id", ondelete="CASCADE"), primary_key=True
    )
    boundary_version_id: Mapped[int] = mapped_column(
        ForeignKey("boundary_versions.id", ondelete="CASCADE"), primary_key=True
    )
    reach_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    from_m: Mapped[float]
    to_m: Mapped[float]
    bank: Mapped[str] = mapped_column(String(6))
    origin: Mapped[str] = mapped_column(String(7))
    flag: Mapped[str | None] = mapped_column(Text)
    path_id: Mapped[int] = mapped_column(BigInteger)
    enter_foot_m: Mapped[float]
    leave_foot_m: Mapped[float]


class RunRow(Base):
    """A part of a main path in one division on one bank along one river; partitioned as the stretches are.

    seq: from the head down. reach_id: the reach on which it begins. enter_foot_m, leave_foot_m: distances of its ends to the
    foot of the path; enter_foot_s, leave_foot_s and the two counts: the same places in seconds and in reaches without a
    speed, as the reaches have them.
    """

    __tablename__ = "runs"
    __table_args__ = {"postgresql_partition_by": "LIST (network_version_id)"}

    network_version_id: Mapped[int] = mapped_column(
        ForeignKey("network_versions.id", ondelete="CASCADE"), primary_key=True
    )
    boundary_version_id: Mapped[int] = mapped_column(
        ForeignKey("boundary_versions.id", ondelete="CASCADE"), primary_key=True
    )
    path_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(Text)
    bank: Mapped[str] = mapped_column(String(6))
    flag: Mapped[str | None] = mapped_column(Text)
    river: Mapped[str] = mapped_column(Text)
    reach_id: Mapped[int] = mapped_column(BigInteger)
    enter_foot_m: Mapped[float]
    leave_foot_m: Mapped[float]
    enter_foot_s: Mapped[float]
    enter_unknown: Mapped[int] = mapped_column(Integer)
    leave_foot_s: Mapped[float]
    leave_unknown: Mapped[int] = mapped_column(Integer)
