"""`flask db upgrade`: bring the database to the newest migration, or to a named one."""

from pathlib import Path
from typing import Final

import click
from alembic import command
from alembic.config import Config
from flask.cli import AppGroup
from sqlalchemy import Engine

MIGRATIONS: Final = Path(__file__).resolve().parents[2] / "migrations"

group = AppGroup("db", help="数据库迁移 / Database migrations.")


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Apply every migration up to `revision`."""
    with engine.connect() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take migrations back down to `revision`."""
    with engine.connect() as connection:
        command.downgrade(_config(connection), revision)


def _config(connection: object) -> Config:
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["connection"] = connection
    return made


@group.command("upgrade")
@click.argument("revision", default="head")
def upgrade_command(revision: str) -> None:
    """把数据库升级到最新 / Bring the database to the newest migration."""
    from emergency.web.app import parts

    upgrade(parts().engine, revision)
    click.echo("数据库已是最新。 The database is up to date.")
