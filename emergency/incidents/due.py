"""The clocks of an incident as they stand: what each jurisdiction learnt, reported and promised, read for the pure `clocks`.

Reads only. A jurisdiction has a file on the incident when it leads, when it was told (a received notice starts its own clock,
order 17, art. 8), or when it is the provincial department that was reported to.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from emergency import journal, notifications
from emergency.agreements import load as agreements
from emergency.agreements.values import Agreement, Grade, Kind, Source
from emergency.incidents import clocks, ladder, record, rules
from emergency.incidents.clocks import (
    NAMES,
    Clock,
    Due,
    File,
    How,
    Made,
    Notice,
    Owes,
    Recipient,
    Rules,
    Standing,
    To,
)
from emergency.incidents.ladder import Rung
from emergency.incidents.models import TRACK, AssessmentRow, IncidentRow, ObligationRow, SignedActRow
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions.values import Divisions
from emergency.notifications import NotificationRow
from emergency.units import iso
from emergency.words import Words, read_words

Json = dict[str, Any]
STARTS: Final = (Kind.INCIDENT, Kind.UPSTREAM_ENQUIRY)
"""What starts its receiver's clock; a courtesy copy or a planned release reports no incident to it."""
NEWS: Final = (Kind.UPDATE, Kind.CORRECTION)
GRADES: Final = "grade"
REPORTS: Final = "report"
MINISTRY: Final = Recipient("ministry", Words("生态环境部", "the Ministry of Ecology and Environment"))
PUBLIC: Final = Recipient("public", Words("公众", "the public"))
ROLES: Final[Mapping[str, Words]] = {
    "duty_officer": Words("值班员", "duty officer"),
    "leader": Words("带班领导", "duty leader"),
}
PROMISED: Final = Words("本台在通报中的承诺", "promised in the notice")


@dataclass(frozen=True, slots=True)
class Running:
    """One jurisdiction's file with its clocks, open ones first, and who holds their alerts in turn."""

    file: File
    clocks: tuple[Clock, ...]
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What is read once for all files of an incident."""

    incident: IncidentRow
    rows: Sequence[NotificationRow]
    acts: Sequence[SignedActRow]
    assessed: Sequence[tuple[datetime, Grade, tuple[str, ...], bool]]
    further: tuple[datetime, ...]
    withdrawn_at: datetime | None
    divisions: Divisions


def running(session: Session, incident: IncidentRow, at: datetime) -> tuple[Running, ...]:
    """The clocks of every jurisdiction that has a file on an incident, the lead's first."""
    ground = _ground(session, incident, at)
    holding = rules.in_force(session, incident.known_at)
    standing = agreements.in_force(session, incident.known_at)
    cited = frozenset(
        session.scalars(select(ObligationRow.agreement).where(ObligationRow.event == incident.number).distinct())
    )
    return tuple(
        Running(file, _clocks(file, holding, at), _ladder(file.jurisdiction, standing, cited, ground.divisions))
        for file in _files(ground)
    )


def shown(each: Running, at: datetime, pace: clocks.Pace) -> list[Json]:
    """The clocks of a file as the API shows them."""
    return [_shown(clock, each.rungs, pace, at) for clock in each.clocks]


def pace(session: Session, incident: IncidentRow) -> clocks.Pace:
    """When clocks of an incident call for attention."""
    return rules.in_force(session, incident.known_at).pace


def signed(session: Session, number: int) -> list[SignedActRow]:
    """The signed acts on an incident, in the order they were recorded."""
    rows = select(SignedActRow).where(SignedActRow.incident == number).order_by(SignedActRow.id)
    return list(session.scalars(rows))


def declared(acts: Iterable[SignedActRow], jurisdiction: str) -> SignedActRow | None:
    """The act by which a jurisdiction's present grade was declared."""
    mine = [act for act in acts if act.what == GRADES and act.jurisdiction == jurisdiction]
    return mine[-1] if mine else None


def reason_of(session: Session, row: NotificationRow) -> str | None:
    """The reason of the signed act that a message tells of; None where it tells of none."""
    act = session.scalar(
        select(SignedActRow).where(
            SignedActRow.incident == row.incident,
            SignedActRow.jurisdiction == row.who,
            SignedActRow.details["occasion"].astext == row.occasion.removesuffix(", formal"),
        )
    )
    return None if act is None else act.reason


def has_file(session: Session, incident: IncidentRow, jurisdiction: str | None, at: datetime) -> bool:
    """Whether a jurisdiction has a file of its own on an incident."""
    return any(file.jurisdiction == jurisdiction for file in _files(_ground(session, incident, at)))


def _shown(clock: Clock, rungs: Sequence[Rung], pace: clocks.Pace, at: datetime) -> Json:
    held = ladder.holder(clock, rungs, pace, at)
    return {
        "id": clock.id,
        "jurisdiction": clock.jurisdiction,
        "jurisdiction_name": clock.name.stored(),
        "due": clock.due.value,
        "what": NAMES[clock.due].stored(),
        "to": [each.stored() for each in clock.to],
        "since_at": iso(clock.since_at),
        "until_at": iso(clock.until_at),
        "scope": clock.scope.value,
        "source": clock.source.value,
        "cited": clock.cited.stored(),
        "state": clock.state.value,
        "late": clock.late,
        "met_at": iso(clock.met_at) if clock.met_at else None,
        "met_by": clock.met_by.stored() if clock.met_by else None,
        "tier": held.id if clock.is_open else None,
        "tier_name": held.name.stored() if clock.is_open else None,
    }


def _clocks(file: File, holding: Rules, at: datetime) -> tuple[Clock, ...]:
    return clocks.clocks(file, holding.limits, holding.pace, at)


# --- reading


def _ground(session: Session, incident: IncidentRow, at: datetime) -> _Ground:
    stream = f"incident:{incident.number}"
    withdrawn = journal.of_kinds(session, stream, ("incident.withdrawn",))
    return _Ground(
        incident=incident,
        rows=notifications.of_incident(session, incident.number),
        acts=signed(session, incident.number),
        assessed=_assessed(session, incident.number),
        further=tuple(row.received_at for row in record.reports(session, incident.number) if row.n > 1),
        withdrawn_at=withdrawn[-1].at if withdrawn else None,
        divisions=jurisdictions.division(session, at),
    )


def _assessed(session: Session, number: int) -> list[tuple[datetime, Grade, tuple[str, ...], bool]]:
    """When each assessment was made, the grade that it foresaw, the items of article 4, whether it found neighbours."""
    body = AssessmentRow.body
    rows = session.execute(
        select(AssessmentRow.made_at, body["predicted_grade"].astext, body["article_4"], body["obligations"][0])
        .where(AssessmentRow.incident == number)
        .order_by(AssessmentRow.n)
    )
    return [
        (made_at, Grade(grade), tuple(each["item"] for each in items or ()), owed is not None)
        for made_at, grade, items, owed in rows
    ]


# --- files


def _files(ground: _Ground) -> Iterator[File]:
    lead = ground.incident.lead
    yield _file(ground, lead, Owes.PLACE, ground.incident.known_at)
    seen = {lead}
    for owes, desk, learnt_at in sorted((*_told(ground), *_reported_to(ground)), key=lambda each: each[2]):
        if desk not in seen:
            seen.add(desk)
            yield _file(ground, desk, owes, learnt_at)


def _told(ground: _Ground) -> Iterator[tuple[Owes, str, datetime]]:
    for row in ground.rows:
        if row.issued_at is not None and row.kind in STARTS:
            yield Owes.RECEIVER, row.tells, row.issued_at


def _reported_to(ground: _Ground) -> Iterator[tuple[Owes, str, datetime]]:
    """The provincial departments that were reported to: by a notice upward, or by a report that was recorded."""
    for row in ground.rows:
        if row.issued_at is not None and row.kind == Kind.REPORT_UPWARD and _is_province(row.tells, ground.divisions):
            yield Owes.PROVINCE, row.tells, row.issued_at
    for act in ground.acts:
        for key in act.details.get("to", ()) if act.what == REPORTS else ():
            if key in ground.divisions and _is_province(key, ground.divisions):
                yield Owes.PROVINCE, key, act.at


def _is_province(code: str, divisions: Divisions) -> bool:
    return divisions.province_of(code) == code


def _file(ground: _Ground, code: str, owes: Owes, learnt_at: datetime) -> File:
    sent = [row for row in ground.rows if row.who == code]
    received = [row for row in ground.rows if row.tells == code and row.issued_at is not None]
    said = [row.issued_at for row in sent if row.issued_at is not None]
    leads = owes is Owes.PLACE
    return File(
        jurisdiction=code,
        name=ground.divisions.name(code),
        above=(code, *ground.divisions.ancestors(code)),
        owes=owes,
        learnt_at=learnt_at,
        recipients=recipients(code, ground.divisions),
        standing=_standing(ground, {code, ground.incident.lead} if owes is Owes.PROVINCE else {code}, learnt_at),
        made=tuple(_made(ground, code)),
        news=ground.further if leads else tuple(_at(row) for row in received if row.kind in NEWS),
        notices=tuple(_owed_notices(sent, learnt_at, ground.divisions)),
        promises=tuple(_promises(sent, ground.divisions)),
        said_at=min(said, default=None),
        entered_at=ground.incident.opened_at,
        ended_at=ground.incident.stood_down_at if leads else _last(received, Kind.END),
        void_at=ground.withdrawn_at if leads else _last(received, Kind.WITHDRAWAL),
    )


def recipients(code: str, divisions: Divisions) -> dict[To, Recipient]:
    """Who is meant by each office that a rule names, for one jurisdiction. A prefecture's next higher bureau is the province's."""
    name, above, province = divisions.name(code), divisions.ancestors(code), divisions.province_of(code)
    found = {
        To.OWN_GOVERNMENT: Recipient("government", Words(f"{name.zh}人民政府", f"the government of {name.en}")),
        To.HIGHER_BUREAU: _bureau(above[0], divisions) if above else MINISTRY,
        To.MINISTRY: MINISTRY,
        To.PUBLIC: PUBLIC,
    }
    if province is not None and province != code:
        found[To.PROVINCIAL_DEPARTMENT] = _bureau(province, divisions)
    return found


def _bureau(code: str, divisions: Divisions) -> Recipient:
    name = divisions.name(code)
    return Recipient(code, Words(f"{name.zh}生态环境部门", f"the ecology department of {name.en}"))


def _standing(ground: _Ground, whose: Collection[str], learnt_at: datetime) -> tuple[Standing, ...]:
    """How grave it seemed from hour to hour: foreseen by the assessments until a grade is declared (by `whose`)."""
    changes: list[tuple[datetime, str, Any]] = [(made_at, "foreseen", rest) for made_at, *rest in ground.assessed]
    changes += [
        (act.at, act.what, act) for act in ground.acts if act.jurisdiction in whose and act.what in (GRADES, TRACK)
    ]
    found: list[Standing] = []
    grade: Grade | None = None
    own: Grade | None = None
    shown: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    neighbours = False
    for at, what, said in sorted(changes, key=lambda each: each[0]):
        if what == "foreseen":
            grade, shown, neighbours = said[0], said[1], said[2] or neighbours
        elif what == GRADES:
            own = Grade(said.value)
        else:
            held = tuple(said.details["items"])
        items = tuple(dict.fromkeys((*shown, *held)))
        found.append(Standing(at, own or grade, own is not None, items, neighbours))
    return tuple(found) or (Standing(learnt_at, None),)


def _made(ground: _Ground, code: str) -> Iterator[Made]:
    name = ground.divisions.name(code)
    for row in ground.rows:
        if row.who == code and row.kind == Kind.REPORT_UPWARD and row.issued_at is not None:
            yield Made(Due.INITIAL, row.tells, row.issued_at, How.NETWORK, _by(name, row.issued_by or {}, None))
    for act in ground.acts:
        if act.what == REPORTS and act.jurisdiction == code:
            for key in act.details["to"]:
                yield Made(Due(act.act), key, act.at, How(act.details["how"]), _by(name, act.by, act.signer))


def _by(name: Words, by: Mapping[str, Any], taken_by: str | None) -> Words:
    role = ROLES.get(str(by.get("role")), Words("", ""))
    zh, en = f"{name.zh}{role.zh}", f"{name.en} {role.en}".strip()
    return Words(f"{zh}，接报 {taken_by}", f"{en}, taken by {taken_by}") if taken_by else Words(zh, en)


def _owed_notices(sent: Sequence[NotificationRow], learnt_at: datetime, divisions: Divisions) -> Iterator[Notice]:
    """The notices of one deadline together; met once each has been decided on."""
    owed = [
        row
        for row in sent
        if row.kind in STARTS and row.deadline_at is not None and row.circle != "watch" and row.follows is None
    ]
    for until_at, group in groupby(sorted(owed, key=_deadline), key=_deadline):
        rows = list(group)
        decided = [row.decided_at for row in rows if row.decided_at is not None]
        clause = rows[0].clauses[0] if rows[0].clauses else None
        yield Notice(
            to=tuple(divisions.name(row.tells) for row in rows),
            since_at=min(learnt_at, until_at),
            until_at=until_at,
            met_at=max(decided) if len(decided) == len(rows) else None,
            source=Source(clause["source"]) if clause else Source.POLICY,
            cited=read_words(clause["cited"]) if clause else PROMISED,
        )


def _deadline(row: NotificationRow) -> datetime:
    assert row.deadline_at is not None
    return row.deadline_at


def _promises(sent: Sequence[NotificationRow], divisions: Divisions) -> Iterator[Notice]:
    """What was promised to whom by when; kept by the next message to that desk that is not the same promise again."""
    kept: dict[datetime, list[tuple[str, datetime, datetime | None]]] = {}
    issued = sorted((row for row in sent if row.issued_at is not None), key=lambda row: (row.tells, _at(row), row.id))
    for tells, group in groupby(issued, key=lambda row: row.tells):
        said = [(_at(row), _promised(row)) for row in group]
        for n, (at, until_at) in enumerate(said):
            if until_at is None or (n and said[n - 1][1] == until_at):
                continue
            met_at = next((later for later, other in said[n + 1 :] if other != until_at), None)
            kept.setdefault(until_at, []).append((tells, at, met_at))
    for until_at, each in sorted(kept.items()):
        met = [met_at for _, _, met_at in each if met_at is not None]
        waiting = [tells for tells, _, met_at in each if met_at is None] or [tells for tells, _, _ in each]
        yield Notice(
            to=tuple(divisions.name(tells) for tells in waiting),
            since_at=min(at for _, at, _ in each),
            until_at=until_at,
            met_at=max(met) if len(met) == len(each) else None,
            source=Source.TEXT,
            cited=PROMISED,
        )


def _promised(row: NotificationRow) -> datetime | None:
    said = (row.content or {}).get("next_update_at")
    return None if said is None else datetime.fromisoformat(said)


def _at(row: NotificationRow) -> datetime:
    assert row.issued_at is not None
    return row.issued_at


def _last(rows: Iterable[NotificationRow], kind: Kind) -> datetime | None:
    return max((_at(row) for row in rows if row.kind == kind), default=None)


# --- who holds an alert


def _ladder(code: str, standing: Iterable[Agreement], cited: frozenset[str], divisions: Divisions) -> tuple[Rung, ...]:
    """The tiers of the agreement that binds the jurisdiction, one that this incident cites before any other; without any, the
    next higher bureau stands above the duty leader."""
    binding = [one for one in standing if one.tiers and _party(one, code, divisions)]
    if binding:
        return ladder.ladder(min(binding, key=lambda one: (one.id not in cited, one.id)).tiers)
    higher = recipients(code, divisions)[To.HIGHER_BUREAU]
    return (*ladder.ladder(()), Rung(higher.key, higher.name))


def _party(agreement: Agreement, code: str, divisions: Divisions) -> bool:
    return any(party in divisions and divisions.covers(party, code) for party in agreement.parties)
