"""`flask agreements check`, `load` and `why`: what is wrong with agreement files, taking them in, and why a place is told."""

import json
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from emergency import clock
from emergency.agreements import load as agreements
from emergency.cli.say import speaking
from emergency.errors import BadFile, NotFound
from emergency.incidents import explained
from emergency.incidents.models import IncidentRow
from emergency.journal import Actor
from emergency.web.app import parts
from emergency.web.language import spoken
from emergency.words import Words

group = AppGroup("agreements", help="协议 / Agreements.")


@group.command("check")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="打印数据 / Print data")
@speaking
def check(path: Path, as_json: bool) -> None:
    """核对协议文件，不载入 / Check an agreement file, or a folder of them; nothing is loaded."""
    problems = agreements.check(path)
    if as_json:
        _print([{"file": each.file, "line": each.line, "what": each.what.stored()} for each in problems], "problems")
        raise SystemExit(1 if problems else 0)
    if problems:
        listed = [problem.words for problem in problems]
        raise BadFile(
            "agreement-file",
            Words("\n".join(words.zh for words in listed), "\n".join(words.en for words in listed)),
        )
    click.echo(f"{path}：没有问题。 {path}: nothing wrong.")


@group.command("load")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="打印数据 / Print data")
@speaking
def load(path: Path, as_json: bool) -> None:
    """载入协议文件 / Load an agreement file, or a folder of them; what is there already stays as it is."""
    with parts().sessions.begin() as session:
        loaded = agreements.load(session, path, at=clock.now(), by=Actor(process="cli"))
    if as_json:
        _print([{"id": each.id, "version": each.version, "new": each.new} for each in loaded], "agreements")
        return
    for each in loaded:
        state = "新版本 new version" if each.new else "未变 unchanged"
        click.echo(f"{each.id} v{each.version} {state}")


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


def _print(listed: list[dict[str, Any]], name: str) -> None:
    shown = spoken({name: listed}, parts().settings.language)
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
