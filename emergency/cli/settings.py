"""`flask config`: every setting with its meaning and source, secrets masked."""

import json
import os

import click
from flask.cli import with_appcontext

from emergency import config


@click.command("config")
@click.option("--json", "as_json", is_flag=True)
@with_appcontext
def command(as_json: bool) -> None:
    """列出设置 / List the settings, with meaning and source."""
    described = config.describe(os.environ)
    if as_json:
        click.echo(json.dumps(described, ensure_ascii=False, indent=2))
        return
    for setting in described:
        click.echo(f"{setting['name']} = {setting['value'] or '—'}   ({setting['source']})")
        click.echo(f"    {setting['zh']}  {setting['en']}")
        if "warning_zh" in setting:
            click.echo(f"    ! {setting['warning_zh']}  {setting['warning_en']}")
