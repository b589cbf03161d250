"""What a survey means: who is reached when, which sites, who must be told under which clause, what no agreement covers.

Pure: the seed is an argument, so that the same inputs give the same answer on every machine. It must not decide anything: it
finds, a desk issues.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from emergency.agreements import obligations as duties
from emergency.agreements.values import Facts, Gap, Kind, NearSite, NotificationDraft, Obligation, Reached, Told
from emergency.incidents import grading
from emergency.incidents.grading import Prediction
from emergency.incidents.statement import SourceState, Statement
from emergency.incidents.values import Survey
from emergency.jurisdictions.values import Stay
from emergency.river import ensemble, travel
from emergency.river.ensemble import Conditions, Forecast
from emergency.river.values import Arrival, Site, SiteKind, Spot
from emergency.words import Words

UNKNOWN_RELEASE: Final = timedelta(hours=3)
"""Policy: an unknown release time lies at most this long before it became known."""
NEAR_M: Final = 10_000.0
NEAR_AFTER: Final = timedelta(hours=2)
"""An intake within either is near: closed or sampled now, before any model (first-hour.md 1)."""
Forecasting = Callable[..., Forecast]


@dataclass(frozen=True, slots=True)
class When:
    """When the leading edge may come: not before, likely, at the latest."""

    earliest_at: datetime
    likely_at: datetime
    latest_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A stay with its hours."""

    stay: Stay
    when: When


@dataclass(frozen=True, slots=True)
class SiteReached:
    """A site with its distance and hours. near: act now, whatever the hours say."""

    site: Site
    enter_m: float
    when: When
    near: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """One run of reasoning over a survey."""

    lead: str
    release_at: datetime
    entries: Sequence[Entry]
    sites: Sequence[SiteReached]
    facts: Facts
    owed: Sequence[Obligation]
    gaps: Sequence[Gap]
    drafts: Sequence[NotificationDraft]
    prediction: Prediction
    assumptions: Sequence[Words]
    seed: int


def findings(
    survey: Survey,
    statement: Statement,
    *,
    at: datetime,
    zone: ZoneInfo,
    seed: int,
    lead: str | None = None,
    told: Sequence[Told] = (),
    told_by: Told | None = None,
    forecasting: Forecasting = ensemble.run,
) -> Findings:
    """Arrivals, sites, duties and gaps of a survey. `lead`: an open incident keeps its own.

    told_by: in a receiving desk's own file who told it and when; the file's duties are the receiver's, onward from there.
    """
    release_at, conditions = _release(survey, statement)
    marks = [stay.enter for stay in survey.stays] + [Spot(site.reach_id, site.offset_m) for site in survey.sites]
    forecast = forecasting(survey.sub, travel.order(survey.sub), marks, conditions, seed)
    entries = _entries(survey, forecast, release_at)
    sites = _sites(survey, forecast, release_at)
    leading = lead or leads(survey)
    owing = None if told_by is None else frozenset({told_by.desk})
    told = told if told_by is None else (told_by, *told)
    facts = Facts(
        lead=leading if told_by is None else told_by.by,
        known_at=statement.known_at,
        assessed_at=at,
        zone=zone,
        occasion="initial",
        reached=tuple(_reached(survey, entry) for entry in entries),
        rivers=tuple(dict.fromkeys(survey.sub.reaches[reach_id].river for reach_id in survey.passages)),
        intakes=tuple(_intake(survey, site) for site in sites if site.site.kind is SiteKind.INTAKE),
        told=tuple(told),
        kind=Kind.INCIDENT,
        drill=statement.drill,
    )
    owed = duties.obligations(facts, survey.agreements, survey.divisions, owing)
    return Findings(
        lead=leading,
        release_at=release_at,
        entries=entries,
        sites=sites,
        facts=facts,
        owed=owed,
        gaps=duties.gaps(facts, survey.agreements, survey.divisions, owed),
        drafts=duties.drafts(owed),
        prediction=grading.predicted(leading, (entry.stay.code for entry in entries), survey.divisions),
        assumptions=forecast.assumptions,
        seed=seed,
    )


def again(found: Findings, survey: Survey, *, kind: Kind, occasion: str) -> Sequence[NotificationDraft]:
    """The messages owed on a later occasion (update, correction, end, withdrawal) to the desks that were told.

    Its clocks start when the occasion arose, which is at this assessment.
    """
    facts = replace(found.facts, kind=kind, occasion=occasion, known_at=found.facts.assessed_at)
    owing = frozenset(told.by for told in facts.told)
    owed = duties.obligations(facts, survey.agreements, survey.divisions, owing)
    desks = {told.desk for told in facts.told}
    return [draft for draft in duties.drafts(owed) if draft.tells in desks]


def leads(survey: Survey) -> str:
    """The desk of the division where it happened."""
    here = survey.stays[0]
    return here.desk or here.code


def trailing(statement: Statement) -> Words:
    """Why no trailing time is given."""
    if statement.source_state is not SourceState.STOPPED:
        return Words("源头未确认停止，尾部时间不明", "the source is not known to have stopped")
    return Words(
        "尾部须由预报与监测读数确定，本次未给出", "the tail needs the forecast and readings; not given by this run"
    )


def _release(survey: Survey, statement: Statement) -> tuple[datetime, Conditions]:
    """The instant that arrivals count from, and the limits around it; the place is as uncertain as its snap."""
    chosen = survey.snap.chosen
    off_m = chosen.distance_m if chosen is not None else 0.0
    if statement.occurred is None:
        at, early = statement.known_at, -UNKNOWN_RELEASE.total_seconds()
    else:
        at = statement.occurred.latest
        early = (statement.occurred.earliest - at).total_seconds()
    return at, Conditions(survey.flow_state, release_earliest_s=early, release_latest_s=0.0, position_error_m=off_m)


def _entries(survey: Survey, forecast: Forecast, release_at: datetime) -> list[Entry]:
    entries = [Entry(stay, _when(forecast.arrivals[stay.enter], release_at)) for stay in survey.stays]
    return sorted(entries, key=lambda entry: (entry.when.earliest_at, entry.stay.enter_km, entry.stay.entry))


def _sites(survey: Survey, forecast: Forecast, release_at: datetime) -> list[SiteReached]:
    found = [_site(survey, site, forecast, release_at) for site in survey.sites]
    return sorted(found, key=lambda each: (not each.near, each.when.earliest_at, each.enter_m))


def _site(survey: Survey, site: Site, forecast: Forecast, release_at: datetime) -> SiteReached:
    passage = survey.passages[site.reach_id]
    head_m = survey.spot.offset_m if site.reach_id == survey.spot.reach_id else 0.0
    enter_m = passage.enter_m + site.offset_m - head_m
    arrival = forecast.arrivals[Spot(site.reach_id, site.offset_m)]
    soon = enter_m <= NEAR_M or timedelta(seconds=arrival.earliest_s) <= NEAR_AFTER
    return SiteReached(site, enter_m, _when(arrival, release_at), site.kind is SiteKind.INTAKE and soon)


def _when(arrival: Arrival, release_at: datetime) -> When:
    times = (arrival.earliest_s, arrival.likely_s, arrival.latest_s)
    return When(*(release_at + timedelta(seconds=round(seconds)) for seconds in times))


def _reached(survey: Survey, entry: Entry) -> Reached:
    stay = entry.stay
    return Reached(
        code=stay.code,
        name=survey.divisions.name(stay.code),
        desk=stay.desk,
        river=stay.river,
        river_name=river_name(survey, stay.enter.reach_id),
        entry=stay.entry,
        earliest_at=entry.when.earliest_at,
        likely_at=entry.when.likely_at,
        latest_at=entry.when.latest_at,
        bank=stay.bank.value,
        came_from=stay.came_from,
        beside=stay.beside,
        flags=stay.flags,
    )


def river_name(survey: Survey, reach_id: int) -> Words:
    """What the river is called on a reach."""
    return survey.sub.reaches[reach_id].name


def _intake(survey: Survey, reached: SiteReached) -> NearSite:
    code = reached.site.jurisdiction or _division_at(survey.stays, reached.site)
    earliest = None if reached.near else reached.when.earliest_at
    desk = survey.divisions.desk_of(code) if code in survey.divisions else None
    return NearSite(reached.site.site_id, reached.site.name, code, desk, earliest)


def _division_at(stays: Iterable[Stay], site: Site) -> str:
    for stay in stays:
        for piece in stay.pieces:
            if piece.reach_id == site.reach_id and piece.from_m <= site.offset_m <= piece.to_m:
                return stay.code
    return ""


def by_desk(entries: Sequence[Entry]) -> Mapping[str, Entry]:
    """The first entry of the water into each desk's area."""
    first: dict[str, Entry] = {}
    for entry in entries:
        if entry.stay.desk is not None:
            first.setdefault(entry.stay.desk, entry)
    return first
