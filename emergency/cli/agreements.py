"""`flask agreements`: check and load files, why a place is told, what covers every line, and what if something happened."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from emergency import clock
from emergency.agreements import asked, coverage, ground, sheet
from emergency.agreements import load as agreements
from emergency.agreements.coverage import Coverage, Judged, Progress, Row, Way
from emergency.agreements.sheet import Format
from emergency.agreements.values import Circle, Grade, Kind, Medium
from emergency.cli.say import say, speaking
from emergency.config import Settings
from emergency.errors import BadFile, BadInput, NotFound
from emergency.incidents import explained, statement, whatif
from emergency.incidents.assess import Context
from emergency.incidents.models import IncidentRow
from emergency.incidents.statement import Statement
from emergency.incidents.whatif import Other, Supposed
from emergency.journal import Actor
from emergency.jurisdictions import places
from emergency.jurisdictions.values import Divisions
from emergency.river.snap import tolerance
from emergency.units import iso
from emergency.web.app import parts
from emergency.web.language import spoken
from emergency.words import Language, Words

group = AppGroup("agreements", help="协议 / Agreements.")


@group.command("check")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="打印数据 / Print data")
@speaking
def check(path: Path, as_json: bool) -> None:
    """核对协议文件，不载入 / Check an agreement file, or a folder of them; nothing is loaded."""
    with parts().sessions.begin() as session:
        problems = agreements.check(path, session)
        unchecked = agreements.unchecked(session, path)
    if as_json:
        _print(
            {
                "problems": [{"file": each.file, "line": each.line, "what": each.what.stored()} for each in problems],
                "warnings": [words.stored() for words in unchecked],
            }
        )
        raise SystemExit(1 if problems else 0)
    _warn(unchecked)
    if problems:
        listed = [problem.words for problem in problems]
        raise BadFile(
            "agreement-file",
            Words("\n".join(words.zh for words in listed), "\n".join(words.en for words in listed)),
        )
    click.echo(Words(f"{path}：没有问题。", f"{path}: nothing wrong.").to(parts().settings.language))


@group.command("load")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="打印数据 / Print data")
@speaking
def load(path: Path, as_json: bool) -> None:
    """载入协议文件 / Load an agreement file, or a folder of them; what is there already stays as it is."""
    with parts().sessions.begin() as session:
        loaded = agreements.load(session, path, at=clock.now(), by=Actor(process="cli"))
        unchecked = agreements.unchecked(session, path)
    if as_json:
        _print(
            {
                "agreements": [{"id": each.id, "version": each.version, "new": each.new} for each in loaded],
                "warnings": [words.stored() for words in unchecked],
            }
        )
        return
    _warn(unchecked)
    for each in loaded:
        click.echo(f"{each.id} v{each.version} {STORED[each.new].to(parts().settings.language)}")


STORED: Final[Mapping[bool, Words]] = {True: Words("新版本", "new version"), False: Words("未变", "unchanged")}
"""What became of a file, by whether it was new."""


def _warn(sentences: Sequence[Words]) -> None:
    for words in sentences:
        say(Words(f"注意：{words.zh}", f"Note: {words.en}"))


@group.command("names")
@click.argument("what", type=click.Choice(["rivers", "divisions", "agreements"]))
@click.option("--at", "day", help="哪一天 / As of which day (default: now)")
@click.option("--json", "as_json", is_flag=True, help="打印数据 / Print data")
@speaking
def names(what: str, day: str | None, as_json: bool) -> None:
    """列出可用的河流、区划或协议代码 / List the codes of rivers, divisions or agreements that a file or a filter may name."""
    settings = parts().settings
    with parts().sessions.begin() as session:
        known = ground.names(session, what, asked.as_of(day, clock.now(), settings.time_zone))
    if as_json:
        _print({what: [{"code": code, "name": known[code].stored()} for code in sorted(known)]})
        return
    for code in sorted(known):
        click.echo(f"{code}  {known[code].to(settings.language)}")
    if not known:
        say(Words("一个都还没有载入。", "None has been loaded yet."))


@group.command("why")
@click.option("--incident", type=int, required=True, help="事件编号 / Number of the incident")
@click.option("--jurisdiction", required=True, help="区划代码，如 500116 / A division's code, as 500116")
@click.option("--json", "as_json", is_flag=True, help="打印数据 / Print data")
@speaking
def why(incident: int, jurisdiction: str, as_json: bool) -> None:
    """某地为什么被告知或没有被告知 / Why a place is told in an incident, or is not."""
    with parts().sessions.begin() as session:
        if session.get(IncidentRow, incident) is None:
            raise NotFound("no-such-incident", Words(f"没有事件 {incident}。", f"There is no incident {incident}."))
        found = explained.why(session, incident, jurisdiction, parts().settings.time_zone)
    shown = spoken(found, parts().settings.language)
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    click.echo(shown["words"])
    for each in shown["clauses"]:
        click.echo(f"  {each['cited']} — {each['words']}")


def _print(document: Mapping[str, Any]) -> None:
    click.echo(json.dumps(spoken(document, parts().settings.language), ensure_ascii=False, indent=2))


@group.command("coverage")
@click.option("--at", "day", help="哪一天（缺省为现在）/ As of which day, such as 2025-11-21 (default: now)")
@click.option("--river", default="", help="只看这条河（代码）/ Only this river, by code")
@click.option("--division", default="", help="只看涉及此区划的（代码）/ Only what touches this division, by code")
@click.option("--state", default="", help="covered | statute | none | inside")
@click.option("--place", default="", help="crossing | border | source")
@click.option("--agreement", default="", help="只看此协议覆盖的（id）/ Only what this agreement covers, by id")
@click.option("--left-out", is_flag=True, help="改看此协议未纳入的 / Turn it round: what that agreement leaves out")
@click.option("--json", "as_json", is_flag=True)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="写成文件 / Write a file: .csv, .xlsx or .geojson"
)
@speaking
def covered(day: str | None, as_json: bool, out: Path | None, **given: Any) -> None:
    """每处跨界、界河和风险源由哪一条覆盖，哪里只有法规或什么都没有 / What covers every crossing, border river and risk
    source: an agreement, only a statute, or nothing."""
    settings = parts().settings
    at = asked.as_of(day, clock.now(), settings.time_zone)
    wanted = asked.wanted(given | {"left_out": "1" if given["left_out"] else ""})
    form = _form(out)
    with parts().sessions.begin() as session:
        here = ground.ground(session, at)
        ground.require(session, here, wanted)
        found = coverage.coverage(
            here.lines, here.agreements, here.divisions, at=at, zone=settings.time_zone, progress=_counting()
        )
        rows = coverage.chosen(found, wanted, here.divisions)
        if out is not None and form is not None:
            made = sheet.exported(rows, here.divisions, form, settings.language, at=at, source=here.source_line)
            _write(out, made)
            click.echo(_done(out, rows).to(settings.language))
            return
        if as_json:
            document = {
                "at": iso(at),
                "counts": sheet.counts(rows),
                "total": len(found.rows),
                "rows": [sheet.row_json(row, here.divisions) for row in rows],
            }
            click.echo(json.dumps(spoken(document, settings.language), ensure_ascii=False, indent=2))
            return
        for words in _listing(found, rows, here.divisions):
            click.echo(words.to(settings.language))


@group.command("what-if")
@click.option("--lon", type=float, help="经度 / Longitude, degrees")
@click.option("--lat", type=float, help="纬度 / Latitude, degrees")
@click.option("--place", "named", help="地名，代替经纬度 / The name of a place, instead of coordinates")
@click.option("--site", type=int, help="点位编号（如风险源），代替经纬度 / A site's number, such as of a risk source")
@click.option("--all", "over_all", is_flag=True, help="不看一处，看所有跨界处 / Not one place but every line")
@click.option("--at", "day", help="哪一天 / As of which day, or day and hour with its zone (default: now)")
@click.option("--medium", default="water", type=click.Choice([each.value for each in Medium]), show_default=True)
@click.option("--grade", type=click.Choice([each.value for each in Grade]))
@click.option("--kind", default="incident", type=click.Choice(["incident", "planned_release"]), show_default=True)
@click.option("--source-state", default="unknown", help="stopped | continuing | unknown")
@click.option("--flow-state", default="unknown", help="low | mean | high | flood | unknown")
@click.option("--without", help="去掉这份协议再看 / Leave this agreement out, by id")
@click.option("--agreement", help="换一版的协议 / An agreement to hold in another version, by id")
@click.option("--version", type=int, help="换成第几版 / Which version to put in")
@click.option("--against", type=int, help="与第几版比（缺省为现行）/ Held against which version (default: in force)")
@click.option("--other-at", help="与另一天的协议比 / Held against the agreements of another day")
@click.option("--json", "as_json", is_flag=True)
@speaking
def what_if(day: str | None, as_json: bool, over_all: bool, **given: Any) -> None:
    """推演：在任意一处、任意一天出事会通知谁；不存储、不通知任何人 / What if something happened at a place on a day: who
    would be told. Nothing is stored and nobody is told."""
    settings = parts().settings
    at = asked.as_of(day, clock.now(), settings.time_zone)
    context = Context(at, settings.time_zone, within=tolerance(settings))
    other = _other(given, at)
    with parts().sessions.begin() as session:
        if over_all:
            if not other.asked:
                raise _nothing_to_compare()
            answer = whatif.over_all(session, other, context, progress=_counting())
        else:
            answer = whatif.what_if(session, _statement(session, given, at), _supposed(given), other, context)
        session.rollback()
    shown = spoken(answer, settings.language)
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    for line in (_changes if over_all else _told)(shown, settings):
        click.echo(line)


def _form(out: Path | None) -> Format | None:
    if out is None:
        return None
    ending = out.suffix.lower().lstrip(".")
    if ending not in tuple(Format):
        words = Words(
            f"{out.name}：请用 .csv、.xlsx 或 .geojson 结尾。", f"{out.name}: end it with .csv, .xlsx or .geojson."
        )
        raise BadInput("format", words, field="out")
    return Format(ending)


def _write(out: Path, made: bytes) -> None:
    try:
        out.write_bytes(made)
    except OSError as trouble:
        words = Words(f"写不进 {out}：{trouble.strerror}。", f"Cannot write {out}: {trouble.strerror}.")
        raise BadInput("out", words, field="out") from trouble


def _done(out: Path, rows: Sequence[Row]) -> Words:
    return Words(f"{out}：{len(rows)} 处。", f"{out}: {len(rows)} places.")


def _counting() -> Progress | None:
    """How far it has come, on a terminal only."""
    if not sys.stderr.isatty():
        return None

    def told(done: int, whole: int) -> None:
        if done == whole or done % 50 == 0:
            click.echo(f"\r{done} / {whole}", nl=done == whole, err=True)

    return told


def _listing(found: Coverage, rows: Sequence[Row], divisions: Divisions) -> Iterator[Words]:
    """Each direction on a line of its own, and what it comes to."""
    if not found.rows:
        yield Words(
            "没有跨界处：河网没有越过任何两个值班区划之间的界线。",
            "No crossings: the network passes no line between two desks.",
        )
        return
    for row, judged in sheet.lines(rows):
        yield _line(row, judged, divisions)
    counted = sheet.counts(rows)["rows"]
    yield Words(
        f"共 {len(rows)} 处：有协议 {counted['covered']}，仅法规 {counted['statute']}，无依据 {counted['none']}，"
        f"不出辖区 {counted['inside']}。",
        f"{len(rows)} places: agreement {counted['covered']}, statute only {counted['statute']}, nothing "
        f"{counted['none']}, stays inside {counted['inside']}.",
    )
    if not found.agreements:
        yield Words(
            "尚未载入任何协议或法规：用 flask agreements load 载入。",
            "No agreement or statute is loaded: load some by flask agreements load.",
        )


def _line(row: Row, judged: Judged | None, divisions: Divisions) -> Words:
    place, name = sheet.PLACES[row.place], row.name
    if judged is None:
        state = sheet.STATES[row.state]
        return Words(f"{state.zh}  {place.zh} {name.zh}", f"{state.en}  {place.en} {name.en}")
    state, way = sheet.STATES[judged.state], sheet.WAYS[judged.way]
    who, tells = divisions.name(judged.who), divisions.name(judged.tells)
    by = [cover.cited for cover in judged.covers]
    out = [each.title for each in row.left_out] if judged.way is Way.NOTICE else []
    return Words(
        f"{state.zh}  {place.zh} {name.zh}  {way.zh} {who.zh}→{tells.zh}  {'；'.join(each.zh for each in by)}"
        + (f"  未纳入：{'；'.join(each.zh for each in out)}" if out else ""),
        f"{state.en}  {place.en} {name.en}  {way.en} {who.en} -> {tells.en}  {'; '.join(each.en for each in by)}"
        + (f"  left out by: {'; '.join(each.en for each in out)}" if out else ""),
    )


def _other(given: Mapping[str, Any], at: datetime) -> Other:
    if given["without"]:
        return Other(agreement=given["without"])
    if given["agreement"]:
        if given["version"] is None:
            words = Words("请用 --version 写明换成第几版。", "Say by --version which version to put in.")
            raise BadInput("version", words, field="version")
        return Other(agreement=given["agreement"], version=given["version"], against=given["against"])
    if given["other_at"]:
        return Other(at=asked.as_of(given["other_at"], at, parts().settings.time_zone, "other_at"))
    return Other()


def _nothing_to_compare() -> BadInput:
    words = Words(
        "--all 要写明拿什么来比：--without、--agreement 加 --version，或 --other-at。",
        "--all needs something to compare with: --without, --agreement with --version, or --other-at.",
    )
    return BadInput("nothing-to-compare", words, field="all")


def _statement(session: Session, given: Mapping[str, Any], at: datetime) -> Statement:
    lon, lat = _where(session, given, at)
    body = {"location": {"lon": lon, "lat": lat}}
    return statement.parse(body | {name: given[name] for name in ("source_state", "flow_state")}, now=at)


def _where(session: Session, given: Mapping[str, Any], at: datetime) -> tuple[float, float]:
    if given["site"] is not None:
        return whatif.site_place(session, given["site"])
    if given["named"]:
        found = places.named(session, given["named"], at=at)
        if not found:
            words = Words(f"找不到“{given['named']}”。", f'Nothing is called "{given["named"]}".')
            raise BadInput("no-such-place", words, field="place")
        return found[0]["lon"], found[0]["lat"]
    if given["lon"] is None or given["lat"] is None:
        words = Words("请给 --lon 和 --lat，或 --place，或 --site。", "Give --lon and --lat, or --place, or --site.")
        raise BadInput("no-place", words, field="location")
    return given["lon"], given["lat"]


def _supposed(given: Mapping[str, Any]) -> Supposed:
    grade = Grade(given["grade"]) if given["grade"] else None
    return Supposed(Medium(given["medium"]), grade, Kind(given["kind"]))


MARK: Final = Words("推演，不存储、不通知任何人。", "What if: nothing is stored, nobody is told.")


def _told(answer: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    """What was supposed, who would be told, in order, then the gaps, then what the other set changes."""
    tongue, zone = settings.language, settings.time_zone
    yield MARK.to(tongue)
    yield answer["snapped"]["words"]
    yield Words("时刻：", "The hour: ").to(tongue) + _hour(answer["inputs"]["known_at"], zone)
    yield from answer["caveats"]
    for each in answer["notifications"]:
        by = _hour(each["deadline_at"], zone) if each["deadline_at"] else "-"
        cited = "; ".join(clause["cited"] for clause in each["clauses"])
        circle = CIRCLES[Circle(each["circle"])].to(tongue)
        yield (
            f"  {circle:8} {each['who']} -> {each['tells']} {each['tells_name']}  {each['role_name']}  "
            f"{each['kind_name']}  {by}  {cited}"
        )
        if each["copy_to"]:
            copies = Words("、", ", ").to(tongue).join(each["copy_to"])
            yield "           " + Words(f"抄送：{copies}", f"copies: {copies}").to(tongue)
    for each in answer["gaps"]:
        yield f"  {GAP.to(tongue):8} {each['jurisdiction']} {each['name']}  {each['reason']}"
    if answer["difference"] is not None:
        for change, changed in answer["difference"]["changes"].items():
            for each in changed:
                yield f"  {CHANGES[change].to(tongue)}: {each['who']} -> {each['tells']} {each['tells_name']}"


def _hour(at: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(at).astimezone(zone):%Y-%m-%d %H:%M}"


def _changes(answer: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    tongue = settings.language
    yield MARK.to(tongue)
    for each in answer["changes"]:
        change, way = CHANGES[each["change"]].to(tongue), sheet.WAYS[Way(each["way"])].to(tongue)
        yield f"  {change}: {each['name']}  {way} {each['who_name']} -> {each['tells_name']}"
    for each in answer["own"]["changes"]:
        yield (
            f"  {CHANGES[each['change']].to(tongue)}: {each['kind_name']} {each['who_name']} -> "
            f"{each['tells_name']} {each['role_name']}"
        )
    lines, own = (_counted(counts, tongue) for counts in (answer["counts"], answer["own"]["counts"]))
    places, desks = answer["places"], answer["own"]["desks"]
    yield Words(
        f"{places} 处跨界处、界河和风险源：{lines}", f"{places} crossings, border rivers and risk sources: {lines}"
    ).to(tongue)
    yield Words(
        f"{desks} 台的向上报告和本方内部义务：{own}", f"reports upward and inside duties of {desks} desks: {own}"
    ).to(tongue)


def _counted(counts: Mapping[str, int], tongue: Language) -> str:
    return Words("，", ", ").to(tongue).join(f"{CHANGES[change].to(tongue)} {n}" for change, n in counts.items())


GAP: Final = Words("缺口", "gap")
CIRCLES: Final[Mapping[Circle, Words]] = {
    Circle.NOW: Words("立即告知", "now"),
    Circle.PREPARE: Words("准备", "prepare"),
    Circle.WATCH: Words("关注", "watch"),
}
CHANGES: Final[Mapping[str, Words]] = {change.value: words for change, words in sheet.CHANGES.items()}
