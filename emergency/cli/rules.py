"""`flask rules check`, `load` and `list`: criteria of grades and limits of clocks, as documents."""

from pathlib import Path

import click
from flask.cli import AppGroup

from emergency import clock
from emergency.cli.say import speaking
from emergency.errors import BadFile
from emergency.incidents import rules
from emergency.journal import Actor
from emergency.web.app import parts

group = AppGroup("rules", help="分级标准与时限 / Criteria of grades, limits of clocks.")


@group.command("check")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@speaking
def check(path: Path) -> None:
    """核对规则文件，不载入 / Check a rule file; nothing is loaded."""
    for words in rules.check(path):
        raise BadFile("rule-file", words)
    click.echo(f"{path}：没有问题。 {path}: nothing wrong.")


@group.command("load")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@speaking
def load(path: Path) -> None:
    """载入规则文件 / Load a rule file; what is there already stays as it is."""
    with parts().sessions.begin() as session:
        made = rules.load(session, path, at=clock.now(), by=Actor(process="cli"))
    click.echo(f"{made.id} v{made.version} {'新版本 new version' if made.new else '未变 unchanged'}")


@group.command("list")
@speaking
def listed() -> None:
    """现行的分级标准与时限 / The criteria and limits that hold now."""
    with parts().sessions.begin() as session:
        holding = rules.in_force(session, clock.now())
    language = parts().settings.language
    for one in holding.sets:
        click.echo(f"{one.id} v{one.version}{' *' if one.default else ''}  {one.title.to(language)}")
    for limit in holding.limits:
        whose = ",".join(limit.jurisdictions) or "*"
        click.echo(
            f"{limit.document} v{limit.version}  {whose}  {limit.within_minutes:>6} min  {limit.cited.to(language)}"
        )
