"""Where the measured spills happen: random places in the upper half of a loaded network, the same for all who answer."""

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from emergency.river.snap import snap

SEED: Final = 7
PART: Final = 0.37
"""How far down its reach a start lies: not at a vertex."""
BESIDE_DEGREES: Final = 0.0003
"""Some 30 m off the line: a report is never exactly on it."""
REACHES: Final = text("select reach_id, path_id, foot_m from reaches where version_id = :version order by reach_id")
ONWARD: Final = text("""
    select distinct on (from_path) from_path, to_path, to_foot_m from path_links where version_id = :version and main
    order by from_path, from_foot_m
""")
LENGTH: Final = text("select length_m from reaches where version_id = :version and reach_id = :reach")
PLACE: Final = text("""
    select reach_id, st_x(p) as lon, st_y(p) as lat
    from (select reach_id, st_lineinterpolatepoint(geom, :part) as p from reaches
          where version_id = :version and reach_id = any(:reaches)) as placed
    order by reach_id
""")


@dataclass(frozen=True, slots=True)
class Start:
    """A reach, how far down it the place lies (0 to 1), and the point beside it that is reported."""

    reach_id: int
    part: float
    lon: float
    lat: float


def choose(session: Session, version_id: int, count: int) -> list[Start]:
    """`count` random places whose way to the outlet is longer than that of half the reaches."""
    below = _to_outlet_m(session.execute(ONWARD, {"version": version_id}).mappings().all())
    rows = session.execute(REACHES, {"version": version_id}).all()
    ways_m = [row.foot_m + below.get(row.path_id, 0.0) for row in rows]
    middle_m = statistics.median(ways_m)
    upper = [row.reach_id for row, way_m in zip(rows, ways_m, strict=True) if way_m > middle_m]
    wanted = random.Random(SEED).sample(upper, count)
    given = {"version": version_id, "part": PART, "reaches": wanted}
    found = {row.reach_id: row for row in session.execute(PLACE, given)}
    return [_placed(session, version_id, found[each].lon + BESIDE_DEGREES, found[each].lat) for each in wanted]


def _placed(session: Session, version_id: int, lon: float, lat: float) -> Start:
    """Where the product lays the point, so that others can be asked about the same place."""
    chosen = snap(session, version_id, lon, lat).chosen
    if chosen is None:
        raise RuntimeError(f"{lon}, {lat} lies off the network")
    length_m = session.scalar(LENGTH, {"version": version_id, "reach": chosen.reach_id})
    return Start(chosen.reach_id, min(1.0, chosen.offset_m / float(length_m or 0)), lon, lat)


def _to_outlet_m(links: Sequence[RowMapping]) -> Mapping[int, float]:
    """From the foot of each path to the outlet; paths without a way on end there."""
    onward = {link["from_path"]: link for link in links}
    known: dict[int, float] = {}
    for path in onward:
        chain = []
        while path in onward and path not in known:
            chain.append(path)
            path = onward[path]["to_path"]
        for above in reversed(chain):
            link = onward[above]
            known[above] = link["to_foot_m"] + known.get(link["to_path"], 0.0)
    return known
