"""What a coverage is judged on, read once: the lines of the active network, the divisions of the day, agreements as of then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from emergency.agreements import archive, known
from emergency.agreements import load as agreements
from emergency.agreements.coverage import Wanted
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
    rivers: Mapping[str, Words]
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
        rivers=networks.rivers(session),
        agreements=agreements.in_force(session, at),
        network=network.name,
        network_version=version,
        boundary_version=boundaries,
        source_line=jurisdictions.source_line(session),
    )


def require(session: Session, here: Ground, wanted: Wanted) -> None:
    """Refuse a filter by a river, division or agreement that nobody knows: no place would fit it, and seem to have none."""
    known.require("river", wanted.river, here.rivers)
    known.require("division", wanted.division, {each.code: each.name for each in here.divisions})
    if wanted.agreement:
        known.require("agreement", wanted.agreement, names(session, "agreements", here.at))


def names(session: Session, what: str, at: datetime) -> Mapping[str, Words]:
    """The codes that a file or a filter may name: rivers, divisions that hold on the day, or agreements ever loaded."""
    if what == "rivers":
        return networks.rivers(session)
    if what == "divisions":
        divisions = jurisdictions.division(session, at)
        return {each.code: each.name for each in divisions if divisions.holds(each.code)}
    return {each.id: each.title for each in archive.newest(session)}
