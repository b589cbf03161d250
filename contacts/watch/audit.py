"""Silence is noticed: is everything that should happen happening? Each finding says what is wrong and what to do about it.

An alarm means that a message may not get through; a warning that one day it may not. The tables alone are asked, so whoever
asks (page, command, worker) hears the same, also when a worker is dead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, union
from sqlalchemy.orm import Session

from contacts.duty import roster as rosters
from contacts.kinds import WAYS, Way
from contacts.ledger import AuditRow, BeatRow
from contacts.models import (
    ChannelRow,
    ContactRow,
    DeliveryRow,
    EscalationRow,
    OverrideRow,
    RotationRow,
    ShiftRow,
)
from contacts.people import directory, proven
from contacts.sending.states import Ladder, State
from contacts.values import CONTACT_TEST, UNFIT, Channel, Gap, Role
from emergency import notifications
from emergency.notifications import NUMBER_CHECK, NotificationRow
from emergency.units import iso
from emergency.words import Words

LATE: Final = timedelta(seconds=60)
"""Longer than this nothing waits that could be done."""
WORKERS: Final = ("dispatch", "work")
ONE: Final = 1
SENT_BY_MACHINE: Final = (Channel.SMS, Channel.WEBSOCKET)
IN_HAND: Final = (State.SENDING, State.UNKNOWN, State.ACCEPTED, State.SENT)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. desk: whom it concerns; None: everybody. alarm: else a warning."""

    check: str
    alarm: bool
    words: Words
    desk: str | None = None
    count: int = 1
    since_at: datetime | None = None

    def stored(self) -> dict[str, Any]:
        """As the API gives it and the last audit keeps it."""
        return {
            "check": self.check,
            "alarm": self.alarm,
            "words": self.words.stored(),
            "desk": self.desk,
            "count": self.count,
            "since_at": iso(self.since_at) if self.since_at else None,
        }


def audit(session: Session, *, at: datetime) -> list[Finding]:
    """Everything that is wrong at this instant, alarms first."""
    found = [
        *_workers(session, at),
        *_untaken(session, at),
        *_pending(session, at),
        *_stuck(session, at),
        *_unfit(session),
        *_ladders(session, at),
        *_channels(session),
        *_rosters(session, at),
        *_stale(session, at),
        *_heartbeat(session),
    ]
    return sorted(found, key=lambda each: (not each.alarm, each.desk or ""))


def well(findings: Sequence[Finding]) -> bool:
    """Whether nothing is alarming."""
    return not any(each.alarm for each in findings)


def concerning(findings: Sequence[Finding], desk: str | None) -> list[Finding]:
    """What a desk has to know: what concerns everybody, and itself; None: all of it."""
    return [each for each in findings if desk is None or each.desk in (None, desk)]


# Who works -----------------------------------------------------------------------------------------------------------


def last_beats(session: Session) -> dict[str, datetime]:
    """When a worker of each kind was last seen."""
    rows = session.execute(select(BeatRow.kind, func.max(BeatRow.beat_at)).group_by(BeatRow.kind))
    return {row[0]: row[1] for row in rows}


def _workers(session: Session, at: datetime) -> list[Finding]:
    seen = last_beats(session)
    names = {"dispatch": Words("发送进程", "dispatch worker"), "work": Words("定时任务进程", "task worker")}
    found = []
    for kind in WORKERS:
        last_at = seen.get(kind)
        if last_at is not None and at - last_at <= LATE:
            continue
        name = names[kind]
        words = Words(
            f"没有{name.zh}在运行：短信、升级与提醒会停。请启动 flask {kind}。",
            f"No {name.en} is running: texts, escalation and reminders stand still. Start flask {kind}.",
        )
        found.append(Finding("no_worker", True, words, since_at=last_at))
    return found


# What waits ----------------------------------------------------------------------------------------------------------


def _untaken(session: Session, at: datetime) -> list[Finding]:
    waiting = and_(
        NotificationRow.state == notifications.State.ISSUED,
        NotificationRow.taken_at.is_(None),
        NotificationRow.issued_at <= at - LATE,
    )
    count, since_at = _counted(session, NotificationRow.issued_at, waiting)
    words = Words(
        f"{count} 条通报已发出超过一分钟，还没有人去送。",
        f"{count} issued messages have not been taken up for a minute.",
    )
    return [Finding("untaken", True, words, count=count, since_at=since_at)] if count else []


def _pending(session: Session, at: datetime) -> list[Finding]:
    """Texts that are due and not sent, but for those that a slowed channel or a later hour holds back."""
    paused = exists().where(ChannelRow.channel == DeliveryRow.channel, ChannelRow.until > at)
    waiting = and_(
        DeliveryRow.state == State.PENDING,
        DeliveryRow.channel.in_(SENT_BY_MACHINE),
        DeliveryRow.act_at <= at - LATE,
        ~paused,
    )
    count, since_at = _counted(session, DeliveryRow.act_at, waiting)
    words = Words(
        f"{count} 条短信或推送到时超过一分钟仍未发出，请先打电话。",
        f"{count} texts or page messages are over a minute late: call by telephone first.",
    )
    return [Finding("oldest_pending", True, words, count=count, since_at=since_at)] if count else []


def _stuck(session: Session, at: datetime) -> list[Finding]:
    waiting = and_(
        DeliveryRow.state.in_(IN_HAND), DeliveryRow.channel.in_(SENT_BY_MACHINE), DeliveryRow.act_at <= at - LATE
    )
    count, since_at = _counted(session, DeliveryRow.act_at, waiting)
    words = Words(
        f"{count} 条发送中途停住，没有进程接手。", f"{count} deliveries are stuck halfway and no worker takes them up."
    )
    return [Finding("stuck_queue", True, words, count=count, since_at=since_at)] if count else []


def _unfit(session: Session) -> list[Finding]:
    """Deliveries that a worker could not take up, by a defect of the program."""
    failing = and_(DeliveryRow.act_at.is_not(None), DeliveryRow.reason["slug"].astext == UNFIT.slug)
    count, since_at = _counted(session, DeliveryRow.created_at, failing)
    words = Words(
        f"{count} 条通知程序处理不了，没有发出：请打电话，并把发送进程的日志交给管理员。",
        f"The program fails on {count} deliveries, and they are not sent: call by telephone, and have the administrator read"
        " the log of the dispatch worker.",
    )
    return [Finding("unfit", True, words, count=count, since_at=since_at)] if count else []


def _ladders(session: Session, at: datetime) -> list[Finding]:
    waiting = and_(EscalationRow.state == Ladder.OPEN, EscalationRow.next_at <= at - LATE)
    count, since_at = _counted(session, EscalationRow.next_at, waiting)
    words = Words(
        f"{count} 条通报该告知下一人而没有告知，请照呼叫板打电话。",
        f"{count} messages should have gone to the next person and have not: work down the call board.",
    )
    return [Finding("late_escalation", True, words, count=count, since_at=since_at)] if count else []


CHANNELS: Final = {Channel.SMS: WAYS[Way.SMS], Channel.WEBSOCKET: Words("网页", "web page")}
"""Those that a worker sends by, and that may be stopped."""


def _channels(session: Session) -> list[Finding]:
    stopped = session.scalars(select(ChannelRow).where(ChannelRow.stopped_at.is_not(None)))
    return [
        Finding(
            "channel_stopped",
            True,
            Words(
                f"{CHANNELS[Channel(row.channel)].zh}通道已停用：{row.reason['words']['zh']}。请核对账号设置。",
                f"Sending by {CHANNELS[Channel(row.channel)].en} is stopped: {row.reason['words']['en']}. Check the account.",
            ),
            since_at=row.stopped_at,
        )
        for row in stopped
    ]


def _counted(session: Session, since: Any, which: ColumnElement[bool]) -> tuple[int, datetime | None]:
    count, since_at = session.execute(select(func.count(), func.min(since)).where(which)).one()
    return count, since_at


# Who can be reached --------------------------------------------------------------------------------------------------


def _rosters(session: Session, at: datetime) -> list[Finding]:
    """Desks where nobody is on duty now, or nobody as primary; other roles that nobody fills are a warning."""
    found = []
    for desk in _desks(session, at):
        duty = rosters.duty(directory.roster(session, desk), desk, at)
        empty = [role for role, each in duty.items() if isinstance(each, Gap)]
        if len(empty) == len(duty):
            words = Words("现在无人值班，通报送不到人。", "Nobody is on duty: a message reaches no one.")
            found.append(Finding("roster_gap", True, words, desk=desk))
        elif empty:
            roles = "、".join(ROLES[role].zh for role in empty), ", ".join(ROLES[role].en for role in empty)
            words = Words(f"现在没有{roles[0]}，请补排班。", f"No {roles[1]} on duty now: mend the roster.")
            found.append(Finding("roster_gap", Role.PRIMARY in empty, words, desk=desk, count=len(empty)))
    return found


ROLES: Final = {
    Role.PRIMARY: Words("主班", "primary"),
    Role.DEPUTY: Words("副班", "deputy"),
    Role.LEADER: Words("带班领导", "duty leader"),
}


def _desks(session: Session, at: datetime) -> list[str]:
    """Desks with anybody to tell, or with a roster that names anybody: one that never had people is not asked for any."""
    kept = union(
        select(ContactRow.desk).where(ContactRow.active),
        select(RotationRow.desk),
        select(ShiftRow.desk).where(ShiftRow.ended_at.is_(None)),
        select(OverrideRow.desk).where(OverrideRow.ended_at.is_(None), OverrideRow.until > at),
    )
    return sorted(desk for desk in session.scalars(kept) if directory.PLACE_MARK not in desk)


def _stale(session: Session, at: datetime) -> list[Finding]:
    contacts = session.execute(select(ContactRow.id, ContactRow.desk).where(ContactRow.active)).all()
    last = proven.of_contacts(session, [contact for contact, _ in contacts])
    stale: dict[str, int] = {}
    for contact, desk in contacts:
        if directory.PLACE_MARK not in desk and (contact not in last or at - last[contact].at > proven.STALE):
            stale[desk] = stale.get(desk, 0) + 1
    return [
        Finding(
            "stale_contacts",
            False,
            Words(
                f"有 {n} 名联络人 {proven.STALE.days} 天内未证实能联系上，请做联络测试。",
                f"{n} contacts not shown to be reachable for {proven.STALE.days} days. Run a contact test.",
            ),
            desk=desk,
            count=n,
        )
        for desk, n in sorted(stale.items())
    ]


def _heartbeat(session: Session) -> list[Finding]:
    row = session.get(AuditRow, ONE)
    if row is None or row.heartbeat_trouble is None:
        return []
    words = Words(
        f"外部心跳地址联系不上：{row.heartbeat_trouble}。",
        f"The outside heartbeat cannot be reached: {row.heartbeat_trouble}.",
    )
    return [Finding("heartbeat", False, words, since_at=row.at)]


# Figures -------------------------------------------------------------------------------------------------------------


def figures(session: Session, *, at: datetime) -> list[tuple[str, dict[str, str], float]]:
    """What a monitor outside may draw: (name, labels, value)."""
    found = audit(session, at=at)
    checks = {each.check for each in found}
    lines: list[tuple[str, dict[str, str], float]] = [("audit_well", {}, float(well(found)))]
    lines += [
        ("audit_findings", {"check": check, "alarm": str(alarm).lower()}, float(_count(found, check, alarm)))
        for check in sorted(checks)
        for alarm in (True, False)
        if _count(found, check, alarm)
    ]
    lines += [("worker_silent_seconds", {"kind": k}, (at - t).total_seconds()) for k, t in last_beats(session).items()]
    states = select(DeliveryRow.channel, DeliveryRow.state, func.count()).group_by(
        DeliveryRow.channel, DeliveryRow.state
    )
    lines += [("deliveries", {"channel": c, "state": s}, float(n)) for c, s, n in session.execute(states)]
    oldest = session.scalar(
        select(func.min(DeliveryRow.act_at)).where(
            DeliveryRow.state == State.PENDING, DeliveryRow.channel.in_(SENT_BY_MACHINE), DeliveryRow.act_at <= at
        )
    )
    lines.append(("oldest_pending_seconds", {}, (at - oldest).total_seconds() if oldest else 0.0))
    open_ones = select(func.count()).where(EscalationRow.state == Ladder.OPEN)
    lines.append(("ladders_open", {}, float(session.scalar(open_ones) or 0)))
    waiting = select(func.count()).where(
        NotificationRow.state == notifications.State.ISSUED,
        or_(NotificationRow.circle == "now", NotificationRow.circle == "prepare"),
        NotificationRow.kind.not_in((CONTACT_TEST, NUMBER_CHECK)),
    )
    lines.append(("messages_not_read_back", {}, float(session.scalar(waiting) or 0)))
    return lines


def _count(found: Sequence[Finding], check: str, alarm: bool) -> int:
    return sum(each.count for each in found if each.check == check and each.alarm is alarm)
