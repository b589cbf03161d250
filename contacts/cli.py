"""`flask contacts load`, `flask roster who`, `flask dispatch`."""

import json
import signal
import threading
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
import gevent.monkey
from flask.cli import AppGroup, with_appcontext

from contacts import directory, dispatch, numbers, provider_codes, templates
from contacts import roster as rosters
from contacts.channels import twilio_codes
from contacts.channels.twilio_sms import TwilioSms, account
from contacts.channels.websocket import WebsocketPage
from contacts.marks import Marker
from contacts.office import Lines, Office
from contacts.values import Channel, Contact, Gap, Policy, Role
from emergency import clock
from emergency.cli.say import speaking
from emergency.errors import BadInput, NotReady
from emergency.journal import Actor
from emergency.units import iso
from emergency.web.app import parts
from emergency.words import Words

BY: Final = Actor(process="contacts")
contacts_group = AppGroup("contacts", help="联络人 / Contacts.")
roster_group = AppGroup("roster", help="值班表 / Rosters.")


@contacts_group.command("load")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@speaking
def load(file: Path) -> None:
    """载入联络人与值班表 / Load contacts and rosters."""
    document = directory.read(file)
    with parts().sessions.begin() as session:
        loaded = directory.load(session, document, numbers.vault(parts().settings.contacts_key), at=clock.now())
    click.echo(
        f"已载入 {loaded.desks} 个席位、{loaded.contacts} 名联络人、{loaded.rosters} 张值班表。 "
        f"{loaded.desks} desks, {loaded.contacts} contacts, {loaded.rosters} rosters loaded."
    )


@contacts_group.command("confirm")
@click.argument("contact")
@speaking
def confirm(contact: str) -> None:
    """核实联络人号码，标为错号的重新使用 / Confirm a contact's numbers: those held to be wrong are used again."""
    with parts().sessions.begin() as session:
        held = directory.confirm(session, contact, at=clock.now())
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


@contacts_group.command("templates")
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


@contacts_group.command("template")
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
        found = rosters.duty(directory.roster(session, jurisdiction), jurisdiction, at)
    if as_json:
        duty = [_plain(role, found[role]) for role in found]
        click.echo(json.dumps({"jurisdiction": jurisdiction, "at": iso(at), "duty": duty}, ensure_ascii=False))
        return
    for role in found:
        click.echo(f"{role.value}\t{_line(found[role])}")


@click.command("dispatch")
@click.option("--once", is_flag=True, help="做完到期的就停 / do what is due and stop")
@click.option("--workers", type=click.IntRange(1, 64), default=4, show_default=True, help="线程数 / threads")
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


COMMANDS: Final[tuple[click.Command, ...]] = (contacts_group, roster_group, dispatch_command)


def _office(policy: Policy) -> Office:
    settings, sessions = parts().settings, parts().sessions
    ours, marker = account(settings), Marker(settings.callback_url, settings.secret_key)

    def lines() -> Lines:
        return {
            Channel.SMS: TwilioSms(ours, marker, timeout_s=policy.timeout_s),
            Channel.WEBSOCKET: WebsocketPage(sessions),
        }

    return Office(sessions, numbers.vault(settings.contacts_key), lines, settings.time_zone, policy)


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


def _line(found: Contact | Gap) -> str:
    if isinstance(found, Gap):
        return f"—\t{found.reason.words.zh} / {found.reason.words.en}"
    return f"{found.name.zh}\t{found.name.en}"
