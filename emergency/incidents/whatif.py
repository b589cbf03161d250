"""What if: who would be told of an incident at any place on any day, and what another set of agreements would change.

Nothing is stored, nobody is told. The same survey, forecast and duties as for a real report, asked about facts that somebody
made up; so an answer can be held against the assessment of a real one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emergency.agreements import archive, coverage, own, sheet
from emergency.agreements import ground as grounds
from emergency.agreements import load as agreements
from emergency.agreements import obligations as duties
from emergency.agreements.coverage import Coverage, Progress
from emergency.agreements.reasons import KIND, ROLE
from emergency.agreements.values import Agreement, Facts, Grade, Kind, Medium, NotificationDraft
from emergency.errors import NotFound
from emergency.incidents import assess, document
from emergency.incidents.assess import Context
from emergency.incidents.findings import Findings, findings
from emergency.incidents.picture import picture
from emergency.incidents.statement import Statement
from emergency.incidents.survey import survey
from emergency.incidents.values import Survey
from emergency.jurisdictions.values import Divisions
from emergency.river.models import SiteRow
from emergency.river.values import SiteKind
from emergency.units import iso
from emergency.words import Words

Json = dict[str, Any]
NO_WAY: dict[Medium, Words] = {
    medium: Words(
        "只按水流路径推演：大气、土壤和固废怎样扩散，本系统不算，收件方只按河流相邻给出。",
        "Only the way of the water is followed: how air, soil or solid waste carry it is not computed; "
        "those told are those along the river.",
    )
    for medium in Medium
    if medium is not Medium.WATER
}
OWN_CHANGES = (
    coverage.Change.NEWLY_TOLD,
    coverage.Change.NO_LONGER_TOLD,
    coverage.Change.SOONER,
    coverage.Change.LATER,
)


@dataclass(frozen=True, slots=True)
class Supposed:
    """The facts that are made up beyond those of a report. grade None: not known, which silences no clause."""

    medium: Medium = Medium.WATER
    grade: Grade | None = None
    kind: Kind = Kind.INCIDENT


@dataclass(frozen=True, slots=True)
class Other:
    """Another set of agreements to hold it against: one of them left out, or in a certain version, or as of another day.

    version None leaves the agreement out. against: the version that it is held against, where not the one in force.
    """

    agreement: str | None = None
    version: int | None = None
    against: int | None = None
    at: datetime | None = None

    @property
    def asked(self) -> bool:
        """Whether anything else is asked for at all."""
        return self.agreement is not None or self.at is not None


def site_place(session: Session, site_id: int) -> tuple[float, float]:
    """Where a site stands (lon, lat); NotFound where there is none."""
    asked = select(func.ST_X(SiteRow.geom), func.ST_Y(SiteRow.geom)).where(SiteRow.site_id == site_id)
    row = session.execute(asked).one_or_none()
    if row is None:
        words = Words(f"没有编号为 {site_id} 的点位。", f"There is no site {site_id}.")
        raise NotFound("no-such-site", words, field="site")
    return float(row[0]), float(row[1])


def risk_sources(session: Session, at: datetime) -> list[Json]:
    """The risk sources of the day, for a choice by name."""
    rows = session.execute(
        select(SiteRow.site_id, SiteRow.name_zh, SiteRow.name_en)
        .where(
            SiteRow.kind == SiteKind.RISK_SOURCE.value,
            (SiteRow.valid_from.is_(None)) | (SiteRow.valid_from <= at),
            (SiteRow.valid_to.is_(None)) | (SiteRow.valid_to > at),
        )
        .order_by(SiteRow.site_id)
    )
    return [{"id": row.site_id, "name": Words(row.name_zh, row.name_en).stored()} for row in rows]


def what_if(session: Session, statement: Statement, supposed: Supposed, other: Other, context: Context) -> Json:
    """Who would be told, by whom, by when, under which clause, and what nobody covers."""
    here = survey(session, statement, at=context.at, within=context.within)
    found = findings(
        here,
        statement,
        at=context.at,
        zone=context.zone,
        seed=assess.seed_at(statement),
        forecasting=context.forecasting,
    )
    facts = replace(found.facts, medium=supposed.medium, grade=supposed.grade, may_be_graver=False, kind=supposed.kind)
    base = _base(session, here.agreements, other, context.at)
    made = _under(found, facts, base, here.divisions)
    versions = {each.id: each.version for each in base}
    answer = document.document(here, made, statement, {"network": here.network_version, "agreements": versions})
    caveats = [NO_WAY[supposed.medium].stored()] if supposed.medium in NO_WAY else []
    answer |= {
        "what_if": True,
        "notifications": [_draft(each, here) for each in made.drafts],
        "inputs": answer["inputs"]
        | {
            "medium": supposed.medium.value,
            "grade": supposed.grade.value if supposed.grade else None,
            "kind": supposed.kind.value,
        },
        "caveats": caveats,
        "names": {code: here.divisions.name(code).stored() for code in _desks(made)},
        "geometry": picture(session, here, made, statement),
        "difference": None,
    }
    if other.asked:
        instead = _under(found, facts, _others(session, here.agreements, other, context.at), here.divisions)
        answer["difference"] = _difference(made, instead, here)
    return answer


def _draft(each: NotificationDraft, here: Survey) -> Json:
    """A message with whom at the desk it is for, and who gets a copy."""
    copies = dict.fromkeys(words for owed in each.obligations for words in owed.copy_to)
    return {
        **document.draft(each, here),
        "role_name": ROLE[each.role].stored(),
        "kind_name": KIND[each.kind].stored(),
        "copy_to": [words.stored() for words in copies],
    }


def _under(found: Findings, facts: Facts, standing: Sequence[Agreement], divisions: Divisions) -> Findings:
    owed = duties.obligations(facts, standing, divisions)
    return replace(
        found,
        facts=facts,
        owed=owed,
        gaps=duties.gaps(facts, standing, divisions, owed),
        drafts=duties.drafts(owed),
    )


def _desks(found: Findings) -> set[str]:
    return {found.lead, *(code for draft in found.drafts for code in (draft.who, draft.tells))}


def _others(session: Session, standing: Sequence[Agreement], other: Other, at: datetime) -> tuple[Agreement, ...]:
    """The other set. A version that is put in counts as in force, whatever its dates: that is what is asked."""
    if other.agreement is None:
        return agreements.in_force(session, other.at or at)
    if other.version is None:
        archive.versions(session, other.agreement)  # a name that nobody knows is refused, not left out
        return archive.without(standing, other.agreement)
    return _with(session, standing, other.agreement, other.version, at)


def _base(session: Session, standing: Sequence[Agreement], other: Other, at: datetime) -> tuple[Agreement, ...]:
    """The set that the other is held against."""
    if other.agreement is None or other.against is None:
        return tuple(standing)
    return _with(session, standing, other.agreement, other.against, at)


def _with(
    session: Session, standing: Sequence[Agreement], named: str, version: int, at: datetime
) -> tuple[Agreement, ...]:
    put_in = archive.version(session, named, version)
    return (*archive.without(standing, named), replace(put_in, valid_from=min(put_in.valid_from, at), valid_to=None))


def _difference(before: Findings, after: Findings, here: Survey) -> Json:
    """Which desks would hear, or not hear, or hear sooner or later, under the other set."""
    was = {(each.who, each.tells): each for each in before.drafts}
    now = {(each.who, each.tells): each for each in after.drafts}
    found: dict[str, list[Json]] = {change.value: [] for change in coverage.Change if "covered" not in change.value}
    for key in dict.fromkeys((*was, *now)):
        old, new = was.get(key), now.get(key)
        if new is None or old is None:
            change = coverage.Change.NEWLY_TOLD if new else coverage.Change.NO_LONGER_TOLD
        elif old.deadline_at == new.deadline_at:
            continue
        else:
            sooner = new.deadline_at is not None and (old.deadline_at is None or new.deadline_at < old.deadline_at)
            change = coverage.Change.SOONER if sooner else coverage.Change.LATER
        found[change.value].append(
            {
                "who": key[0],
                "tells": key[1],
                "tells_name": here.divisions.name(key[1]).stored(),
                "was": document.draft(old, here) if old else None,
                "now": document.draft(new, here) if new else None,
            }
        )
    return {"changes": found, "gaps": [document.gap(each, here) for each in after.gaps]}


Judging = Callable[..., Coverage]


def over_all(
    session: Session,
    other: Other,
    context: Context,
    *,
    judging: Judging = coverage.coverage,
    progress: Progress | None = None,
) -> Json:
    """What the other set would change at every crossing, border river and risk source, and in what each desk there owes
    above it and on its own side; `judging`: where the first is computed."""
    before = grounds.ground(session, context.at)
    there = grounds.ground(session, other.at) if other.at is not None and other.agreement is None else before
    standing = _others(session, before.agreements, other, context.at)

    def judged(ground: grounds.Ground, under: Sequence[Agreement]) -> Coverage:
        return judging(ground.lines, under, ground.divisions, at=ground.at, zone=context.zone, progress=progress)

    base = _base(session, before.agreements, other, context.at)
    was, now = judged(before, base), judged(there, standing)
    changed = coverage.compared(was, now)
    home = [
        own.own(ground.lines, under, ground.divisions, at=ground.at, zone=context.zone)
        for ground, under in ((before, base), (there, standing))
    ]
    own_changed = own.compared(*home)
    counted = {change.value: sum(each.change is change for each in changed) for change in coverage.Change}
    return {
        "what_if": True,
        "was": {"at": iso(before.at), "agreements": [sheet.agreement_line(each) for each in was.agreements]},
        "now": {"at": iso(there.at), "agreements": [sheet.agreement_line(each) for each in now.agreements]},
        "places": len(was.rows),
        "counts": counted,
        "changes": [sheet.changed_json(each, there.divisions) for each in changed],
        "own": {
            "desks": own.desks(before.lines),
            "counts": {name.value: sum(each.change is name for each in own_changed) for name in OWN_CHANGES},
            "changes": [own.changed_json(each, there.divisions) for each in own_changed],
        },
    }
