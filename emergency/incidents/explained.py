"""Why is X not told in this incident? Asked of the newest assessment, with the facts and agreements as they stood then."""

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from emergency.agreements import explain
from emergency.agreements import load as agreements
from emergency.agreements.explain import Answer, Because
from emergency.errors import BadInput, NotFound
from emergency.incidents import document, frozen
from emergency.incidents.assess import latest
from emergency.jurisdictions import load as jurisdictions
from emergency.words import Words

Json = dict[str, Any]
FURTHER = frozenset({Because.NOT_A_PARTY, Because.OTHER_KIND})
"""Clauses that stop so early that a reader need not see them."""


def why(session: Session, number: int, code: str, zone: ZoneInfo) -> Json:
    """The answer for a division, told or not: in one sentence, and clause by clause."""
    newest = latest(session, number)
    if newest is None:
        raise NotFound("not-assessed", Words("事件尚未研判。", "The incident has not been assessed."))
    if not code:
        words = Words("请给出区划代码，如 500116。", "Give a division's code, as 500116.")
        raise BadInput("jurisdiction", words, field="jurisdiction")
    facts = frozen.facts(newest.body, zone)
    versions = newest.body["versions"]["agreements"]
    known = (*agreements.stored(session, versions), *agreements.others(session, versions, newest.made_at))
    divisions = jurisdictions.division(session, newest.made_at)
    return answer(explain.why(facts, known, divisions, code)) | {"incident": number, "assessment": newest.id}


def answer(found: Answer) -> Json:
    """As the API gives it."""
    return {
        "jurisdiction": found.code,
        "name": found.name.stored(),
        "desk": found.desk,
        "told": found.told,
        "circle": found.circle.value if found.circle else None,
        "because": found.because.value,
        "words": found.words.stored(),
        "obligations": [document.obligation(each) for each in found.obligations],
        "clauses": [
            {
                "agreement": each.agreement,
                "clause": each.clause,
                "cited": each.cited.stored(),
                "because": each.because.value,
                "words": each.words.stored(),
            }
            for each in found.clauses
            if each.because not in FURTHER
        ],
    }
