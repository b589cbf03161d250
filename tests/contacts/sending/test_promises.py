"""What is promised of delivery, each as a test named after it (docs/delivery.md lists them all, with where each is shown).

Judged by the phone company's book and by the tables; P2 to P4, P11 and P14 stand in test_kill.py, P5 in test_callbacks.py.
"""

import json
import re
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator

from contacts.channels.base import Channel, NotDelivered, Parcel, Report, Verdict
from contacts.marks import Marker
from contacts.models import DeliveryRow
from contacts.people import directory, numbers
from contacts.people.directory import Document
from contacts.sending import callbacks, claims, dispatch, inbound
from contacts.sending.callbacks import Webhook
from contacts.sending.inbound import Taken
from contacts.sending.states import State
from contacts.values import CONTRACT, Policy
from emergency import clock, db, journal
from tests.contacts import cast
from tests.contacts.cast import NUMBERS, QUICK, SENDER_DESK, Clock
from tests.phones import PhoneCompany, phones

__all__ = ["phones"]

ROOT = Path(__file__).resolve().parents[3]
MANY = 10_000


def begin(engine: Engine, loaded: Document | None = None, **changes: Any) -> int:
    """A desk with contacts and one message to it; the incident's number."""
    with db.sessions(engine).begin() as session:
        cast.load(session, loaded)
        number = cast.incident(session)
        cast.message(session, number, **changes)
    return number


# P6 ------------------------------------------------------------------------------------------------------------------


@dataclass
class Recorded(Channel):
    """A channel, with when each send was begun and whether the provider asked to slow down."""

    inner: Channel

    def __post_init__(self) -> None:
        self.provider = self.inner.provider
        self.sends: list[tuple[float, bool]] = []

    def send(self, parcel: Parcel) -> Report:
        began_s = time.monotonic()
        try:
            report = self.inner.send(parcel)
        except NotDelivered as trouble:
            self.sends.append((began_s, trouble.verdict is Verdict.BUSY))
            raise
        self.sends.append((began_s, False))
        return report

    def find(self, parcel: Parcel, *, since: datetime, known: Collection[str]) -> Report | None:
        return self.inner.find(parcel, since=since, known=known)

    def ask(self, sid: str | None) -> Report:
        return self.inner.ask(sid)


def test_p6_in_a_storm_of_429_nothing_is_lost_the_rate_falls_and_first_alerts_go_first(
    database: Engine, phones: PhoneCompany
) -> None:
    desks = {f"V2010{n}": f"+1202555015{n}" for n in range(4)}
    with db.sessions(database).begin() as session:
        for desk, number in desks.items():
            cast.load(session, cast.document(desk, {"primary": {"number": number}}))
        kinds: dict[str, dict[str, Any]] = {"drill": {"drill": True}, "prepare": {"circle": "prepare"}, "now": {}}
        incidents = {cast.incident(session, drill=kind == "drill"): kind for kind in kinds for _ in range(4)}
        for (incident, kind), desk in zip(incidents.items(), [*desks] * 3, strict=True):
            cast.message(session, incident, tells=desk, **kinds[kind])
    dispatch.run_once(cast.office(database, None))  # all are planned before the first is sent
    phones.fault("rate_limit", per_second=4.0, burst=1, on="create")
    policy = replace(QUICK, retry_s=0.1, retry_most_s=1.0, ask_s=600.0, ask_most_s=600.0)
    office = cast.office(database, phones, policy=policy)
    lines = dict(office.lines())
    lines["sms"] = recorded = Recorded(lines["sms"])
    ends_s = time.monotonic() + 60
    while not all(row.accepted_at for row in cast.rows(database)):
        assert time.monotonic() < ends_s, "a text is lost"
        if not dispatch.step(office, lines):
            time.sleep(0.02)
    rows = sorted(cast.rows(database), key=lambda row: row.accepted_at or row.created_at)
    assert [incidents[row.incident] for row in rows] == ["now"] * 4 + ["prepare"] * 4 + ["drill"] * 4
    assert [row.attempts - row.uncounted for row in rows] == [1] * 12
    assert len(phones.book()) == 12
    strikes = 0
    for (at_s, busy), (next_s, _) in zip(recorded.sends, recorded.sends[1:], strict=False):
        strikes = strikes + 1 if busy else 0
        if busy:  # it backs off, longer each time, by at least half of what the policy says
            assert next_s - at_s >= 0.5 * min(policy.retry_most_s, policy.retry_s * 2 ** (strikes - 1)) - 0.01
    assert any(busy for _, busy in recorded.sends)


# P7 ------------------------------------------------------------------------------------------------------------------


def test_p7_wrong_credentials_are_alarmed_by_another_channel_within_60_s_and_burn_no_attempt(
    database: Engine, phones: PhoneCompany
) -> None:
    number = begin(database)
    moved = Clock()
    dispatch.run_once(cast.office(database, phones, token="not the token", now=moved))
    [row] = cast.rows(database)
    assert (row.state, row.attempts - row.uncounted) == (State.PENDING, 0)
    with db.sessions(database).begin() as session:
        # the pages of the sending desk listen to its stream; the texts are what does not work
        alarms = [each for each in journal.read(session, f"desk:{SENDER_DESK}") if each.kind == "channel.stopped"]
    assert len(alarms) == 1
    assert alarms[0].facts["alarm"] is True
    assert row.attempted_at is not None
    assert alarms[0].at - row.attempted_at <= timedelta(seconds=60)
    assert "channel.stopped" in cast.kinds(database, "system")
    assert "channel.stopped" in cast.kinds(database, f"incident:{number}")
    [page] = cast.rows(database, "websocket")
    assert page.state == State.ACCEPTED, "the page was offered the message all the same"
    assert cast.rows(database, "phone"), "and somebody is listed to be rung"
    moved.forward(seconds=1)
    dispatch.run_once(cast.office(database, phones, now=moved))  # the right token: it goes on by itself
    assert len(phones.book()) == 1
    for stream in ("system", f"desk:{SENDER_DESK}", f"incident:{number}"):  # all who were told that it was stopped
        assert "channel.resumed" in cast.kinds(database, stream)


# P10 -----------------------------------------------------------------------------------------------------------------


def test_p10_stop_is_honoured_at_once_and_seen_on_the_roster_and_start_restores(
    database: Engine, phones: PhoneCompany
) -> None:
    number = begin(database, cast.document(people={"primary": {"country_profile": "US"}, "deputy": {}}))
    office = cast.office(database, phones, policy=replace(QUICK, ask_s=600.0, ask_most_s=600.0))
    while dispatch.plan_next(office):  # a text already waits when STOP comes
        pass
    assert said(database, "STOP", "SM" + "1" * 32) is Taken.STOP
    dispatch.run_once(office)
    with db.sessions(database).begin() as session:
        cast.message(session, number, kind="update", occasion="update 2")
    dispatch.run_once(office)
    assert [line for line in phones.requests() if line["to_number"] == NUMBERS["primary"]] == []
    assert len(phones.texts(NUMBERS["deputy"])) == 2, "the next person is told instead, at once"
    primary = cast.rows(database)[0]
    assert (primary.reason or {})["slug"] == "opted-out"
    assert opted_out(database, primary) is True
    assert said(database, "START", "SM" + "2" * 32) is Taken.START
    assert opted_out(database, primary) is False
    with db.sessions(database).begin() as session:
        cast.message(session, number, kind="update", occasion="update 3")
    dispatch.run_once(office)
    assert len(phones.texts(NUMBERS["primary"])) == 1


def said(engine: Engine, body: str, sid: str) -> Taken:
    vault = numbers.vault(cast.CONTACTS_KEY)
    with db.sessions(engine).begin() as session:
        return inbound.take(session, sid=sid, number=NUMBERS["primary"], body=body, vault=vault, at=clock.now())


def opted_out(engine: Engine, row: DeliveryRow) -> bool:
    """What the roster shows of a contact."""
    assert row.contact_id is not None
    with db.sessions(engine).begin() as session:
        return directory.opted_out(session, row.contact_id)


# P15 -----------------------------------------------------------------------------------------------------------------

COLUMNS = (
    "notification_id, incident, desk, contact_id, method_id, channel, role, state, rank, resend, body, language,"
    " attempts, failures, uncounted, checks, created_at, expires_at"
)
FILL = text(
    f"insert into deliveries ({COLUMNS}, act_at) select {COLUMNS}, act_at - (n || ' seconds')::interval"
    " from deliveries, generate_series(1, :many) n where channel = 'sms'"
)


def broadcast(engine: Engine) -> None:
    """Ten thousand texts that are due, and as many that wait to be asked about."""
    begin(engine)
    dispatch.run_once(cast.office(engine, None))
    with engine.begin() as connection:
        connection.execute(FILL, {"many": MANY})
        connection.execute(FILL, {"many": 1})
        connection.execute(
            text("update deliveries set state = 'accepted', act_at = now() + interval '1 hour' where id % 2 = 0")
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze deliveries"))


def test_p15_a_claim_among_ten_thousand_reads_a_few_rows_of_an_index_and_sorts_nothing(database: Engine) -> None:
    broadcast(database)
    nodes = _planned(database)
    assert "ix_deliveries_turn" in {node.get("Index Name") for node in nodes}, json.dumps(nodes)
    assert not [node for node in nodes if node["Node Type"] == "Sort"]
    assert "deliveries" not in {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    assert max(node.get("Rows Removed by Filter", 0) for node in nodes) < 100


def test_p15_what_a_claim_reads_besides_is_reached_by_keys_however_much_there_is(database: Engine) -> None:
    """The tables of the test are so small that reading them whole is cheapest; so that is forbidden here."""
    broadcast(database)
    scanned = [node for node in _planned(database, "set local enable_seqscan = off") if node["Node Type"] == "Seq Scan"]
    assert {node["Relation Name"] for node in scanned} <= {"channel_pauses"}


def _planned(database: Engine, *first: str) -> list[dict[str, Any]]:
    claim = claims.DUE.params(at=clock.now(), channels=["sms", "websocket"], contract=CONTRACT, most=1)
    written = claim.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    with database.begin() as connection:
        for each in first:
            connection.execute(text(each))
        [plan] = connection.execute(
            text(f"explain (analyze, format json) {str(written).replace(':', chr(92) + ':')}")
        ).scalar_one()
    return list(_nodes(plan["Plan"]))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)


def test_p15_a_report_among_ten_thousand_is_answered_by_a_few_statements_that_scan_no_table(database: Engine) -> None:
    broadcast(database)
    marker = Marker("https://desk.example", cast.SECRET_KEY)
    with db.sessions(database).begin() as session:
        row = session.scalars(select(DeliveryRow).where(DeliveryRow.state == State.ACCEPTED).limit(1)).one()
        url = marker.url(row.id, row.attempts).partition("#")[0]
        form = {"MessageSid": "SM" + "3" * 32, "MessageStatus": "delivered"}
        headers = {"X-Twilio-Signature": RequestValidator("t").compute_signature(url, form)}
        query = dict(pair.split("=") for pair in url.partition("?")[2].split("&"))
        before = _scans(session)
        with counted(database) as statements:
            callbacks.status(
                session,
                Webhook(url, query, form, headers),
                tokens=("t",),
                marker=marker,
                policy=Policy(),
                at=clock.now(),
            )
            session.flush()
        assert row.state == State.DELIVERED
        assert _scans(session) == before
    assert len(statements) <= 15, statements


def _scans(session: Session) -> int:
    """How often this transaction has read the whole table of deliveries."""
    return session.scalar(text("select seq_scan from pg_stat_xact_user_tables where relname = 'deliveries'")) or 0


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*given: Any) -> None:
        statements.append(str(given[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


# The list ------------------------------------------------------------------------------------------------------------


def test_every_promise_in_the_document_is_shown_by_a_test_of_that_name() -> None:
    listed = re.findall(
        r"^\| (P\d+) .*\| `([\w/.]+)`: `(test_\w+)` \|$",
        (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert {name for name, *_ in listed} == {f"P{n}" for n in range(1, 16)}
    for promise, file, test in listed:
        assert test.startswith(f"test_{promise.lower()}_"), test
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {test}"
