"""kill -9 of any process at any time: no message is lost and none is sent twice. The phone company's book is the judge."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import func, select, text

from contacts.models import DeliveryRow
from contacts.sending.states import State
from emergency import db
from emergency.incidents.models import IncidentRow, TaskRow
from emergency.notifications import NotificationRow
from tests.stories.service import Client, Service, policy, wait_until

HEAD = {"lon": 100.02, "lat": 30.1005}
ROUNDS = 3
BATCH = 2
VICTIMS = ("dispatch", "web", "dispatch-2", "work")
OPEN = (State.PENDING, State.SENDING, State.UNKNOWN, State.ACCEPTED, State.SENT)
QUICK = policy(
    lease_s=4, timeout_s=1.8, settle_s=2, check_s=0.5, idle_s=0.05, retry_s=0.1, retry_most_s=0.5, failures=100,
    receipt_s=1, ask_s=1, ask_most_s=2,
)  # fmt: skip
"""Shorter than the contract's, alike in proportion: a timeout under half the lease, a settle time longer than any answer."""


def test_p2_killed_again_and_again_every_delivery_ends_and_nothing_is_lost_or_doubled(service: Service) -> None:
    service.policy = QUICK
    service.phones.fault("latency_after_accept", seconds=0.05)
    service.phones.fault("error_after_accept", probability=0.1, status=503)
    service.phones.fault("callback_dropped", probability=0.5)
    service.start(*VICTIMS)
    jia = service.client("甲州值班员", "duty_officer", "V10100")
    for _ in range(ROUNDS):
        for victim in VICTIMS:
            with ThreadPoolExecutor(1) as hand:
                busy = changes(service, victim)
                issuing = hand.submit(issue, jia, BATCH)
                wait_until(busy, lambda: f"something to be done; {service.trouble()}")
                service.kill(victim)
                service.spawn(victim)
                issuing.result()
    wait_until(lambda: quiet_in_time(service), lambda: f"every text to come to its end; {service.trouble()}")

    assert count(service, IncidentRow) == ROUNDS * len(VICTIMS) * BATCH, "an incident was opened twice or not at all"
    texts = rows(service, "sms")
    assert Counter(row.notification_id for row in texts) == Counter(issued(service)), "one text for each message"
    booked = Counter((entry["to"][-2:], entry["body"]) for entry in service.phones.book())
    owed = Counter(("02" if row.desk == "V20100" else "03", row.body) for row in texts)
    assert booked - owed == Counter(), "texts that are doubled or strange"
    assert owed - booked == Counter(), "texts that are lost"
    assert {row.state for row in texts} == {State.DELIVERED}

    onward = (TaskRow.done_at.is_(None), TaskRow.kind == "onward")  # the clocks of an open incident are never done
    wait_until(lambda: count(service, TaskRow, *onward) == 0, "the work that was cut off to be done")
    read_back_all(service, {"V20100": "中区", "V30100": "外区"})
    wait_until(lambda: count(service, DeliveryRow, DeliveryRow.state.in_(OPEN)) == 0, "every delivery to end")
    assert "完好" in service.flask("journal", "verify")


def issue(officer: Client, incidents: int) -> None:
    """Report and tell the neighbours, each step until it is answered."""
    for _ in range(incidents):
        opened = officer.insist("/api/v1/incidents", {"location": HEAD, "flow_state": "mean"})
        ours = [each["id"] for each in opened["assessment"]["notifications"] if each["who"] == "V10100"]
        order = {
            "assessment": opened["assessment"]["id"],
            "notifications": ours,
            "consent": {"by": "领导", "how": "oral"},
        }
        officer.insist(f"/api/v1/incidents/{opened['number']}/issue", order)


def read_back_all(service: Service, desks: dict[str, str]) -> None:
    """Every desk reads back every message."""
    for desk, name in desks.items():
        liaison = service.client(f"{name}联络人", "liaison", desk)
        for each in liaison.get("/api/v1/notifications?open=1")["notifications"]:
            liaison.post(f"/api/v1/notifications/{each['id']}/acknowledge", {"via": "web"})


def changes(service: Service, victim: str) -> Callable[[], bool]:
    """Whether a process has done something since now: a text in the book, an incident on file, a task taken up."""
    seen = {
        "web": lambda: count(service, IncidentRow),
        "work": lambda: count(service, TaskRow, TaskRow.lease_until.is_not(None)),
    }.get(victim, lambda: len(service.phones.book()))
    before = seen()
    return lambda: seen() != before


def quiet_in_time(service: Service) -> bool:
    """Whether all is quiet; the minute after which a provider is asked, and a task's lease, pass at once."""
    with service.engine.begin() as connection:
        connection.execute(text("update tasks set lease_until = now() where done_at is null"))
        asked = "update deliveries set act_at = now() where state in ('accepted', 'sent') and lease_token is null"
        connection.execute(text(asked))
    return service.quiet()


def count(service: Service, table: type[db.Base], *where: Any) -> int:
    """How many rows there are."""
    with db.sessions(service.engine).begin() as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def rows(service: Service, channel: str) -> Sequence[DeliveryRow]:
    """The deliveries of a channel."""
    with db.sessions(service.engine).begin() as session:
        return session.scalars(select(DeliveryRow).where(DeliveryRow.channel == channel)).all()


def issued(service: Service) -> Sequence[int]:
    """The messages that were issued."""
    with db.sessions(service.engine).begin() as session:
        return session.scalars(select(NotificationRow.id).where(NotificationRow.issued_at.is_not(None))).all()
