"""The cut of reaches by divisions: each reach's stretches from its upstream end to its downstream end, once per version.

What a table states for a reach wins (on a schematic line a polygon knows nothing); elsewhere the line is cut by the polygons,
the finest division that covers it. Doubt goes into a stretch's flag; water outside all polygons is reported, never filled.

A main path that lies in one division alone never leaves the database, and what an earlier pair of versions already has is
copied; all others are cut by the rules of `runs`, some thousand reaches at a time. Then the jurisdiction runs follow.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Row, any_, cast, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from emergency.errors import BadFile
from emergency.jurisdictions import cutting, filling, parts, unchanged
from emergency.jurisdictions.models import BoundaryVersionRow, DivisionRow, StretchRow
from emergency.jurisdictions.runs import SHORT_M, SLIVER_M, Cut, Span, bordered, differing_m, layered
from emergency.jurisdictions.values import Bank, Flag, Piece
from emergency.river.models import NetworkRow
from emergency.words import Words

BATCH: Final = 5_000
"""Reaches that are cut and stored at a time."""
SIDE_PARTS: Final = (0.1, 0.3, 0.5, 0.7, 0.9)
SIDE_SURE: Final = 3
"""How many more of the looks to one side than to the other must meet a division before that bank is called its own."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Gap:
    """Water outside all polygons."""

    reach_id: int
    from_m: float
    to_m: float


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A reach on a real line whose table and polygons name different divisions over differs_m."""

    reach_id: int
    table: tuple[str, ...]
    polygons: tuple[str, ...]
    differs_m: float


@dataclass(slots=True)
class StretchReport:
    """What a build made and what it found.

    cut_paths, copied_paths: main paths cut anew, and those taken over from an earlier pair of versions; disagreements are
    looked for on the former only.
    """

    reaches: int = 0
    stretches: int = 0
    runs: int = 0
    from_tables: int = 0
    cut_paths: int = 0
    copied_paths: int = 0
    gaps: list[Gap] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Reach:
    """A reach as the cut needs it. alone: the one division it lies in by the polygons, if it is one."""

    reach_id: int
    code: str
    length_m: float
    path_id: int
    foot_m: float
    schematic: bool
    table: Sequence[Mapping[str, Any]] | None
    alone: str | None
    cuts: Sequence[Cut]


def build(
    session: Session,
    network_version_id: int,
    boundary_version_id: int,
    *,
    anew: bool = False,
    progress: Progress | None = None,
) -> StretchReport:
    """Cut every reach of a network version by a boundary version; BadFile where a table names an unknown division.

    Main paths that an earlier pair of versions has unchanged are copied from it, unless `anew`. `progress` is told how many
    reaches are done, of how many.
    """
    pair = None if anew else unchanged.base(session, network_version_id, boundary_version_id)
    lines = f"reaches_v{int(network_version_id)}"
    if pair is not None:
        lines = unchanged.differing(session, pair, network_version_id, boundary_version_id)
    work = _Build(
        session,
        network_version_id,
        boundary_version_id,
        lines,
        frozenset(session.scalars(select(DivisionRow.code))),
        progress,
        _count(session, f"reaches_v{int(network_version_id)}"),
    )
    stretches = parts.stage(session, parts.STRETCHES, network_version_id, boundary_version_id)
    work.cut(stretches)
    runs = parts.stage(session, parts.RUNS, network_version_id, boundary_version_id)
    work.run(stretches, runs)
    if pair is not None:
        for table in (parts.STRETCHES, parts.RUNS):
            unchanged.copied(session, table, pair, network_version_id, boundary_version_id)
        work.take_over(stretches)
    work.count(stretches, runs)
    for table in (parts.STRETCHES, parts.RUNS):
        parts.attach(session, table, network_version_id, boundary_version_id)
    return work.report


def build_once(
    session: Session, network_version_id: int, boundary_version_id: int, *, progress: Progress | None = None
) -> StretchReport | None:
    """`build`, unless it has been done for these versions; None then."""
    if is_built(session, network_version_id, boundary_version_id):
        return None
    return build(session, network_version_id, boundary_version_id, progress=progress)


def is_built(session: Session, network_version_id: int, boundary_version_id: int) -> bool:
    """Whether the reaches of this network version have been cut by this boundary version."""
    return all(
        parts.stand(session, table, network_version_id, boundary_version_id) for table in (parts.STRETCHES, parts.RUNS)
    )


def build_missing(session: Session, *, progress: Progress | None = None) -> dict[int, StretchReport]:
    """Cut the active version of every network by the active boundaries where that has not been done; by network version."""
    boundaries = session.scalar(select(BoundaryVersionRow.id).where(BoundaryVersionRow.active))
    if boundaries is None:
        return {}
    versions = session.scalars(select(NetworkRow.active_version_id).where(NetworkRow.active_version_id.is_not(None)))
    built = {
        version: build_once(session, version, boundaries, progress=progress)
        for version in versions
        if version is not None
    }
    return {version: report for version, report in built.items() if report is not None}


def pieces(
    session: Session, network_version_id: int, boundary_version_id: int, reach_ids: Iterable[int]
) -> list[Piece]:
    """The stretches of these reaches, by reach and in the order of the water."""
    wanted = cast(list(reach_ids), ARRAY(BigInteger))
    rows = session.execute(
        select(
            StretchRow.reach_id, StretchRow.code, StretchRow.from_m, StretchRow.to_m, StretchRow.bank, StretchRow.flag
        )
        .where(*_of(network_version_id, boundary_version_id), StretchRow.reach_id == any_(wanted))
        .order_by(StretchRow.reach_id, StretchRow.seq)
    )
    return [Piece(reach_id, code, from_m, to_m, Bank(bank), flag) for reach_id, code, from_m, to_m, bank, flag in rows]


def _of(network_version_id: int, boundary_version_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        StretchRow.network_version_id == network_version_id,
        StretchRow.boundary_version_id == boundary_version_id,
    )


def _count(session: Session, table: str, what: str = "*") -> int:
    return int(session.scalar(text(f"select count({what}) from {table}")) or 0)


def _reaches(session: Session, lines: str) -> Iterator[_Reach]:
    """The reaches of all paths that are not in one division alone, main path by main path, each from head to foot."""
    rows = session.execute(text(filling.CROSSING.format(lines=lines)).execution_options(yield_per=BATCH))
    return (_reach(row) for row in rows)


def _reach(row: Row[Any]) -> _Reach:
    reach_id, code, length_m, path_id, foot_m, schematic, table, alone, rank, parts_cut = tuple[Any, ...](row)
    cuts = (
        [Cut(alone, rank, 0.0, length_m)]
        if alone is not None
        else _touching(
            [Cut(each, level, low * length_m, high * length_m) for each, level, low, high in parts_cut or ()]
        )
    )
    return _Reach(reach_id, code, length_m, path_id, foot_m, schematic, table or None, alone, cuts)


def _touching(cuts: Iterable[Cut]) -> list[Cut]:
    """Cuts of one division that meet, made one: segments and subdivided polygons end everywhere."""
    joined: list[Cut] = []
    for cut in sorted(cuts, key=lambda c: (c.code, c.rank, c.from_m, c.to_m)):
        last = joined[-1] if joined else None
        if last is not None and last.code == cut.code and cut.from_m <= last.to_m + 1e-6 * max(1.0, cut.to_m):
            joined[-1] = Cut(last.code, last.rank, last.from_m, max(last.to_m, cut.to_m))
        else:
            joined.append(cut)
    return joined


_Row = tuple[int, int, int, int, str, float, float, str, str, str | None, int, float, float]
_Stretch = tuple[str, float, float, str, str, str | None]
_Sides = Mapping[tuple[int, str], Bank]


@dataclass(frozen=True, slots=True)
class _Build:
    """One build at work, with a report that grows. lines: the table of the reaches to cut."""

    session: Session
    network: int
    boundaries: int
    lines: str
    known: frozenset[str]
    progress: Progress | None
    total: int
    report: StretchReport = field(default_factory=StretchReport)

    def cut(self, stretches: str) -> None:
        """Fill `stretches` with those of all reaches to cut."""
        cutting.cut(self.session, self.lines, self.boundaries)
        whole = filling.WHOLE.format(into=stretches, network=self.network, boundaries=self.boundaries, lines=self.lines)
        cutting.run(self.session, whole)
        self.report.cut_paths = _count(self.session, self.lines, "distinct path_id")
        self._tell(_count(self.session, stretches))
        for batch in _batches(_reaches(self.session, self.lines)):
            rows = list(self._rows(batch))  # they ask the database, which cannot answer while it copies
            cutting.copy(self.session, stretches, filling.COLUMNS, rows)
            self._tell(sum(map(len, batch)))

    def run(self, stretches: str, runs: str) -> None:
        """Fill `runs` from the stretches just cut."""
        made = filling.RUNS.format(
            into=runs, stretches=stretches, network=self.network, boundaries=self.boundaries, lines=self.lines
        )
        cutting.run(self.session, f"analyze {stretches}", made)

    def take_over(self, stretches: str) -> None:
        """Report what was copied."""
        uncovered = self.session.execute(text(filling.UNCOVERED.format(stretches=stretches, network=self.network)))
        self.report.gaps.extend(Gap(reach_id, from_m, to_m) for reach_id, from_m, to_m in uncovered)
        tables = text(
            f"select count(*) filter (where tabled_stretches <> '[]'), count(distinct path_id) "
            f"from reaches_v{self.network} r where not exists (select from {unchanged.CHANGED} t where t.path_id = r.path_id)"
        )
        tabled, self.report.copied_paths = self.session.execute(tables).one()
        self.report.from_tables += tabled

    def count(self, stretches: str, runs: str) -> None:
        """Report how much there is."""
        self.report.reaches = self.total
        self.report.stretches = _count(self.session, stretches)
        self.report.runs = _count(self.session, runs)
        if self.progress is not None:
            self.progress(self.total, self.total)

    def _tell(self, done: int) -> None:
        self.report.reaches += done
        if self.progress is not None and done:
            self.progress(self.report.reaches, self.total)

    def _rows(self, paths: Sequence[Sequence[_Reach]]) -> Iterator[_Row]:
        """The rows of some main paths."""
        settled = [bordered([span for reach in path for span in self._spans(reach)]) for path in paths]
        spans = [span for path in settled for span in path]
        length_m = {reach.reach_id: reach.length_m for path in paths for reach in path}
        sides = self._sides(spans, length_m)
        numbered = groupby(enumerate(spans), key=lambda each: each[1].reach_id)
        for reach, (_, on_reach) in zip((reach for path in paths for reach in path), numbered, strict=True):
            yield from self._reach_rows(reach, list(on_reach), sides)

    def _reach_rows(self, reach: _Reach, spans: Sequence[tuple[int, Span]], sides: _Sides) -> Iterator[_Row]:
        self.report.gaps.extend(Gap(reach.reach_id, span.from_m, span.to_m) for _, span in spans if not span.codes)
        self.report.from_tables += reach.table is not None
        found = (
            _table_rows(reach, reach.table)
            if reach.table is not None
            else [row for n, span in spans for row in _span_rows(reach, n, span, sides)]
        )
        for seq, (code, from_m, to_m, bank, origin, flag) in enumerate(found):
            place = (reach.path_id, reach.foot_m - from_m, reach.foot_m - to_m)
            yield self.network, self.boundaries, reach.reach_id, seq, code, from_m, to_m, bank, origin, flag, *place

    def _spans(self, reach: _Reach) -> list[Span]:
        """A reach's spans as its table states them, or as the polygons cut it."""
        if reach.table is None and reach.alone is not None:
            return [Span(reach.reach_id, 0.0, reach.length_m, frozenset((reach.alone,)))]
        drawn = layered(reach.reach_id, reach.length_m, reach.cuts)
        if reach.table is None:
            return drawn
        stated = [self._stated(reach, stretch) for stretch in reach.table]
        tabled = layered(reach.reach_id, reach.length_m, stated, fixed=True)
        if not reach.schematic and (differs_m := differing_m(tabled, drawn)) >= SHORT_M:
            self.report.disagreements.append(Disagreement(reach.reach_id, _codes(tabled), _codes(drawn), differs_m))
        return tabled

    def _stated(self, reach: _Reach, stretch: Mapping[str, Any]) -> Cut:
        code = str(stretch["code"])
        if code in self.known:
            return Cut(code, 0, float(stretch["from_m"]), float(stretch["to_m"]))
        raise BadFile(
            "unknown-division",
            Words(
                zh=f"河段{reach.code}的区划分段用了清单中没有的代码{code}：请先把它加入区划清单再装入",
                en=f"the tabled stretches of reach {reach.code} name {code}, which is not in the list of divisions: "
                "add it to the list and load that first",
            ),
            facts={"reach": reach.code, "code": code},
        )

    def _sides(self, spans: Sequence[Span], length_m: Mapping[int, float]) -> _Sides:
        """On which bank each division of a border lies, by the span's number: looked for on both sides along it."""
        wanted = [
            {"n": n, "reach_id": span.reach_id, "code": code, "part": (span.from_m + part * span.length_m) / whole_m}
            for n, span in enumerate(spans)
            if len(span.codes) > 1 and not span.fixed
            for code in span.codes
            for part in SIDE_PARTS
            for whole_m in (length_m[span.reach_id],)
        ]
        if not wanted:
            return {}
        looked = self.session.execute(
            text(cutting.SIDES.format(lines=self.lines)), {"network": self.network, "wanted": json.dumps(wanted)}
        )
        return {(n, code): _bank(left - right) for n, code, left, right in looked}


def _batches(reaches: Iterable[_Reach]) -> Iterator[list[list[_Reach]]]:
    """Main paths, some thousand reaches together."""
    waiting: list[list[_Reach]] = []
    size = 0
    for _, path in groupby(reaches, key=lambda reach: reach.path_id):
        waiting.append(list(path))
        size += len(waiting[-1])
        if size >= BATCH:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting


def _bank(leaning: int) -> Bank:
    if abs(leaning) < SIDE_SURE:
        return Bank.BORDER
    return Bank.LEFT if leaning > 0 else Bank.RIGHT


def _codes(spans: Sequence[Span]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for span in spans for code in sorted(span.codes)))


def _table_rows(reach: _Reach, table: Sequence[Mapping[str, Any]]) -> list[_Stretch]:
    """As the table has them. Tables round: a stretch that begins or ends within SLIVER_M of an end of its reach, or begins
    so near the end of another, begins or ends there."""
    ends = sorted({0.0, reach.length_m, *(float(stretch["to_m"]) for stretch in table)})
    return [
        (
            str(stretch["code"]),
            _drawn_to(ends, max(0.0, float(stretch["from_m"]))),
            reach.length_m if reach.length_m - float(stretch["to_m"]) < SLIVER_M else float(stretch["to_m"]),
            Bank(stretch.get("bank") or Bank.BOTH).value,
            "table",
            stretch.get("flag"),
        )
        for stretch in table
    ]


def _drawn_to(ends: Sequence[float], from_m: float) -> float:
    return next((end for end in ends if abs(end - from_m) < SLIVER_M), from_m)


def _span_rows(reach: _Reach, n: int, span: Span, sides: _Sides) -> list[_Stretch]:
    alone = len(span.codes) == 1
    return [
        (
            code,
            span.from_m,
            span.to_m,
            (Bank.BOTH if alone else sides.get((n, code), Bank.BORDER)).value,
            "polygon",
            _flag(reach, code, span),
        )
        for code in sorted(span.codes)
    ]


def _flag(reach: _Reach, code: str, span: Span) -> str | None:
    if code in span.short:
        return Flag.SHORT_STAY.value
    crosses = span.from_m > 0.0 or span.to_m < reach.length_m or len(span.codes) > 1
    return Flag.SCHEMATIC.value if reach.schematic and crosses else None
