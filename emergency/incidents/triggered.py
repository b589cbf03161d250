"""What an agreement has set off: the messages whose clauses cite it, of the incidents that a reader may see. Reads only."""

from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emergency.access import Officer
from emergency.incidents import overview
from emergency.incidents.models import IncidentRow
from emergency.jurisdictions.values import Divisions
from emergency.notifications import NotificationRow
from emergency.units import iso

Json = dict[str, Any]
SHOWN: Final = 100


def by_agreement(session: Session, named: str, officer: Officer, divisions: Divisions) -> Json:
    """The newest messages that cite the agreement, and how many there are; others' incidents are not even counted."""
    seen = select(IncidentRow.number).where(overview.seen_by(officer))
    cites = NotificationRow.clauses.contains([{"agreement": named}])
    of_mine = select(NotificationRow).where(cites, NotificationRow.incident.in_(seen))
    rows = session.scalars(of_mine.order_by(NotificationRow.proposed_at.desc(), NotificationRow.id.desc()).limit(SHOWN))
    total = session.scalar(select(func.count()).select_from(of_mine.subquery()))
    return {"total": total or 0, "notifications": [_line(row, named, divisions) for row in rows]}


def _line(row: NotificationRow, named: str, divisions: Divisions) -> Json:
    return {
        "id": row.id,
        "incident": row.incident,
        "drill": row.drill,
        "kind": row.kind,
        "state": row.state,
        "who": row.who,
        "who_name": divisions.name(row.who).stored(),
        "tells": row.tells,
        "tells_name": divisions.name(row.tells).stored(),
        "clauses": [each["clause"] for each in row.clauses if each["agreement"] == named],
        "proposed_at": iso(row.proposed_at),
        "issued_at": iso(row.issued_at) if row.issued_at else None,
        "deadline_at": iso(row.deadline_at) if row.deadline_at else None,
    }
