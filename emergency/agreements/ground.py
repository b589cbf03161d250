"""What a coverage is judged on, read once: the lines of the active network, the divisions of the day, agreements as of then."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from emergency.agreements import load as agreements
from emergency.agreements.values import Agreement
from emergency.errors import NotReady
from emergency.jurisdictions import crossings, stretches
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.values import Divisions, Lines
from emergency.river import networks
from emergency.words import Words


@dataclass(frozen=True, slots=True)
class Ground:
    """The lines with whose they are on that day, the agreements in force, and the versions that were read."""

    at: datetime
    lines: Lines
    divisions: Divisions
    agreements: tuple[Agreement, ...]
    network: str
    network_version: int
    boundary_version: int
    source_line: str | None


def ground(session: Session, at: datetime, *, name: str | None = None) -> Ground:
    """Everything as of `at`, on the network as it is now; NotReady names what has not been loaded."""
    network, version = networks.active(session, name)
    boundaries = jurisdictions.active_boundaries(session)
    if not stretches.is_built(session, version, boundaries):
        words = Words(
            "该版河网尚未按现用边界切分：请运行 flask jurisdictions load。",
            "This version of the network has not been cut by the active boundaries: run flask jurisdictions load.",
        )
        raise NotReady("not-cut", words)
    divisions = jurisdictions.division(session, at)
    return Ground(
        at=at,
        lines=crossings.lines(session, version, boundaries, divisions, at=at),
        divisions=divisions,
        agreements=agreements.in_force(session, at),
        network=network.name,
        network_version=version,
        boundary_version=boundaries,
        source_line=jurisdictions.source_line(session),
    )
