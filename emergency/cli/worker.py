"""`flask work`: run the deciding half's worker."""

import click
from flask.cli import with_appcontext

from emergency import work
from emergency.cli.say import speaking
from emergency.river.snap import tolerance
from emergency.web.app import parts


@click.command("work")
@click.option("--once", is_flag=True, help="做完到期的就停 / Do what is due and stop")
@with_appcontext
@speaking
def command(once: bool) -> None:
    """时限与后续任务 / Watch the clocks and do what is due."""
    settings = parts().settings
    sessions = parts().sessions
    beside = parts().delivery.round(sessions)
    work.run(sessions, settings.time_zone, within=tolerance(settings), once=once, beside=beside)
