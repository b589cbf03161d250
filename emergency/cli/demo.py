"""`flask demo logins`: the logins of the demonstration, with generated passwords kept in one private file."""

import json
import os
from pathlib import Path
from typing import Final

import click
from flask.cli import AppGroup
from sqlalchemy import select

from emergency import access, clock
from emergency.access import OfficerRow, Role
from emergency.cli.say import speaking
from emergency.web.app import parts

LOGINS: Final[tuple[tuple[str, Role, str | None], ...]] = (
    ("管理员", Role.ADMINISTRATOR, None),
    ("达州值班员", Role.DUTY_OFFICER, "511700"),
    ("达州带班领导", Role.LEADER, "511700"),
    ("梁平值班员", Role.DUTY_OFFICER, "500155"),
    ("梁平联络人", Role.LIAISON, "500155"),
    ("成都值班员", Role.DUTY_OFFICER, "510100"),
    ("德阳值班员", Role.DUTY_OFFICER, "510600"),
    ("眉山值班员", Role.DUTY_OFFICER, "511400"),
    ("达州观察员", Role.OBSERVER, "511700"),
)
"""The desks of the first-hour story and of the Chengdu plain, in roles; no person."""

group = AppGroup("demo", help="演示账号 / Demonstration logins.")


@group.command("logins")
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), required=True)
@speaking
def logins(file: Path) -> None:
    """建好演示账号并显示口令 / Make the demonstration logins and show their passwords."""
    kept: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    at = clock.now()
    with parts().sessions.begin() as session:
        existing = set(session.scalars(select(OfficerRow.name)))
        for name, role, desk in LOGINS:
            if name not in existing:
                kept[name] = access.add_officer(session, name=name, role=role.value, jurisdiction=desk, at=at)
            elif name not in kept:
                kept[name] = access.new_password(session, name=name, at=at)
        _keep(file, kept)
    for name, role, desk in LOGINS:
        click.echo(f"{name}\t{kept[name]}\t{role.value}\t{desk or '—'}")


def _keep(file: Path, kept: dict[str, str]) -> None:
    """Write the file before the accounts are committed, readable by its owner only."""
    part = file.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(kept, out, ensure_ascii=False, indent=2)
    part.replace(file)
