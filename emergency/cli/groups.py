"""Every command of the deciding half, for the composition root."""

from typing import Final

import click

from emergency.cli import (
    agreements,
    demo,
    incident,
    journal,
    jurisdictions,
    migrate,
    officers,
    reference,
    river,
    rules,
    settings,
    worker,
)

ALL: Final[tuple[click.Command, ...]] = (
    migrate.group,
    river.group,
    jurisdictions.group,
    agreements.group,
    rules.group,
    reference.group,
    incident.group,
    journal.group,
    officers.group,
    demo.group,
    settings.command,
    worker.command,
)
