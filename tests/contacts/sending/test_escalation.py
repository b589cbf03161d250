"""Whom to tell next, and when: a desk's own steps, empty steps, several read-backs; and two promises, kept whatever happens."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from contacts.kinds import Tier
from contacts.ledger import MarkRow
from contacts.models import ContactRow, DeliveryRow, EscalationRow, MethodRow, RotationRow
from contacts.people import directory, numbers
from contacts.sending import deliveries, dispatch, inbound, ladders, planning
from contacts.sending.escalation import MOST_READ_BACKS, Rule, Step
from contacts.sending.office import Office
from contacts.sending.states import Ladder, State
from contacts.values import LADDER, Contact, Policy, Role
from emergency import clock, db, journal, notifications
from emergency.errors import BadFile, BadInput
from emergency.journal import Actor
from emergency.notifications import NotificationRow, ReadBackRow, Via
from tests.contacts import cast

PERSON = Actor(officer=2, role="liaison", desk=cast.DESK)
OWN = """
version: 1
rules:
  - {desk: V20100, circle: now, read_backs: 2, steps: [{role: deputy, wait_min: 5}, {role: leader, wait_min: 10}]}
"""


class Moved:
    """A wall clock that may be set, and beside it one that only runs."""

    def __init__(self, at: datetime) -> None:
        self.wall, self.steady = at, 1000.0

    def run(self, **amount: float) -> None:
        """Time passes."""
        passed = timedelta(**amount)
        self.wall, self.steady = self.wall + passed, self.steady + passed.total_seconds()

    def set(self, **amount: float) -> None:
        """Somebody sets the wall clock."""
        self.wall += timedelta(**amount)


def office(engine: Engine, moved: Moved, *, policy: Policy = cast.QUICK) -> Office:
    vault = numbers.vault(cast.CONTACTS_KEY)
    return Office(
        db.sessions(engine),
        vault,
        dict,
        cast.ZONE,
        policy,
        lambda: moved.wall,
        steady=lambda: moved.steady,
        machine="m",
    )


def begin(engine: Engine, *, at: datetime | None = None, rule: str = "", folder: Path | None = None) -> int:
    """A message is out to the desk; its id."""
    with db.sessions(engine).begin() as session:
        cast.load(session)
        if folder is not None:
            file = folder / "escalation.yaml"
            file.write_text(rule, encoding="utf-8")
            ladders.load(session, file, at=cast.NIGHT)
        return cast.message(session, cast.incident(session), at=at).id


def told(engine: Engine) -> list[str]:
    """The roles that have a text, in the order in which they were told."""
    return [str(row.role) for row in cast.rows(engine) if row.state == State.PENDING]


def ladder(engine: Engine) -> EscalationRow:
    [found] = cast.ladders(engine)
    return found


def read_back(engine: Engine, notification: int, person: str = "王某", *, via: Via = Via.WEB) -> list[int]:
    with db.sessions(engine).begin() as session:
        return notifications.acknowledge(
            session, notification_id=notification, by_person=person, via=via, by=PERSON, at=clock.now()
        )


# The rule ------------------------------------------------------------------------------------------------------------


def test_the_usual_ladder_is_primary_deputy_leader_by_the_wait_of_the_circle(session: Session) -> None:
    found = {each.circle: each.rule for each in ladders.rules(session, cast.DESK, Policy())}
    assert [step.role for step in found["now"].steps] == list(LADDER)
    assert {step.wait_s for step in found["now"].steps} == {900.0}
    assert {step.wait_s for step in found["prepare"].steps} == {3600.0}
    assert {step.wait_s for step in found["watch"].steps} == {None}
    assert {rule.read_backs for rule in found.values()} == {1}


def test_a_desk_has_steps_waits_and_a_number_of_read_backs_of_its_own(database: Engine, tmp_path: Path) -> None:
    moved = Moved(clock.now())
    begin(database, at=moved.wall, rule=OWN, folder=tmp_path)
    crew = office(database, moved)
    dispatch.run_once(crew)
    assert told(database) == ["deputy"]
    moved.run(minutes=5)
    dispatch.run_once(crew)
    assert told(database) == ["deputy", "leader"]
    assert ladder(database).read_backs == 2


def test_the_text_of_a_step_says_its_own_wait(database: Engine, tmp_path: Path) -> None:
    moved = Moved(clock.now())
    with db.sessions(database).begin() as session:
        file = tmp_path / "escalation.yaml"
        file.write_text(OWN, encoding="utf-8")
        ladders.load(session, file, at=cast.NIGHT)
        cast.load(
            session, cast.document(people={"deputy": {"content_level": "bell"}, "leader": {"content_level": "bell"}})
        )
        cast.message(session, cast.incident(session), at=moved.wall)
    crew = office(database, moved)
    dispatch.run_once(crew)
    moved.run(minutes=5)
    dispatch.run_once(crew)
    bodies = [row.body for row in cast.rows(database)]
    assert ["5分钟未回" in bodies[0], "10分钟未回" in bodies[1]] == [True, True]


TIERED = """
version: 1
rules:
  - desk: V20100
    circle: now
    steps:
      - {role: primary, wait_min: 5}
      - {role: leader, tier: secretariat, wait_min: 10}
      - {role: leader, tier: special_group, wait_min: 20}
      - {role: leader, wait_min: 15}
"""


def at_tier(session: Session, tier: str, number: str = "+12025550177") -> int:
    """A leader of the desk at a tier of the joint work, on no roster."""
    row = ContactRow(
        key=f"{cast.DESK}-{tier}-{number}", desk=cast.DESK, role="leader", name_zh=tier, name_en=tier, language="zh",
        profile="CN", content_level="bell", active=True, tier=tier,
    )  # fmt: skip
    session.add(row)
    session.flush()
    vault = numbers.vault(cast.CONTACTS_KEY)
    session.add(
        MethodRow(
            contact_id=row.id, channel="sms", n=1, number=vault.lock(number), lookup=vault.lookup(number), active=True
        )
    )
    return row.id


def test_of_several_at_a_tier_the_first_who_can_be_texted_is_told(session: Session) -> None:
    cast.load(session)
    first, second = (at_tier(session, "secretariat", number) for number in ("+12025550177", "+12025550178"))

    def told_there() -> object:
        found = directory.at_tier(session, cast.DESK, Role.LEADER, Tier.SECRETARIAT, clock.now())
        return found.id if isinstance(found, Contact) else found.reason.slug

    assert told_there() == first
    methods = {row.contact_id: row for row in session.scalars(select(MethodRow).where(MethodRow.channel == "sms"))}
    methods[first].opted_out_at = clock.now()
    assert told_there() == second
    methods[second].wrong_at = clock.now()
    assert told_there() == first, "nobody can be texted: the first entered is named, and why stands in the record"
    for each in (first, second):
        session.get_one(ContactRow, each).active = False
    assert told_there() == "nobody-at-tier"


def test_a_step_at_a_tier_tells_the_desks_contact_there_and_an_empty_one_is_skipped_at_once(
    database: Engine, tmp_path: Path
) -> None:
    moved = Moved(clock.now())
    with db.sessions(database).begin() as session:
        cast.load(session)
        group = at_tier(session, "special_group")
        file = tmp_path / "escalation.yaml"
        file.write_text(TIERED, encoding="utf-8")
        ladders.load(session, file, at=cast.NIGHT)
        row = cast.message(session, cast.incident(session), at=moved.wall)
        incident = row.incident
    crew = office(database, moved)
    dispatch.run_once(crew)
    assert told(database) == ["primary"]
    moved.run(minutes=5)
    dispatch.run_once(crew)
    texts = [row for row in cast.rows(database) if row.state == State.PENDING]
    assert [(each.role, each.contact_id == group) for each in texts] == [("primary", False), ("leader", True)]
    assert "20分钟未回" in texts[-1].body
    with db.sessions(database).begin() as session:
        said = [each for each in journal.read(session, f"incident:{incident}") if each.kind.startswith("escalation.")]
    assert [(each.kind, each.facts["step"], each.facts.get("tier")) for each in said] == [
        ("escalation.step", "primary", None),
        ("escalation.skipped", "leader", "secretariat"),
        ("escalation.step", "leader", "special_group"),
    ]
    assert said[1].facts["reason"]["slug"] == "nobody-at-tier"
    moved.run(minutes=20)
    dispatch.run_once(crew)
    assert told(database) == ["primary", "leader", "leader"]


def test_a_text_that_fails_hurries_its_own_step_and_no_other_of_the_same_role(database: Engine, tmp_path: Path) -> None:
    moved = Moved(clock.now())
    with db.sessions(database).begin() as session:
        cast.load(session)
        at_tier(session, "special_group")
        file = tmp_path / "escalation.yaml"
        rule = "[{role: leader, wait_min: 5}, {role: leader, tier: special_group, wait_min: 20}]"
        file.write_text(f"version: 1\nrules: [{{desk: V20100, circle: now, steps: {rule}}}]", encoding="utf-8")
        ladders.load(session, file, at=cast.NIGHT)
        cast.message(session, cast.incident(session), at=moved.wall)
    crew = office(database, moved)
    dispatch.run_once(crew)
    moved.run(minutes=5)
    dispatch.run_once(crew)
    due_at = ladder(database).next_at
    first, second = [row for row in cast.rows(database) if row.state == State.PENDING]
    for row, hurried in ((first, False), (second, True)):
        with db.sessions(database).begin() as session:
            deliveries.hurry(session, session.get_one(DeliveryRow, row.id), at=moved.wall)
        assert (ladder(database).next_at == due_at) is not hurried


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("version: 1\nrules: [{desk: V20100, circle: now, steps: [{role: leader, tier: x, wait_min: 5}]}]", "tier"),
        ("version: 1\nrules: [{desk: V20100, circle: now, steps: []}]", "steps"),
        ("version: 1\nrules: [{desk: V20100, circle: watch, steps: [{role: primary, wait_min: 5}]}]", "circle"),
        ("version: 1\nrules: [{desk: V20100, circle: now, steps: [{role: mayor, wait_min: 5}]}]", "role"),
        ("version: 1\nrules: [{desk: V20100, circle: now, steps: [{role: primary, wait_min: 0}]}]", "wait_min"),
        (OWN + OWN.splitlines()[-1], "two rules"),
        ("rules: [", "not YAML"),
    ],
)
def test_a_bad_file_of_rules_names_the_place_and_changes_nothing(
    session: Session, tmp_path: Path, rule: str, words: str
) -> None:
    file = tmp_path / "escalation.yaml"
    file.write_text(rule, encoding="utf-8")
    with pytest.raises(BadFile, match=words):
        ladders.load(session, file, at=cast.NIGHT)
    assert not any(each.own for each in ladders.rules(session, cast.DESK, Policy()))


@pytest.mark.parametrize(
    "steps", [(), (Step(Role.PRIMARY, 60.0), Step(Role.PRIMARY, 60.0)), (Step(Role.PRIMARY, 0.0),)]
)
def test_a_rule_without_steps_with_a_role_twice_or_without_a_wait_is_refused(steps: tuple[Step, ...]) -> None:
    with pytest.raises(BadInput):
        Rule(steps)
    with pytest.raises(BadInput):
        Rule((Step(Role.PRIMARY, 60.0),), MOST_READ_BACKS + 1)


# The steps -----------------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filled=st.sets(st.sampled_from(LADDER)))
def test_every_step_is_told_or_skipped_at_once_and_logged(session: Session, filled: set[Role]) -> None:
    cast.load(session, cast.document(people={role.value: {} for role in LADDER if role in filled}))
    number = cast.incident(session)
    row = cast.message(session, number)
    at = clock.now()
    planning.plan(session, row, zone=cast.ZONE, policy=Policy(), at=at)
    while (standing := ladders.rise(session, at + timedelta(hours=3))) is not None:
        planning.escalate(session, standing, zone=cast.ZONE, policy=Policy(), at=at)
        session.execute(update(EscalationRow).values(next_at=at).where(EscalationRow.next_at.is_not(None)))
    session.commit()
    said = [
        (each.kind, each.facts["step"]) for each in journal.read(session, f"incident:{number}") if "step" in each.facts
    ]
    assert [role for kind, role in said if kind == "escalation.step"] == [role for role in LADDER if role in filled]
    assert [role for kind, role in said if kind == "escalation.skipped"] == [
        role for role in LADDER if role not in filled
    ]


def test_two_workers_never_take_the_same_step(database: Engine) -> None:
    moved = Moved(clock.now())
    begin(database, at=moved.wall)
    dispatch.run_once(office(database, moved))
    sessions = db.sessions(database)
    with sessions.begin() as one, sessions.begin() as other:
        late = moved.wall + timedelta(hours=1)
        assert ladders.rise(one, late) is not None
        assert ladders.rise(other, late) is None


def test_until_as_many_have_read_back_as_the_desk_asks_for_the_next_is_told(database: Engine, tmp_path: Path) -> None:
    moved = Moved(clock.now())
    number = begin(database, at=moved.wall, rule=OWN, folder=tmp_path)
    crew = office(database, moved)
    dispatch.run_once(crew)
    assert read_back(database, number) == [number]
    moved.run(minutes=5)
    dispatch.run_once(crew)
    assert told(database) == ["deputy", "leader"], "one of two has read it back"
    assert read_back(database, number) == [], "the same person again is nobody else"
    dispatch.run_once(crew)
    assert ladder(database).state == Ladder.OPEN
    read_back(database, number, "李某")
    dispatch.run_once(crew)
    assert ladder(database).state == Ladder.ACKNOWLEDGED
    assert {row.state for row in cast.rows(database)} == {State.CANCELLED}


# P8 ------------------------------------------------------------------------------------------------------------------


def by_text(engine: Engine, number: int) -> None:
    with db.sessions(engine).begin() as session:
        code = session.get_one(NotificationRow, number).code
        vault = numbers.vault(cast.CONTACTS_KEY)
        inbound.take(session, sid="SM1", number=cast.NUMBERS["primary"], body=code, vault=vault, at=clock.now())


WAYS: dict[str, Callable[[Engine, int], Any]] = {
    "sms": by_text,
    "page": lambda engine, number: read_back(engine, number, via=Via.WEB),
    "code": lambda engine, number: read_back(engine, number, via=Via.CODE),
    "call": lambda engine, number: read_back(engine, number, via=Via.CALL),
}


@pytest.mark.parametrize("way", WAYS)
def test_p8_an_acknowledgement_stops_the_escalation_at_the_next_look(database: Engine, way: str) -> None:
    moved = Moved(clock.now())
    with db.sessions(database).begin() as session:
        cast.load(session, cast.document(people={role: {"country_profile": "US"} for role in cast.NUMBERS}))
        number = cast.message(session, cast.incident(session), at=moved.wall).id
    crew = office(database, moved)
    dispatch.run_once(crew)
    moved.run(minutes=15, seconds=1)  # the next step is due this moment
    WAYS[way](database, number)
    assert not dispatch.escalate_next(crew), "what is read back does not rise, whoever looks first"
    assert dispatch.stand_down_next(crew)
    assert ladder(database).state == Ladder.ACKNOWLEDGED
    assert told(database) == [], "what waited to be sent is withdrawn"
    assert Policy().idle_s < 2, "an idle worker looks within two seconds"


def test_p8_of_fifty_who_read_back_at_once_exactly_one_is_the_first_and_the_others_are_kept(database: Engine) -> None:
    number = begin(database)
    gate, newly = threading.Barrier(50), []

    def person(n: int) -> None:
        gate.wait()
        newly.append(read_back(database, number, f"person {n}"))

    crowd = [threading.Thread(target=person, args=(n,)) for n in range(50)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    assert sorted(newly) == [[]] * 49 + [[number]]
    with db.sessions(database).begin() as session:
        rows = session.scalars(select(ReadBackRow)).all()
        message = session.get_one(NotificationRow, number)
        [first] = [row for row in rows if row.first]
        assert len(rows) == 50
        assert message.acknowledged_by == first.person
        also = [
            each.facts["also"] for each in journal.read(session, f"incident:{message.incident}") if "also" in each.facts
        ]
    assert sorted(also) == [False] + [True] * 49


# P9 ------------------------------------------------------------------------------------------------------------------

SECOND = timedelta(seconds=1)


def fires(crew: Callable[[], Office], moved: Moved, engine: Engine, *, after: timedelta) -> None:
    """Nobody more is told a second before the hour, and the next one a second after it."""
    before = len(told(engine))
    moved.run(seconds=(after - SECOND).total_seconds())
    dispatch.run_once(crew())
    assert len(told(engine)) == before
    moved.run(seconds=2)
    dispatch.run_once(crew())
    assert len(told(engine)) == before + 1


def test_p9_an_escalation_fires_at_its_time_through_restarts(database: Engine) -> None:
    moved = Moved(clock.now())
    begin(database, at=moved.wall)
    dispatch.run_once(office(database, moved))
    for _ in ("deputy", "leader"):  # each look is a worker of its own, started for it
        fires(lambda: office(database, moved), moved, database, after=timedelta(minutes=15))
    assert told(database) == ["primary", "deputy", "leader"]


@pytest.mark.parametrize("hours", [-2, 1, 26])
def test_p9_an_escalation_fires_at_its_time_though_the_clock_is_set(database: Engine, hours: int) -> None:
    moved = Moved(clock.now())
    begin(database, at=moved.wall)
    crew = office(database, moved)
    dispatch.run_once(crew)
    moved.run(minutes=5)
    dispatch.run_once(crew)
    moved.set(hours=hours)
    assert not dispatch.escalate_next(crew)
    fires(lambda: crew, moved, database, after=timedelta(minutes=10))
    assert cast.kinds(database, "system").count("clock.stepped") == 1


def test_p9_the_clock_is_judged_by_one_machine_and_another_takes_over_when_it_is_silent(database: Engine) -> None:
    moved = Moved(clock.now())
    begin(database, at=moved.wall)
    dispatch.run_once(office(database, moved))
    due_at = ladder(database).next_at
    vault = numbers.vault(cast.CONTACTS_KEY)
    other = Office(
        db.sessions(database),
        vault,
        dict,
        cast.ZONE,
        cast.QUICK,
        lambda: moved.wall,
        steady=lambda: 5.0,
        machine="other",
    )
    moved.run(seconds=30)
    dispatch.run_once(other)
    with db.sessions(database).begin() as session:
        assert session.get_one(MarkRow, 1).boot == "m"
    moved.run(seconds=61)
    dispatch.run_once(other)
    with db.sessions(database).begin() as session:
        assert session.get_one(MarkRow, 1).boot == "other"
    assert ladder(database).next_at == due_at


@pytest.mark.parametrize(
    "night",
    [
        datetime(2025, 3, 9, 7, 55, tzinfo=UTC),  # America/Chicago goes forward at 8:00 UTC
        datetime(2025, 11, 2, 6, 55, tzinfo=UTC),  # and back at 7:00 UTC
    ],
)
def test_p9_an_escalation_fires_at_its_time_while_the_desks_own_clocks_change(
    database: Engine, night: datetime
) -> None:
    moved = Moved(night)
    begin(database, at=night)
    with db.sessions(database).begin() as session:
        session.execute(update(RotationRow).values(time_zone=str(ZoneInfo("America/Chicago"))))
    dispatch.run_once(office(database, moved))
    for _ in ("deputy", "leader"):
        fires(lambda: office(database, moved), moved, database, after=timedelta(minutes=15))
    assert told(database) == ["primary", "deputy", "leader"]


def test_p9_a_worker_that_was_away_at_the_hour_tells_the_next_when_it_is_back_and_gives_them_their_time(
    database: Engine,
) -> None:
    moved = Moved(clock.now())
    begin(database, at=moved.wall)
    dispatch.run_once(office(database, moved))
    moved.run(hours=3)
    dispatch.run_once(office(database, moved))
    assert told(database)[-1] == "deputy", "one step, not all of those that were missed"
    assert ladder(database).next_at == moved.wall + timedelta(minutes=15)


def test_a_step_whose_row_nobody_holds_is_not_lost(database: Engine) -> None:
    """A worker killed within the step has taken nothing."""
    moved = Moved(clock.now())
    begin(database, at=moved.wall)
    dispatch.run_once(office(database, moved))
    late = moved.wall + timedelta(minutes=16)
    with db.sessions(database)() as session:
        assert ladders.rise(session, late) is not None
        session.rollback()
    with db.sessions(database).begin() as session:
        assert ladders.rise(session, late) is not None
        assert session.scalars(select(DeliveryRow.role).where(DeliveryRow.channel == "sms")).all() == ["primary"]
