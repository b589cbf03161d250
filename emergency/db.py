"""The database: engine, sessions, and the few types that every table shares."""

from datetime import datetime
from typing import Annotated, Any, Final

from sqlalchemy import BigInteger, DateTime, Engine, MetaData, create_engine
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker

SRID: Final = 4326
"""Longitude, latitude on WGS 84; CGCS2000 is taken as equal (they differ by less than a metre)."""

TILE_SRID: Final = 3857
"""What map tiles are drawn in: Web Mercator, in metres at the equator."""

Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]
BigId = Annotated[int, mapped_column(BigInteger)]

NAMES: Final = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables of the service."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: DateTime(timezone=True)}


class Writing(Session):
    """The session in which the service writes; the journal writes its entries as this session commits."""


Sessions = sessionmaker[Writing]

OPTIONS: Final = "-c timezone=UTC -c jit=off -c max_parallel_workers_per_gather=0"
"""Times are read as UTC. Every statement here is short: compiling it, or starting helpers for it, takes longer than running
it (30 ms for a tile of 1 ms)."""


def engine(url: str, *, pool_size: int = 20) -> Engine:
    """An engine on `url`; connections found dead are replaced before use, times are read as UTC."""
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"options": OPTIONS, "application_name": "lianfang"},
    )


def sessions(bound: Engine) -> Sessions:
    """A maker of sessions: `with maker.begin() as session:` is one transaction."""
    return sessionmaker(bound, class_=Writing, expire_on_commit=False)
