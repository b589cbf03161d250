"""The enquiry against the stream: what was found here may come from upstream, so the desks above are asked at once.

Notice runs both ways (guidance of 2020, task 4). The desks come from the reaches upstream and the clauses in force, as they
do downstream; how long ago their water passed them stands for how urgent it is to ask.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from emergency import journal
from emergency.agreements import obligations as duties
from emergency.agreements.circles import PREPARE_WITHIN
from emergency.agreements.values import Facts, Kind, NotificationDraft, Reached
from emergency.errors import Conflict
from emergency.incidents import record
from emergency.incidents.assess import Context, latest, propose, who_was_told
from emergency.incidents.findings import sent
from emergency.incidents.models import IncidentRow
from emergency.incidents.survey import survey
from emergency.incidents.values import Survey
from emergency.journal import Actor
from emergency.jurisdictions import affected, stretches
from emergency.jurisdictions.values import Stay
from emergency.notifications import NotificationRow
from emergency.river import trace, travel
from emergency.river.values import Direction, SubNetwork
from emergency.words import Words

SEARCHED: Final = PREPARE_WITHIN
"""Policy: as far up as water at reference flow has come from in this time; of what is slower nothing is asked yet."""
OCCASION: Final = "enquiry"


def enquire(
    session: Session, incident: IncidentRow, context: Context, by: Actor, *, reason: str
) -> Sequence[NotificationRow]:
    """Propose an enquiry to each desk upstream that a clause names; Conflict where nobody lies upstream."""
    record.still_open(incident)
    newest = latest(session, incident.number)
    if newest is None:
        raise Conflict(
            "not-placed", Words("事件尚未定位到河段，请先更正位置。", "Place the incident on a river first.")
        )
    statement = record.current(session, incident)
    ground = survey(session, statement, at=context.at, within=context.within)
    above, stays = _above(session, ground, context.at)
    facts = Facts(
        lead=incident.lead,
        known_at=context.at,
        assessed_at=context.at,
        zone=context.zone,
        occasion=OCCASION,
        reached=tuple(_reached(ground, above, stay, context.at) for stay in stays),
        rivers=tuple(dict.fromkeys(reach.river for reach in above.reaches.values())),
        told=tuple(who_was_told(session, incident.number)),
        kind=Kind.UPSTREAM_ENQUIRY,
        drill=incident.drill,
    )
    drafts = sent(duties.obligations(facts, ground.agreements, ground.divisions))
    if not drafts:
        words = Words(
            "上游没有依协议或法规应询问的席位；本席位辖区内请自行排查。",
            "No desk upstream is to be asked under any agreement or rule; search your own area.",
        )
        raise Conflict("nobody-upstream", words)
    words = Words(f"疑来自上游：{reason}", f"may come from upstream: {reason}")
    made = propose(session, incident, [_because(draft, words) for draft in drafts], newest.id, context.at, by)
    facts_noted = {"reason": reason, "asks": sorted({row.tells for row in made})}
    journal.append(session, f"incident:{incident.number}", "incident.enquired", by=by, at=context.at, facts=facts_noted)
    return made


def _above(session: Session, ground: Survey, at: datetime) -> tuple[SubNetwork, list[Stay]]:
    """What lies upstream, and whose it is, within what is searched."""
    above = trace.fetch(session, ground.network_version, ground.spot, direction=Direction.UP, at=at)
    passages = travel.passages(above)
    within = trace.within(passages, trace.Limit(within_s=SEARCHED.total_seconds()))
    near = {reach_id: passages[reach_id] for reach_id in within}
    pieces = stretches.pieces(session, ground.network_version, ground.boundary_version, list(near))
    found = affected.stays(
        replace(above, reaches={each: above.reaches[each] for each in near}), near, pieces, ground.divisions
    )
    return above, found


def _reached(ground: Survey, above: SubNetwork, stay: Stay, at: datetime) -> Reached:
    """A stay upstream; its hour is how far off it lies, in time."""
    passed = None if stay.enter_s is None else at + timedelta(seconds=stay.enter_s)
    return Reached(
        code=stay.code,
        name=ground.divisions.name(stay.code),
        desk=stay.desk,
        river=stay.river,
        river_name=above.reaches[stay.enter.reach_id].name,
        entry=stay.entry,
        earliest_at=passed,
        likely_at=passed,
        latest_at=passed,
        bank=stay.bank.value,
        came_from=stay.came_from,
        beside=stay.beside,
        flags=stay.flags,
    )


def _because(draft: NotificationDraft, words: Words) -> NotificationDraft:
    """With what was found, before why this desk is asked."""
    said = tuple(
        replace(owed, reason=Words(f"{words.zh}；{owed.reason.zh}", f"{words.en}; {owed.reason.en}"))
        for owed in draft.obligations
    )
    return replace(draft, obligations=said)
