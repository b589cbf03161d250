"""The cast of the delivery tests: desks of the valley, their contacts with fictional numbers, an office, a message to send."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from contacts.channels.base import Channel as Line
from contacts.channels.twilio_sms import Account, TwilioSms
from contacts.channels.websocket import WebsocketPage
from contacts.marks import Marker
from contacts.models import DeliveryRow, EscalationRow
from contacts.people import directory, numbers
from contacts.people.directory import Document
from contacts.people.places import Places
from contacts.sending.office import Office
from contacts.values import Channel, Policy
from emergency import clock, db, journal, notifications
from emergency.incidents.models import IncidentRow
from emergency.journal import Actor
from emergency.notifications import Consent, Draft, NotificationRow
from emergency.words import Words
from tests.phones import PhoneCompany

SENDER_DESK: Final = "V10100"
DESK: Final = "V20100"
ZONE: Final = ZoneInfo("Asia/Shanghai")
PLACES: Final = Places(
    {each: Words(each, each) for each in (SENDER_DESK, DESK, "V20101", "V30100", "511700")}.get,
    {5001: Words("取水口", "Intake")}.get,
)
CONTACTS_KEY: Final = "VGhlIGtleSBvZiB0aGUgdG95IHZhbGxleSwgMzIgYi4="
SECRET_KEY: Final = "the secret of the toy valley"
NOWHERE: Final = "http://127.0.0.1:9"
"""Where nobody listens: reports are lost, and the worker has to ask."""
NIGHT: Final = datetime(2025, 11, 20, 18, 41, tzinfo=UTC)
NUMBERS: Final = {"primary": "+12025550141", "deputy": "+12025550142", "leader": "+12025550143"}
OFFICER: Final = Actor(officer=1, role="duty_officer", desk=SENDER_DESK)

QUICK: Final = Policy(
    lease_s=2.0,
    timeout_s=0.9,
    settle_s=0.3,
    check_s=0.1,
    idle_s=0.02,
    retry_s=0.05,
    retry_most_s=0.2,
    transient_s=0.2,
    receipt_s=30.0,
    ask_s=0.2,
    ask_most_s=0.3,
    probe_s=0.3,
)
"""The waits of the contract, shortened alike."""

STILL: Final = replace(QUICK, settle_s=600.0, retry_s=600.0, retry_most_s=600.0, ask_s=600.0, ask_most_s=600.0)
"""Nothing comes up again by itself, however slow the machine is: the test moves its clock."""
LATER_S: Final = 900.0
"""Past every wait of STILL."""


class Clock:
    """A clock that tests move; every office that is given it reads it."""

    def __init__(self) -> None:
        self.passed = timedelta()

    def __call__(self) -> datetime:
        return clock.now() + self.passed

    def forward(self, **amount: float) -> None:
        """Let time pass."""
        self.passed += timedelta(**amount)


def contact(desk: str, role: str, number: str, **changes: Any) -> dict[str, Any]:
    """One contact of a contacts file."""
    known = {
        "id": f"{desk}-{role}",
        "division": desk,
        "role": role,
        "name_zh": f"{desk}值班室（{role}）",
        "name_en": f"{desk} {role}",
        "number": number,
        "country_profile": "CN",
        "language": "zh",
        "content_level": "facts",
    }
    return known | changes


def document(
    desk: str = DESK, people: Mapping[str, Mapping[str, Any]] | None = None, *, roster: bool = True
) -> Document:
    """A contacts file of one desk: its three roles, or those of `people` with their changes."""
    cast = people if people is not None else {role: {} for role in NUMBERS}
    contacts = [contact(desk, role, **({"number": NUMBERS[role]} | dict(changes))) for role, changes in cast.items()]
    turns = [each["id"] for each in contacts if each["role"] == "primary"]
    after = [each["id"] for each in contacts if each["role"] != "primary"]
    entry = {
        "division": desk,
        "time_zone": "Asia/Shanghai",
        "anchor": "2025-01-01T08:00:00+08:00",
        "shift_hours": 24,
        "turns": turns,
        "escalation": after,
    }
    return Document.model_validate({"version": 1, "contacts": contacts, "rosters": [entry] if roster else []})


def load(session: Session, loaded: Document | None = None) -> None:
    """Put a contacts file into the tables."""
    directory.load(session, loaded or document(), numbers.vault(CONTACTS_KEY), zone=ZONE, at=NIGHT)


def incident(session: Session, *, drill: bool = False) -> int:
    """An incident led by the sending desk; its number."""
    at = clock.now()
    row = IncidentRow(
        status="open", lead=SENDER_DESK, drill=drill, medium="water", known_at=at, opened_at=at, next_update_at=None
    )
    session.add(row)
    session.flush()
    return row.number


def content(**changes: Any) -> dict[str, Any]:
    """What a first warning says, but for code and version."""
    known: dict[str, Any] = {
        "kind": "incident",
        "drill": False,
        "sender": {"zh": "甲州", "en": "Jiazhou"},
        "receiver": {"zh": "中区", "en": "Middle"},
        "river": {"zh": "谷河", "en": "Valley River"},
        "place": {"zh": "上县段", "en": "Upper County"},
        "section": {"zh": "中区断面", "en": "Middle Section"},
        "substance": None,
        "occurred_at": "2025-11-20T18:30:00Z",
        "earliest_at": "2025-11-20T23:40:00Z",
        "was_earliest_at": None,
        "likely_at": None,
        "verified": False,
        "source_open": True,
        "next_update_at": "2025-11-20T21:00:00Z",
        "corrected": [],
        "reason": None,
    }
    return known | changes


def message(
    session: Session,
    number: int,
    *,
    tells: str = DESK,
    kind: str = "incident",
    occasion: str = "initial",
    circle: str = "now",
    act: str = "formal_notice",
    drill: bool = False,
    at: datetime | None = None,
    **changes: Any,
) -> NotificationRow:
    """A message proposed and issued by the sending desk."""
    now = at or clock.now()
    draft = Draft(
        who=SENDER_DESK,
        tells=tells,
        role="duty_officer",
        kind=kind,
        occasion=occasion,
        circle=circle,
        deadline_at=now + timedelta(minutes=15),
        clauses=[],
    )
    row = notifications.propose(
        session, incident=number, draft=draft, drill=drill, assessment_id=None, at=now, by=OFFICER
    )
    says = content(kind=kind, drill=drill, **changes)
    consent = Consent("leader", "oral", now) if act == "formal_notice" else None
    notifications.issue(session, row, content=says, act=act, by=OFFICER, at=now, consent=consent)
    session.flush()
    return row


def office(
    engine: Engine,
    phones: PhoneCompany | None,
    *,
    policy: Policy = QUICK,
    now: Callable[[], datetime] = clock.now,
    public_url: str = NOWHERE,
    token: str | None = None,
) -> Office:
    """A dispatch office that texts through the phone company."""
    sessions = db.sessions(engine)
    marker = Marker(public_url, SECRET_KEY)

    def lines() -> dict[str, Line]:
        made: dict[str, Line] = {Channel.WEBSOCKET: WebsocketPage(sessions)}
        if phones is not None:
            account = Account(phones.account_sid, token or phones.auth_token, phones.sender, "", phones.url)
            made[Channel.SMS] = TwilioSms(account, marker, timeout_s=policy.timeout_s)
        return made

    vault = numbers.vault(CONTACTS_KEY)
    return Office(sessions, vault, lines, ZONE, policy, now, steady=lambda: now().timestamp())


def rows(engine: Engine, channel: str = "sms") -> list[DeliveryRow]:
    """The deliveries of a channel, oldest first."""
    with db.sessions(engine).begin() as session:
        return list(session.scalars(select(DeliveryRow).where(DeliveryRow.channel == channel).order_by(DeliveryRow.id)))


def ladders(engine: Engine) -> list[EscalationRow]:
    """All ladders."""
    with db.sessions(engine).begin() as session:
        return list(session.scalars(select(EscalationRow).order_by(EscalationRow.id)))


def kinds(engine: Engine, stream: str) -> list[str]:
    """What the journal says happened, in order."""
    with db.sessions(engine).begin() as session:
        return [entry.kind for entry in journal.read(session, stream)]
