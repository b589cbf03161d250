"""What the database knows about a reported place: the reach, all that lies downstream, whose it is, what stands on it.

Reads only. Everything that reasoning needs afterwards is in the Survey, with the versions that it was read from.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from emergency.agreements import load as agreements
from emergency.errors import BadInput
from emergency.incidents import rules
from emergency.incidents.statement import Statement
from emergency.incidents.values import Survey, candidate_json
from emergency.jurisdictions import affected, stretches
from emergency.jurisdictions import load as jurisdictions
from emergency.river import daystate, networks, trace, travel
from emergency.river import sites as river_sites
from emergency.river.snap import Tolerance, snap
from emergency.river.values import Candidate, FlowState, Site, Snap, Spot
from emergency.words import Words


def locate(session: Session, lon: float, lat: float, within: Tolerance) -> Snap:
    """Where a point lies on the active network."""
    _, version = networks.active(session)
    return snap(session, version, lon, lat, within=within)


def survey(session: Session, statement: Statement, *, at: datetime, within: Tolerance) -> Survey:
    """Everything about the statement's place as of `at`; BadInput with the candidates when it lies off the network."""
    network, version = networks.active(session)
    found = snap(session, version, statement.lon, statement.lat, within=within)
    chosen = placed(found)
    spot = Spot(chosen.reach_id, chosen.offset_m)
    traced = trace.fetch(session, version, spot)
    day = daystate.of_the_day(session, network.id, at)
    sub = replace(traced, reaches=daystate.using(session, version, traced.reaches, day))
    passages = travel.passages(sub)
    boundaries = jurisdictions.active_boundaries(session)
    divisions = jurisdictions.division(session, at)
    pieces = stretches.pieces(session, version, boundaries, list(sub.reaches))
    stays = affected.stays(sub, passages, pieces, divisions)
    if not stays:
        words = Words(
            "该河段不在任何已装入的区划内，请先装入区划边界。",
            "That reach lies in no loaded division; load the boundaries first.",
        )
        raise BadInput("no-division", words, field="location")
    return Survey(
        snap=found,
        spot=spot,
        sub=sub,
        passages=passages,
        stays=stays,
        sites=_downstream(river_sites.sites_on(session, version, list(passages), at=at), spot),
        divisions=divisions,
        agreements=agreements.in_force(session, statement.known_at),
        rules=rules.in_force(session, statement.known_at),
        flow_state=_flow(statement.flow_state, day.flow_state),
        network_version=version,
        boundary_version=boundaries,
        day_state=day.rows,
    )


def placed(found: Snap) -> Candidate:
    """The chosen reach; BadInput with the sentence and the candidates where there is none."""
    if found.chosen is None:
        candidates = [candidate_json(each) for each in found.candidates]
        raise BadInput("off-network", found.words, field="location", facts={"candidates": candidates})
    return found.chosen


def _downstream(sites: Sequence[Site], spot: Spot) -> list[Site]:
    return [site for site in sites if site.reach_id != spot.reach_id or site.offset_m >= spot.offset_m]


def _flow(said: FlowState, of_the_day: FlowState) -> FlowState:
    return of_the_day if said is FlowState.UNKNOWN else said
