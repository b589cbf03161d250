"""A receiving desk's own file on an event that another desk told it of: its own clocks, grade and onward duties.

Its clock starts when it was told. Its duties are those of the water from its own area on; what it has told already is not
told again, and what it was asked to decide in the sender's file, it decides in its own.
"""

from typing import Final

from sqlalchemy.orm import Session

from emergency import notifications
from emergency.access import Officer
from emergency.errors import Conflict
from emergency.incidents import links, record, reports
from emergency.incidents import statement as statements
from emergency.incidents.assess import Context
from emergency.incidents.models import IncidentRow
from emergency.jurisdictions import load as jurisdictions
from emergency.notifications import NotificationRow, State
from emergency.units import iso
from emergency.words import Words

IN_OWN_FILE: Final = "本席位已自行立案，由其卷宗办理 / decided in the desk's own file"


def open_own(
    session: Session, incident: IncidentRow, context: Context, officer: Officer, *, reason: str
) -> IncidentRow:
    """Open the receiving desk's own file, linked to the sender's."""
    desk = officer.desk
    record.still_open(incident)
    first = _told(session, incident, desk)
    if desk is None or first is None or first.issued_at is None:
        words = Words(
            "本席位未被通报，不能据此立案；请直接上报所知情况。",
            "This desk was not told of it: report what you know as an incident of your own.",
        )
        raise Conflict("not-told", words)
    if desk in links.own_files(session, incident.number):
        number = links.own_files(session, incident.number)[desk].number
        words = Words(f"本席位已立案 #{number}。", f"This desk has its own file already: #{number}.")
        raise Conflict("has-own-file", words, facts={"incident": number})
    sender = jurisdictions.division(session, context.at).name(first.who)
    given = {
        **reports.standing(session, incident).body,
        "known_at": iso(first.issued_at),
        "drill": incident.drill,
        "reporter": sender.zh,
        "source": "desk",
    }
    statement = statements.parse(given, now=context.at)
    made = record.opened(session, statement, context, None, lead=desk, told_by=first.who)
    record.first_report(session, made, statement, officer.actor, context.at, reason=reason)
    links.link(session, incident, made, because=links.TOLD, reason=reason, by=officer.actor, at=context.at)
    record.assessed(session, made, record.current(session, made), context, officer.actor)
    _told_already(session, incident, made, desk, context, officer)
    return made


def _told(session: Session, incident: IncidentRow, desk: str | None) -> NotificationRow | None:
    """The first message that told this desk."""
    rows = [
        row
        for row in notifications.of_incident(session, incident.number)
        if row.tells == desk and row.who != desk and row.issued_at is not None
    ]
    return min(rows, key=lambda row: (row.issued_at, row.id), default=None)


def _told_already(
    session: Session, incident: IncidentRow, made: IncidentRow, desk: str, context: Context, officer: Officer
) -> None:
    """What the desk said onward in the sender's file is not said again; what it has not decided there, it decides here."""
    told = set()
    for row in notifications.of_incident(session, incident.number):
        if row.who == desk and row.issued_at is not None:
            told.add((row.tells, row.role, row.kind))
        elif row.who == desk and row.state == State.PROPOSED:
            notifications.rest(session, row, reason=IN_OWN_FILE, by=officer.actor, at=context.at)
    why = f"已在 #{incident.number} 通报 / told in #{incident.number}"
    for row in notifications.of_incident(session, made.number):
        if row.state == State.PROPOSED and (row.tells, row.role, row.kind) in told:
            notifications.withhold(session, row, reason=why, by=officer.actor, at=context.at)
