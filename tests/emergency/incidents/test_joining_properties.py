"""Whatever is reported, judged, merged, parted, split and moved, and in whatever order: no report is lost, no duty is raised
twice in an event, nobody is told the same twice, and at the end everyone who was told is told of the withdrawal."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from emergency import db, journal, notifications
from emergency.agreements.values import Act
from emergency.errors import EmergencyError
from emergency.incidents import issue, joining, record, reports, statement
from emergency.incidents.assess import Context, latest
from emergency.incidents.issue import Order
from emergency.incidents.models import AttachmentRow, IncidentRow, ObligationRow, ReportRow
from emergency.incidents.statement import Verification
from emergency.notifications import NotificationRow
from tests.emergency.incidents.test_record import AT, JIA, ZONE

PLACES = (
    {"lon": 100.02, "lat": 30.1},
    {"lon": 100.12, "lat": 30.1},
    {"lon": 100.28, "lat": 30.1},
    {"lon": 100.41, "lat": 30.1},
)
which = st.integers(0, 3)
Step = tuple[str, int, int]
steps = st.lists(
    st.tuples(
        st.sampled_from(("report", "judge", "merge", "merge", "part", "split", "move", "tell", "tell", "open")),
        which,
        which,
    ),
    min_size=4,
    max_size=10,
)


class Night:
    """What happens, step by step; a step that is refused changes nothing."""

    def __init__(self, session: db.Writing) -> None:
        self.session = session
        self.now = Context(AT, ZONE)
        self.kept = 0

    def do(self, step: Step) -> None:
        self.now = Context(self.now.at + timedelta(minutes=1), ZONE)
        name, one, other = step
        acts: dict[str, Callable[[int, int], None]] = {
            "open": self.open, "report": self.report, "judge": self.judge, "merge": self.merge,
            "part": self.part, "split": self.split, "move": self.move, "tell": self.tell,
        }  # fmt: skip
        kept = self.kept
        try:
            with self.session.begin_nested():
                acts[name](one, other)
        except EmergencyError:
            self.kept = kept

    def files(self, *states: str) -> list[IncidentRow]:
        rows = select(IncidentRow).where(IncidentRow.status.in_(states)).order_by(IncidentRow.number)
        return list(self.session.scalars(rows))

    def pick(self, one: int, *states: str) -> IncidentRow:
        found = self.files(*(states or ("open",)))
        if not found:
            raise EmergencyError("none", statement.CANNOT_BE_UNKNOWN["drill"])
        return found[one % len(found)]

    def open(self, one: int, other: int) -> None:
        made = statement.parse({"location": PLACES[one], "substance": "柴油"}, now=self.now.at)
        incident = record.opened(self.session, made, self.now, None, lead="V10100")
        record.first_report(self.session, incident, made, JIA.actor, self.now.at)
        record.assessed(self.session, incident, record.current(self.session, incident), self.now, JIA.actor)
        self.kept += 1

    def report(self, one: int, other: int) -> None:
        body = {"location": PLACES[other], "substance": ("硫酸", "氨水", "柴油", "")[other]}
        record.add_report(self.session, self.pick(one), body, self.now, JIA.actor, reason=None)
        self.kept += 1

    def judge(self, one: int, other: int) -> None:
        incident = self.pick(one)
        rows = reports.reports(self.session, incident.number)
        state = (Verification.VERIFIED, Verification.REFUTED)[other % 2]
        record.judge(self.session, incident, rows[other % len(rows)].n, state, self.now, JIA.actor, reason="查")

    def merge(self, one: int, other: int) -> None:
        into = self.pick(one + 1 + other % 2)
        joining.merge(self.session, self.pick(one), into, self.now, JIA.actor, reason="同一事件")

    def part(self, one: int, other: int) -> None:
        joining.unmerge(self.session, self.pick(one, "merged"), self.now, JIA.actor, reason="不是同一事件")

    def split(self, one: int, other: int) -> None:
        incident = self.pick(one)
        rows = reports.reports(self.session, incident.number)
        before = len(self.session.scalars(select(ReportRow.id)).all())
        joining.split(self.session, incident, [rows[-1].n], self.now, JIA.actor, reason="另一事件")
        self.kept += len(self.session.scalars(select(ReportRow.id)).all()) - before

    def move(self, one: int, other: int) -> None:
        record.correct(
            self.session, self.pick(one), {"location": PLACES[other]}, self.now, JIA.actor, reason="位置有误"
        )
        self.kept += 1

    def tell(self, one: int, other: int) -> None:
        incident = self.pick(one)
        newest = latest(self.session, incident.number)
        assert newest is not None
        rows = [row for row in notifications.of_incident(self.session, incident.number) if row.state == "proposed"]
        for row in rows[: other + 1]:
            said = {key(each) for each in notifications.of_incident(self.session, incident.number) if each.issued_at}
            assert key(row) not in said, "nobody is told the same twice"
            order = Order(newest.id, [row.id], (), Act.HEADS_UP, None, None)
            issue.issue(self.session, incident, order, JIA, at=self.now.at)

    def sound(self) -> None:
        """What holds after every step."""
        self.session.expire_all()
        counting = self.session.scalars(select(AttachmentRow.report).where(AttachmentRow.until.is_(None))).all()
        assert sorted(counting) == sorted(self.session.scalars(select(ReportRow.id))), "each counts once"
        assert len(counting) == self.kept, "and none is lost"
        duties = Counter(
            (row.event, row.who, row.tells, row.role, row.agreement, row.clause, row.occasion)
            for row in self.session.scalars(select(ObligationRow).where(ObligationRow.event.is_not(None)))
        )
        assert not [each for each, count in duties.items() if count > 1]
        alive = {row.number for row in self.files("open")}
        for row in self.session.scalars(select(NotificationRow)):
            assert row.event in alive if row.issued_at else row.event is None or row.event in alive

    def end(self) -> tuple[set[tuple[int | None, str]], set[tuple[int | None, str]]]:
        """Take every open incident back: who had been told, and to whom the withdrawal is owed, each by event and desk."""
        told = {(row.event, row.tells) for row in self.session.scalars(select(NotificationRow)) if row.issued_at}
        for incident in self.files("open"):
            record.withdraw(self.session, incident, self.now, JIA.actor, reason="不实")
        owed = {
            (row.event, row.tells)
            for row in self.session.scalars(select(NotificationRow))
            if row.kind == "withdrawal" and row.state == "proposed"
        }
        self.session.commit()
        for row in self.session.scalars(select(IncidentRow)):
            assert journal.verify(self.session, f"incident:{row.number}") is None
        return told, owed


def key(row: NotificationRow) -> tuple[str, ...]:
    return row.who, row.tells, row.role, row.kind, row.occasion


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps)
def test_nothing_is_lost_nothing_is_owed_twice_and_everybody_hears_the_end(
    valley_database: Engine, happens: list[Step]
) -> None:
    with valley_database.connect() as connection:
        outer = connection.begin()
        with db.Writing(bind=connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            night = Night(session)
            night.open(0, 0)
            night.open(1, 0)
            night.tell(1, 3)
            for step in happens:
                night.do(step)
                night.sound()
            told, owed = night.end()
            assert owed == told
        outer.rollback()
