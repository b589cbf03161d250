"""The whole story of one delivery, from every record that there is of it, in time order. Reads only.

What was planned, each attempt and what came of it, each question to the provider and its answer, each report of the provider
and how often it came, each change of state with its reason, the read-back, and what is to happen next.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from contacts.channels.base import Verdict
from contacts.channels.twilio_codes import carrier
from contacts.models import AttemptRow, CheckRow, ContactRow, DeliveryRow, MethodRow, ProviderEventRow
from contacts.people import directory
from contacts.people.numbers import Vault, masked
from contacts.sending import provider_codes
from contacts.sending.states import STATUSES, State
from contacts.texts.segments import segments
from contacts.values import Channel
from emergency import journal, notifications
from emergency.notifications import CODE_LENGTH, NUMBER_CHECK, NotificationRow
from emergency.units import iso
from emergency.words import Words

Json = dict[str, Any]
WATCHED: Final = ("planned", "waiting", "failed", "cancelled", "suppressed", "expired", "silent", "bundled", "no_page")
"""Changes of state that no attempt, question or report tells of already."""
HIDDEN: Final = "•" * CODE_LENGTH
STATUS_WORDS: Final = {
    "accepted": Words("已受理", "accepted"),
    "scheduled": Words("已定时", "scheduled"),
    "queued": Words("排队中", "queued"),
    "sending": Words("发送中", "sending"),
    "sent": Words("已离开服务方", "left the provider"),
    "delivered": Words("运营商称已送达", "delivered, says the carrier"),
    "partially_delivered": Words("运营商称部分送达", "partly delivered, says the carrier"),
    "undelivered": Words("运营商未送达", "not delivered by the carrier"),
    "failed": Words("发送失败", "failed"),
    "canceled": Words("服务方已取消", "cancelled by the provider"),
    "read": Words("已读", "read"),
}
OUTCOMES: Final = {
    "accepted": Words("服务方已受理", "taken by the provider"),
    "adopted": Words("后经查证，服务方已收下", "found afterwards: the provider had taken it"),
    "lost": Words("发送进程中断，不知是否发出", "the worker was lost: nobody knows whether it went out"),
    "given up": Words("停顿太久，没有发出就交还", "paused too long: handed back unsent"),
    Verdict.BUSY: Words("服务方限速，不计次数", "the provider asks to slow down: does not count"),
    Verdict.NOT_SENT: Words("没有连上，没有发出", "no connection: nothing went out"),
    Verdict.UNKNOWN: Words("没有答复，不知是否发出", "no answer: nobody knows whether it went out"),
    Verdict.CONFIGURATION: Words(
        "本方配置被拒，通道停用，不计次数", "our settings were refused: channel stopped, does not count"
    ),
    Verdict.OPTED_OUT: Words("对方已退订", "that person has texted STOP"),
    Verdict.PERMANENT: Words("此号码不行", "this number will not do"),
    Verdict.AGAIN: Words("可再试", "may be tried again"),
    Verdict.LATER: Words("稍后再试一次", "once more later"),
    Verdict.BLOCKED: Words("被拦截，不再重发", "filtered: not sent again"),
    "read_back": Words("已读回", "read back"),
    "no_answer": Words("无人接", "no answer"),
    "busy": Words("占线或限速", "busy"),
    "wrong_number": Words("错号", "wrong number"),
    "refused": Words("拒接", "refused"),
    "call_later": Words("稍后再打", "call later"),
}
ANSWERS: Final = {
    "found": Words("服务方有这一条，认领", "it has this text: adopted"),
    "no_trace": Words("服务方没有这一条", "it knows no such text"),
    "no_answer": Words("服务方没有答复，不算查过", "no answer: does not count as a look"),
}
STATES: Final = {
    State.PENDING: Words("排队中", "queued"),
    State.SENDING: Words("正在发送", "being sent"),
    State.UNKNOWN: Words("不知是否发出，正在查证", "nobody knows whether it went out: being asked about"),
    State.ACCEPTED: Words("服务方已受理", "taken by the provider"),
    State.SENT: Words("已离开服务方", "left the provider"),
    State.DELIVERED: Words("运营商称已送达", "delivered, says the carrier"),
    State.READ: Words("已读", "read"),
    State.NO_PAGE: Words("对方没有打开的网页", "no page was open there"),
    State.FAILED_PERMANENT: Words("失败：此号码不行", "failed: this number will not do"),
    State.FAILED_CARRIER: Words("失败：运营商未送达", "failed at the carrier"),
    State.FAILED_UNKNOWN: Words("不知是否发出，不再发", "not known whether it went out; not sent again"),
    State.EXPIRED: Words("已过有效时间", "its time is over"),
    State.CANCELLED: Words("已取消", "called off"),
    State.SUPPRESSED: Words("没有发出", "not sent"),
    State.BUNDLED: Words("与其他更新并作一条", "travels in one text with other updates"),
}
NEXT: Final = {
    State.PENDING: Words("到时发送", "to be sent"),
    State.SENDING: Words("租约到期；届时先问服务方", "the lease ends; then the provider is asked first"),
    State.UNKNOWN: Words("向服务方查证", "the provider is to be asked"),
    State.ACCEPTED: Words("没有回执就去问服务方", "without a report the provider is asked"),
    State.SENT: Words("没有回执就去问服务方", "without a report the provider is asked"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. n orders what happened at the same instant; kind: whose record it is."""

    at: datetime
    n: int
    kind: str
    words: Words
    note: Words | None = None
    trouble: bool = False

    def shown(self) -> Json:
        """As the API gives it."""
        note = None if self.note is None else self.note.stored()
        return {
            "at": iso(self.at),
            "kind": self.kind,
            "words": self.words.stored(),
            "note": note,
            "trouble": self.trouble,
        }


def told(session: Session, row: DeliveryRow, *, vault: Vault) -> Json:
    """The delivery as it stands, and all its moments in order. The number is masked."""
    notification = session.get_one(NotificationRow, row.notification_id)
    contact = session.get(ContactRow, row.contact_id) if row.contact_id is not None else None
    method = session.get(MethodRow, row.method_id) if row.method_id is not None else None
    moments = sorted(_moments(session, row, notification), key=lambda each: (each.at, each.n))
    return {
        "id": row.id,
        "notification": row.notification_id,
        "incident": row.incident,
        "drill": notification.drill,
        "who": notification.who,
        "tells": row.desk,
        "kind": notification.kind,
        "version": notification.version,
        "code": notifications.shown_code(notification),
        "channel": row.channel,
        "role": row.role,
        "contact": None if contact is None else directory.contact(contact).name.stored(),
        "number": None if method is None else masked(vault.open(method.number)),
        "body": _body(row, notification),
        "segments": segments(row.body).count if row.body else 0,
        "units": segments(row.body).units if row.body else 0,
        "state": row.state,
        "state_words": STATES[State(row.state)].stored(),
        "reason": row.reason,
        "attempts": row.attempts - row.uncounted,
        "uncounted": row.uncounted,
        "provider": row.provider,
        "provider_sid": row.provider_sid,
        "bundle": row.bundle_id,
        "accepted_at": _iso(row.accepted_at),
        "delivered_at": _iso(row.delivered_at),
        "acknowledged_at": _iso(notification.acknowledged_at),
        "expires_at": iso(row.expires_at),
        "next": _next(row),
        "moments": [moment.shown() for moment in moments],
    }


def _body(row: DeliveryRow, notification: NotificationRow) -> str | None:
    """The text as it went out; of a check of a number without the code, which is for whoever got it."""
    if row.body is None or notification.kind != NUMBER_CHECK:
        return row.body
    return row.body.replace(notification.code, HIDDEN)


def _next(row: DeliveryRow) -> Json | None:
    words = NEXT.get(State(row.state))
    if row.act_at is None or words is None:
        return None
    return {"at": iso(row.act_at), "words": words.stored()}


def _iso(at: datetime | None) -> str | None:
    return None if at is None else iso(at)


def _moments(session: Session, row: DeliveryRow, notification: NotificationRow) -> Iterator[Moment]:
    if notification.issued_at is not None:
        yield Moment(notification.issued_at, 0, "issued", Words("通报发出，待送达", "the message was issued"))
    yield from _changes(session, row)
    yield from _attempts(session, row)
    yield from _checks(session, row)
    yield from _events(session, row)
    if notification.acknowledged_at is not None:
        person = notification.acknowledged_by or ""
        words = Words(f"{person}读回代码，通报已确认", f"{person or 'A person'} read the code back: acknowledged")
        yield Moment(notification.acknowledged_at, 9, "acknowledged", words)


def _changes(session: Session, row: DeliveryRow) -> Iterator[Moment]:
    """From the journal: what this half decided about the delivery, and why."""
    kinds = [f"delivery.{name}" for name in WATCHED]
    for entry in journal.of_kinds(session, f"incident:{row.incident}", kinds):
        if entry.facts.get("delivery") != row.id:
            continue
        name = entry.kind.removeprefix("delivery.")
        state = State(entry.facts["state"]) if entry.facts.get("state") in tuple(State) else State.PENDING
        words = _CHANGES.get(name) or STATES[state]
        yield Moment(entry.at, 1 if name == "planned" else 7, "state", words, _why(entry.facts), name == "failed")


_CHANGES: Final = {
    "planned": Words("列入送达", "planned"),
    "waiting": Words("稍后再发", "to be sent later"),
    "silent": Words("运营商一直没有给出结果，不再询问", "the carrier never said how it ended: no longer asked"),
}


def _why(facts: Mapping[str, Any]) -> Words | None:
    words = (facts.get("reason") or {}).get("words")
    return None if words is None else Words(words["zh"], words["en"])


def _attempts(session: Session, row: DeliveryRow) -> Iterator[Moment]:
    call = row.channel == Channel.PHONE
    attempts = session.scalars(select(AttemptRow).where(AttemptRow.delivery_id == row.id).order_by(AttemptRow.n))
    for each in attempts:
        begun = (
            Words(f"第 {each.n} 次致电", f"call {each.n}")
            if call
            else Words(f"第 {each.n} 次发送", f"attempt {each.n} begun")
        )
        warning = (each.facts or {}).get("warning")
        yield Moment(each.started_at, 2, "attempt", begun, None if warning is None else _why({"reason": warning}))
        if each.finished_at is not None and each.outcome is not None:
            yield Moment(each.finished_at, 3, "attempt", _outcome(each), _detail(session, each), each.outcome in _BAD)


_BAD: Final = frozenset(
    {
        "lost",
        Verdict.UNKNOWN,
        Verdict.CONFIGURATION,
        Verdict.OPTED_OUT,
        Verdict.PERMANENT,
        Verdict.BLOCKED,
        Verdict.NOT_SENT,
    }
)


def _outcome(attempt: AttemptRow) -> Words:
    said = OUTCOMES.get(str(attempt.outcome), Words(str(attempt.outcome), str(attempt.outcome)))
    return Words(f"第 {attempt.n} 次：{said.zh}", f"attempt {attempt.n}: {said.en}")


def _detail(session: Session, attempt: AttemptRow) -> Words | None:
    parts = []
    if attempt.http_status is not None:
        parts.append(f"HTTP {attempt.http_status}")
    if attempt.error_code is not None:
        parts.append(str(attempt.error_code))
    if attempt.provider_sid is not None:
        parts.append(attempt.provider_sid)
    line = " · ".join(parts)
    known = provider_codes.known(session).get(attempt.error_code or 0)
    if known is not None:
        return Words(f"{line} · {known.words.zh}", f"{line} · {known.words.en}")
    return Words(line, line) if line else None


def _checks(session: Session, row: DeliveryRow) -> Iterator[Moment]:
    asked = session.scalars(select(CheckRow).where(CheckRow.delivery_id == row.id).order_by(CheckRow.id))
    for each in asked:
        said = ANSWERS.get(each.answer) or STATUS_WORDS.get(each.answer) or Words(each.answer, each.answer)
        what = (
            Words("按号码和正文查证", "asked by number and text")
            if each.asked == "look"
            else Words("按编号询问", "asked by its SID")
        )
        sid = Words(each.provider_sid, each.provider_sid) if each.provider_sid else None
        yield Moment(each.at, 4, "check", Words(f"{what.zh}：{said.zh}", f"{what.en}: {said.en}"), sid)


def _events(session: Session, row: DeliveryRow) -> Iterator[Moment]:
    codes = provider_codes.known(session)
    found = session.scalars(
        select(ProviderEventRow).where(ProviderEventRow.delivery_id == row.id).order_by(ProviderEventRow.received_at)
    )
    for each in found:
        said = STATUS_WORDS.get(each.status, Words(each.status, each.status))
        by = Words("回执", "reported") if each.source == "callback" else Words("答复", "answered")
        copies = Words(f"，共 {each.copies} 次", f", {each.copies} times") if each.copies > 1 else Words("", "")
        words = Words(f"{by.zh}：{said.zh}{copies.zh}", f"{by.en}: {said.en}{copies.en}")
        failed = STATUSES.get(each.status) is State.FAILED_CARRIER
        note = carrier(each.error_code, codes).words if failed else None
        if note is not None and each.error_code is not None:
            note = Words(f"{each.error_code} · {note.zh}", f"{each.error_code} · {note.en}")
        yield Moment(each.received_at, 5, "report", words, note, failed)
