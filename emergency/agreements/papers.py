"""An agreement as a document for a reader: who is bound, by which clauses, what is held of its text and what is not. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from emergency.agreements.body import ZONE
from emergency.agreements.reasons import CONFIDENCE, ROLE
from emergency.agreements.values import Agreement, Clause, Relation
from emergency.jurisdictions.values import Divisions
from emergency.units import iso
from emergency.words import Words

Json = dict[str, Any]
RELATION: Final[Mapping[Relation, Words]] = {
    Relation.DOWNSTREAM: Words("对方在下游", "the other lies downstream"),
    Relation.UPSTREAM: Words("对方在上游", "the other lies upstream"),
    Relation.ADJACENT: Words("沿河相邻", "next door along the river"),
    Relation.ANY_PARTY: Words("不论河流走向", "wherever the other lies"),
    Relation.TOLD: Words("此前已通报过对方", "the other was told before"),
    Relation.INSIDE: Words("本方单位", "an office of one's own side"),
    Relation.ABOVE: Words("上一级", "the next level above"),
    Relation.PROVINCE: Words("省级", "the province"),
}


def line(agreement: Agreement, divisions: Divisions, at: datetime) -> Json:
    """An agreement in the list."""
    return {
        "id": agreement.id,
        "version": agreement.version,
        "title": agreement.title.stored(),
        "form": agreement.form.value,
        "standing": standing(agreement, at),
        **days(agreement),
        "parties": [_division(code, divisions) for code in agreement.parties],
        "parties_complete": agreement.parties_complete,
        "media": [medium.value for medium in agreement.media],
        "rivers": list(agreement.rivers),
        "clauses": len(agreement.clauses),
        "clauses_held": sum(clause.text_held for clause in agreement.clauses),
    }


def whole(agreement: Agreement, divisions: Divisions, rivers: dict[str, Words], at: datetime) -> Json:
    """An agreement in full. rivers: the names of those that it speaks of."""
    return {
        **line(agreement, divisions, at),
        "rivers": [{"code": code, "name": rivers.get(code, Words(code, code)).stored()} for code in agreement.rivers],
        "divisions": [_division(code, divisions) for code in agreement.divisions],
        "tiers": [{"id": tier.id, "name": tier.name.stored()} for tier in agreement.tiers],
        "mechanisms": [
            {"id": each.id, "name": each.name.stored() if each.name else None, "text_held": each.text_held}
            for each in agreement.mechanisms
        ],
        "clauses": [_clause(clause, agreement, divisions) for clause in agreement.clauses],
        "provenance": agreement.provenance.stored(),
        "notes": [note.stored() for note in agreement.notes],
    }


def version(agreement: Agreement, loaded_at: datetime, at: datetime, *, superseded: bool) -> Json:
    """One version in the list of versions. superseded: a newer one holds for all its time."""
    return {
        "version": agreement.version,
        "loaded_at": iso(loaded_at),
        "superseded": superseded,
        "standing": standing(agreement, at),
        **days(agreement),
    }


def standing(agreement: Agreement, at: datetime) -> str:
    """in_force, ended or to_come."""
    if agreement.in_force(at):
        return "in_force"
    return "to_come" if at < agreement.valid_from else "ended"


def days(agreement: Agreement) -> Json:
    """The first and the last day on which it holds; None: no end is known."""
    last = agreement.valid_to - timedelta(days=1) if agreement.valid_to else None
    return {
        "valid_from": agreement.valid_from.astimezone(ZONE).date().isoformat(),
        "valid_to": last.astimezone(ZONE).date().isoformat() if last else None,
    }


def _clause(clause: Clause, agreement: Agreement, divisions: Divisions) -> Json:
    when, duty = clause.when, clause.duty
    return {
        "id": clause.id,
        "label": clause.label.stored(),
        "text": clause.text.stored() if clause.text else None,
        "text_held": clause.text_held,
        "relation": when.relation.value,
        "relation_name": RELATION[when.relation].stored(),
        "kinds": [kind.value for kind in when.kinds],
        "media": [medium.value for medium in when.media],
        "within_hours": when.within_hours,
        "grade_at_least": when.grade_at_least.value if when.grade_at_least else None,
        "who": _divisions(duty.who, divisions),
        "tells": _divisions(duty.tells, divisions),
        "role": duty.role.value,
        "role_name": ROLE[duty.role].stored(),
        "within_minutes": duty.within_minutes,
        "source": duty.source.value,
        "circle": duty.circle.value if duty.circle else None,
        "copy_to": [words.stored() for words in duty.copy_to],
        "automatic": duty.automatic,
        "confidence": clause.confidence.value,
        "confidence_name": CONFIDENCE[clause.confidence].stored(),
        "tiers": [name.stored() for name in agreement.path(duty.tier)],
    }


def _divisions(codes: Sequence[str], divisions: Divisions) -> list[Json]:
    return [_division(code, divisions) for code in codes]


def _division(code: str, divisions: Divisions) -> Json:
    """A division as it was named, and who stands for it on that day if it has ended."""
    if code not in divisions:
        return {"code": code, "name": Words(code, code).stored(), "now": []}
    now = [] if divisions.holds(code) else [each for each in divisions.resolve(code) if each != code]
    return {
        "code": code,
        "name": divisions.name(code).stored(),
        "now": [{"code": each, "name": divisions.name(each).stored()} for each in now],
    }
