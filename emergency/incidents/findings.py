"""What a survey means: who is reached when, which sites, who must be told under which clause, what no agreement covers.

Pure: the seed is an argument, so that the same inputs give the same answer on every machine. It must not decide anything: it
finds, a desk issues.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from emergency.agreements import obligations as duties
from emergency.agreements.values import (
    Circumstance,
    Facts,
    Gap,
    Grade,
    Kind,
    Medium,
    NearSite,
    NotificationDraft,
    Obligation,
    Reached,
    Told,
)
from emergency.incidents import grading
from emergency.incidents.clocks import Rules
from emergency.incidents.grading import Effect, Intake, Prediction
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
    """One run of reasoning over a survey.

    predictions: by each rule set, the default first. article_4: the items that the facts themselves show, each with why.
    """

    lead: str
    release_at: datetime
    entries: Sequence[Entry]
    sites: Sequence[SiteReached]
    facts: Facts
    owed: Sequence[Obligation]
    gaps: Sequence[Gap]
    drafts: Sequence[NotificationDraft]
    predictions: Sequence[Prediction]
    article_4: Sequence[tuple[str, Words]]
    assumptions: Sequence[Words]
    seed: int

    @property
    def prediction(self) -> Prediction:
        """By the rule set that counts."""
        return self.predictions[0]


def findings(
    survey: Survey,
    statement: Statement,
    *,
    at: datetime,
    zone: ZoneInfo,
    seed: int,
    lead: str | None = None,
    told: Sequence[Told] = (),
    declared: Grade | None = None,
    held: Collection[str] = (),
    told_by: Told | None = None,
    forecasting: Forecasting = ensemble.run,
) -> Findings:
    """Arrivals, sites, duties and gaps of a survey. `lead`: an open incident keeps its own.

    declared, held: the grade that a person has declared, and the items of article 4 that one holds to apply.
    told_by: in a receiving desk's own file who told it and when; the file's duties are the receiver's, onward from there.
    """
    release_at, conditions = _release(survey, statement)
    marks = [stay.enter for stay in survey.stays] + [Spot(site.reach_id, site.offset_m) for site in survey.sites]
    forecast = forecasting(survey.sub, travel.order(survey.sub), marks, conditions, seed)
    entries = _entries(survey, forecast, release_at)
    sites = _sites(survey, forecast, release_at)
    leading = lead or leads(survey)
    foreseen = _effects(survey, statement, leading, entries, sites, at)
    predictions = tuple(grading.predicted(foreseen, rule_set) for rule_set in survey.rules.sets)
    article_4 = _article_4(survey.rules, statement, foreseen)
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
        medium=Medium(statement.medium),
        kind=Kind.INCIDENT,
        grade=_grade(predictions[0], declared),
        may_be_graver=declared is None and not predictions[0].certain,
        declared=declared is not None,
        circumstances=_circumstances(held, article_4),
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
        drafts=sent(owed),
        predictions=predictions,
        article_4=article_4,
        assumptions=forecast.assumptions,
        seed=seed,
    )


def sent(owed: Sequence[Obligation]) -> Sequence[NotificationDraft]:
    """The messages that go to another desk; an office of one's own side is called, and no desk writes to itself."""
    return duties.drafts(one for one in owed if not one.inside)


def again(found: Findings, survey: Survey, *, kind: Kind, occasion: str) -> Sequence[NotificationDraft]:
    """The messages owed on a later occasion (update, correction, end, withdrawal) to the desks that were told.

    Its clocks start when the occasion arose, which is at this assessment.
    """
    first = found.facts
    facts = replace(first, kind=kind, occasion=occasion, known_at=first.assessed_at, since=first.stood_at)
    owing = frozenset(told.by for told in facts.told)
    owed = duties.obligations(facts, survey.agreements, survey.divisions, owing)
    desks = {told.desk for told in facts.told}
    return [draft for draft in sent(owed) if draft.tells in desks]


def _effects(
    survey: Survey,
    statement: Statement,
    lead: str,
    entries: Sequence[Entry],
    sites: Sequence[SiteReached],
    at: datetime,
) -> tuple[Effect, ...]:
    """What is stated and foreseen: of the intakes that can be reached soon, the first of each class."""
    soon: dict[str, Intake] = {}
    for each in sites:
        named = survey.rules.intake_classes.get(each.site.admin_class or "")
        within = each.near or each.when.earliest_at - at <= survey.rules.intake_within
        if each.site.kind is SiteKind.INTAKE and named is not None and within:
            soon.setdefault(named, Intake(each.site.name, named))
    codes = [entry.stay.code for entry in entries]
    return grading.effects(lead, codes, survey.divisions, statement.impact, soon.values())


def _grade(prediction: Prediction, declared: Grade | None) -> Grade | None:
    """What duties may rest on: the graver of declared and foreseen."""
    return prediction.grade if declared is None else grading.graver(declared, prediction.grade)


def _article_4(rules: Rules, statement: Statement, foreseen: Sequence[Effect]) -> list[tuple[str, Words]]:
    """The items of article 4 that the facts show; an officer may hold others to apply."""
    across = (each for each in foreseen if each.measure == "crossing" and each.value in ("province", "nation"))
    intakes = (each for each in foreseen if each.measure == "intake_interrupted" and each.value != grading.NONE)
    metal = next((name for name in rules.metals if _names(statement.substance or "", name)), None)
    shown = {
        "drinking_water": next((each.because for each in intakes), None),
        "heavy_metal": Words(f"物质含“{metal}”", f'the substance names "{metal}"') if metal else None,
        "across_provinces": next((each.because for each in across), None),
    }
    return [(item.id, because) for item in rules.article_4 if (because := shown.get(item.id)) is not None]


def _circumstances(held: Collection[str], shown: Iterable[tuple[str, Words]]) -> tuple[Circumstance, ...]:
    """Of the items that the facts show or a person holds to apply, those that a clause may ask for."""
    items = {*held, *(item for item, _ in shown)}
    return tuple(each for each in Circumstance if each.value in items)


def _names(substance: str, metal: str) -> bool:
    """A Chinese name may stand within a word, an English one is a word of its own."""
    return metal in re.findall(r"[a-z]+", substance.lower()) if metal.isascii() else metal in substance


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
