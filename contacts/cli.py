"""`flask contacts`, `flask roster who`, `flask escalation`, `flask dispatch`, `flask audit`."""

import json
import signal
import threading
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
import gevent.monkey
from flask.cli import AppGroup, with_appcontext

from contacts.channels import twilio_codes
from contacts.channels.twilio_sms import TwilioSms, account
from contacts.channels.websocket import WebsocketPage
from contacts.duty import roster as rosters
from contacts.kinds import STATED, How
from contacts.marks import Marker
from contacts.people import directory, importing, numbers, rekey, sheets
from contacts.rosters import gaps
from contacts.sending import dispatch, ladders, provider_codes
from contacts.sending.office import Lines, Office
from contacts.texts import templates
from contacts.values import Channel, Contact, Gap, Policy, Role
from contacts.watch import audit, freshness
from contacts.watch.beats import Beat
from contacts.web.directory import table_with
from emergency import clock, journal
from emergency.cli.say import speaking
from emergency.errors import BadFile, BadInput, Conflict, NotReady
from emergency.journal import Actor
from emergency.units import iso
from emergency.web.app import desk_name, parts
from emergency.words import Language, Words

BY: Final = Actor(process="command")
contacts_group = AppGroup("contacts", help="联络人 / Contacts.")
escalation_group = AppGroup("escalation", help="升级规则 / Escalation.")
roster_group = AppGroup("roster", help="值班表 / Rosters.")
TABLES: Final = (".csv", ".xlsx")


@contacts_group.command("load")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--jurisdiction", help="表格里没写席位代码的行归谁 / the desk of rows that name none (CSV, XLSX)")
@click.option("--dry-run", is_flag=True, help="只检查，不写入 / check only (CSV, XLSX)")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON (CSV, XLSX)")
@speaking
def load(file: Path, jurisdiction: str | None, dry_run: bool, as_json: bool) -> None:
    """载入联络人与值班表（YAML 整份；CSV、XLSX 逐行） / Load contacts: YAML whole with rosters, CSV and XLSX row by row."""
    if file.suffix.lower() in TABLES:
        _load_table(file, jurisdiction, dry_run, as_json)
        return
    if dry_run or as_json or jurisdiction:
        words = Words(
            "--dry-run、--json、--jurisdiction 只用于 CSV 和 XLSX。", "These options are for CSV and XLSX only."
        )
        raise BadInput("not-a-table", words)
    document = directory.read(file)
    with parts().sessions.begin() as session:
        loaded = directory.load(
            session,
            document,
            numbers.vault(parts().settings.contacts_key),
            zone=parts().settings.time_zone,
            at=clock.now(),
        )
    click.echo(
        f"已载入 {loaded.desks} 个席位、{loaded.contacts} 名联络人、{loaded.rosters} 张值班表。 "
        f"{loaded.desks} desks, {loaded.contacts} contacts, {loaded.rosters} rosters loaded."
    )


def _load_table(file: Path, jurisdiction: str | None, dry: bool, as_json: bool) -> None:
    try:
        content = file.read_bytes()
    except OSError as trouble:
        words = Words(f"{file.name}：读不到：{trouble.strerror}。", f"{file.name}: cannot be read: {trouble.strerror}.")
        raise BadFile("bad-table", words) from trouble
    with parts().sessions.begin() as session:
        by = importing.By(None, jurisdiction)
        report = importing.take(session, content, by, table_with(session, clock.now()), dry=dry, at=clock.now())
    if as_json:
        click.echo(json.dumps(report.stored(), ensure_ascii=False))
    else:
        _say_report(report)
    refused = report.count(importing.Came.REFUSED)
    if refused:
        words = Words(
            f"{refused} 行没有载入，请按上面所说改正后再来一次。",
            f"{refused} rows were not taken: correct them as said above.",
        )
        raise BadFile("rows-refused", words)


def _say_report(report: importing.Report) -> None:
    for row in report.rows:
        for each in row.faults:
            click.echo(
                f"第 {row.n} 行，{each.column.zh}：{each.words.zh} / row {row.n}, {each.column.en}: {each.words.en}"
            )
    added, changed, same = (report.count(each) for each in list(importing.Came)[:3])
    dry = Words("（只检查，未写入）", " (checked only, nothing written)") if report.dry else Words("", "")
    click.echo(
        f"新增 {added}，更改 {changed}，不变 {same}{dry.zh}。 {added} added, {changed} changed, {same} the same{dry.en}."
    )


@contacts_group.command("template")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--english", is_flag=True, help="英文表头 / headings in English")
@speaking
def template(file: Path, english: bool) -> None:
    """写一份空表 / Write an empty table: FILE ends in .csv or .xlsx."""
    form = sheets.form_of(file.suffix.lower().lstrip("."))
    file.write_bytes(sheets.template(form, Language.EN if english else Language.ZH))
    click.echo(f"已写出 {file.name}。 {file.name} written.")


@contacts_group.command("rekey")
@click.option(
    "--batch", type=click.IntRange(1, 10_000), default=rekey.BATCH, show_default=True, help="每批行数 / rows a step"
)
@speaking
def rekey_command(batch: int) -> None:
    """用 CONTACTS_KEY 的第一个密钥重新加密所有号码，可随时中断 / Lock every number with the first key; may be broken off."""
    vault, done = numbers.vault(parts().settings.contacts_key), 0
    while True:
        with parts().sessions.begin() as session:
            some = rekey.step(session, vault, batch=batch)
        done += some
        if not some:
            break
    with parts().sessions.begin() as session:
        left = rekey.left(session, vault)
        journal.append(session, "system", "contacts.rekeyed", by=directory.BY, at=clock.now(), facts={"numbers": done})
    click.echo(f"已重新加密 {done} 个号码，还剩 {left} 个。 {done} numbers locked again, {left} left.")


@contacts_group.command("confirm")
@click.argument("contact")
@click.option(
    "--how",
    type=click.Choice([each.value for each in sorted(STATED)]),
    default=How.CALLED.value,
    show_default=True,
    help="怎样核实的 / how it was verified",
)
@speaking
def confirm(contact: str, how: str) -> None:
    """核实联络人号码，标为错号的重新使用 / Confirm a contact's numbers: those held to be wrong are used again."""
    with parts().sessions.begin() as session:
        held = directory.confirm(session, contact, How(how), at=clock.now())
    click.echo(f"{contact} 的号码已核实，恢复使用 {held} 个。 Numbers of {contact} confirmed, {held} in use again.")


@contacts_group.command("codes")
@click.option("--load", "file", type=click.Path(path_type=Path, dir_okay=False), help="改用此文件 / a file of changes")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
@speaking
def codes(file: Path | None, as_json: bool) -> None:
    """服务方错误码各作何处理 / What each error code of the provider leads to."""
    with parts().sessions.begin() as session:
        if file is not None:
            own = provider_codes.change(session, twilio_codes.read(file), by=BY, at=clock.now())
            listed = "、".join(str(code) for code in own)
            click.echo(
                f"与随附表不同的码 {len(own)} 个：{listed or '—'}。 {len(own)} codes differ from the table that came."
            )
            return
        known, own_codes = provider_codes.known(session), provider_codes.changed(session)
    lines = [{"code": code, "verdict": known[code].verdict.value, **known[code].words.stored(), "own": code in own_codes}
             for code in sorted(known)]  # fmt: skip
    if as_json:
        click.echo(json.dumps(lines, ensure_ascii=False))
        return
    for line in lines:
        click.echo(
            "\t".join(str(line[name]) for name in ("code", "verdict", "zh", "en")) + ("\t*" if line["own"] else "")
        )


@contacts_group.command("wordings")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
@speaking
def list_templates(as_json: bool) -> None:
    """短信模板，供向服务方登记 / The wordings of our texts, to be registered with the provider."""
    with parts().sessions.begin() as session:
        lines = [entry.shown() for entry in templates.registry(session, parts().settings.sms_provider)]
    if as_json:
        click.echo(json.dumps(lines, ensure_ascii=False))
        return
    for line in lines:
        click.echo(f"{line['name']}\t{line['registered_as'] or '—'}\t{line['body']}")


@contacts_group.command("register")
@click.argument("name")
@click.argument("registered_as")
@speaking
def register_template(name: str, registered_as: str) -> None:
    """记下服务方给模板的编号 / Note the name that the provider has for a wording."""
    with parts().sessions.begin() as session:
        provider = parts().settings.sms_provider
        templates.register(session, provider, name, registered_as, by=BY, at=clock.now())
    click.echo(f"{name} 已记为 {registered_as}。 {name} is noted as {registered_as}.")


@roster_group.command("who")
@click.option("--jurisdiction", required=True, help="区划代码 / code of the desk")
@click.option("--at", "given_at", help="时间，须带时区；默认现在 / a time with its zone; now by default")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
@speaking
def who(jurisdiction: str, given_at: str | None, as_json: bool) -> None:
    """谁在值班 / Who is on duty."""
    at = _instant(given_at) if given_at else clock.now()
    with parts().sessions.begin() as session:
        kept = directory.roster(session, jurisdiction)
    found = rosters.duty(kept, jurisdiction, at)
    if as_json:
        duty = [_plain(role, found[role]) | {"also": _also(kept, role, found[role], at)} for role in found]
        click.echo(json.dumps({"jurisdiction": jurisdiction, "at": iso(at), "duty": duty}, ensure_ascii=False))
        return
    for role in found:
        click.echo(f"{role.value}\t{_line(found[role])}")


@roster_group.command("gaps")
@click.option("--jurisdiction", required=True, help="区划代码 / code of the desk")
@click.option("--days", type=click.IntRange(1, 92), default=14, show_default=True, help="看几天 / days ahead")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
@speaking
def find_gaps(jurisdiction: str, days: int, as_json: bool) -> None:
    """今后几天值班表有没有空缺；有则退出码非零 / Gaps in the days to come; fails where there are any."""
    now = clock.now()
    with parts().sessions.begin() as session:
        found = gaps.holes(session, jurisdiction, since=now, until=now + timedelta(days=days))
    if as_json:
        document = {"jurisdiction": jurisdiction, "days": days, "gaps": [each.shown() for each in found]}
        click.echo(json.dumps(document, ensure_ascii=False))
    for each in () if as_json else found:
        words = each.reason.words
        click.echo(f"{each.role.value}\t{iso(each.since)}\t{iso(each.until)}\t{words.zh} / {words.en}")
    if found:
        words = Words(f"今后 {days} 天有 {len(found)} 处空缺。", f"{len(found)} gaps in the next {days} days.")
        raise Conflict("roster-gaps", words)
    if not as_json:
        click.echo(f"今后 {days} 天没有空缺。 No gaps in the next {days} days.")


@click.command("dispatch")
@click.option("--once", is_flag=True, help="做完到期的就停 / do what is due and stop")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="同时在手的条数 / deliveries in hand at once",
)
@click.option(
    "--policy",
    "changes",
    multiple=True,
    metavar="NAME=SECONDS",
    help="改一个时限，如 settle_s=40 / change one of the waits",
)
@with_appcontext
@speaking
def dispatch_command(once: bool, workers: int, changes: tuple[str, ...]) -> None:
    """发送、核对、升级 / Send, reconcile, escalate."""
    if gevent.monkey.is_module_patched("socket"):
        words = Words("发送进程不能打 gevent 补丁。", "The dispatch worker must not run with patched sockets.")
        raise NotReady("patched-socket", words)
    office = _office(_policy(changes))
    if once:
        dispatch.run_once(office)
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    dispatch.run(office, threads=workers, stop=stop)


@contacts_group.command("test")
@click.option("--jurisdiction", required=True, help="区划代码 / code of the desk")
@click.option("--announced", is_flag=True, help="预告：本席位事先知道 / The desk knows beforehand")
@click.option("--at", "given_at", help="开始时间，须带时区；默认现在 / when, with its zone; now by default")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
@speaking
def contact_test(jurisdiction: str, announced: bool, given_at: str | None, as_json: bool) -> None:
    """测试联络人是否应答（标明演练） / Test whether a desk's contacts answer; marked as an exercise."""
    at, starts_at = clock.now(), _instant(given_at) if given_at else None
    with parts().sessions.begin() as session:
        row = freshness.order(session, jurisdiction, announced=announced, starts_at=starts_at, by=BY, at=at)
        if starts_at is None:
            freshness.begin(session, row, desk_name(session, jurisdiction), at=at)
        made = {"id": row.id, "desk": row.desk, "starts_at": iso(row.starts_at), "started": row.started_at is not None}
    if as_json:
        click.echo(json.dumps(made, ensure_ascii=False))
        return
    begun = ("已开始", "begun") if made["started"] else ("已安排", "set")
    click.echo(f"{jurisdiction} 联络测试 {made['id']} {begun[0]}。 Contact test {made['id']} {begun[1]}.")


@contacts_group.command("tests")
@click.option("--jurisdiction", help="区划代码 / code of the desk; else all")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
@speaking
def contact_tests(jurisdiction: str | None, as_json: bool) -> None:
    """各席位一年内应答用时 / Reply times by desk over the last year."""
    with parts().sessions.begin() as session:
        lines = freshness.standing(session, [jurisdiction] if jurisdiction else None, at=clock.now())
    if as_json:
        click.echo(json.dumps(lines, ensure_ascii=False))
        return
    click.echo("席位 desk\t测试 tests\t询问 asked\t未答 never\t中位 median\tP90")
    for line in lines:
        said = line["replies"]
        times = "\t".join("—" if said[name] is None else f"{said[name]:g} min" for name in ("median_min", "p90_min"))
        click.echo(f"{line['desk']}\t{line['tests']}\t{said['asked']}\t{said['never']}\t{times}")


@escalation_group.command("load")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@speaking
def load_escalation(file: Path) -> None:
    """载入各席位的升级规则 / Load the rules by which desks are told step by step."""
    with parts().sessions.begin() as session:
        made = ladders.load(session, file, at=clock.now())
    desks = len({each.desk for each in made})
    click.echo(f"已载入 {desks} 个席位的 {len(made)} 条升级规则。 {len(made)} rules of {desks} desks loaded.")


@escalation_group.command("show")
@click.option("--jurisdiction", required=True, help="区划代码 / code of the desk")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
@speaking
def show_escalation(jurisdiction: str, as_json: bool) -> None:
    """该席位按什么顺序、等多久告知 / In which steps and with which waits a desk is told."""
    with parts().sessions.begin() as session:
        found = ladders.rules(session, jurisdiction, Policy())
    if as_json:
        rules = [
            {
                "circle": each.circle,
                "own": each.own,
                "read_backs": each.rule.read_backs,
                "steps": [step.stored() for step in each.rule.steps],
            }
            for each in found
        ]
        click.echo(json.dumps({"jurisdiction": jurisdiction, "rules": rules}, ensure_ascii=False))
        return
    for each in found:
        steps = " → ".join(
            f"{s.role.value}{f' ({s.tier.value})' if s.tier else ''} {'—' if s.wait_s is None else f'{s.wait_s / 60:g} min'}"
            for s in each.rule.steps
        )
        click.echo(f"{each.circle}\t{steps}\t回报 read-backs {each.rule.read_backs}")


@click.command("audit")
@click.option("--strict", is_flag=True, help="提示也算不通过 / a warning fails it too")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
@with_appcontext
@speaking
def audit_command(strict: bool, as_json: bool) -> None:
    """自检：有没有该做而没做的事；不通过时退出码不为 0 / Whether all that should happen happens; fails where it does not."""
    with parts().sessions.begin() as session:
        found = audit.audit(session, at=clock.now())
    passed = not found if strict else audit.well(found)
    if as_json:
        click.echo(json.dumps({"well": passed, "findings": [each.stored() for each in found]}, ensure_ascii=False))
    for each in () if as_json else found:
        mark = "警报 ALARM" if each.alarm else "提示 warning"
        click.echo(f"{mark}\t{each.check}\t{each.desk or '—'}\t{each.words.zh} {each.words.en}")
    if not passed:
        words = Words("自检不通过。", "The audit does not pass.")
        raise NotReady("audit-failed", words)
    if not as_json:
        click.echo("自检通过。 The audit passes.")


COMMANDS: Final[tuple[click.Command, ...]] = (
    contacts_group,
    roster_group,
    escalation_group,
    dispatch_command,
    audit_command,
)


def _office(policy: Policy) -> Office:
    settings, sessions = parts().settings, parts().sessions
    ours, marker = account(settings), Marker(settings.callback_url, settings.secret_key)

    def lines() -> Lines:
        return {
            Channel.SMS: TwilioSms(ours, marker, timeout_s=policy.timeout_s),
            Channel.WEBSOCKET: WebsocketPage(sessions),
        }

    vault, beat = numbers.vault(settings.contacts_key), Beat(sessions, "dispatch")
    return Office(sessions, vault, lines, settings.time_zone, policy, beat=beat)


def _policy(changes: tuple[str, ...]) -> Policy:
    known = {field.name: field.type for field in fields(Policy)}
    values: dict[str, Any] = {}
    for change in changes:
        name, _, value = change.partition("=")
        if name not in known:
            raise BadInput("policy", Words(f"没有等待时间 {name}。", f"There is no wait named {name}."), field=name)
        values[name] = int(value) if known[name] is int else float(value)
    return replace(Policy(), **values)


def _instant(given: str) -> datetime:
    words = Words(
        "时间须带时区，如 2025-11-21T02:41:00+08:00。", "A time needs its zone, such as 2025-11-21T02:41:00+08:00."
    )
    try:
        at = datetime.fromisoformat(given)
    except ValueError as wrong:
        raise BadInput("bad-time", words, field="at") from wrong
    if at.tzinfo is None:
        raise BadInput("bad-time", words, field="at")
    return at


def _plain(role: Role, found: Contact | Gap) -> dict[str, Any]:
    if isinstance(found, Gap):
        return {"role": role.value, "contact": None, "gap": found.reason.stored()}
    contact = {"id": found.id, "name_zh": found.name.zh, "name_en": found.name.en, "language": found.language.value}
    return {"role": role.value, "contact": contact, "gap": None}


def _also(kept: rosters.Roster | None, role: Role, first: Contact | Gap, at: datetime) -> list[dict[str, Any]]:
    """Who else stands in a role, after the one who is told first."""
    others = [each for each in rosters.standing(kept, role, at) if each.active and each != first]
    return [{"id": each.id, "name_zh": each.name.zh, "name_en": each.name.en} for each in others]


def _line(found: Contact | Gap) -> str:
    if isinstance(found, Gap):
        return f"—\t{found.reason.words.zh} / {found.reason.words.en}"
    return f"{found.name.zh}\t{found.name.en}"
