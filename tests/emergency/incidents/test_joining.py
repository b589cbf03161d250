"""Reports judged, and files that are one event or two: nothing is lost, nobody is told twice, everybody is told who must be."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from emergency import access, db, journal, notifications, work
from emergency.access import Action
from emergency.agreements.values import Act
from emergency.errors import BadInput, Conflict, NotFound
from emergency.incidents import issue, joining, links, nearby, overview, record, reports, statement
from emergency.incidents.assess import Context, latest
from emergency.incidents.issue import Order
from emergency.incidents.models import IncidentRow, ObligationRow, ReportRow
from emergency.incidents.statement import Verification
from emergency.notifications import NotificationRow, Via
from emergency.river.snap import USUAL
from tests.emergency.incidents.test_record import AT, HEAD, JIA, WAI, ZHONG, ZONE, open_one, proposals

ELSEWHERE = {"lon": 100.06, "lat": 30.1005}
BELOW = {"lon": 100.41, "lat": 30.1}
"""Below 中区: water from there never comes to it."""
LATER = Context(AT + timedelta(minutes=20), ZONE)


@pytest.fixture
def session(valley_database: Engine) -> Iterator[db.Writing]:
    with db.Writing(bind=valley_database, expire_on_commit=False) as opened:
        yield opened


def tell(session: db.Writing, incident: IncidentRow, *desks: str, at: Context = LATER) -> list[NotificationRow]:
    """Issue what the lead proposes to desks."""
    newest = latest(session, incident.number)
    assert newest is not None
    rows = [row for row in proposals(session, incident).values() if row.tells in desks and row.who == "V10100"]
    assert len(rows) == len(desks)
    issue.issue(
        session, incident, Order(newest.id, [row.id for row in rows], (), Act.HEADS_UP, None, None), JIA, at=at.at
    )
    session.commit()
    return rows


def owed(session: db.Writing, incident: IncidentRow) -> set[tuple[str, str]]:
    return {
        (row.kind, row.tells) for row in notifications.of_incident(session, incident.number) if row.state == "proposed"
    }


def add(session: db.Writing, incident: IncidentRow, **body: Any) -> int:
    record.add_report(session, incident, body, LATER, ZHONG.actor, reason=None)
    session.commit()
    return reports.reports(session, incident.number)[-1].n


# Reports -------------------------------------------------------------------------------------------------------------


def test_each_report_keeps_what_it_said_who_judged_it_when_and_why(session: db.Writing) -> None:
    incident, _ = open_one(session, substance="柴油", reporter="过路司机")
    n = add(session, incident, substance="硫酸", location=ELSEWHERE, reporter="船工")
    record.judge(session, incident, n, Verification.VERIFIED, LATER, JIA.actor, reason="消防读到铭牌")
    session.commit()
    shown = overview.incident(session, incident, lambda *_: {})
    first, second = shown["reports"]
    assert (first["state"], first["verdicts"], first["statement"]["substance"]) == ("unverified", [], "柴油")
    assert second["statement"]["location"] == ELSEWHERE
    [verdict] = second["verdicts"]
    assert (verdict["state"], verdict["reason"], verdict["by"]["desk"]) == ("verified", "消防读到铭牌", "V10100")
    assert shown["weighed"]["sources"]["substance"] == 2
    assert [(each["field"], each["held"]) for each in shown["weighed"]["differences"]] == [
        ("location", 1),
        ("substance", 2),
    ]
    assert (shown["report"]["substance"], shown["report"]["verification"]) == ("硫酸", "verified")
    with pytest.raises(Exception, match="append-only"):
        session.execute(db.Base.metadata.tables["verdicts"].delete())


def test_a_refuted_report_counts_no_more_and_what_was_told_of_it_is_corrected(session: db.Writing) -> None:
    incident, _ = open_one(session)
    n = add(session, incident, substance="硫酸")
    tell(session, incident, "V20100")
    record.judge(session, incident, n, Verification.REFUTED, LATER, JIA.actor, reason="看错了车")
    session.commit()
    assert record.current(session, incident).substance is None
    assert ("correction", "V20100") in owed(session, incident)
    correction = next(row for row in notifications.of_incident(session, incident.number) if row.kind == "correction")
    [(_, said)] = issue.would_say(session, incident, [correction.id], at=LATER.at)
    assert (said["reason"], [each["field"] for each in said["corrected"]]) == ("看错了车", ["substance"])


def test_a_verdict_that_changes_nothing_that_is_believed_tells_nobody(session: db.Writing) -> None:
    incident, first = open_one(session)
    n = add(session, incident, description="也看到泡沫", reporter="船工")
    tell(session, incident, "V20100")
    count = len(notifications.of_incident(session, incident.number))
    record.judge(session, incident, n, Verification.REFUTED, LATER, JIA.actor, reason="不是这条河")
    session.commit()
    assert [each.kind for each in notifications.of_incident(session, incident.number)[count:]] == []
    assert first.n == 1


@pytest.mark.parametrize(
    ("n", "state", "slug"), [(1, Verification.UNVERIFIED, "already-so"), (9, Verification.VERIFIED, "no-such-report")]
)
def test_a_verdict_that_cannot_be_is_refused(session: db.Writing, n: int, state: Verification, slug: str) -> None:
    incident, _ = open_one(session)
    with pytest.raises((Conflict, NotFound), match=slug):
        record.judge(session, incident, n, state, LATER, JIA.actor, reason="x")


def test_a_correction_is_corrected_and_not_judged(session: db.Writing) -> None:
    incident, _ = open_one(session)
    record.correct(session, incident, {"substance": "硫酸"}, LATER, JIA.actor, reason="铭牌")
    session.commit()
    with pytest.raises(BadInput, match="is-a-correction"):
        record.judge(session, incident, 2, Verification.VERIFIED, LATER, JIA.actor, reason="x")


def test_a_disputed_source_stands_against_the_end(session: db.Writing) -> None:
    incident, _ = open_one(session, source_state="stopped", verification="verified")
    add(session, incident, source_state="continuing")
    assert record.current(session, incident).source_state == "stopped"
    after = Context(AT + timedelta(days=60), ZONE)
    lacking = record.missing(session, incident, at=after.at, zone=ZONE)
    assert [each["what"] for each in lacking] == ["source-disputed"]


# The same event ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "minutes", "where"),
    [
        ({"lon": 100.14, "lat": 30.1}, 60, "upstream"),
        ({"lon": 100.01, "lat": 30.1}, 60, "downstream"),
        (HEAD, 60, "here"),
        ({"lon": 100.29, "lat": 30.1}, 60, None),  # 27 km along the river
        ({"lon": 100.10, "lat": 30.17}, 60, None),  # on the tributary, which meets it only below: no water in between
        (HEAD, 25 * 60, None),
    ],
)
def test_an_open_incident_within_20_km_and_a_day_is_offered(
    session: db.Writing, place: dict[str, float], minutes: int, where: str | None
) -> None:
    incident, _ = open_one(session, substance="柴油")
    now = AT + timedelta(minutes=minutes)
    made = statement.parse({"location": place}, now=now)
    found = nearby.nearby(session, made, JIA, USUAL)
    assert [(each.incident.number, each.where) for each in found] == ([(incident.number, where)] if where else [])
    if where:
        [shown] = nearby.shown(session, found, made)
        assert (shown["substance"], shown["apart_min"], shown["lead"]) == ("柴油", 60, "V10100")
        assert 0 <= shown["km"] <= 20
    assert nearby.nearby(session, made, WAI, USUAL) == [], "what a desk may not see is not offered to it"


def test_of_many_at_one_place_those_known_closest_to_the_report_are_offered(session: db.Writing) -> None:
    numbers = [open_one(session)[0].number for _ in range(nearby.MOST + 2)]
    made = statement.parse({"location": {"lon": 100.14, "lat": 30.1}}, now=AT + timedelta(minutes=60))
    found = [each.incident.number for each in nearby.nearby(session, made, JIA, USUAL)]
    assert found == sorted(numbers, reverse=True)[: nearby.MOST]


def test_neither_an_exercise_nor_an_ended_incident_is_offered(session: db.Writing) -> None:
    incident, _ = open_one(session)
    assert nearby.nearby(session, statement.parse({"location": HEAD, "drill": True}, now=AT), JIA, USUAL) == []
    record.withdraw(session, incident, LATER, JIA.actor, reason="不实")
    session.commit()
    assert nearby.nearby(session, statement.parse({"location": HEAD}, now=AT), JIA, USUAL) == []


# Merging -------------------------------------------------------------------------------------------------------------


def two(session: db.Writing) -> tuple[IncidentRow, IncidentRow]:
    """Two files on one event; each has told 中区, the second 外区 as well."""
    first, _ = open_one(session, substance="柴油")
    second, _ = open_one(session, location=ELSEWHERE, reporter="船工")
    tell(session, first, "V20100")
    tell(session, second, "V20100", "V30100")
    return first, second


def test_a_merged_file_goes_on_in_the_other_with_its_reports_its_told_and_its_duties(session: db.Writing) -> None:
    first, second = two(session)
    before = journal.last(session, f"incident:{second.number}")
    joining.merge(session, second, first, LATER, JIA.actor, reason="同一辆车")
    session.commit()
    assert (second.status, second.merged_into, second.next_update_at) == ("merged", first.number, None)
    assert [(each.n, each.file) for each in reports.reports(session, first.number)] == [(1, 1), (2, 2)]
    assert reports.reports(session, second.number) == []
    assert record.current(session, first).substance == "柴油"
    corrections = {row.tells: row for row in notifications.of_incident(session, 1) if row.kind == "correction"}
    assert set(corrections) == {"V20100", "V30100"}
    [(_, said)] = issue.would_say(session, first, [corrections["V30100"].id], at=LATER.at)
    assert said["corrected"][0] == {"field": "file", "was": second.number, "now": first.number}
    assert said["reason"] == "同一辆车"
    kinds = [each.kind for each in journal.read(session, f"incident:{second.number}")]
    assert kinds[before:] == ["incident.merged"]
    assert "incident.merged_in" in [each.kind for each in journal.read(session, f"incident:{first.number}")]
    for number in (first.number, second.number):
        assert journal.verify(session, f"incident:{number}") is None
    assert {"V20100", "V30100"} <= access.audience(session, first.number)


def test_after_a_merge_nobody_is_told_the_same_twice_and_no_duty_stands_twice(session: db.Writing) -> None:
    first, second = two(session)
    joining.merge(session, second, first, LATER, JIA.actor, reason="同一辆车")
    session.commit()
    record.add_report(session, first, {"bank": "left"}, LATER, JIA.actor, reason=None)
    session.commit()
    assert ("incident", "V30100") not in {
        (row.kind, row.tells)
        for row in notifications.of_incident(session, first.number)
        if row.state == "proposed" and row.follows is None
    }
    key = (ObligationRow.event, ObligationRow.who, ObligationRow.tells, ObligationRow.role,
           ObligationRow.agreement, ObligationRow.clause, ObligationRow.occasion)  # fmt: skip
    counted = select(func.count()).where(ObligationRow.event.is_not(None)).group_by(*key)
    assert set(session.scalars(counted)) == {1}


def test_what_rests_after_a_merge_is_not_sent_of_itself(session: db.Writing) -> None:
    first, _ = open_one(session, substance="柴油")
    second, _ = open_one(session, location=ELSEWHERE, reporter="船工")
    joining.merge(session, second, first, LATER, JIA.actor, reason="同一辆车")
    session.execute(update(NotificationRow).where(NotificationRow.state == "proposed").values(automatic=True))
    resting = set(session.scalars(select(NotificationRow.id).where(NotificationRow.event.is_(None))))
    while work.send_automatic(session, LATER.at):
        session.flush()
    sent = set(session.scalars(select(NotificationRow.id).where(NotificationRow.state == "issued")))
    assert resting
    assert sent
    assert not resting & sent
    assert {"V20100"} <= access.audience(session, first.number)


def test_a_read_back_of_the_old_code_stands_for_what_was_said_in_both_files(session: db.Writing) -> None:
    first, second = two(session)
    joining.merge(session, second, first, LATER, JIA.actor, reason="同一辆车")
    session.commit()
    [told_there] = [row for row in notifications.of_incident(session, first.number)
                    if row.incident == second.number and row.tells == "V20100" and row.issued_at]  # fmt: skip
    correction = next(row for row in proposals(session, first).values() if row.kind == "correction")
    newest = latest(session, first.number)
    assert newest is not None
    rows = [row.id for row in notifications.of_incident(session, first.number)
            if row.kind == "correction" and row.tells == "V20100"]  # fmt: skip
    issue.issue(session, first, Order(newest.id, rows, (), Act.HEADS_UP, None, None), JIA, at=LATER.at)
    session.commit()
    assert correction.kind == "correction"
    assert notifications.is_superseded(session, told_there)
    newly = notifications.acknowledge(
        session, notification_id=rows[0], by_person="甲", via=Via.CALL, by=JIA.actor, at=LATER.at, code=told_there.code
    )
    session.commit()
    assert told_there.id in newly
    for number in (first.number, second.number):
        assert "notification.acknowledged" in [each.kind for each in journal.read(session, f"incident:{number}")]


def test_a_merge_is_taken_back_and_each_file_has_its_own_again(session: db.Writing) -> None:
    first, second = two(session)
    held = {row.id for row in notifications.of_incident(session, second.number)}
    joining.merge(session, second, first, LATER, JIA.actor, reason="同一辆车")
    session.commit()
    n = add(session, first, description="又一人")
    joining.unmerge(session, second, LATER, JIA.actor, reason="两辆车")
    session.commit()
    assert (second.status, second.merged_into) == ("open", None)
    assert [each.n for each in reports.reports(session, second.number)] == [1]
    assert [each.n for each in reports.reports(session, first.number)] == [1, n]
    assert held <= {row.id for row in notifications.of_incident(session, second.number)}
    assert ("correction", "V30100") in owed(session, second)
    assert [other.number for _, other in links.linked(session, first.number)] == [second.number]
    with pytest.raises(NotFound):
        record.found(session, first.number, WAI, Action.SEE_INCIDENT)
    joining.merge(session, second, first, LATER, JIA.actor, reason="还是同一辆")
    session.commit()
    assert {(each.file, each.n) for each in reports.reports(session, first.number)} == {(1, 1), (1, n), (2, 2)}


def test_a_withdrawal_after_a_merge_reaches_those_told_of_either_file_and_the_file_closes_only_then(
    session: db.Writing,
) -> None:
    first, second = two(session)
    joining.merge(session, second, first, LATER, JIA.actor, reason="同一辆车")
    session.commit()
    record.withdraw(session, first, LATER, JIA.actor, reason="未入河")
    session.commit()
    assert owed(session, first) == {("withdrawal", "V20100"), ("withdrawal", "V30100")}
    assert {each.state for each in reports.reports(session, first.number)} == {Verification.REFUTED}
    newest = latest(session, first.number)
    assert newest is not None
    withheld = tuple((row.id, "不必") for row in notifications.of_incident(session, 1) if row.state == "proposed")
    issue.issue(session, first, Order(newest.id, (), withheld, Act.HEADS_UP, None, None), JIA, at=LATER.at)
    for row in notifications.of_incident(session, first.number):
        if row.state == "issued":
            notifications.acknowledge(
                session, notification_id=row.id, by_person="x", via=Via.WEB, by=JIA.actor, at=LATER.at
            )
    session.commit()
    with pytest.raises(Conflict, match="not-all-heard") as refused:
        record.close(session, first, LATER, JIA.actor, reason="完")
    assert refused.value.facts["desks"] == ["V20100", "V30100"]


def test_what_cannot_be_one_event_is_not_merged(session: db.Writing) -> None:
    first, _ = open_one(session)
    drill, _ = open_one(session, drill=True)
    made = statement.parse({"location": {"lon": 100.18, "lat": 30.1}}, now=AT)
    zhongs, _ = record.report(session, made, Context(AT, ZONE), ZHONG.actor, ZHONG.desk)
    session.commit()
    for other, slug in ((first, "same-file"), (drill, "drill-and-real"), (zhongs, "two-leads")):
        with pytest.raises((BadInput, Conflict), match=slug):
            joining.merge(session, first, other, LATER, JIA.actor, reason="x")
    joining.merge(session, *_another(session, first), LATER, JIA.actor, reason="同")
    session.commit()
    with pytest.raises(Conflict, match="not-open"):
        record.add_report(session, session.get_one(IncidentRow, 4), {"bank": "left"}, LATER, JIA.actor, reason=None)


def _another(session: db.Writing, first: IncidentRow) -> tuple[IncidentRow, IncidentRow]:
    other, _ = open_one(session)
    return other, first


# Splitting -----------------------------------------------------------------------------------------------------------


def test_reports_of_another_event_open_a_file_of_their_own_and_those_told_hear_of_it(session: db.Writing) -> None:
    incident, _ = open_one(session, substance="柴油")
    n = add(session, incident, location={"lon": 100.18, "lat": 30.1}, substance="氨水", reporter="船工")
    tell(session, incident, "V20100")
    made = joining.split(session, incident, [n], LATER, JIA.actor, reason="另一辆车")
    session.commit()
    assert (made.lead, made.known_at) == ("V20100", LATER.at)
    assert record.current(session, incident).substance == "柴油"
    assert record.current(session, made).substance == "氨水"
    assert [(each.n, each.file, each.n_there) for each in reports.reports(session, made.number)] == [(1, 1, 2)]
    assert ("correction", "V20100") in owed(session, incident)
    assert session.scalar(select(func.count()).select_from(ReportRow)) == 2
    assert [other.number for _, other in links.linked(session, made.number)] == [incident.number]
    assert latest(session, made.number) is not None


def test_a_report_that_names_no_place_takes_the_files_with_it(session: db.Writing) -> None:
    incident, _ = open_one(session)
    n = add(session, incident, description="另有一处泡沫")
    made = joining.split(session, incident, [n], LATER, JIA.actor, reason="另一处")
    session.commit()
    assert record.current(session, made).lon == HEAD["lon"]
    assert [each.n for each in reports.reports(session, made.number)] == [1, 2]


@pytest.mark.parametrize(
    ("chosen", "slug"), [([], "no-reports"), ([1], "nothing-left"), ([7], "no-such-report"), ([2], "is-a-correction")]
)
def test_a_split_that_cannot_be_is_refused(session: db.Writing, chosen: list[int], slug: str) -> None:
    incident, _ = open_one(session)
    record.correct(session, incident, {"substance": "硫酸"}, LATER, JIA.actor, reason="铭牌")
    session.commit()
    with pytest.raises((BadInput, Conflict, NotFound), match=slug):
        joining.split(session, incident, chosen, LATER, JIA.actor, reason="x")


# Moving --------------------------------------------------------------------------------------------------------------


def test_a_moved_event_tells_the_newly_reached_and_says_so_to_those_it_reaches_no_longer(session: db.Writing) -> None:
    incident, _ = open_one(session)
    tell(session, incident, "V20100")
    record.correct(session, incident, {"location": BELOW}, LATER, JIA.actor, reason="是下游那座桥")
    session.commit()
    correction = next(row for row in notifications.of_incident(session, incident.number) if row.kind == "correction")
    assert correction.tells == "V20100"
    [(_, said)] = issue.would_say(session, incident, [correction.id], at=LATER.at)
    assert {"field": "reached", "was": True, "now": False} in said["corrected"]
    [moved] = [each for each in journal.read(session, "incident:1") if each.kind == "incident.moved"]
    assert moved.facts["no_longer_reached"] == ["V20100"]


def test_a_proposal_to_a_desk_that_is_reached_no_longer_rests_and_comes_back_with_the_water(
    session: db.Writing,
) -> None:
    incident, _ = open_one(session)
    proposal = proposals(session, incident)["V20100"]
    record.correct(session, incident, {"location": BELOW}, LATER, JIA.actor, reason="是下游那座桥")
    session.commit()
    assert "V20100" not in proposals(session, incident)
    assert "notification.rested" in [each.kind for each in journal.read(session, "incident:1")]
    record.correct(session, incident, {"location": HEAD}, LATER, JIA.actor, reason="还是上游")
    session.commit()
    assert proposals(session, incident)["V20100"].id == proposal.id
