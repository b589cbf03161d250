"""`flask reference load`: the reference basin, all of it, in the order the water flows; loading it again changes nothing."""

from pathlib import Path
from typing import Final

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from emergency import clock
from emergency.agreements import load as agreements
from emergency.cli.say import speaking
from emergency.journal import Actor
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions import stretches
from emergency.river import load as river
from emergency.river import sites
from emergency.web.app import parts

FILES: Final = Path(__file__).resolve().parents[1] / "reference"
NETWORK: Final = "sichuan-chongqing"

group = AppGroup("reference", help="川渝参考流域 / The Sichuan–Chongqing reference basin.")


@group.command("load")
@speaking
def load() -> None:
    """载入参考流域 / Load the reference basin: divisions, boundaries, rivers, sites, agreements, contacts."""
    with parts().sessions.begin() as session:
        load_all(session)
        parts().delivery.load(session, FILES / "contacts.yaml")
    click.echo("参考流域已载入。 The reference basin is loaded.")


def load_all(session: Session) -> None:
    """Every file of the reference basin, in one transaction."""
    at, by = clock.now(), Actor(process="reference")
    jurisdictions.load_divisions(session, FILES / "divisions.csv", FILES / "successors.csv", at=at, by=by)
    boundaries = jurisdictions.load_boundaries(session, at=at, by=by)
    river.load(session, FILES / "network.geojson", profile=river.Profile.REFERENCE, name=NETWORK, at=at, by=by)
    sites.load(session, FILES / "sites.geojson", name=NETWORK, at=at, by=by)
    _, version = river.active(session, NETWORK)
    stretches.build_once(session, version, boundaries)
    agreements.load(session, FILES / "agreements", at=at, by=by)
