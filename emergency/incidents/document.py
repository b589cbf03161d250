"""An assessment as a document: the JSON that is frozen, shown and exported. Both languages stand in it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from emergency.agreements.values import Explanation, Gap, NotificationDraft, Obligation
from emergency.incidents import frozen
from emergency.incidents.findings import Entry, Findings, SiteReached, When, river_name, trailing
from emergency.incidents.grading import NAMES, Prediction
from emergency.incidents.statement import Statement
from emergency.incidents.values import Survey, candidate_json
from emergency.river.values import FlowState
from emergency.units import iso, km

Json = dict[str, Any]


def document(survey: Survey, found: Findings, statement: Statement, versions: Mapping[str, Any]) -> Json:
    """Everything but the id and the messages' own ids, which exist only once it is stored."""
    return {
        "snapped": snapped(survey),
        "lead": {"code": found.lead, "name": survey.divisions.name(found.lead).stored()},
        "reached": [reached(survey, entry, statement) for entry in found.entries],
        "sites": [site(each) for each in found.sites],
        "obligations": [obligation(each) for each in found.owed],
        "notifications": [draft(each, survey) for each in found.drafts],
        "gaps": [gap(each, survey) for each in found.gaps],
        "predicted_grade": found.prediction.grade.value,
        "predicted_because": found.prediction.reason.stored(),
        "grading": [prediction(each, survey) for each in found.predictions],
        "article_4": [{"item": item, "because": because.stored()} for item, because in found.article_4],
        "release_at": iso(found.release_at),
        "assumptions": [words.stored() for words in found.assumptions],
        "versions": {**versions, "seed": found.seed},
        "inputs": inputs(statement, survey.flow_state),
        frozen.FACTS: frozen.stored(found.facts),
    }


def prediction(each: Prediction, survey: Survey) -> Json:
    """A grade by one rule set: at least which, by which criteria, and what is not known that could raise it."""
    title = next(rule_set.title for rule_set in survey.rules.sets if rule_set.id == each.rule_set)
    return {
        "rule_set": each.rule_set,
        "version": each.version,
        "title": title.stored(),
        "grade": each.grade.value,
        "certain": each.certain,
        "criteria": [
            {
                "criterion": hit.criterion,
                "grade": hit.grade.value,
                "foreseen": hit.foreseen,
                "because": hit.because.stored(),
            }
            for hit in each.hits
        ],
        "unknown": [{"measure": measure, "name": NAMES[measure].stored()} for measure in each.unknown],
        "reason": each.reason.stored(),
    }


def snapped(survey: Survey) -> Json:
    """Where the report was laid on the river."""
    chosen = survey.snap.chosen
    assert chosen is not None
    return {
        **candidate_json(chosen),
        "candidates": [candidate_json(each) for each in survey.snap.candidates],
        "words": survey.snap.words.stored(),
    }


def reached(survey: Survey, entry: Entry, statement: Statement) -> Json:
    """One entry of the water into a division."""
    stay = entry.stay
    return {
        "code": stay.code,
        "name": survey.divisions.name(stay.code).stored(),
        "river": stay.river,
        "river_name": river_name(survey, stay.enter.reach_id).stored(),
        "entry": stay.entry,
        "enter_km": round(stay.enter_km, 3),
        "leave_km": round(stay.leave_km, 3),
        "bank": stay.bank.value,
        "desk": stay.desk,
        "desk_name": survey.divisions.name(stay.desk).stored() if stay.desk else None,
        **hours(entry.when),
        "trailing_latest_at": None,
        "trailing_reason": trailing(statement).stored(),
        "flags": [flag.stored() for flag in stay.flags],
    }


def hours(when: When) -> Json:
    """Earliest, likely and latest."""
    return {"earliest_at": iso(when.earliest_at), "likely_at": iso(when.likely_at), "latest_at": iso(when.latest_at)}


def site(each: SiteReached) -> Json:
    """A site on the way."""
    return {
        "id": each.site.site_id,
        "name": each.site.name.stored(),
        "kind": each.site.kind.value,
        "subtype": each.site.subtype,
        "river": each.site.river,
        "reach_id": each.site.reach_id,
        "lon": each.site.lon,
        "lat": each.site.lat,
        "jurisdiction": each.site.jurisdiction,
        "synthetic": each.site.synthetic,
        "confidence": each.site.confidence.value,
        "km": round(km(each.enter_m), 3),
        **hours(each.when),
        "near": each.near,
    }


def obligation(each: Obligation) -> Json:
    """A duty with its reason."""
    return {
        "agreement": each.agreement,
        "agreement_version": each.version,
        "clause": each.clause,
        "cited": each.cited.stored(),
        "clause_text": each.clause_text.stored() if each.clause_text else None,
        "text_held": each.text_held,
        "who": each.who,
        "tells": each.tells,
        "role": each.role.value,
        "circle": each.circle.value,
        "deadline_at": iso(each.deadline_at) if each.deadline_at else None,
        "source": each.source.value,
        "reason": each.reason.stored(),
        "kind": each.kind.value,
        "occasion": each.occasion,
        "copy_to": [words.stored() for words in each.copy_to],
        "automatic": each.automatic,
        "explanation": explanation(each.explanation) if each.explanation else None,
        "tiers": [words.stored() for words in each.tiers],
        "new": each.new.stored() if each.new else None,
    }


def explanation(each: Explanation) -> Json:
    """Why a duty stands, part by part."""
    return {
        "fact": each.fact.stored(),
        "stretch": each.stretch.stored() if each.stretch else None,
        "clock": each.clock.stored(),
    }


def draft(each: NotificationDraft, survey: Survey) -> Json:
    """A message that would be proposed."""
    return {
        "who": each.who,
        "tells": each.tells,
        "tells_name": survey.divisions.name(each.tells).stored(),
        "role": each.role.value,
        "kind": each.kind.value,
        "occasion": each.occasion,
        "act": each.act.value,
        "circle": each.circle.value,
        "deadline_at": iso(each.deadline_at) if each.deadline_at else None,
        "clauses": clauses(each.obligations),
        "automatic": each.automatic,
    }


def clauses(owed: Sequence[Obligation]) -> list[Json]:
    """The citations of a message."""
    return [
        {
            "agreement": each.agreement,
            "clause": each.clause,
            "cited": each.cited.stored(),
            "source": each.source.value,
            "text_held": each.text_held,
            "reason": each.reason.stored(),
        }
        for each in owed
    ]


def gap(each: Gap, survey: Survey) -> Json:
    """What no agreement covers."""
    return {
        "jurisdiction": each.jurisdiction,
        "name": survey.divisions.name(each.jurisdiction).stored(),
        "reason": each.reason.stored(),
        "duty": each.duty.value,
        "relay": each.relay,
    }


def inputs(statement: Statement, flow_state: FlowState) -> Json:
    """What is believed, and what a run is given; `flow_state`: as said, or of the day where nothing was said."""
    occurred = statement.occurred
    return {
        "location": {"lon": statement.lon, "lat": statement.lat},
        "occurred_at": {"earliest": iso(occurred.earliest), "latest": iso(occurred.latest)} if occurred else None,
        "known_at": iso(statement.known_at),
        "substance": statement.substance,
        "source_state": statement.source_state.value,
        "bank": statement.bank.value,
        "mass_kg": statement.mass_kg,
        "duration_min": statement.duration_min,
        "flow_state": flow_state.value,
        "medium": statement.medium,
        "description": statement.description,
        "verification": statement.verification.value,
        "impact": dict(statement.impact),
        "drill": statement.drill,
    }
