"""`flask agreements check` and `load`: what is wrong with agreement files, and taking them in."""

from pathlib import Path

import click
from flask.cli import AppGroup

from emergency import clock
from emergency.agreements import load as agreements
from emergency.cli.say import speaking
from emergency.errors import BadFile
from emergency.journal import Actor
from emergency.web.app import parts
from emergency.words import Words

group = AppGroup("agreements", help="协议 / Agreements.")


@group.command("check")
@click.argument("path", type=click.Path(path_type=Path))
@speaking
def check(path: Path) -> None:
    """核对协议文件，不载入 / Check an agreement file, or a folder of them; nothing is loaded."""
    problems = agreements.check(path)
    if problems:
        listed = [problem.words for problem in problems]
        raise BadFile(
            "agreement-file",
            Words("\n".join(words.zh for words in listed), "\n".join(words.en for words in listed)),
        )
    click.echo(f"{path}：没有问题。 {path}: nothing wrong.")


@group.command("load")
@click.argument("path", type=click.Path(path_type=Path))
@speaking
def load(path: Path) -> None:
    """载入协议文件 / Load an agreement file, or a folder of them; what is there already stays as it is."""
    with parts().sessions.begin() as session:
        loaded = agreements.load(session, path, at=clock.now(), by=Actor(process="cli"))
    for each in loaded:
        state = "新版本 new version" if each.new else "未变 unchanged"
        click.echo(f"{each.id} v{each.version} {state}")
