"""`flask river`: load a network, show what was found in it, trace a spot."""

import json
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from emergency import clock, journal
from emergency.cli.say import speaking
from emergency.errors import BadInput
from emergency.journal import Actor
from emergency.jurisdictions import course, stretches
from emergency.jurisdictions import load as jurisdictions
from emergency.labels import fault
from emergency.river import load as river
from emergency.river import networks
from emergency.river.findings import SHOWN, Example, Finding, read_finding, warning
from emergency.river.models import NetworkRow
from emergency.river.snap import tolerance
from emergency.river.trace import Limit
from emergency.river.values import Direction, SiteKind, Spot, SubNetwork
from emergency.units import METRES_PER_KM, SECONDS_PER_HOUR
from emergency.web.app import parts
from emergency.web.language import spoken
from emergency.words import Language, Words

MOST_OFFSET_M: Final = 1e7
"""No river on Earth is as long."""
CUT: Final = "cut"
PHASES: Final[Mapping[str, Words]] = {
    river.Phase.COPY: Words("复制文件", "Copying"),
    river.Phase.READ: Words("读取", "Reading"),
    river.Phase.INDEX: Words("检查与索引", "Indexing"),
    river.Phase.STORE: Words("入库", "Storing"),
    CUT: Words("按区划切分", "Cutting by divisions"),
}
TOLD: Final = 10
"""Lines per phase where there is no terminal to draw a bar on."""

group = AppGroup("river", help="河网 / The river network.")


@group.command("load")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--profile",
    required=True,
    type=click.Choice([each.value for each in river.Profile]),
    help="列的含义 / What its columns mean",
)
@click.option("--name", help="河网名称，缺省为文件名 / Name of the network; default: the name of the file")
@click.option("--dry-run", is_flag=True, help="只检查，不改动 / Check only, change nothing")
@click.option("--json", "as_json", is_flag=True)
@speaking
def load(file: Path, profile: str, name: str | None, dry_run: bool, as_json: bool) -> None:
    """载入河网（GeoPackage、GeoJSON、Shapefile）/ Load a network; the same file again changes nothing."""
    progress = _Progress()
    with parts().sessions.begin() as session:
        report = river.load(
            session,
            file,
            profile=river.Profile(profile),
            name=name or file.stem,
            at=clock.now(),
            by=Actor(process="river load"),
            dry_run=dry_run,
            progress=progress,
        )
        stretches.build_missing(session, progress=partial(progress, CUT))
        serving = networks.serving(session)
    if as_json:
        click.echo(_json(_loaded(report)))
        return
    click.echo(_outcome(report).to(_language()))
    _show(report.findings)
    for moved in report.moved_sites:
        click.echo(f"  {moved.site_id}: {moved.words.to(_language())}")
    if not dry_run and serving != report.network:
        words = Words(
            f"服务用的仍是 {serving}；改用：flask river use {report.network}。",
            f"The service still works on {serving}; to change: flask river use {report.network}.",
        )
        click.echo(words.to(_language()))


@group.command("check")
@click.option("--name", help="河网名称，缺省为默认河网 / Name of the network; default: the default one")
@click.option("--json", "as_json", is_flag=True)
@speaking
def check(name: str | None, as_json: bool) -> None:
    """重看现用版本的检查结果 / Show again what was found in the active version."""
    with parts().sessions.begin() as session:
        network, version_id = networks.active(session, name)
        version = networks.version(session, version_id)
        size = {**version.report, "findings": [*version.report["findings"], *_dry(session, version_id)]}
    if as_json:
        facts = {"network": network.name, "version": version.id, "n": version.n, "source": version.source}
        click.echo(_json({**facts, **size}))
        return
    words = Words(
        f"{network.name} 第 {version.n} 版：{size['reaches']} 个河段，{size['paths']} 条主路径，{size['length_km']:.1f} 公里。",
        f"{network.name}, version {version.n}: {size['reaches']} reaches, {size['paths']} main paths, {size['length_km']:.1f} km.",
    )
    click.echo(words.to(_language()))
    _show([read_finding(stored) for stored in size["findings"]])


def _dry(session: Session, version_id: int) -> list[dict[str, Any]]:
    """Divisions without a river, as a finding: they hang on the boundaries of today, not on the version."""
    boundaries = jurisdictions.drawn_boundaries(session)
    if boundaries is None:
        return []
    divisions = jurisdictions.division(session, clock.now())
    codes = jurisdictions.without_river(session, version_id, boundaries)
    words = Words(
        "没有河段的区划：若整片都没有，请核对文件与坐标系。",
        "Divisions without a river: where a whole region has none, check the file and its coordinates.",
    )
    some = [Example(code, value=divisions.name(code).to(_language())) for code in codes[:SHOWN]]
    return [finding.stored() for finding in warning("no-river", words, len(codes), some)]


@group.command("use")
@click.argument("name")
@speaking
def use(name: str) -> None:
    """服务改用另一个已载入的河网 / Let the service work on another network that is loaded."""
    with parts().sessions.begin() as session:
        before = networks.use(session, name)
        if before is not None:
            by, facts = Actor(process="river use"), {"network": name, "before": before}
            journal.append(session, "system", "network.used", by=by, at=clock.now(), facts=facts)
    same = Words(f"服务用的已是 {name}。", f"The service works on {name} already.")
    done = Words(f"服务改用 {name}（此前：{before}）。", f"The service now works on {name} (before: {before}).")
    click.echo((same if before is None else done).to(_language()))


@group.command("drop")
@click.argument("version", type=int)
@speaking
def drop(version: int) -> None:
    """删除一个没有研判引用的旧版本 / Drop an old version that no assessment stands on."""
    with parts().sessions.begin() as session:
        network = session.get_one(NetworkRow, networks.version(session, version).network_id).name
        networks.drop(session, version)
        facts = {"network": network, "version": version}
        by = Actor(process="river drop")
        journal.append(session, "system", "network.version_dropped", by=by, at=clock.now(), facts=facts)
    click.echo(
        Words(f"{network}：版本 {version} 已删除。", f"{network}: version {version} is dropped.").to(_language())
    )


@group.command("trace")
@click.option("--reach", type=int, help="河段编号 / Id of the reach")
@click.option(
    "--offset", type=float, default=0.0, help="距河段上端的米数 / Metres from its upstream end", show_default=True
)
@click.option("--lon", type=float, help="经度 / Longitude")
@click.option("--lat", type=float, help="纬度 / Latitude")
@click.option("--name", help="河网名称，缺省为默认河网 / Name of the network; default: the default one")
@click.option("--upstream", is_flag=True, help="向上游 / Upstream")
@click.option("--main", "main_only", is_flag=True, help="仅主路径 / The main path only")
@click.option("--within-km", type=click.FloatRange(0, 1e5), help="不超过多少公里 / No further than so many kilometres")
@click.option(
    "--within-h", type=click.FloatRange(0, 1e5), help="参考流量下不超过多少小时 / No longer than so many hours"
)
@click.option(
    "--sites",
    multiple=True,
    type=click.Choice([kind.value for kind in SiteKind]),
    help="同时列出此类点位 / List sites of this kind",
)
@click.option("--json", "as_json", is_flag=True)
@speaking
def trace_command(
    reach: int | None,
    offset: float,
    lon: float | None,
    lat: float | None,
    name: str | None,
    upstream: bool,
    main_only: bool,
    within_km: float | None,
    within_h: float | None,
    sites: tuple[str, ...],
    as_json: bool,
) -> None:
    """追踪某处的下游（或上游）/ Trace what lies downstream (or upstream) of a spot.

    length_km is the length of all reaches found, the first one from the spot on.
    """
    with parts().sessions.begin() as session:
        spot = _spot(session, name, reach, offset, lon, lat)
        direction = Direction.UP if upstream else Direction.DOWN
        sub, found = course.course(
            session,
            spot,
            at=clock.now(),
            name=name,
            direction=direction,
            main_only=main_only,
            limit=Limit(
                None if within_km is None else within_km * METRES_PER_KM,
                None if within_h is None else within_h * SECONDS_PER_HOUR,
            ),
            kinds=frozenset(SiteKind(kind) for kind in sites),
        )
        found = spoken(found, _language())
    click.echo(_json(found) if as_json else _table(sub, found))


def _spot(
    session: Session, name: str | None, reach: int | None, offset_m: float, lon: float | None, lat: float | None
) -> Spot:
    if reach is not None and lon is None and lat is None:
        if not 0 <= offset_m <= MOST_OFFSET_M:  # which NaN is not, either
            zh, en = f"须为 0 到 {MOST_OFFSET_M:,.0f} 的数", f"must be a number from 0 to {MOST_OFFSET_M:,.0f}"
            raise BadInput("bad-field", fault("offset_m", zh, en), field="offset_m")
        return Spot(reach, offset_m)
    if reach is not None or lon is None or lat is None:
        words = Words("请给出 --reach，或同时给出 --lon 与 --lat。", "Give either --reach, or both --lon and --lat.")
        raise BadInput("spot", words)
    return course.at_point(session, lon, lat, name=name, within=tolerance(parts().settings))


def _table(sub: SubNetwork, found: Mapping[str, Any]) -> str:
    lines = [_line(sub, row) for row in found["reaches"]]
    sites = [_site_line(row) for row in found.get("sites", ())]
    return "\n".join([*lines, *sites, f"{len(lines)}, {found['length_km']:.1f} km"])


def _site_line(row: Mapping[str, Any]) -> str:
    arrives = "     —" if row["enter_h"] is None else f"{row['enter_h']:6.1f}"
    return f"> {row['km']:8.1f} km             {arrives} h  {row['kind']}  {row['name']}"


def _line(sub: SubNetwork, row: Mapping[str, Any]) -> str:
    reach = sub.reaches[row["reach_id"]]
    arrives = "     —" if row["enter_h"] is None else f"{row['enter_h']:6.1f}"
    mark = "*" if row["on_main"] else " "
    name = reach.name.to(_language())
    return f"{mark} {row['enter_km']:8.1f} – {row['leave_km']:8.1f} km  {arrives} h  {reach.code}  {name}"


def _loaded(report: river.LoadReport) -> dict[str, Any]:
    return {
        "network": report.network,
        "version": report.version_id,
        "changed": report.changed,
        "dry_run": report.dry_run,
        **report.stored(),
        "moved_sites": [moved.stored() for moved in report.moved_sites],
    }


def _outcome(report: river.LoadReport) -> Words:
    size_zh = f"{report.reaches} 个河段，{report.paths} 条主路径，{report.length_km:.1f} 公里。"
    size_en = f"{report.reaches} reaches, {report.paths} main paths, {report.length_km:.1f} km."
    if not report.changed:
        return Words(
            f"{report.network}：与现用版本是同一文件，未改动。{size_zh}",
            f"{report.network}: same file, no change. {size_en}",
        )
    if report.dry_run:
        return Words(
            f"{report.network}：试载入，未改动。{size_zh}", f"{report.network}: dry run, nothing changed. {size_en}"
        )
    return Words(f"{report.network} 已载入：{size_zh}", f"{report.network} is loaded: {size_en}")


def _show(findings: Sequence[Finding]) -> None:
    for finding in findings:
        click.echo(f"- {finding.words.to(_language())} ({finding.count})")
        for example in finding.examples:
            click.echo(f"    {example}")


class _Progress:
    """A bar per phase on a terminal; plain lines, a tenth of the way apart, elsewhere. On stderr: stdout is the report."""

    def __init__(self) -> None:
        self.next: dict[str, int] = {}
        self.bars: dict[str, Any] = {}

    def __call__(self, phase: str, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self._draw(phase, done, total)
        elif done * TOLD >= self.next.get(phase, 0) * total:
            self.next[phase] = done * TOLD // total + 1
            click.echo(f"{PHASES[phase].to(_language())} {done} / {total}", err=True)

    def _draw(self, phase: str, done: int, total: int) -> None:
        if phase not in self.bars:
            self.bars[phase] = click.progressbar(length=total, label=PHASES[phase].to(_language()), file=sys.stderr)
        bar = self.bars[phase]
        bar.update(done - bar.pos)
        if done == total:
            bar.render_finish()


def _language() -> Language:
    return parts().settings.language


def _json(made: Mapping[str, Any]) -> str:
    return json.dumps(made, ensure_ascii=False, indent=2)
