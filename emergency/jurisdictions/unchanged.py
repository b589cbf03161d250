"""Which main paths need no new cut: those that stand in an earlier pair of versions exactly as they would come out now.

The unit is the main path: a short stay or a border is judged along the whole of it. A path is the same in a new network
version when all its reaches are (id, line, length, place on the path, speed, river, table); under new boundaries when it
touches no polygon that is new, gone or of another shape.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from emergency.jurisdictions import parts
from emergency.jurisdictions.cutting import run

CHANGED: Final = "changed_paths"
LINES: Final = "lines_to_cut"

EARLIER: Final = text("""
select o.id as network, :boundaries as boundaries from network_versions o join network_versions v on v.network_id = o.network_id
where v.id = :network and o.n < v.n order by o.n desc
""")
REDRAWN: Final = text(
    "select :network as network, b.id as boundaries from boundary_versions b where b.id < :boundaries order by b.id desc"
)
SAME: Final = (
    "reach_id, path_id, foot_m, foot_s, foot_unknown, length_m, velocity_ms, river, schematic, tabled_stretches, geom"
)
MENDED: Final = f"""
create temporary table {CHANGED} on commit drop as
select distinct path_id from (
    select unnest(array[n.path_id, o.path_id]) as path_id
    from reaches_v{{network}} n full join reaches_v{{before}} o on o.reach_id = n.reach_id
    where ({", ".join(f"n.{column}" for column in SAME.split(", "))})
          is distinct from ({", ".join(f"o.{column}" for column in SAME.split(", "))})
) different where path_id is not null
"""
TOUCHED: Final = f"""
create temporary table {CHANGED} on commit drop as
with changed as materialized (
    select code, geom from boundaries where boundary_version_id in ({{boundaries}}, {{before}})
    group by code, geom having count(*) = 1
)
select distinct l.path_id from changed c join reaches_v{{network}} l on st_intersects(c.geom, l.geom)
"""


@dataclass(frozen=True, slots=True)
class Base:
    """An earlier pair of versions whose stretches and runs stand."""

    network: int
    boundaries: int


def base(session: Session, network_version_id: int, boundary_version_id: int) -> Base | None:
    """The pair to copy from: an earlier version of the network under the same boundaries, else the network itself under
    earlier boundaries; the latest that stands."""
    wanted = {"network": network_version_id, "boundaries": boundary_version_id}
    rows = [*session.execute(EARLIER, wanted), *session.execute(REDRAWN, wanted)]
    pairs = (Base(network, boundaries) for network, boundaries in rows)
    return next((pair for pair in pairs if _stands(session, pair)), None)


def differing(session: Session, pair: Base, network_version_id: int, boundary_version_id: int) -> str:
    """Fill a table with the main paths that are to be cut anew; the name of a table of their reaches."""
    if pair.network != network_version_id:
        different = MENDED.format(network=int(network_version_id), before=pair.network)
    else:
        different = TOUCHED.format(
            network=int(network_version_id), boundaries=int(boundary_version_id), before=pair.boundaries
        )
    run(
        session,
        f"drop table if exists {CHANGED}, {LINES}",
        different,
        f"create unique index on {CHANGED} (path_id)",
        f"analyze {CHANGED}",
        f"create temporary table {LINES} on commit drop as "
        f"select r.* from reaches_v{int(network_version_id)} r join {CHANGED} t on t.path_id = r.path_id",
        f"create index on {LINES} using gist (geom)",
        f"create index on {LINES} (reach_id)",
        f"analyze {LINES}",
    )
    return LINES


def copied(session: Session, table: str, pair: Base, network_version_id: int, boundary_version_id: int) -> int:
    """Copy the rows of all other paths into the staged table; how many."""
    versions = ("network_version_id", "boundary_version_id")
    columns = session.scalars(
        text(
            "select attname from pg_attribute where attrelid = cast(:table as regclass) and attnum > 0 "
            "and not attisdropped and attname <> all(:versions) order by attnum"
        ),
        {"table": table, "versions": list(versions)},
    )
    kept = ", ".join(columns)
    done = session.connection().execute(
        text(
            f"insert into {parts.named(table, network_version_id, boundary_version_id)} "
            f"({', '.join(versions)}, {kept}) select {int(network_version_id)}, {int(boundary_version_id)}, {kept} "
            f"from {parts.named(table, pair.network, pair.boundaries)} c "
            f"where not exists (select from {CHANGED} t where t.path_id = c.path_id)"
        )
    )
    return done.rowcount


def _stands(session: Session, pair: Base) -> bool:
    return all(parts.stand(session, table, pair.network, pair.boundaries) for table in (parts.STRETCHES, parts.RUNS))
