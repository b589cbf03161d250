"""`flask officers`: accounts, passwords and tokens, each secret shown once."""

import click
from flask.cli import AppGroup

from emergency import access, clock
from emergency.cli.say import speaking
from emergency.jurisdictions import load as jurisdictions
from emergency.web.app import parts

group = AppGroup("officers", help="账号、口令与令牌 / Officers, passwords and tokens.")


@group.command("add")
@click.argument("name")
@click.option("--role", required=True, help="|".join(access.Role))
@click.option("--jurisdiction", help="所属席位的区划代码 / Code of the desk")
@speaking
def add(name: str, role: str, jurisdiction: str | None) -> None:
    """新建账号并显示一次口令 / Add an officer; the password is shown this once."""
    at = clock.now()
    with parts().sessions.begin() as session:
        if jurisdiction is not None:
            jurisdiction = jurisdictions.division(session, at).require_desk(jurisdiction)
        click.echo(access.add_officer(session, name=name, role=role, jurisdiction=jurisdiction, at=at))


@group.command("password")
@click.argument("name")
@speaking
def password(name: str) -> None:
    """换新口令并显示一次 / A new password, shown this once; every session ends."""
    with parts().sessions.begin() as session:
        click.echo(access.new_password(session, name=name, at=clock.now()))


@group.command("token")
@click.argument("name")
@speaking
def token(name: str) -> None:
    """发一个令牌并显示一次 / A bearer token, shown this once."""
    with parts().sessions.begin() as session:
        click.echo(access.new_token(session, name=name, at=clock.now()))
