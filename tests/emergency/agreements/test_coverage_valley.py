"""Coverage and what-if on other basins than the reference one: the valley, the delta, and with nothing loaded."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import Engine, select, text

from emergency import config, db
from emergency.agreements import coverage, ground
from emergency.agreements.coverage import Coverage, Place, State, Way
from emergency.agreements.models import AgreementRow
from emergency.cli import groups
from emergency.journal import Actor
from emergency.jurisdictions import crossings, stretches
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.polygons import Reading
from emergency.jurisdictions.values import Divisions
from emergency.river import load as river
from emergency.river import networks
from emergency.river import sites as river_sites
from emergency.web.app import new_app, parts
from tests import valley
from tests.emergency.conftest import NOTHING_DELIVERED

AT = datetime(2025, 12, 1, 2, 0, tzinfo=UTC)
BY = Actor(process="test")
ZONE = ZoneInfo("Asia/Shanghai")
JIA, ZHONG, WAI = "V10100", "V20100", "V30100"
DELTA = Path(__file__).resolve().parents[2] / "data" / "mississippi_delta" / "reaches.gpkg"
PLANTS = (
    {"site_id": 11, "kind": "risk_source", "name_zh": "上游厂", "name_en": "Upper plant", "reach": 1, "offset_m": 2000},
    {"site_id": 12, "kind": "risk_source", "name_zh": "末端厂", "name_en": "Last plant", "reach": 5, "offset_m": 14500},
    {"site_id": 13, "kind": "risk_source", "name_zh": "过渠厂", "name_en": "Canal plant", "reach": 9, "offset_m": 1000},
)


@pytest.fixture
def app(valley_database: Engine) -> Iterator[Flask]:
    """The commands on the valley, in English."""
    url = valley_database.url.render_as_string(hide_password=False)
    settings = config.read({"DATABASE_URL": url, "SECRET_KEY": "k", "CONTACTS_KEY": "k", "LANGUAGE": "en"})
    made = new_app(settings, NOTHING_DELIVERED)
    for command in groups.ALL:
        made.cli.add_command(command)
    yield made
    with made.app_context():
        parts().engine.dispose()


def ask(app: Flask, *args: str) -> Result:
    """A command that has to succeed."""
    done = app.test_cli_runner().invoke(args=["agreements", *args])
    assert done.exit_code == 0, done.output
    return done


def judged(engine: Engine, at: datetime = AT) -> tuple[Coverage, Divisions]:
    with db.sessions(engine).begin() as session:
        here = ground.ground(session, at)
        return coverage.coverage(here.lines, here.agreements, here.divisions, at=at, zone=ZONE), here.divisions


def lines_of(found: Coverage) -> set[tuple[str, str, str, State, State]]:
    """River, from, to, and what covers the way down and up."""
    return {
        (row.name.zh, row.giving.key, row.taking[0].key, row.judged[0].state, row.judged[1].state)
        for row in found.rows
        if row.giving is not None
    }


# --- the valley


def test_the_valley_has_four_crossings_and_no_border_since_one_desk_holds_both_banks(valley_database: Engine) -> None:
    found, _ = judged(valley_database)
    assert lines_of(found) == {
        ("谷河", JIA, ZHONG, State.COVERED, State.STATUTE),
        ("谷河", ZHONG, JIA, State.COVERED, State.STATUTE),
        ("谷渠", ZHONG, JIA, State.COVERED, State.STATUTE),
        ("谷河", JIA, WAI, State.STATUTE, State.STATUTE),
    }
    assert {row.place for row in found.rows} == {Place.CROSSING}


def test_they_lie_where_the_boundaries_cut_the_rivers(valley_database: Engine) -> None:
    found, _ = judged(valley_database)
    at = {(row.name.zh, row.giving.key): row.at for row in found.rows if row.giving and row.at}
    assert at["谷河", ZHONG].lon == pytest.approx(100.25, abs=1e-3)
    assert at["谷渠", ZHONG].lat == pytest.approx(30.13, abs=1e-3)
    jia = sorted(row.at.lon for row in found.rows if row.at and row.giving and row.giving.key == JIA)
    assert jia == pytest.approx([100.15, 100.50], abs=1e-3)


def test_the_pact_leaves_out_whom_the_water_reaches_last(valley_database: Engine) -> None:
    found, _ = judged(valley_database)
    left = {(row.taking[0].key, left.agreement, left.party) for row in found.rows for left in row.left_out}
    assert left == {(WAI, "valley-pact", JIA)}


def test_what_two_desks_share_is_a_border_on_the_day_on_which_they_are_two(valley_database: Engine) -> None:
    with db.sessions(valley_database).begin() as session:
        session.execute(text("update divisions set desk = true where code in ('V10102', 'V10103')"))
    found, _ = judged(valley_database)
    [shared] = [row for row in found.rows if row.place is Place.BORDER]
    assert shared.giving is not None
    assert {shared.giving.key, shared.taking[0].key} == {"V10102", "V10103"}
    assert shared.length_m == pytest.approx(8000, rel=0.02)
    along = [row for row in found.rows if row.place is Place.CROSSING and row.name.zh == "谷河"]
    pairs = {(row.giving.key, row.taking[0].key) for row in along if row.giving}
    assert not {("V10102", "V10103"), ("V10103", "V10102")} & pairs
    assert {("V10102", WAI), ("V10103", WAI)} <= pairs


def test_every_risk_source_goes_to_where_its_water_leaves_its_desk(valley_database: Engine, tmp_path: Path) -> None:
    _add_plants(valley_database, tmp_path)
    found, _ = judged(valley_database)
    plants = {row.name.en: row for row in found.rows if row.place is Place.SOURCE}
    upper = plants["Upper plant"]
    assert [(each.way, each.who, each.tells, each.state) for each in upper.judged] == [
        (Way.NOTICE, JIA, ZHONG, State.COVERED)
    ]
    assert plants["Last plant"].giving is not None
    assert plants["Last plant"].giving.desk == WAI
    assert {plants[name].state for name in ("Last plant", "Canal plant")} == {State.INSIDE}


def test_without_agreements_every_direction_has_nothing(valley_database: Engine, app: Flask) -> None:
    with db.sessions(valley_database).begin() as session:
        for row in session.scalars(select(AgreementRow)):
            session.delete(row)
    found, _ = judged(valley_database)
    assert {each.state for row in found.rows for each in row.judged} == {State.NONE}
    assert "No agreement or statute is loaded" in ask(app, "coverage").output


def _add_plants(engine: Engine, folder: Path) -> None:
    features = [valley._site(site) for site in PLANTS]
    file = folder / "plants.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), "utf-8")
    with db.sessions(engine).begin() as session:
        river_sites.load(session, file, name=valley.NETWORK, at=AT, by=BY)


# --- the delta, cut into four desks: crossings are what the stretches of neighbouring reaches say


def test_the_delta_has_every_crossing_that_its_stretches_show(database: Engine, tmp_path: Path) -> None:
    with db.sessions(database).begin() as session:
        version, boundaries = _delta(session, tmp_path)
        divisions = jurisdictions.division(session, AT)
        found = crossings.lines(session, version, boundaries, divisions, at=AT)
        expected = _by_hand(session, version, boundaries)
        shown = {
            (each.at.reach_id, round(each.at.offset_m), each.giving.key, each.taking.key) for each in found.crossings
        }
        rest = coverage.coverage(found, (), divisions, at=AT, zone=ZONE)
    assert len(expected) > 20
    assert shown == expected
    assert {row.state for row in rest.rows} == {State.NONE}


def _delta(session: db.Writing, folder: Path) -> tuple[int, int]:
    """The delta, with four desks that meet in its middle."""
    river.load(session, DELTA, profile=river.Profile.PLAIN, name="delta", at=AT, by=BY)
    version = networks.active(session, "delta")[1]
    west, south, east, north = session.execute(
        text("select ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) from"
             " (select ST_Extent(geom) as e from reaches where version_id = :v) as all_of_it"),
        {"v": version},
    ).one()  # fmt: skip
    middle = session.execute(
        text("select percentile_cont(0.5) within group (order by ST_X(ST_StartPoint(geom))),"
             " percentile_cont(0.5) within group (order by ST_Y(ST_StartPoint(geom))) from reaches where version_id = :v"),
        {"v": version},
    ).one()  # fmt: skip
    xs, ys = (west - 1, middle[0], east + 1), (south - 1, middle[1], north + 1)
    boxes = {f"D{i}{j}": (xs[i], ys[j], xs[i + 1], ys[j + 1]) for i in (0, 1) for j in (0, 1)}
    rows = ["code,name_zh,name_en,level,parent,valid_from,valid_to,desk,surrogate,note"]
    rows += [f"{code},{code},{code},county,,,,1,0," for code in boxes]
    (folder / "d.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    features = [
        {
            "type": "Feature",
            "properties": {"code": code},
            "geometry": {"type": "Polygon", "coordinates": [[(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]]},
        }
        for code, (x0, y0, x1, y1) in boxes.items()
    ]
    (folder / "d.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    jurisdictions.load_divisions(session, folder / "d.csv", None, at=AT, by=BY)
    boundaries = jurisdictions.load_boundaries(session, folder / "d.geojson", at=AT, by=BY, reading=Reading())
    stretches.build_once(session, version, boundaries)
    return version, boundaries


def _by_hand(session: db.Writing, version: int, boundaries: int) -> set[tuple[int, int, str, str]]:
    """Where the desk changes, looked at reach by reach: within one, and from its end to the beginnings of those after."""
    rows = session.execute(
        text("select reach_id, from_node, to_node from reaches where version_id = :v"), {"v": version}
    ).all()
    pieces = stretches.pieces(session, version, boundaries, [row.reach_id for row in rows])
    by_reach: dict[int, list[Any]] = {}
    for piece in pieces:
        by_reach.setdefault(piece.reach_id, []).append(piece)
    begin = {reach: _codes(found, min(p.from_m for p in found)) for reach, found in by_reach.items()}
    end = {reach: _codes_at_end(found) for reach, found in by_reach.items()}
    changes = set()
    for reach, found in by_reach.items():
        for at_m in sorted({p.from_m for p in found} - {min(p.from_m for p in found)}):
            above = {p.code for p in found if p.from_m < at_m - 0.5 and p.to_m >= at_m - 0.5}
            changes |= {
                (reach, round(at_m), a, b) for a in above - _codes(found, at_m) for b in _codes(found, at_m) - above
            }
    after: dict[int, list[int]] = {}
    for row in rows:
        after.setdefault(row.from_node, []).append(row.reach_id)
    for row in rows:
        for below in after.get(row.to_node, ()):
            old, new = end.get(row.reach_id, set()), begin.get(below, set())
            changes |= {(below, 0, a, b) for a in old - new for b in new - old}
    return changes


def _codes(found: list[Any], at_m: float) -> set[str]:
    return {p.code for p in found if p.from_m <= at_m + 0.5 and p.to_m > at_m + 0.5}


def _codes_at_end(found: list[Any]) -> set[str]:
    last = max(p.to_m for p in found)
    return {p.code for p in found if p.to_m >= last - 0.5}


# --- the commands


def test_json_says_every_direction_in_the_language_of_the_service(app: Flask) -> None:
    made = json.loads(ask(app, "coverage", "--json").output)
    assert made["total"] == len(made["rows"]) == 4
    assert made["counts"]["directions"] == {"none": 0, "statute": 5, "covered": 3, "inside": 0}
    [last] = [row for row in made["rows"] if row["taking"][0]["code"] == WAI]
    assert (
        last["directions"][0]["reason"]
        == "No agreement covers Wai District; only the duty of law towards a neighbour does"
    )
    assert [each["agreement"] for each in last["left_out"]] == ["valley-pact"]


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        (["--division", WAI], 1),
        (["--state", "covered"], 3),
        (["--agreement", "valley-pact"], 3),
        (["--agreement", "valley-pact", "--left-out"], 1),
        (["--place", "border"], 0),
        (["--at", "2019-06-01", "--state", "covered"], 0),
    ],
)
def test_filters_choose_rows(app: Flask, options: list[str], rows: int) -> None:
    assert len(json.loads(ask(app, "coverage", "--json", *options).output)["rows"]) == rows


def test_csv_xlsx_and_geojson_read_back_the_same(app: Flask, tmp_path: Path) -> None:
    files = {ending: tmp_path / f"c.{ending}" for ending in ("csv", "xlsx", "geojson")}
    for file in files.values():
        ask(app, "coverage", "--out", str(file))
    with io.StringIO(files["csv"].read_text(encoding="utf-8-sig")) as opened:
        lines = list(csv.reader(opened))
    assert len(lines) == 1 + 8
    assert lines[0][:3] == ["kind", "name", "river code"]
    assert _sheet(files["xlsx"]) == lines
    features = json.loads(files["geojson"].read_text(encoding="utf-8"))["features"]
    assert len(features) == 4
    assert {feature["properties"]["state"] for feature in features} == {"statute"}
    assert all(100 < feature["geometry"]["coordinates"][0] < 101 for feature in features)


def _sheet(file: Path) -> list[list[str]]:
    """The cells of a workbook's only sheet, empty ones included."""
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    lines = []
    for row in sheet.findall("m:sheetData/m:row", space):
        cells = {cell.attrib["r"].rstrip("0123456789"): "".join(cell.itertext()) for cell in row}
        lines.append([cells.get(chr(ord("A") + n), "") for n in range(19)])
    return lines


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["coverage", "--out", "c.pdf"], "c.pdf: end it with .csv, .xlsx or .geojson"),
        (["coverage", "--out", "/nowhere/c.csv"], "Cannot write /nowhere/c.csv"),
        (["coverage", "--at", "yesterday"], "needs a day, such as 2025-11-21"),
        (["coverage", "--river", "nowhere"], 'The networks have no river "nowhere": there are'),
        (["coverage", "--division", "999999"], 'The register has no division "999999": there are V10000'),
        (["coverage", "--agreement", "nope"], 'No agreement is loaded as "nope": there are'),
        (["coverage", "--state", "green"], "must be none or statute or covered or inside"),
        (["what-if"], "Give --lon and --lat, or --place, or --site"),
        (["what-if", "--place", "nowhere at all"], 'Nothing is called "nowhere at all"'),
        (["what-if", "--lon", "10", "--lat", "10"], "The nearest river is"),
        (["what-if", "--site", "99"], "There is no site 99"),
        (["what-if", "--all"], "--all needs something to compare with"),
        (["what-if", "--all", "--without", "nope"], 'No agreement "nope" is loaded'),
        (["what-if", "--all", "--agreement", "valley-pact", "--version", "9"], "has no version 9"),
        (["what-if", "--all", "--agreement", "valley-pact"], "Say by --version which version"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(app: Flask, args: list[str], said: str) -> None:
    done = app.test_cli_runner().invoke(args=["agreements", *args])
    assert done.exit_code == 1
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_what_if_tells_the_same_desks_as_a_preview_and_stores_nothing(app: Flask, valley_database: Engine) -> None:
    counted = text(
        "select (select count(*) from incidents), (select count(*) from notifications), (select count(*) from journal_entries)"
    )
    with valley_database.connect() as connection:
        before = connection.execute(counted).one()
    made = json.loads(ask(app, "what-if", "--lon", "100.02", "--lat", "30.1005", "--json").output)
    with valley_database.connect() as connection:
        assert connection.execute(counted).one() == before
    assert made["what_if"] is True
    assert [(each["who"], each["tells"]) for each in made["notifications"]] == [(JIA, ZHONG), (JIA, WAI)]
    assert made["gaps"][0]["jurisdiction"] == WAI
    assert made["difference"] is None


def test_what_if_without_the_pact_says_what_would_change(app: Flask) -> None:
    place = ["--lon", "100.02", "--lat", "30.1005", "--json"]
    made = json.loads(ask(app, "what-if", *place, "--without", "valley-pact", "--at", "2025-11-21").output)
    changes = {name: [each["tells"] for each in changed] for name, changed in made["difference"]["changes"].items()}
    assert set(changes) == {"newly_told", "no_longer_told", "sooner", "later"}
    assert [gap["jurisdiction"] for gap in made["difference"]["gaps"]] == [ZHONG, WAI]
    early = app.test_cli_runner().invoke(args=["agreements", "what-if", *place, "--at", "2005-11-21"])
    assert early.exit_code == 1
    assert "No rules of grades and time limits hold on that day" in early.stderr


def test_another_version_is_sooner_at_every_line_that_it_covers(app: Flask, tmp_path: Path) -> None:
    quicker = valley.AGREEMENT.replace("within_minutes: 20", "within_minutes: 5")
    (tmp_path / "pact.yaml").write_text(quicker, encoding="utf-8")
    ask(app, "load", str(tmp_path / "pact.yaml"))
    versions = ["--all", "--agreement", "valley-pact", "--version", "2", "--against", "1", "--json"]
    made = json.loads(ask(app, "what-if", *versions).output)
    assert made["counts"] == {
        "newly_told": 0, "no_longer_told": 0, "newly_covered": 0, "no_longer_covered": 0, "sooner": 3, "later": 0,
    }  # fmt: skip
    assert {(each["was"]["within_minutes"], each["now"]["within_minutes"]) for each in made["changes"]} == {(15, 5)}


def test_an_own_plan_that_reports_upward_sooner_shows_in_the_comparison_of_all_lines(
    app: Flask, tmp_path: Path
) -> None:
    """Reports upward and inside duties cross no line; they stand beside the lines, by desk."""
    first = PLAN.replace("within_minutes: 30", "within_minutes: 60")
    for text_ in (first, PLAN):
        (tmp_path / "plan.yaml").write_text(text_, encoding="utf-8")
        ask(app, "load", str(tmp_path / "plan.yaml"))
    versions = ["--all", "--agreement", "jia-plan", "--version", "2", "--against", "1"]
    own = json.loads(ask(app, "what-if", *versions, "--json").output)["own"]
    assert own["counts"] == {"newly_told": 0, "no_longer_told": 0, "sooner": 2, "later": 0}
    assert own["desks"] == 3
    assert {(each["who"], each["role"], each["kind"]) for each in own["changes"]} == {
        (JIA, "government", "report_upward"),
        (JIA, "fire", "incident"),
    }
    gone = ask(app, "what-if", "--all", "--without", "jia-plan").output
    assert "no longer told: report upward" in gone
    assert "reports upward and inside duties of 3 desks: newly told 0, no longer told 2" in gone


PLAN = """\
id: jia-plan
title: {zh: 甲州预案, en: Plan of Jia}
form: plan
parties: ["V10100"]
valid_from: 2020-01-01
policy:
  soon: {within_minutes: 30, what: {zh: 电话, en: by telephone}}
clauses:
  - id: government
    label: {zh: 报告政府, en: to the government}
    text_held: false
    when: {relation: inside, kinds: [report_upward], grade_known: true}
    duty: {role: government, policy: soon}
  - id: fire
    label: {zh: 叫消防, en: the fire service}
    text_held: false
    when: {relation: inside, kinds: [incident]}
    duty: {role: fire, policy: soon}
provenance: {zh: 试验, en: trial}
"""


def test_what_if_prints_the_place_the_hour_the_role_and_the_copies(app: Flask, tmp_path: Path) -> None:
    copied = valley.AGREEMENT.replace("within_minutes: 20", "within_minutes: 5").replace(
        "duty: {role: liaison", "duty: {copy_to: [{zh: 秘书处, en: secretariat}], role: liaison"
    )
    assert "copy_to" in copied
    (tmp_path / "pact.yaml").write_text(copied, encoding="utf-8")
    ask(app, "load", str(tmp_path / "pact.yaml"))
    said = ask(app, "what-if", "--lon", "100.02", "--lat", "30.1005", "--at", "2025-12-01").output
    assert "The hour: 2025-12-01 12:00" in said
    assert "the liaison  first notice  2025-12-01 12:05" in said
    assert "copies: secretariat" in said
    made = json.loads(ask(app, "what-if", "--lon", "100.02", "--lat", "30.1005", "--json").output)
    assert made["snapped"]["words"] in ask(app, "what-if", "--lon", "100.02", "--lat", "30.1005").output
    assert made["notifications"][0]["role_name"] == "the liaison"
    assert made["notifications"][0]["copy_to"] == ["secretariat"]


def test_a_risk_source_stands_for_its_place(app: Flask, valley_database: Engine, tmp_path: Path) -> None:
    _add_plants(valley_database, tmp_path)
    made = json.loads(ask(app, "what-if", "--site", "11", "--json", "--medium", "air", "--grade", "II").output)
    assert made["lead"]["code"] == JIA
    assert (made["inputs"]["medium"], made["inputs"]["grade"]) == ("air", "II")
    assert len(made["caveats"]) == 1
    assert "valley-pact" not in {clause["agreement"] for each in made["notifications"] for clause in each["clauses"]}
