"""`flask incident`: report, assess and export from the command line, in the name of the service."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from emergency import clock
from emergency.access import Officer, Role
from emergency.cli.say import speaking
from emergency.errors import BadInput, NotFound
from emergency.incidents import assess, joining, overview, postmortem, record, statement
from emergency.incidents.models import IncidentRow
from emergency.incidents.statement import Verification
from emergency.journal import Actor
from emergency.river.snap import tolerance
from emergency.web import clocks_api
from emergency.web.app import parts
from emergency.web.language import spoken
from emergency.words import Words

ME: Final = Actor(process="command line")
WHOLE: Final = Officer(0, "command line", Role.ADMINISTRATOR, None, None, "")
FORMATS: Final = ("json",)
STATES: Final = {
    "running": Words("在走", "running"),
    "due_soon": Words("将到期", "due soon"),
    "missed": Words("已逾期", "missed"),
    "met": Words("已办", "met"),
    "void": Words("不再需要", "no longer owed"),
}

group = AppGroup("incident", help="事件 / Incidents.")


@group.command("report")
@click.option("--lon", type=float, required=True, help="经度 / Longitude, degrees")
@click.option("--lat", type=float, required=True, help="纬度 / Latitude, degrees")
@click.option("--datum", help="wgs84 | cgcs2000 | gcj02")
@click.option("--substance")
@click.option("--at", "occurred_at", help="发生时刻 / When it happened, RFC 3339 with zone")
@click.option("--known-at", help="得知时刻 / When it became known")
@click.option("--mass-kg", type=float)
@click.option("--duration-min", type=float)
@click.option("--source-state", help="stopped | continuing | unknown")
@click.option("--flow-state", help="low | mean | high | flood | unknown")
@click.option("--bank", help="left | right | middle | unknown")
@click.option("--medium")
@click.option("--unlocated", is_flag=True, default=False, help="位置未知也要记下 / Keep it though it lies on no river")
@click.option("--drill", is_flag=True, default=False, help="演练 / A drill")
@click.option("--json", "as_json", is_flag=True)
@speaking
def report(lon: float, lat: float, datum: str | None, as_json: bool, **given: Any) -> None:
    """上报一起事件 / Report an incident."""
    body = {name: value for name, value in given.items() if value is not None}
    body["location"] = {"lon": lon, "lat": lat} | ({"datum": datum} if datum else {})
    context = _context()
    with parts().sessions.begin() as session:
        incident, row = record.report(session, statement.parse(body, now=context.at), context, ME, None)
        answer = {
            "number": incident.number,
            "status": incident.status,
            "lead": incident.lead,
            "assessment": overview.assessment(session, row, parts().deliveries) if row else None,
        }
    _print(answer, as_json)


@group.command("assess")
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True)
@speaking
def assessed(number: int, as_json: bool) -> None:
    """按现有信息重新研判 / Assess an incident again with what is known."""
    context = _context()
    with parts().sessions.begin() as session:
        incident = _incident(session, number)
        row = assess.assess(session, incident, record.current(session, incident), context, ME)
        answer = overview.assessment(session, row, parts().deliveries)
    _print({"number": number, "status": incident.status, "lead": incident.lead, "assessment": answer}, as_json)


@group.command("clocks")
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True)
@speaking
def clocks(number: int, as_json: bool) -> None:
    """各项时限：该办什么、何时到期、由谁承办 / The clocks of an incident: what is due by when, and who holds it."""
    context = _context()
    with parts().sessions.begin() as session:
        answer = spoken(clocks_api.told(session, _incident(session, number), context.at), parts().settings.language)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    for each in answer["clocks"]:
        until = datetime.fromisoformat(each["until_at"]).astimezone(context.zone)
        state = STATES[each["state"]].to(parts().settings.language)
        tier = each["tier_name"] or each["met_by"] or ""
        to = "、".join(each["to"])
        click.echo(
            f"{until:%Y-%m-%d %H:%M}  {state}  {each['jurisdiction_name']}  {each['what']} → {to}  {tier}".rstrip()
        )
        click.echo(f"    {each['cited']}")


@group.command("judge")
@click.argument("number", type=int)
@click.argument("report", type=int)
@click.argument("state", type=click.Choice([each.value for each in Verification]))
@click.option("--reason", required=True, help="理由 / Why")
@speaking
def judged(number: int, report: int, state: str, reason: str) -> None:
    """核实或否定一条报告 / Hold a report to be verified, preliminary, unverified or refuted."""
    context = _context()
    with parts().sessions.begin() as session:
        incident = _incident(session, number)
        record.judge(session, incident, report, Verification(state), context, ME, reason=reason)
    click.echo(f"{number}  {report}  {state}")


@group.command("merge")
@click.argument("number", type=int)
@click.option("--into", type=int, required=True, help="并入的事件 / The incident to go on in")
@click.option("--reason", required=True, help="理由 / Why")
@speaking
def merged(number: int, into: int, reason: str) -> None:
    """同一事件，并入另一个 / The same event as another incident: go on there."""
    context = _context()
    with parts().sessions.begin() as session:
        both = {each: _incident(session, each) for each in sorted({number, into})}
        joining.merge(session, both[number], both[into], context, ME, reason=reason)
    click.echo(f"{number} -> {into}")


@group.command("split")
@click.argument("number", type=int)
@click.option(
    "--report", "chosen", type=int, multiple=True, help="分出的报告，可多次 / A report to part, may be repeated"
)
@click.option("--reason", required=True, help="理由 / Why")
@speaking
def split(number: int, chosen: tuple[int, ...], reason: str) -> None:
    """分出报告另立事件；不写报告则撤销并案 / Part reports into their own incident; without any, undo a merge."""
    context = _context()
    with parts().sessions.begin() as session:
        incident = _incident(session, number)
        if incident.merged_into is not None:
            joining.unmerge(session, incident, context, ME, reason=reason)
            made = incident
        else:
            made = joining.split(session, incident, chosen, context, ME, reason=reason)
        number = made.number
    click.echo(str(number))


@group.command("export")
@click.argument("number", type=int)
@click.option("--format", "form", default="json", show_default=True, help="|".join(FORMATS))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@speaking
def export(number: int, form: str, out: Path) -> None:
    """导出事后报告 / Export the post-mortem."""
    if form not in FORMATS:
        words = Words(
            f"格式 {form} 尚无；可用：{'、'.join(FORMATS)}。",
            f"There is no format {form} yet; one of {', '.join(FORMATS)}.",
        )
        raise BadInput("format", words, field="format")
    with parts().sessions.begin() as session:
        made = postmortem.fold(session, _incident(session, number), officer=WHOLE)
    try:
        out.write_text(json.dumps(made, ensure_ascii=False, indent=2), encoding="utf-8")
    except OSError as trouble:
        words = Words(f"写不进 {out}：{trouble.strerror}。", f"Cannot write {out}: {trouble.strerror}.")
        raise BadInput("out", words, field="out") from trouble
    click.echo(str(out))


def _context() -> assess.Context:
    settings = parts().settings
    return assess.Context(clock.now(), settings.time_zone, within=tolerance(settings))


def _incident(session: Session, number: int) -> IncidentRow:
    row = session.get(IncidentRow, number, with_for_update=True)
    if row is None:
        raise NotFound("no-such-incident", Words(f"没有事件 {number}。", f"There is no incident {number}."))
    return row


def _print(answer: dict[str, Any], as_json: bool) -> None:
    shown = spoken(answer, parts().settings.language)
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    click.echo(f"{answer['number']}  {answer['status']}  {answer['lead']}")
    for each in (shown["assessment"] or {"reached": []})["reached"]:
        hour = datetime.fromisoformat(each["earliest_at"]).astimezone(parts().settings.time_zone)
        click.echo(
            f"  {each['enter_km']:8.1f} km  {hour:%Y-%m-%d %H:%M}  {each['code']}  {each['name']} ({each['entry']})"
        )
