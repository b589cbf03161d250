"""Places by name, for an officer who types one: rivers by the divisions that they pass, sites, divisions.

A river is named once for each run through a division, upstream first, from where to where: the sections at its ends where
some stand there, else the lines of the divisions. What fits the words best comes first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from emergency.errors import NotReady
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions import stretches
from emergency.jurisdictions.values import Bank, Divisions, Piece
from emergency.river import networks
from emergency.units import km
from emergency.words import Words

LIMIT: Final = 24
MOST_REACHES: Final = 2_000
"""Of the rivers that fit; a single letter fits nearly all of a large network."""
NEAR_END_M: Final = 1_000.0
"""A section this near to the end of a run names it: lines and borders agree no better."""
SOURCE: Final = Words("源头", "source")
MOUTH: Final = Words("河口", "mouth")
UPSTREAM: Final = Words("上游", "upstream")
DOWNSTREAM: Final = Words("下游", "downstream")
REACHES: Final = text("""
select r.reach_id, r.river, r.name_zh, r.name_en, r.path_id, r.foot_m, r.length_m,
       r.reach_id = m.head_reach_id and r.divergence = 0 as source,
       r.reach_id = m.foot_reach_id and exists (
         select 1 from path_links l where l.version_id = r.version_id and l.from_path = r.path_id and l.from_foot_m = 0
       ) as mouth
from reaches r
join main_paths m on m.version_id = r.version_id and m.path_id = r.path_id
where r.version_id = :version and (r.name_zh like :like or r.name_en ilike :like or r.code ilike :like)
order by r.river, r.path_id, r.foot_m desc limit :most
""")
SECTIONS: Final = text("""
select a.reach_id, a.offset_m, s.name_zh, s.name_en
from site_anchors a join sites s on s.site_id = a.site_id
where a.version_id = :version and a.reach_id = any(:reaches) and s.kind = 'section'
  and (s.valid_from is null or s.valid_from <= :at) and (s.valid_to is null or s.valid_to > :at)
order by a.reach_id, a.offset_m, s.site_id
""")
POINTS: Final = text("""
select part.n, ST_X(point) as lon, ST_Y(point) as lat
from unnest(cast(:numbers as int[]), cast(:reaches as bigint[]), cast(:parts as float8[])) as part(n, reach_id, part)
join reaches r on r.version_id = :version and r.reach_id = part.reach_id
cross join lateral ST_LineInterpolatePoint(r.geom, part.part) as point
""")
SITES: Final = text("""
select s.name_zh, s.name_en, s.kind, ST_X(s.geom) as lon, ST_Y(s.geom) as lat, r.name_zh as river_zh, r.name_en as river_en
from sites s
left join site_anchors a on a.site_id = s.site_id and a.version_id = :version
left join reaches r on r.version_id = a.version_id and r.reach_id = a.reach_id
where (s.name_zh like :like or s.name_en ilike :like)
  and (s.valid_from is null or s.valid_from <= :at) and (s.valid_to is null or s.valid_to > :at)
order by length(s.name_zh), s.name_zh, s.site_id limit :limit
""")
DIVISIONS: Final = text("""
select d.code, d.name_zh, d.name_en, d.level, ST_X(point) as lon, ST_Y(point) as lat
from divisions d
join boundaries b on b.code = d.code
join boundary_versions v on v.id = b.boundary_version_id and v.active
cross join lateral ST_PointOnSurface(b.geom) as point
where (d.name_zh like :like or d.name_en ilike :like) and (d.valid_to is null or d.valid_to > :at)
order by length(d.name_zh), d.name_zh, d.code limit :limit
""")


@dataclass(frozen=True, slots=True)
class Place:
    """A place that fits. own: the name by which it was found; detail: which of several of that name it is."""

    own: Words
    name: Words
    kind: str
    lon: float
    lat: float
    detail: Words


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a reach, with the reach that it is of."""

    piece: Piece
    reach: RowMapping

    @property
    def length_m(self) -> float:
        """How long it is."""
        return self.piece.to_m - self.piece.from_m


@dataclass(frozen=True, slots=True)
class _Run:
    """A river on its way through one division; code is empty where nobody has drawn one."""

    code: str
    parts: Sequence[_Part]
    start: Words
    end: Words

    @property
    def length_m(self) -> float:
        """How far it goes."""
        return sum(part.length_m for part in self.parts)

    @property
    def middle(self) -> tuple[int, float]:
        """The reach halfway, and the part of its length."""
        left = self.length_m / 2
        for part in self.parts:
            if left <= part.length_m:
                return part.piece.reach_id, min(1.0, (part.piece.from_m + left) / part.reach["length_m"])
            left -= part.length_m
        return self.parts[-1].piece.reach_id, 1.0


def named(session: Session, asked: str, *, at: datetime) -> list[dict[str, Any]]:
    """Up to LIMIT places whose name holds `asked`: what fits best first, of a river its upper runs first."""
    words = asked.strip()
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    like = {"like": f"%{escaped}%", "at": at, "limit": LIMIT}
    divisions = jurisdictions.division(session, at)
    try:
        _, version = networks.active(session)
    except NotReady:  # without a river there are still divisions
        version = 0
    found = [
        *_rivers(session, version, like, divisions),
        *_sites(session, {**like, "version": version}),
        *_divisions(session, like, divisions),
    ]
    return [_shown(each) for each in sorted(found, key=lambda each: _fit(each, words))[:LIMIT]]


def _fit(place: Place, asked: str) -> int:
    """How well a name fits; within one fit the order of finding stays."""
    own = (place.own.zh.casefold(), place.own.en.casefold())
    wanted = asked.casefold()
    if wanted in own:
        return 0
    return 1 if any(each.startswith(wanted) for each in own) else 2


def _shown(place: Place) -> dict[str, Any]:
    return {
        "name": place.name.stored(),
        "kind": place.kind,
        "lon": place.lon,
        "lat": place.lat,
        "detail": place.detail.stored(),
    }


# Rivers --------------------------------------------------------------------------------------------------------------


def _rivers(session: Session, version: int, like: Mapping[str, Any], divisions: Divisions) -> list[Place]:
    rows = session.execute(REACHES, {**like, "version": version, "most": MOST_REACHES}).mappings().all()
    boundaries = jurisdictions.drawn_boundaries(session)
    ids = [row["reach_id"] for row in rows]
    cut = stretches.pieces(session, version, boundaries, ids) if boundaries is not None else []
    pieces = {reach_id: list(group) for reach_id, group in groupby(cut, key=lambda piece: piece.reach_id)}
    sections = session.execute(SECTIONS, {"version": version, "reaches": ids, "at": like["at"]}).mappings().all()
    paths = [list(path) for _, path in groupby(rows, key=lambda row: (row["river"], row["path_id"], row["name_zh"]))]
    paths.sort(key=lambda path: -sum(row["length_m"] for row in path))  # the main stem before its side arms
    runs = [run for path in paths for run in _runs(path, pieces, sections, divisions)][:LIMIT]
    points = _points(session, version, runs)
    return [_river(run, divisions, lon, lat) for run, (lon, lat) in zip(runs, points, strict=True)]


def _runs(
    path: Sequence[RowMapping],
    pieces: Mapping[int, Sequence[Piece]],
    sections: Sequence[RowMapping],
    divisions: Divisions,
) -> list[_Run]:
    """A path cut where the division changes; along a border the side that is listed first stands for both."""
    cuts = [list(part) for _, part in groupby(_along(path, pieces), key=lambda part: part.piece.code)]
    runs: list[_Run] = []
    for n, parts in enumerate(cuts):
        first, last = parts[0], parts[-1]
        if n > 0:
            start = runs[-1].end if runs[-1].end in _named(sections) else _line(cuts[n - 1][0].piece.code, divisions)
        else:
            start = SOURCE if first.reach["source"] else UPSTREAM
        if n < len(cuts) - 1:
            end = _section(sections, last.piece) or _line(cuts[n + 1][0].piece.code, divisions)
        else:
            end = _section(sections, last.piece) or (MOUTH if last.reach["mouth"] else DOWNSTREAM)
        runs.append(_Run(first.piece.code, parts, start, end))
    return runs


def _along(path: Sequence[RowMapping], pieces: Mapping[int, Sequence[Piece]]) -> list[_Part]:
    along: list[_Part] = []
    for row in path:
        whole = [Piece(row["reach_id"], "", 0.0, row["length_m"], Bank.BOTH)]
        for piece in pieces.get(row["reach_id"], whole):
            beside = along and (along[-1].piece.reach_id, along[-1].piece.from_m) == (piece.reach_id, piece.from_m)
            if not beside:
                along.append(_Part(piece, row))
    return along


def _section(sections: Sequence[RowMapping], piece: Piece) -> Words | None:
    """The section that stands where a piece ends."""
    near = [
        row for row in sections if row["reach_id"] == piece.reach_id and abs(row["offset_m"] - piece.to_m) <= NEAR_END_M
    ]
    return Words(near[0]["name_zh"], near[0]["name_en"]) if near else None


def _named(sections: Sequence[RowMapping]) -> set[Words]:
    return {Words(row["name_zh"], row["name_en"]) for row in sections}


def _line(code: str, divisions: Divisions) -> Words:
    """The line of the division on the other side."""
    if code not in divisions:
        return Words("界", "the line")
    name = divisions.name(code)
    return Words(f"{name.zh}界", f"{name.en} line")


def _river(run: _Run, divisions: Divisions, lon: float, lat: float) -> Place:
    own = Words(run.parts[0].reach["name_zh"], run.parts[0].reach["name_en"])
    name = own
    if run.code in divisions:
        division = divisions.name(run.code)
        name = Words(f"{own.zh} · {division.zh}", f"{own.en} · {division.en}")
    length = f"{km(run.length_m):.0f}"
    detail = Words(f"{run.start.zh} → {run.end.zh}，{length} 公里", f"{run.start.en} → {run.end.en}, {length} km")
    return Place(own, name, "river", lon, lat, detail)


def _points(session: Session, version: int, runs: Sequence[_Run]) -> list[tuple[float, float]]:
    """The middle of each run."""
    spots = [run.middle for run in runs]
    asked = {
        "numbers": list(range(len(spots))),
        "reaches": [reach_id for reach_id, _ in spots],
        "parts": [part for _, part in spots],
        "version": version,
    }
    found = {row["n"]: (row["lon"], row["lat"]) for row in session.execute(POINTS, asked).mappings()}
    return [found[n] for n in range(len(spots))]


# What stands on them, and what they pass -----------------------------------------------------------------------------


def _sites(session: Session, like: Mapping[str, Any]) -> list[Place]:
    return [
        Place(
            own=Words(row["name_zh"], row["name_en"]),
            name=Words(row["name_zh"], row["name_en"]),
            kind=row["kind"],
            lon=row["lon"],
            lat=row["lat"],
            detail=Words(row["river_zh"] or "", row["river_en"] or ""),
        )
        for row in session.execute(SITES, like).mappings()
    ]


def _divisions(session: Session, like: Mapping[str, Any], divisions: Divisions) -> list[Place]:
    return [
        Place(
            own=Words(row["name_zh"], row["name_en"]),
            name=Words(row["name_zh"], row["name_en"]),
            kind=row["level"],
            lon=row["lon"],
            lat=row["lat"],
            detail=_above(row["code"], divisions),
        )
        for row in session.execute(DIVISIONS, like).mappings()
    ]


def _above(code: str, divisions: Divisions) -> Words:
    """What a division is part of: its nearest ancestor."""
    above = next(iter(divisions.ancestors(code)), None) if code in divisions else None
    return divisions.name(above) if above is not None else Words("", "")
