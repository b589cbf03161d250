"""The valley's divisions, boundaries and rivers, loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import func, insert, text

from emergency.db import SRID, Writing
from emergency.journal import Actor
from emergency.jurisdictions import load as jurisdictions
from emergency.river.models import NetworkRow, NetworkVersionRow, ReachRow
from tests import valley
from tests.emergency.jurisdictions.cast import PATHS

AT: Final = datetime(2025, 12, 1, 2, 0, tzinfo=UTC)
BY: Final = Actor(process="test")
Lay = Callable[..., int]


@dataclass(frozen=True, slots=True)
class Ground:
    """A session with the valley's divisions and boundaries; `lay` adds a network of reaches and gives its version."""

    session: Writing
    folder: Path
    boundaries: int
    lay: Lay


@pytest.fixture
def registered(session: Writing, tmp_path: Path) -> Path:
    """The folder of the valley's files, whose divisions are loaded."""
    folder = valley.write(tmp_path)
    jurisdictions.load_divisions(session, folder / "divisions.csv", folder / "successors.csv", at=AT, by=BY)
    return folder


@pytest.fixture
def ground(session: Writing, registered: Path) -> Ground:
    """Divisions and boundaries of the valley."""
    boundaries = jurisdictions.load_boundaries(session, registered / "boundaries.geojson", at=AT, by=BY)

    def lay(*reaches: dict[str, Any], name: str = "valley") -> int:
        return _lay(session, name, reaches or _valley())

    return Ground(session, registered, boundaries, lay)


def drawn(
    reach_id: int, line: str, length_m: float, *, path: tuple[int, float] | None = None, **changed: Any
) -> dict[str, Any]:
    """A reach row along `line` (WKT coordinates)."""
    path_id, foot_m = path or (reach_id, length_m)
    plain = {
        "reach_id": reach_id,
        "code": str(reach_id),
        "river": "谷河",
        "name_zh": "谷河",
        "name_en": "Gu River",
        "kind": "river",
        "from_node": reach_id * 2,
        "to_node": reach_id * 2 + 1,
        "length_m": length_m,
        "divergence": 0,
        "share": 1.0,
        "share_assumed": False,
        "grade": "B",
        "velocity_grade": "B",
        "source": "test",
        "schematic": False,
        "loop": False,
        "path_id": path_id,
        "foot_m": foot_m,
        "foot_s": 0.0,
        "foot_unknown": 1,
        "geom": func.st_geomfromtext(f"LINESTRING({line})", SRID),
    }
    return {**plain, **changed}


def _valley() -> list[dict[str, Any]]:
    rows = []
    for row in valley.REACHES:
        (x0, y0), (x1, y1) = valley.NODES[row["from_node"]], valley.NODES[row["to_node"]]
        reach_id = row["reach_id"]
        changed = {"from_node": row["from_node"], "to_node": row["to_node"], "river": valley.NAMES[reach_id]}
        line = f"{x0} {y0}, {x1} {y1}"
        rows.append(drawn(reach_id, line, row["length_km"] * 1_000.0, path=PATHS[reach_id], **changed))
    return rows


def _lay(session: Writing, name: str, rows: Any) -> int:
    network = NetworkRow(name=name, is_default=False)
    session.add(network)
    session.flush()
    version = NetworkVersionRow(
        network_id=network.id, n=1, profile="plain", source="test", checksum="0" * 64, created_at=AT, report={}
    )
    session.add(version)
    session.flush()
    network.active_version_id = version.id
    session.flush()
    session.execute(
        text(f"create table if not exists reaches_v{version.id} partition of reaches for values in ({version.id})")
    )
    for row in rows:
        session.execute(insert(ReachRow).values({**row, "version_id": version.id}))
    return version.id
