"""The valley: the one toy basin of the tests, with a fixed cast. Use it before inventing data.

      30.20        H(8)                                         I(9)
                    |8                                           |
      30.16         |             G(7) ~~~~~~7~~~~~~.            |9 canal, crosses 5 without joining
                    |          6 ~ canal              ~          |
      30.10  A(1)---B(2)---C(3)------3------D(4)---4---E(5)------+------5------F(6)
             100.00 .10    .20              .30        .40       .45           .55
      30.00                                                     J(10)

    divisions by longitude      | 上县 V10101 |中区 V20100|  上县 V10101 |  下县 V10102 (N bank) / 南县 V10103 (S bank) | 外区 V30100
      of the line at 30.10     ..100.15       ..100.25     ..100.33      ..100.42 (both banks 下县) ..100.50 (border)     ..

So the water of A passes 上县, 中区, 上县 again, 下县, the border stretch of 下县 and 南县, and 外区. 上县, 下县 and 南县
belong to 甲州 V10100, which has the desk; 中区 and 外区 have desks of their own. At C 70 % stays in the river (0.5 m/s) and
30 % takes the canal (1.0 m/s), which rejoins at E and is the faster way there.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from emergency.agreements import load as agreements
from emergency.journal import Actor
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions import stretches
from emergency.river import load as river
from emergency.river import networks
from emergency.river import sites as river_sites

NETWORK: Final = "valley"
STATUTE: Final = (
    Path(__file__).resolve().parents[1] / "emergency" / "reference" / "agreements" / "statute-neighbour.yaml"
)

NODES: Final[Mapping[int, tuple[float, float]]] = {
    1: (100.00, 30.10),
    2: (100.10, 30.10),
    3: (100.20, 30.10),
    4: (100.30, 30.10),
    5: (100.40, 30.10),
    6: (100.55, 30.10),
    7: (100.30, 30.16),
    8: (100.10, 30.20),
    9: (100.45, 30.20),
    10: (100.45, 30.00),
}

REACHES: Final[Sequence[Mapping[str, Any]]] = (
    {
        "reach_id": 1,
        "from_node": 1,
        "to_node": 2,
        "length_km": 10,
        "divergence": 0,
        "velocity_ms": 0.5,
        "discharge_m3s": 5,
    },
    {
        "reach_id": 2,
        "from_node": 2,
        "to_node": 3,
        "length_km": 10,
        "divergence": 0,
        "velocity_ms": 0.5,
        "discharge_m3s": 8,
    },
    {
        "reach_id": 3,
        "from_node": 3,
        "to_node": 4,
        "length_km": 10,
        "divergence": 1,
        "share": 0.7,
        "velocity_ms": 0.5,
        "discharge_m3s": 5.6,
    },
    {
        "reach_id": 4,
        "from_node": 4,
        "to_node": 5,
        "length_km": 10,
        "divergence": 0,
        "velocity_ms": 0.5,
        "discharge_m3s": 5.6,
    },
    {
        "reach_id": 5,
        "from_node": 5,
        "to_node": 6,
        "length_km": 15,
        "divergence": 0,
        "velocity_ms": 0.5,
        "discharge_m3s": 8,
    },
    {
        "reach_id": 6,
        "from_node": 3,
        "to_node": 7,
        "length_km": 12,
        "divergence": 2,
        "share": 0.3,
        "velocity_ms": 1.0,
        "discharge_m3s": 2.4,
        "kind": "canal",
    },
    {
        "reach_id": 7,
        "from_node": 7,
        "to_node": 5,
        "length_km": 11,
        "divergence": 0,
        "velocity_ms": 1.0,
        "discharge_m3s": 2.4,
        "kind": "canal",
    },
    {
        "reach_id": 8,
        "from_node": 8,
        "to_node": 2,
        "length_km": 11,
        "divergence": 0,
        "velocity_ms": 0.5,
        "discharge_m3s": 3,
    },
    {
        "reach_id": 9,
        "from_node": 9,
        "to_node": 10,
        "length_km": 22,
        "divergence": 0,
        "velocity_ms": 1.0,
        "discharge_m3s": 1,
        "kind": "canal",
    },
)
NAMES: Final = {1: "谷河", 2: "谷河", 3: "谷河", 4: "谷河", 5: "谷河", 6: "谷渠", 7: "谷渠", 8: "支河", 9: "过渠"}

SITES: Final[Sequence[Mapping[str, Any]]] = (
    {"site_id": 1, "kind": "section", "name_zh": "一号断面", "name_en": "Section One", "reach": 2, "offset_m": 5000},
    {"site_id": 2, "kind": "intake", "name_zh": "中区（合成）取水口", "name_en": "Zhong intake (synthetic)", "reach": 2,
     "offset_m": 8000, "admin_class": "乡镇", "synthetic": True},
    {"site_id": 3, "kind": "interception", "subtype": "gate", "name_zh": "谷渠闸", "name_en": "Canal gate", "reach": 6,
     "offset_m": 100},
    {"site_id": 4, "kind": "section", "name_zh": "末端断面", "name_en": "Last Section", "reach": 5, "offset_m": 14000},
)  # fmt: skip

DIVISIONS: Final = """\
code,name_zh,name_en,level,parent,valid_from,valid_to,desk,surrogate,note
V10000,甲省,Jia Province,province,,,,1,0,
V20000,乙省,Yi Province,province,,,,1,0,
V30000,丙省,Bing Province,province,,,,1,0,
V10100,甲州,Jia Prefecture,prefecture,V10000,,,1,0,
V10101,上县,Shang County,county,V10100,,,0,0,
V10102,下县,Xia County,county,V10100,,,0,0,
V10103,南县,Nan County,county,V10100,,,0,0,
V20100,中区,Zhong District,county,V20000,,,1,0,
V30100,外区,Wai District,county,V30000,,,1,0,
"""
SUCCESSORS: Final = "code,successor,from_date,note\n"

BOXES: Final[Mapping[str, Sequence[Sequence[tuple[float, float]]]]] = {
    "V10101": (  # around 中区 on three sides
        ((99.9, 29.9), (100.33, 29.9), (100.33, 30.3), (99.9, 30.3), (99.9, 29.9)),
        ((100.15, 30.05), (100.15, 30.13), (100.25, 30.13), (100.25, 30.05), (100.15, 30.05)),
    ),
    "V20100": (((100.15, 30.05), (100.25, 30.05), (100.25, 30.13), (100.15, 30.13), (100.15, 30.05)),),
    "V10102": (
        (
            (100.33, 29.9), (100.42, 29.9), (100.42, 30.1), (100.50, 30.1), (100.50, 30.3), (100.33, 30.3), (100.33, 29.9),
        ),
    ),
    "V10103": (((100.42, 29.9), (100.50, 29.9), (100.50, 30.1), (100.42, 30.1), (100.42, 29.9)),),
    "V30100": (((100.50, 29.9), (100.70, 29.9), (100.70, 30.3), (100.50, 30.3), (100.50, 29.9)),),
}  # fmt: skip


AGREEMENT: Final = """\
id: valley-pact
title: {zh: 谷河协议, en: Valley pact}
form: agreement
parties: ["V10100", "V20100"]
scope: {media: [water], rivers: []}
valid_from: 2020-01-01
mechanisms: []
policy:
  first_attempt: {within_minutes: 20, what: {zh: 首次呼叫, en: first attempt}}
clauses:
  - id: "2"
    label: {zh: 第二条, en: clause 2}
    text_held: true
    text: {zh: 上游发生突发水污染，应立即通报下游。, en: Upstream shall at once tell downstream.}
    when: {relation: downstream, kinds: [incident, update]}
    duty: {role: liaison, policy: first_attempt}
provenance: {zh: 虚构, en: made up}
"""

CONTACTS: Final = (
    """\
version: 1
contacts:
"""
    + "".join(
        f'  - {{id: {desk}-{role}, division: {desk}, role: {role}, name_zh: {zh}{title}, name_en: "{en} {role}",'
        f' number: "+1{area}55501{n:02d}", country_profile: CN, language: zh, content_level: facts, synthetic: true}}\n'
        for n, (desk, zh, en) in enumerate(
            (("V10100", "甲州", "Jia"), ("V20100", "中区", "Zhong"), ("V30100", "外区", "Wai")), 1
        )
        for role, title, area in (("primary", "值班室", 202), ("deputy", "副班", 303), ("leader", "带班领导", 404))
    )
    + "rosters:\n"
    + "".join(
        f'  - {{division: {desk}, time_zone: Asia/Shanghai, anchor: "2025-01-01T08:00:00+08:00", shift_hours: 24,'
        f" turns: [{desk}-primary], escalation: [{desk}-deputy, {desk}-leader]}}\n"
        for desk in ("V10100", "V20100", "V30100")
    )
)
"""中区: +12025550102 is rung first, +13035550102 next, +14045550102 last."""


def network() -> dict[str, Any]:
    """The rivers as GeoJSON in profile `plain`."""
    return {"type": "FeatureCollection", "features": [_line(reach) for reach in REACHES]}


def boundaries() -> dict[str, Any]:
    """The divisions' polygons as GeoJSON with their `code`."""
    features = [_feature({"type": "Polygon", "coordinates": rings}, {"code": code}) for code, rings in BOXES.items()]
    return {"type": "FeatureCollection", "features": features}


def sites() -> dict[str, Any]:
    """The sites as GeoJSON; `reach` is the code of their reach."""
    return {"type": "FeatureCollection", "features": [_site(site) for site in SITES]}


def write(folder: Path) -> Path:
    """All files of the valley into `folder`."""
    for name, made in (("network", network()), ("boundaries", boundaries()), ("sites", sites())):
        (folder / f"{name}.geojson").write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    (folder / "divisions.csv").write_text(DIVISIONS, encoding="utf-8")
    (folder / "successors.csv").write_text(SUCCESSORS, encoding="utf-8")
    (folder / "pact.yaml").write_text(AGREEMENT, encoding="utf-8")
    (folder / "contacts.yaml").write_text(CONTACTS, encoding="utf-8")
    return folder


def load(session: Session, folder: Path, *, at: datetime) -> None:
    """Write the files and load all that decides: divisions, boundaries, rivers, sites, the pact and the statute."""
    write(folder)
    by = Actor(process="test")
    jurisdictions.load_divisions(session, folder / "divisions.csv", folder / "successors.csv", at=at, by=by)
    boundaries = jurisdictions.load_boundaries(session, folder / "boundaries.geojson", at=at, by=by)
    river.load(session, folder / "network.geojson", profile=river.Profile.PLAIN, name=NETWORK, at=at, by=by)
    river_sites.load(session, folder / "sites.geojson", name=NETWORK, at=at, by=by)
    stretches.build_once(session, networks.active(session, NETWORK)[1], boundaries)
    agreements.load(session, folder / "pact.yaml", at=at, by=by)
    agreements.load(session, STATUTE, at=at, by=by)


def _line(reach: Mapping[str, Any]) -> dict[str, Any]:
    line = [NODES[reach["from_node"]], NODES[reach["to_node"]]]
    properties = {"kind": "river", "name": NAMES[reach["reach_id"]], "code": str(reach["reach_id"]), **reach}
    return _feature({"type": "LineString", "coordinates": line}, properties)


def _site(site: Mapping[str, Any]) -> dict[str, Any]:
    reach = next(r for r in REACHES if r["reach_id"] == site["reach"])
    (x0, y0), (x1, y1) = NODES[reach["from_node"]], NODES[reach["to_node"]]
    part = site["offset_m"] / 1000 / reach["length_km"]
    point = [x0 + (x1 - x0) * part, y0 + (y1 - y0) * part]
    return _feature({"type": "Point", "coordinates": point}, {**site, "reach": str(site["reach"]), "confidence": "B"})


def _feature(geometry: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": dict(geometry), "properties": dict(properties)}
