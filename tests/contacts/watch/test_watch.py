"""Silence is noticed: what waits too long, who is not at work, who cannot be reached; and the outside hears only of the good."""

from datetime import datetime, timedelta
from typing import Any
from urllib.error import URLError

import pytest
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from contacts.ledger import AuditRow, BeatRow
from contacts.models import ChannelRow, ContactRow, DeliveryRow, EscalationRow, MethodRow, RotationRow
from contacts.people import directory, proven
from contacts.sending import planning
from contacts.sending.states import State
from contacts.values import Reason
from contacts.watch import audit, watchman
from contacts.watch.audit import Finding
from contacts.watch.beats import Beat
from contacts.watch.watchman import Watchman
from emergency import clock, db, journal
from emergency.words import Words
from tests.contacts import cast

MINUTE = timedelta(minutes=1)
OUTSIDE = "https://monitor.example/beat"


def at_work(session: Session, at: datetime, kinds: tuple[str, ...] = audit.WORKERS) -> None:
    session.execute(delete(BeatRow))
    for kind in kinds:
        session.add(BeatRow(kind=kind, name="here:1", started_at=at, beat_at=at))
    session.flush()


def alarms(session: Session, at: datetime) -> list[str]:
    return [each.check for each in audit.audit(session, at=at) if each.alarm]


@pytest.fixture
def calm(session: Session) -> datetime:
    """Everybody at work, a desk with its people, one message on its way: nothing to find."""
    at = clock.now()
    at_work(session, at)
    cast.load(session)
    row = cast.message(session, cast.incident(session), at=at)
    planning.plan(session, row, zone=cast.ZONE, policy=cast.QUICK, at=at)
    row.taken_at = at
    session.execute(update(MethodRow).values(verified_at=at, verified_by={"how": "called"}))
    session.flush()
    assert audit.audit(session, at=at) == []
    return at


def test_p13_a_text_that_is_a_minute_late_is_noticed(session: Session, calm: datetime) -> None:
    later = calm + MINUTE + timedelta(seconds=1)
    at_work(session, later)
    [found] = [each for each in audit.audit(session, at=later) if each.check == "oldest_pending"]
    assert (found.alarm, found.since_at) == (True, calm)


def test_p13_what_a_slowed_channel_or_a_later_hour_holds_back_is_not_late(session: Session, calm: datetime) -> None:
    later = calm + 10 * MINUTE
    at_work(session, later)
    session.execute(update(DeliveryRow).where(DeliveryRow.channel == "websocket").values(act_at=None))
    reason = Words("限速", "slow").stored()
    session.add(ChannelRow(channel="sms", until=later + MINUTE, strikes=1, reason=reason))
    session.flush()
    assert "oldest_pending" not in alarms(session, later)
    session.execute(delete(ChannelRow))
    session.execute(update(DeliveryRow).where(DeliveryRow.channel == "sms").values(act_at=later + MINUTE))
    assert "oldest_pending" not in alarms(session, later)


@pytest.mark.parametrize("kind", audit.WORKERS)
def test_p13_a_dead_worker_is_noticed_within_a_minute(session: Session, calm: datetime, kind: str) -> None:
    others = tuple(each for each in audit.WORKERS if each != kind)
    at_work(session, calm, others)
    assert alarms(session, calm) == ["no_worker"]
    session.add(BeatRow(kind=kind, name="here:2", started_at=calm, beat_at=calm - MINUTE))
    session.flush()
    assert alarms(session, calm) == []
    assert "no_worker" in alarms(session, calm + timedelta(seconds=1))


def test_p13_a_stuck_queue_is_noticed(session: Session, calm: datetime) -> None:
    later = calm + 2 * MINUTE
    at_work(session, later)
    session.execute(update(DeliveryRow).where(DeliveryRow.channel == "sms").values(state=State.SENDING))
    session.execute(update(DeliveryRow).where(DeliveryRow.channel == "websocket").values(act_at=None))
    assert alarms(session, later) == ["stuck_queue"]


def test_p13_a_message_that_nobody_takes_up_is_noticed(session: Session) -> None:
    at = clock.now()
    at_work(session, at)
    cast.load(session)
    cast.message(session, cast.incident(session), at=at - 2 * MINUTE)
    assert "untaken" in alarms(session, at)


def test_p13_an_escalation_whose_hour_has_passed_is_noticed(session: Session, calm: datetime) -> None:
    session.execute(update(EscalationRow).values(next_at=calm - 2 * MINUTE))
    assert alarms(session, calm) == ["late_escalation"]


def test_p13_a_stopped_channel_is_noticed(session: Session, calm: datetime) -> None:
    reason = Reason("settings", Words("配置", "settings")).stored()
    session.add(ChannelRow(channel="sms", until=calm + MINUTE, strikes=1, stopped_at=calm, reason=reason))
    session.flush()
    assert alarms(session, calm) == ["channel_stopped"]


def test_p13_a_desk_where_nobody_is_on_duty_is_noticed_before_an_incident(session: Session, calm: datetime) -> None:
    session.execute(delete(RotationRow).where(RotationRow.role == "leader"))
    [warned] = audit.audit(session, at=calm)
    assert (warned.check, warned.alarm, warned.desk, warned.words.en) == (
        "roster_gap",
        False,
        cast.DESK,
        "No duty leader on duty now: mend the roster.",
    )
    session.execute(delete(RotationRow))
    assert [(each.check, each.alarm) for each in audit.audit(session, at=calm)] == [("roster_gap", True)]


def test_p13_a_desk_with_nobody_as_primary_now_is_an_alarm_though_others_are_on_duty(
    session: Session, calm: datetime
) -> None:
    session.execute(update(ContactRow).where(ContactRow.role == "primary").values(active=False))
    [found] = audit.audit(session, at=calm)
    assert (found.check, found.alarm, found.desk, found.words.zh) == (
        "roster_gap",
        True,
        cast.DESK,
        "现在没有主班，请补排班。",
    )


def test_p13_a_desk_whose_roster_names_only_people_put_off_duty_is_an_alarm_and_one_without_people_is_none(
    session: Session, calm: datetime
) -> None:
    directory.begin_roster(session, "V30100", "Asia/Shanghai", at=calm)
    session.execute(update(ContactRow).values(active=False))
    assert [(each.check, each.desk) for each in audit.audit(session, at=calm) if each.alarm] == [
        ("roster_gap", cast.DESK)
    ]


def test_p13_contacts_not_shown_to_be_reachable_are_a_warning(session: Session, calm: datetime) -> None:
    later = calm + proven.STALE + MINUTE
    at_work(session, later)
    [found] = [each for each in audit.audit(session, at=later) if each.check == "stale_contacts"]
    assert (found.alarm, found.desk, found.count) == (False, cast.DESK, 3)
    session.execute(update(ContactRow).where(ContactRow.role != "leader").values(active=False))
    [found] = [each for each in audit.audit(session, at=later) if each.check == "stale_contacts"]
    assert found.count == 1


def test_a_desk_hears_what_concerns_everybody_and_itself() -> None:
    words = Words("甲", "a")
    found = [Finding("x", True, words), Finding("y", True, words, desk="V1"), Finding("z", False, words, desk="V2")]
    assert [each.check for each in audit.concerning(found, "V1")] == ["x", "y"]
    assert audit.concerning(found, None) == found
    assert not audit.well(found)
    assert audit.well(found[2:])


# The round -----------------------------------------------------------------------------------------------------------


class Round:
    """A worker's round over one database, with an outside that can be deaf."""

    def __init__(self, engine: Engine) -> None:
        self.sessions, self.called, self.deaf = db.sessions(engine), 0, False
        self.watchman = Watchman(
            self.sessions,
            cast.ZONE,
            lambda session, code: Words(code, code),
            heartbeat_url=OUTSIDE,
            monthly=False,
            call=self.call,
        )

    def call(self, url: str) -> None:
        assert url == OUTSIDE
        if self.deaf:
            raise URLError("no route to monitor.example")
        self.called += 1

    def go(self, at: datetime, *, dispatch_lives: bool = True) -> None:
        if dispatch_lives:
            with self.sessions.begin() as session:
                session.merge(BeatRow(kind="dispatch", name="here:1", started_at=at, beat_at=at))
        Beat(self.sessions, "work")(at)
        self.watchman(at)

    def kept(self) -> AuditRow:
        with self.sessions.begin() as session:
            return session.get_one(AuditRow, audit.ONE)


def test_p13_the_outside_heartbeat_is_sent_only_while_the_audit_passes(database: Engine) -> None:
    rounds, at = Round(database), clock.now()
    rounds.go(at)
    assert rounds.called == 1
    rounds.go(at + timedelta(seconds=29))
    assert rounds.called == 1, "every half minute, not with every look"
    rounds.go(at + timedelta(seconds=31))
    assert (rounds.called, rounds.kept().well) == (2, True)
    rounds.go(at + 3 * MINUTE, dispatch_lives=False)
    assert (rounds.called, rounds.kept().well) == (2, False)
    rounds.go(at + 4 * MINUTE)
    assert rounds.called == 3
    assert cast.kinds(database, "system") == ["audit.alarm", "audit.well"]


def test_an_alarm_is_told_once_while_it_stands_and_to_the_desk_that_it_concerns(database: Engine) -> None:
    rounds, at = Round(database), clock.now()
    with rounds.sessions.begin() as session:
        cast.load(session, cast.document(roster=False))
    for minute in range(3):
        rounds.go(at + minute * MINUTE)
    told = [each for each in cast.kinds(database, f"desk:{cast.DESK}") if each == "audit.alarm"]
    assert told == ["audit.alarm"]


def test_an_outside_that_cannot_be_reached_is_a_warning_and_stops_nothing(database: Engine) -> None:
    rounds, at = Round(database), clock.now()
    rounds.deaf = True
    rounds.go(at)
    assert rounds.kept().heartbeat_trouble == "URLError", "the address stays out of pages and logs"
    rounds.go(at + MINUTE)
    with rounds.sessions.begin() as session:
        at_work(session, at + MINUTE)
        found = audit.audit(session, at=at + MINUTE)
    assert [(each.check, each.alarm) for each in found] == [("heartbeat", False)]
    rounds.deaf = False
    rounds.go(at + 2 * MINUTE)
    assert rounds.kept().heartbeat_trouble is None


def test_two_workers_do_not_audit_at_the_same_time(database: Engine) -> None:
    rounds, at = Round(database), clock.now()
    rounds.go(at)
    with rounds.sessions.begin() as session:
        session.scalars(select(AuditRow).with_for_update()).one()
        assert rounds.watchman(at + MINUTE) is False


def test_a_worker_leaves_its_mark_and_forgets_those_long_gone(database: Engine) -> None:
    sessions, at = db.sessions(database), clock.now()
    with sessions.begin() as session:
        session.add(BeatRow(kind="work", name="old:1", started_at=at - 3 * MINUTE, beat_at=at - timedelta(days=2)))
    beat = Beat(sessions, "work")
    beat(at)
    beat(at + MINUTE)  # not written: the same moment by the clock that nobody sets
    with sessions.begin() as session:
        [row] = session.scalars(select(BeatRow)).all()
    assert (row.kind, row.beat_at) == ("work", at)


def test_the_audit_is_kept_for_whoever_asks(session: Session) -> None:
    at = clock.now()
    session.add(AuditRow(id=audit.ONE, at=at, well=True, findings=[]))
    session.flush()
    found: list[Any] = [Finding("no_worker", True, Words("甲", "a"))]
    assert not watchman.keep(session, found, at=at + MINUTE)
    row = session.get_one(AuditRow, audit.ONE)
    assert (row.well, [each["check"] for each in row.findings]) == (False, ["no_worker"])
    session.commit()
    assert journal.read(session, "system")[-1].kind == "audit.alarm"
