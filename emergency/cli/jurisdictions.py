"""`flask jurisdictions load`: the register of divisions from a CSV, or their boundaries from a file of polygons."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from emergency import clock
from emergency.cli.say import speaking
from emergency.errors import BadFile
from emergency.journal import Actor
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions import seams, stretches
from emergency.jurisdictions.outlines import Opening
from emergency.jurisdictions.polygons import Boundaries, Columns, Datum, Reading
from emergency.jurisdictions.seams import Hole, Overlap, Seams
from emergency.jurisdictions.stretches import StretchReport
from emergency.river.models import NetworkRow
from emergency.web.app import parts
from emergency.web.language import spoken
from emergency.words import Words

BY: Final = Actor(process="jurisdictions load")
SUCCESSORS: Final = "successors.csv"
FORMATS: Final = (".geojson", ".json", ".gpkg", ".shp")
SHOWN: Final = 5
OVERLAPS: Final = Words("重叠", "overlaps")
HOLES: Final = Words("空洞", "holes between divisions")

group = AppGroup("jurisdictions", help="辖区 / Jurisdictions.")


@dataclass(frozen=True, slots=True)
class Dry:
    """The rivers of a network that the boundaries leave out: its name, and the divisions without a river by name."""

    network: str
    codes: Sequence[str]
    names: Sequence[Words]


@dataclass(frozen=True, slots=True)
class Done:
    """What a load did. version: None in a dry run, which cuts no river either."""

    boundaries: Boundaries
    seams: Seams
    version: int | None
    built: Mapping[int, StretchReport]
    dry: Sequence[Dry]


@group.command("load")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="只检查，不改动 / Check only, change nothing")
@click.option("--json", "as_json", is_flag=True)
@click.option("--code-column", default="code", show_default=True, help="存代码的列 / Column of the codes")
@click.option(
    "--name-column", default="name", show_default=True, help="名称列（另认 name_zh、name_en）/ Column of names"
)
@click.option("--level-column", default="level", show_default=True, help="级别列 / Column of levels")
@click.option("--parent-column", default="parent", show_default=True, help="上级代码列 / Column of parents' codes")
@click.option(
    "--add", is_flag=True, help="清单中没有的区划按本文件补入 / Take divisions that the list lacks from this file"
)
@click.option(
    "--datum",
    type=click.Choice([each.value for each in Datum]),
    help="坐标：gcj02 换算后载入；wgs84 不检验；缺省为检验 / Coordinates: gcj02 converts, wgs84 skips the test; default: test",
)
@click.option("--crs", help="坐标系，代替文件所声明的 / Coordinate system, instead of what the file says (EPSG:4490)")
@click.option("--layer", help="图层 / Layer of the file")
@click.option("--encoding", help="文字编码（如 GBK）/ Encoding of its texts (such as GBK)")
@click.option("--where", help="只取这些要素 / Only these features (gb like '15651%')")
@click.option("--source-line", help="地图上注明的来源 / The source that every map names")
@speaking
def load(file: Path, dry_run: bool, as_json: bool, **named: Any) -> None:
    """载入区划清单（CSV，旁边的 successors.csv 一并载入）或边界（GeoJSON、GeoPackage、Shapefile）；同一文件重载不变 /
    Load divisions (a CSV, with the successors.csv beside it) or boundaries (GeoJSON, GeoPackage, Shapefile); the same file
    again changes nothing."""
    kind = file.suffix.lower()
    if kind == ".csv":
        with parts().sessions.begin() as session:
            report = _divisions(session, file, dry_run)
        click.echo(json.dumps(report) if as_json else _listed(report, dry_run).to(parts().settings.language))
        return
    if kind not in FORMATS:
        words = Words(
            f"{file.name}：请给区划清单（.csv）或边界（.geojson、.gpkg、.shp）",
            f"{file.name}: give a list of divisions (.csv) or boundaries (.geojson, .gpkg, .shp)",
        )
        raise BadFile("unknown-kind-of-file", words, field="file")
    with parts().sessions.begin() as session:
        done = _boundaries(session, file, _reading(named), dry_run)
    if as_json:
        click.echo(json.dumps(spoken(_stored(done), parts().settings.language), ensure_ascii=False, indent=2))
        return
    for words in _told(done):
        click.echo(words.to(parts().settings.language))


def _reading(named: Mapping[str, Any]) -> Reading:
    return Reading(
        opening=Opening(named["layer"], named["crs"], named["encoding"], named["where"]),
        columns=Columns(
            code=named["code_column"],
            name=named["name_column"],
            level=named["level_column"],
            parent=named["parent_column"],
        ),
        datum=None if named["datum"] is None else Datum(named["datum"]),
        add=named["add"],
        source_line=named["source_line"],
    )


def _divisions(session: Session, file: Path, dry_run: bool) -> dict[str, int]:
    beside = file.with_name(SUCCESSORS)
    successors = beside if beside.is_file() and beside != file else None
    report = jurisdictions.load_divisions(session, file, successors, at=clock.now(), by=BY)
    if dry_run:
        session.rollback()
    return {"divisions": report.divisions, "successions": report.successions, "changed": report.changed}


def _listed(report: Mapping[str, int], dry_run: bool) -> Words:
    return Words(
        ("试载入，未改动：" if dry_run else "")
        + f"区划{report['divisions']}条，承接{report['successions']}条；新增或更正{report['changed']}条。",
        ("Dry run, nothing changed: " if dry_run else "")
        + f"{report['divisions']} divisions, {report['successions']} successions; {report['changed']} new or corrected.",
    )


def _boundaries(session: Session, file: Path, reading: Reading, dry_run: bool) -> Done:
    found = jurisdictions.read_boundaries(session, file, reading)
    parents = {each.code: each.parent for each in jurisdictions.division(session, clock.now())}
    parents |= {each.code: each.parent for each in found.added}
    leaves = seams.finest(found.by_code, parents.get)
    meeting = seams.seams({code: found.by_code[code] for code in leaves})
    if dry_run:
        return Done(found, meeting, None, {}, ())
    version = jurisdictions.activate(session, found, at=clock.now(), by=BY)
    built = stretches.build_missing(session)
    return Done(found, meeting, version, built, _dry(session, version))


def _dry(session: Session, boundaries: int) -> list[Dry]:
    """Of each network: the divisions that none of its rivers touch."""
    divisions = jurisdictions.division(session, clock.now())
    made = []
    for network in session.scalars(select(NetworkRow).where(NetworkRow.active_version_id.is_not(None))):
        codes = jurisdictions.without_river(session, network.active_version_id or 0, boundaries)
        made.append(Dry(network.name, codes, [divisions.name(code) for code in codes]))
    return made


def _told(done: Done) -> list[Words]:
    """The report, line by line."""
    return [
        _outcome(done),
        *done.boundaries.assumed,
        *_rewritten(done.boundaries.rewritten),
        done.boundaries.shift.words,
        *_seams(done.seams),
        *(words for dry in done.dry if dry.codes for words in [_without(dry)]),
    ]


def _outcome(done: Done) -> Words:
    count, crs = len(done.boundaries.by_code), done.boundaries.crs[:40]
    if done.version is None:
        return Words(
            f"试载入，未改动：{count}个辖区，坐标系 {crs}。",
            f"Dry run, nothing changed: {count} territories, coordinate system {crs}.",
        )
    made = sum(report.stretches for report in done.built.values())
    gaps = sum(len(report.gaps) for report in done.built.values())
    differing = sum(len(report.disagreements) for report in done.built.values())
    return Words(
        f"边界第{done.version}版已启用：{count}个辖区，坐标系 {crs}；切出{made}段河，{gaps}处在所有辖区之外，"
        f"{differing}个河段的表与边界不一致。",
        f"Boundaries version {done.version} are active: {count} territories, coordinate system {crs}; {made} stretches cut, "
        f"{gaps} outside all divisions, {differing} reaches whose table and boundaries disagree.",
    )


def _rewritten(codes: Sequence[str]) -> list[Words]:
    if not codes:
        return []
    shown = ", ".join(codes[:SHOWN]) + (", …" if len(codes) > SHOWN else "")
    return [
        Words(
            f"{len(codes)}个面的边界自相接触，已在接触处拆开，界线未动：{shown}",
            f"{len(codes)} polygons whose rings touch themselves were split there, without moving a border: {shown}",
        )
    ]


def _seams(found: Seams) -> list[Words]:
    """Where neighbours do not meet: what lies in two, and what lies in none."""
    overlaps = [(each.codes, each) for each in found.overlaps]
    holes = [(each.beside, each) for each in found.holes]
    return [
        _meeting(overlaps, OVERLAPS) if overlaps else Words("相邻辖区没有重叠。", "No neighbours overlap."),
        _meeting(holes, HOLES) if holes else Words("辖区之间没有空洞。", "There are no holes between divisions."),
    ]


def _meeting(found: Sequence[tuple[Sequence[str], Overlap | Hole]], kind: Words) -> Words:
    """How many, how large, and the first of them with their place."""
    total = sum(each.area_km2 for _, each in found)
    shown = [
        (f"{'、'.join(codes)} {each.area_km2:.2f} km²", f"({each.lon}, {each.lat})") for codes, each in found[:SHOWN]
    ]
    return Words(
        f"{kind.zh}{len(found)}处，共{total:.2f} km²：" + "；".join(f"{one}{at}" for one, at in shown),
        f"{len(found)} {kind.en}, {total:.2f} km² together: " + "; ".join(f"{one} at {at}" for one, at in shown),
    )


def _without(dry: Dry) -> Words:
    more = len(dry.codes) - SHOWN
    zh = "、".join(f"{name.zh}（{code}）" for code, name in zip(dry.codes[:SHOWN], dry.names, strict=False))
    en = ", ".join(f"{name.en} ({code})" for code, name in zip(dry.codes[:SHOWN], dry.names, strict=False))
    return Words(
        f"河网 {dry.network} 不经过{len(dry.codes)}个辖区：{zh}" + ("等。" if more > 0 else "。"),
        f"No river of {dry.network} lies in {len(dry.codes)} divisions: {en}" + (", and others." if more > 0 else "."),
    )


def _stored(done: Done) -> dict[str, Any]:
    """The report, JSON-ready."""
    return {
        "version": done.version,
        "dry_run": done.version is None,
        "source": done.boundaries.source,
        "crs": done.boundaries.crs,
        "polygons": len(done.boundaries.by_code),
        "added": [division.code for division in done.boundaries.added],
        "assumed": [words.stored() for words in done.boundaries.assumed],
        "rewritten": list(done.boundaries.rewritten),
        "shift": done.boundaries.shift.stored(),
        **done.seams.stored(),
        "stretches": sum(report.stretches for report in done.built.values()),
        "outside": sum(len(report.gaps) for report in done.built.values()),
        "disagreements": sum(len(report.disagreements) for report in done.built.values()),
        "without_river": {dry.network: list(dry.codes) for dry in done.dry},
    }
