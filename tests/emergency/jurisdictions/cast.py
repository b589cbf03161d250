"""The valley as values: its reaches, its pieces worked by hand, its divisions; and an independent pass over any DAG."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from emergency.jurisdictions.values import Bank, Division, Divisions, Level, Piece, Succession
from emergency.river.values import Direction, Grade, Passage, Reach, ReachKind, Spot, SubNetwork
from emergency.words import Words
from tests import valley

SHANG, XIA, NAN, ZHONG, WAI = "V10101", "V10102", "V10103", "V20100", "V30100"

PIECES: Final[Sequence[Piece]] = (
    Piece(1, SHANG, 0.0, 10_000.0, Bank.BOTH),
    Piece(8, SHANG, 0.0, 11_000.0, Bank.BOTH),
    Piece(2, SHANG, 0.0, 5_000.0, Bank.BOTH),
    Piece(2, ZHONG, 5_000.0, 10_000.0, Bank.BOTH),
    Piece(3, ZHONG, 0.0, 5_000.0, Bank.BOTH),
    Piece(3, SHANG, 5_000.0, 10_000.0, Bank.BOTH),
    Piece(4, SHANG, 0.0, 3_000.0, Bank.BOTH),
    Piece(4, XIA, 3_000.0, 10_000.0, Bank.BOTH),
    Piece(6, ZHONG, 0.0, 6_000.0, Bank.BOTH),
    Piece(6, SHANG, 6_000.0, 12_000.0, Bank.BOTH),
    Piece(7, SHANG, 0.0, 3_300.0, Bank.BOTH),
    Piece(7, XIA, 3_300.0, 11_000.0, Bank.BOTH),
    Piece(5, XIA, 0.0, 2_000.0, Bank.BOTH),
    Piece(5, XIA, 2_000.0, 10_000.0, Bank.LEFT),
    Piece(5, NAN, 2_000.0, 10_000.0, Bank.RIGHT),
    Piece(5, WAI, 10_000.0, 15_000.0, Bank.BOTH),
)
# main path, metres from each reach's upstream end to the foot of its path: the river 1-5, the canal 6-7, 支河 8, 过渠 9
PATHS: Final[Mapping[int, tuple[int, float]]] = {
    1: (5, 55_000.0),
    2: (5, 45_000.0),
    3: (5, 35_000.0),
    4: (5, 25_000.0),
    5: (5, 15_000.0),
    6: (7, 23_000.0),
    7: (7, 11_000.0),
    8: (8, 11_000.0),
    9: (9, 22_000.0),
}


def reach(
    reach_id: int,
    from_node: int,
    to_node: int,
    length_m: float,
    velocity_ms: float | None,
    *,
    river: str = "谷河",
    kind: ReachKind = ReachKind.RIVER,
    path: tuple[int, float] = (1, 1_000_000.0),
) -> Reach:
    """A reach with what matters here; the rest is plain."""
    return Reach(
        reach_id=reach_id,
        code=str(reach_id),
        river=river,
        name=Words(zh=river, en=river),
        kind=kind,
        from_node=from_node,
        to_node=to_node,
        length_m=length_m,
        path_id=path[0],
        foot_m=path[1],
        share=1.0,
        share_assumed=False,
        main=True,
        velocity_ms=velocity_ms,
        discharge_m3s=None,
        slope=None,
        volume_m3=None,
        grade=Grade.B,
        schematic=False,
        loop=False,
    )


def valley_sub(start: Spot, direction: Direction = Direction.DOWN) -> SubNetwork:
    """What a trace from `start` finds on the valley."""
    known = {row["reach_id"]: _valley_reach(row) for row in valley.REACHES}
    found, waiting = {start.reach_id}, [start.reach_id]
    while waiting:
        here = known[waiting.pop()]
        for each in known.values():
            joined = each.from_node == here.to_node if direction is Direction.DOWN else each.to_node == here.from_node
            if joined and each.reach_id not in found:
                found.add(each.reach_id)
                waiting.append(each.reach_id)
    return SubNetwork(1, start, direction, {reach_id: known[reach_id] for reach_id in sorted(found)})


def valley_passages(sub: SubNetwork) -> dict[int, Passage]:
    """The passages of the traced part of the valley."""
    return passages(sub)


def passages(sub: SubNetwork) -> dict[int, Passage]:
    """Earliest passage of every reach by repeated relaxation: slow, and nothing like what is tested."""
    up = sub.direction is Direction.UP
    start = sub.reaches[sub.start.reach_id]
    first_m = sub.start.offset_m if up else start.length_m - sub.start.offset_m
    assert start.velocity_ms is not None
    best = {start.reach_id: (0.0, 0.0, first_m, first_m / start.velocity_ms)}
    for _ in sub.reaches:
        for here_id, (_, _, leave_m, leave_s) in list(best.items()):
            here = sub.reaches[here_id]
            for each in sub.reaches.values():
                joined = each.to_node == here.from_node if up else each.from_node == here.to_node
                known = best.get(each.reach_id)
                if here.loop or not joined or (known is not None and known[1] <= leave_s):
                    continue
                assert each.velocity_ms is not None
                through_s = each.length_m / each.velocity_ms
                best[each.reach_id] = (leave_m, leave_s, leave_m + each.length_m, leave_s + through_s)
    return {
        reach_id: Passage(reach_id, enter_m, leave_m, enter_s, leave_s, True, 1.0)
        for reach_id, (enter_m, enter_s, leave_m, leave_s) in best.items()
    }


def divisions(
    *,
    on: date = date(2025, 12, 1),
    desks: Iterable[str] = (),
    replaced: Mapping[str, Mapping[str, Any]] | None = None,
    more: Iterable[Division] = (),
    successions: Iterable[Succession] = (),
) -> Divisions:
    """The valley's divisions, with some changed."""
    changed = {code: dict(fields) for code, fields in (replaced or {}).items()}
    for code in desks:
        changed.setdefault(code, {})["desk"] = True
    listed = [_division(row) for row in csv.DictReader(io.StringIO(valley.DIVISIONS))]
    return Divisions([*(replace(each, **changed.get(each.code, {})) for each in listed), *more], successions, on)


def named(code: str, name: str, *, parent: str = "V10100") -> Division:
    """A county below 甲州."""
    return Division(code, Words(zh=name, en=name), Level.COUNTY, parent, None, None, False, False, None)


def _division(row: Mapping[str, str]) -> Division:
    return Division(
        code=row["code"],
        name=Words(zh=row["name_zh"], en=row["name_zh"]),
        level=Level(row["level"]),
        parent=row["parent"] or None,
        valid_from=None,
        valid_to=None,
        desk=row["desk"] == "1",
        surrogate=False,
        note=None,
    )


def _valley_reach(row: Mapping[str, Any]) -> Reach:
    reach_id = row["reach_id"]
    return reach(
        reach_id,
        row["from_node"],
        row["to_node"],
        row["length_km"] * 1_000.0,
        row["velocity_ms"],
        river=valley.NAMES[reach_id],
        kind=ReachKind(row.get("kind", "river")),
        path=PATHS[reach_id],
    )
