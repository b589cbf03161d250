"""The network API: snap, trace, places, and the tiles of network, divisions, sites and incidents."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from emergency import clock
from emergency.access import Action
from emergency.errors import BadInput
from emergency.incidents import tiles as incident_tiles
from emergency.incidents.survey import locate
from emergency.incidents.values import candidate_json
from emergency.jurisdictions import course, places
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions import tiles as division_tiles
from emergency.river import networks, tiles
from emergency.river.snap import Tolerance, tolerance
from emergency.river.trace import Limit
from emergency.river.values import Direction, SiteKind, Spot
from emergency.units import METRES_PER_KM, SECONDS_PER_HOUR
from emergency.web.answer import instant, number, one_of, reading, text
from emergency.web.app import parts
from emergency.web.rules import rule
from emergency.web.session import signed_in
from emergency.words import Words

blueprint = Blueprint("network", __name__)
MVT = "application/vnd.mapbox-vector-tile"


@blueprint.get("/api/v1/snap")
@rule(Action.SIGNED_IN)
def snapped() -> Response:
    """Where a point lies on the network: the chosen reach or none, and the candidates."""
    lon, lat = number("lon", low=-180, high=180), number("lat", low=-90, high=90)

    def do(session: Session) -> Mapping[str, Any]:
        found = locate(session, lon, lat, _tolerance())
        return {
            "snapped": candidate_json(found.chosen) if found.chosen else None,
            "candidates": [candidate_json(each) for each in found.candidates],
            "words": found.words.stored(),
        }

    return reading(do)


@blueprint.get("/api/v1/trace")
@rule(Action.SIGNED_IN)
def traced() -> Response:
    """The course of the water from a spot, down or up; or only who is reached."""
    name = request.args.get("network")
    direction = Direction(one_of(request.args.get("direction", "down"), "direction", tuple(Direction)))
    main_only = one_of(request.args.get("main", "0"), "main", ("0", "1")) == "1"
    at, limit, kinds = _at(), _limit(), _kinds()
    only = one_of(request.args.get("only", ""), "only", ("", "jurisdictions"))

    def do(session: Session) -> Mapping[str, Any]:
        if only and direction is Direction.DOWN and limit == Limit():
            return course.quick(session, _place(), at=at, name=name, main_only=main_only, within=_tolerance())
        _, found = course.course(
            session,
            _spot(session, name),
            at=at,
            name=name,
            direction=direction,
            main_only=main_only,
            limit=limit,
            kinds=kinds,
        )
        return {"jurisdictions": found["jurisdictions"]} if only else found

    return reading(do)


@blueprint.get("/api/v1/places")
@rule(Action.SIGNED_IN)
def named() -> Response:
    """Places whose name holds the words asked for: sites, river places, divisions."""
    asked = text(request.args, "q", limit=40)
    return reading(lambda session: {"places": places.named(session, asked, at=clock.now())})


@blueprint.get("/tiles/network/<int:z>/<int:x>/<int:y>.mvt")
@rule(Action.SIGNED_IN)
def network_tile(z: int, x: int, y: int) -> Response:
    """Rivers."""

    def do(session: Session) -> tuple[str, Callable[[], bytes]]:
        _, version = networks.active(session)
        return f"n{version}", lambda: tiles.tile(session, version, z, x, y)

    return _tile(do)


@blueprint.get("/tiles/divisions/<int:z>/<int:x>/<int:y>.mvt")
@rule(Action.SIGNED_IN)
def divisions_tile(z: int, x: int, y: int) -> Response:
    """Jurisdictions."""

    def do(session: Session) -> tuple[str, Callable[[], bytes]]:
        version = jurisdictions.active_boundaries(session)
        return f"d{version}.2", lambda: division_tiles.tile(session, version, z, x, y)

    return _tile(do)


@blueprint.get("/tiles/sites/<int:z>/<int:x>/<int:y>.mvt")
@rule(Action.SIGNED_IN)
def sites_tile(z: int, x: int, y: int) -> Response:
    """Intakes, sections, stations, gauges, gates and dams."""

    def do(session: Session) -> tuple[str, Callable[[], bytes]]:
        _, version = networks.active(session)
        return f"s{version}", lambda: tiles.sites_tile(session, version, z, x, y, at=clock.now())

    return _tile(do)


@blueprint.get("/tiles/incidents/<int:z>/<int:x>/<int:y>.mvt")
@rule(Action.SEE_INCIDENT)
def incidents_tile(z: int, x: int, y: int) -> Response:
    """The incidents that this desk may see."""
    with parts().sessions.begin() as session:
        drawn = incident_tiles.tile(session, signed_in(), z, x, y)
    answer = Response(drawn, status=200 if drawn else 204, mimetype=MVT)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _tile(find: Callable[[Session], tuple[str, Callable[[], bytes]]]) -> Response:
    """A tile with its version as ETag: unchanged data cost one small answer."""
    with parts().sessions.begin() as session:
        version, draw = find(session)
        if version in request.if_none_match:
            answer = Response(status=304)
        else:
            drawn = draw()
            answer = Response(drawn, status=200 if drawn else 204, mimetype=MVT)
    answer.set_etag(version)
    answer.headers["Cache-Control"] = "private, max-age=0, must-revalidate"
    return answer


def _spot(session: Session, name: str | None) -> Spot:
    place = _place()
    return place if isinstance(place, Spot) else course.at_point(session, *place, name=name, within=_tolerance())


def _tolerance() -> Tolerance:
    return tolerance(parts().settings)


def _place() -> Spot | tuple[float, float]:
    if "reach" in request.args:
        return Spot(
            int(number("reach", low=1, high=2**53 - 1)),
            number("offset_m", low=0, high=1e7) if "offset_m" in request.args else 0.0,
        )
    return number("lon", low=-180, high=180), number("lat", low=-90, high=90)


def _limit() -> Limit:
    within_m = number("within_km", low=0, high=1e5) * METRES_PER_KM if "within_km" in request.args else None
    within_s = number("within_h", low=0, high=1e5) * SECONDS_PER_HOUR if "within_h" in request.args else None
    return Limit(within_m, within_s)


def _kinds() -> frozenset[SiteKind]:
    given = [kind for kind in request.args.get("sites", "").split(",") if kind]
    unknown = [kind for kind in given if kind not in tuple(SiteKind)]
    if unknown:
        words = Words(
            f"sites：没有 {unknown[0]} 这一类，可用 {'、'.join(SiteKind)}。",
            f"sites: there is no kind {unknown[0]}; use {', '.join(SiteKind)}.",
        )
        raise BadInput("bad-field", words, field="sites")
    return frozenset(map(SiteKind, given))


def _at() -> datetime:
    given = request.args.get("at")
    return clock.now() if given is None else instant(given, "at")
