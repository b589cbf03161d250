"""Signed acts on an incident: a grade declared, raised, lowered; the two-hour track; a response started, changed, ended; reports made.

Each is a step of its own, by a person, with a reason, kept for good and in the journal. None is ever taken by the machine. A
desk acts on its own file: the one that leads, or one that was told. What changes the grade or the response is owed to those
whom the desk has told; it is proposed like any message and goes out when an officer issues it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.orm import Session

from emergency import journal, notifications, stated
from emergency.access import Officer
from emergency.agreements.values import Grade, Kind
from emergency.errors import BadInput, Conflict, Forbidden
from emergency.incidents import due, record, rules, tasks, updates
from emergency.incidents.assess import Context, latest, propose, rerun
from emergency.incidents.clocks import UPWARD, Due, How
from emergency.incidents.grading import GRAVITY
from emergency.incidents.models import TRACK, IncidentRow, SignedActRow
from emergency.incidents.record import Status
from emergency.jurisdictions import load as jurisdictions
from emergency.notifications import NotificationRow, State
from emergency.units import iso
from emergency.words import Words

RESPONSE: Final = "response"
REPORTABLE: Final = frozenset({*UPWARD, Due.PROPOSE, Due.PRESS_FIRST, Due.PRESS_CONFERENCE})
"""What a person does and records; notices and promises are kept by issuing."""


class Step(StrEnum):
    """What is done with a grade."""

    DECLARE = "declare"
    RAISE = "raise"
    LOWER = "lower"


class Move(StrEnum):
    """What is done with a response."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class Signed:
    """Why, who decided it, and when: not later than it was recorded."""

    reason: str
    signer: str
    at: datetime


def grade(
    session: Session,
    incident: IncidentRow,
    step: Step,
    to: Grade,
    officer: Officer,
    context: Context,
    signed: Signed,
    *,
    criteria: Sequence[str] = (),
) -> SignedActRow:
    """Declare, raise or lower a grade. criteria: ids of those that the signer holds to be met.

    The lead's grade is the incident's; duties that depend on the grade are raised at once.
    """
    desk = _own_file(session, incident, officer, context.at)
    _still(incident, (Status.OPEN,))
    acts = due.signed(session, incident.number)
    before = due.declared(acts, desk)
    _fits(step, Grade(before.value) if before is not None and before.value else None, to)
    n = 1 + len([act for act in acts if act.what == due.GRADES and act.jurisdiction == desk])
    occasion = f"grade change {n}"
    made = _keep(
        session,
        incident,
        officer,
        context.at,
        signed,
        what=due.GRADES,
        act=step.value,
        value=to.value,
        before=before.value if before else None,
        details={"criteria": list(criteria), "occasion": occasion},
    )
    if desk == incident.lead:
        incident.declared_grade = to.value
    named = GRADE_ACTS[step]
    zh, en = named.zh.format(grade=to.value), named.en.format(grade=to.value)
    reason = Words(f"{zh}：{signed.reason}", f"{en}: {signed.reason}")
    _tell(session, incident, desk, officer, context, occasion, reason)
    return made


def track(
    session: Session,
    incident: IncidentRow,
    items: Sequence[str],
    officer: Officer,
    context: Context,
    signed: Signed,
) -> SignedActRow:
    """Hold items of article 4 to apply: the report is then due in two hours. What was held before stays."""
    desk = _own_file(session, incident, officer, context.at)
    _still(incident, (Status.OPEN,))
    known = {item.id for item in rules.in_force(session, incident.known_at).article_4}
    if not items or not set(items) <= known:
        listed = "、".join(sorted(known))
        words = Words(f"第四条情形须为：{listed}。", f"Items of article 4 are: {', '.join(sorted(known))}.")
        raise BadInput("bad-field", words, field="items")
    held = [act.details["items"] for act in due.signed(session, incident.number) if _is(act, TRACK, desk)]
    every = list(dict.fromkeys([*(held[-1] if held else ()), *items]))
    return _keep(
        session,
        incident,
        officer,
        context.at,
        signed,
        what=TRACK,
        act="set",
        value=None,
        before=None,
        details={"items": every},
    )


def respond(
    session: Session,
    incident: IncidentRow,
    move: Move,
    level: Grade | None,
    officer: Officer,
    context: Context,
    signed: Signed,
) -> SignedActRow:
    """Start a response at a level, change its level, or end it. It does not end while the source may still flow."""
    desk = _own_file(session, incident, officer, context.at)
    acts = [act for act in due.signed(session, incident.number) if _is(act, RESPONSE, desk)]
    running = acts[-1].value if acts and acts[-1].act != "end" else None
    act, value = _moved(session, incident, move, level, running, context)
    occasion = f"response {len(acts) + 1}"
    made = _keep(
        session,
        incident,
        officer,
        context.at,
        signed,
        what=RESPONSE,
        act=act,
        value=value,
        before=running,
        details={"occasion": occasion},
    )
    named = RESPONSE_ACTS[act]
    zh, en = named.zh.format(level=value or running), named.en.format(level=value or running)
    reason = Words(f"{zh}：{signed.reason}", f"{en}: {signed.reason}")
    _tell(session, incident, desk, officer, context, occasion, reason)
    return made


def reported(
    session: Session,
    incident: IncidentRow,
    clock_ids: Collection[str],
    how: How,
    officer: Officer,
    context: Context,
    signed: Signed,
) -> list[SignedActRow]:
    """Record that reports were made which open clocks ask for. signer: who took it at the other end."""
    desk = _own_file(session, incident, officer, context.at)
    file = next(each for each in due.running(session, incident, context.at) if each.file.jurisdiction == desk)
    asked = {clock.id: clock for clock in file.clocks if clock.is_open and clock.due in REPORTABLE}
    unknown = [each for each in clock_ids if each not in asked]
    if unknown or not clock_ids:
        words = Words(
            f"不是本席位待报的事项：{'、'.join(unknown) or '（未选）'}。请刷新后再选。",
            f"Not open for this desk: {', '.join(unknown) or '(none chosen)'}. Reload and choose again.",
        )
        raise BadInput("no-such-clock", words, field="clocks", facts={"open": sorted(asked)})
    by_kind: dict[Due, list[str]] = {}
    for each in clock_ids:
        kept = by_kind.setdefault(asked[each].due, [])
        kept.append(each.rpartition("/")[2])
    return [
        _keep(
            session,
            incident,
            officer,
            context.at,
            signed,
            what=due.REPORTS,
            act=kind.value,
            value=None,
            before=None,
            details={"to": list(dict.fromkeys(to)), "how": how.value},
        )
        for kind, to in by_kind.items()
    ]


GRADE_ACTS: Final = {
    Step.DECLARE: Words("宣布为{grade}级", "declared grade {grade}"),
    Step.RAISE: Words("升为{grade}级", "raised to grade {grade}"),
    Step.LOWER: Words("降为{grade}级", "lowered to grade {grade}"),
}
RESPONSE_ACTS: Final = {
    "start": Words("启动{level}级应急响应", "response started at level {level}"),
    "change": Words("应急响应调整为{level}级", "response changed to level {level}"),
    "end": Words("终止{level}级应急响应", "response of level {level} ended"),
}


DONE: Final = {
    "declare": "declared",
    "raise": "raised",
    "lower": "lowered",
    "set": "set",
    "start": "started",
    "change": "changed",
    "end": "ended",
}
"""How the journal calls an act; a report of any kind is made."""


def _own_file(session: Session, incident: IncidentRow, officer: Officer, at: datetime) -> str:
    if officer.desk is None or not due.has_file(session, incident, officer.desk, at):
        words = Words(
            "本席位未牵头、也未接到通报，对本事件没有自己的档案。",
            "This desk neither leads nor was told: it has no file of its own on this incident.",
        )
        raise Forbidden("no-file", words)
    return officer.desk


def _still(incident: IncidentRow, allowed: Collection[Status]) -> None:
    if incident.status not in allowed:
        words = Words("事件已结束，不能再改。", "The incident has ended; it takes no more changes.")
        raise Conflict("not-open", words)


def _fits(step: Step, before: Grade | None, to: Grade) -> None:
    """A first grade is declared; after that it is raised or lowered."""
    if step is Step.DECLARE:
        if before is not None:
            words = Words(
                f"已宣布为{before.value}级；请用升级或降级。",
                f"Grade {before.value} is declared already: raise or lower it.",
            )
            raise Conflict("already-declared", words, field="act")
        return
    if before is None:
        raise Conflict("not-declared", Words("尚未宣布级别。", "No grade is declared yet."), field="act")
    rises = GRAVITY[to] < GRAVITY[before]
    if to is before or rises is not (step is Step.RAISE):
        words = Words(
            f"现为{before.value}级：升级须更重，降级须更轻。",
            f"It is grade {before.value} now: raising needs a graver one, lowering a milder one.",
        )
        raise Conflict("wrong-way", words, field="grade")


def _moved(
    session: Session, incident: IncidentRow, move: Move, level: Grade | None, running: str | None, context: Context
) -> tuple[str, str | None]:
    """The act that is kept, and its level."""
    if move is Move.END:
        _may_end(session, incident, running, context)
        return "end", None
    _still(incident, (Status.OPEN,))
    if level is None:
        raise BadInput("bad-field", Words("请选响应级别。", "Choose the level of the response."), field="level")
    if running == level.value:
        words = Words(f"{running}级响应已启动。", f"A response of level {running} is running already.")
        raise Conflict("already-started", words, field="level")
    return ("start" if running is None else "change"), level.value


def _may_end(session: Session, incident: IncidentRow, running: str | None, context: Context) -> None:
    if running is None:
        raise Conflict("not-started", Words("没有启动过响应。", "No response is running."), field="act")
    if incident.status != Status.OPEN:
        return
    lacking = record.missing(session, incident, at=context.at, zone=context.zone)
    source = [each for each in lacking if each["what"] == "source-open"]
    if source:
        words = Words(
            "源头未确认停止，不能终止响应。", "The source is not known to have stopped: the response goes on."
        )
        raise Conflict("source-open", words, facts={"missing": source})


def _is(act: SignedActRow, what: str, desk: str) -> bool:
    return act.what == what and act.jurisdiction == desk


def _keep(
    session: Session,
    incident: IncidentRow,
    officer: Officer,
    at: datetime,
    signed: Signed,
    *,
    what: str,
    act: str,
    value: str | None,
    before: str | None,
    details: dict[str, Any],
) -> SignedActRow:
    """Store it, note it without the name of whoever took a report, and have the clocks looked at."""
    row = SignedActRow(
        incident=incident.number,
        jurisdiction=officer.desk,
        what=what,
        act=act,
        value=value,
        before=before,
        at=signed.at,
        recorded_at=at,
        by=officer.actor.stored(),
        signer=signed.signer or None,
        reason=signed.reason or None,
        details=details,
    )
    session.add(row)
    session.flush()
    facts: dict[str, Any] = {
        "act": act,
        "who": officer.desk,
        "value": value,
        "before": before,
        "stated_at": iso(signed.at),
        "late": stated.late(signed.at, at),
    }
    facts |= {name: details[name] for name in ("items", "to", "how", "criteria") if name in details}
    facts |= {"reason": signed.reason} if signed.reason else {}
    if what != due.REPORTS:
        facts["signer"] = signed.signer
    stream = f"incident:{incident.number}"
    journal.append(session, stream, f"{what}.{DONE.get(act, 'made')}", by=officer.actor, at=at, facts=facts)
    tasks.put(session, kind=tasks.CLOCKS, subject=str(incident.number), act_at=at)
    return row


def _tell(
    session: Session,
    incident: IncidentRow,
    desk: str,
    officer: Officer,
    context: Context,
    occasion: str,
    reason: Words,
) -> None:
    """Propose it to all whom the desk has told; with a grade, duties that only now begin are proposed as well."""
    rows = notifications.of_incident(session, incident.number)
    pairs = [pair for pair in updates.pairs_told(rows) if pair[0] == desk]
    _replace(session, rows, desk, occasion, reason, officer, context.at)
    newest = latest(session, incident.number)
    if newest is None or not (pairs or desk == incident.lead):
        return
    run = rerun(session, incident, record.current(session, incident), context)
    kind = Kind.UPDATE if incident.status == Status.OPEN else Kind.END
    owed = updates.to_told(run.found, run.survey, pairs, kind=kind, occasion=occasion, reason=reason)
    first = run.found.drafts if desk == incident.lead and incident.status == Status.OPEN else ()
    propose(session, incident, [*owed, *first], newest.id, context.at, officer.actor)


def _replace(
    session: Session,
    rows: Sequence[NotificationRow],
    desk: str,
    occasion: str,
    reason: Words,
    officer: Officer,
    at: datetime,
) -> None:
    """What an earlier act of the same kind proposed and nobody has sent yet is no longer news."""
    series = occasion.rpartition(" ")[0] + " "
    for row in rows:
        if row.who == desk and row.state == State.PROPOSED and row.occasion.startswith(series):
            notifications.withhold(session, row, reason=reason.zh, by=officer.actor, at=at)


def hears(session: Session, incident: IncidentRow, desk: str, at: datetime) -> list[Words]:
    """Whom a signed act of this desk would be owed to: the desks that it has told."""
    rows = notifications.of_incident(session, incident.number)
    divisions = jurisdictions.division(session, at)
    return [divisions.name(tells) for who, tells in updates.pairs_told(rows) if who == desk]


# --- reading


def standing(session: Session, incident: IncidentRow, desk: str | None, at: datetime) -> dict[str, Any]:
    """The grade and the response as they stand: foreseen by each rule set; declared, and by whom, in each file; every act.

    hears: whom an act of `desk` would be owed to; mine: whether it has a file here.
    """
    acts = due.signed(session, incident.number)
    newest = latest(session, incident.number)
    body = newest.body if newest is not None else {}
    divisions = jurisdictions.division(session, at)
    desks = list(dict.fromkeys([incident.lead, *(act.jurisdiction for act in acts)]))
    return {
        "predicted": body.get("grading", []),
        "article_4": _items(session, incident, body, acts, desk),
        "files": [_file(acts, code, divisions.name(code)) for code in desks],
        "history": [_shown(act, divisions.name(act.jurisdiction)) for act in reversed(acts)],
        "mine": desk is not None and due.has_file(session, incident, desk, at),
        "hears": [] if desk is None else [name.stored() for name in hears(session, incident, desk, at)],
    }


def of_lead(session: Session, incident: IncidentRow, name: Words) -> dict[str, Any]:
    """The declared grade and the response of the leading desk's file."""
    return _file(due.signed(session, incident.number), incident.lead, name)


def _items(
    session: Session, incident: IncidentRow, body: Mapping[str, Any], acts: Sequence[SignedActRow], desk: str | None
) -> list[dict[str, Any]]:
    """The items of article 4: why the facts show one, and whether the desk (or the lead) holds it to apply."""
    shown = {each["item"]: each["because"] for each in body.get("article_4", ())}
    whose = desk if any(_is(act, TRACK, desk or "") for act in acts) else incident.lead
    held: Sequence[str] = next((act.details["items"] for act in reversed(acts) if _is(act, TRACK, whose or "")), [])
    return [
        {"item": one.id, "label": one.label.stored(), "because": shown.get(one.id), "held": one.id in held}
        for one in rules.in_force(session, incident.known_at).article_4
    ]


def _file(acts: Sequence[SignedActRow], code: str, name: Words) -> dict[str, Any]:
    graded = due.declared(acts, code)
    moved = next((act for act in reversed(acts) if _is(act, RESPONSE, code)), None)
    return {
        "jurisdiction": code,
        "name": name.stored(),
        "declared": _shown(graded, name) if graded else None,
        "response": _shown(moved, name) if moved else None,
    }


def _shown(act: SignedActRow, name: Words) -> dict[str, Any]:
    return {
        "id": act.id,
        "jurisdiction": act.jurisdiction,
        "jurisdiction_name": name.stored(),
        "what": act.what,
        "act": act.act,
        "value": act.value,
        "before": act.before,
        "at": iso(act.at),
        "recorded_at": iso(act.recorded_at),
        "late": stated.late(act.at, act.recorded_at),
        "by": dict(act.by),
        "signer": act.signer,
        "reason": act.reason,
        "criteria": act.details.get("criteria", []),
        "items": act.details.get("items", []),
        "to": act.details.get("to", []),
        "how": act.details.get("how"),
    }
