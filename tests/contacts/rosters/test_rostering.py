"""The roster kept by a desk's own people; gaps found before an incident finds them; P1 and P10 on the roster."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from contacts.duty.roster import duty, named_from, standing
from contacts.duty.shifts import Changes
from contacts.duty.turns import turns
from contacts.kinds import DAYS
from contacts.models import ContactRow, DeliveryRow, MethodRow, OverrideRow, PastRotationRow, RosterRow, RotationRow
from contacts.people import directory, listing, numbers
from contacts.rosters import feed, gaps, handover, overlaps, rostering
from contacts.rosters.overlaps import ShiftDraft
from contacts.rosters.rostering import Dated
from contacts.sending import inbound, planning
from contacts.sending.states import State
from contacts.values import Contact, Policy, Role
from emergency import clock, journal
from emergency.access import Officer
from emergency.access import Role as Post
from emergency.errors import BadFile, BadInput, Conflict, EmergencyError, NotFound
from emergency.words import Language
from tests.contacts import cast
from tests.contacts.cast import DESK, NUMBERS, SENDER_DESK

VAULT = numbers.vault(cast.CONTACTS_KEY)
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)  # Monday, 09:00 in Shanghai
CHINA = ZoneInfo("Asia/Shanghai")


def officer(number: int = 7, desk: str | None = DESK, role: Post = Post.DUTY_OFFICER) -> Officer:
    return Officer(number, f"值班员{number}", role, desk, None, "stamp")


def ids(session: Session) -> dict[str, int]:
    rows = session.scalars(select(ContactRow).where(ContactRow.desk == DESK))
    return {row.role: row.id for row in rows}


def loaded(session: Session) -> dict[str, int]:
    cast.load(session)
    session.flush()
    return ids(session)


def shift(*turns_of: tuple[int, ...], **changes: Any) -> ShiftDraft:
    known: dict[str, Any] = {
        "role": Role.PRIMARY,
        "label": "白班",
        "days": frozenset(DAYS),
        "starts": time(8),
        "hours": 12,
        "anchor_on": date(2026, 3, 2),
        "until_on": None,
        "changes": Changes.SHIFT,
        "turns": turns_of,
    }
    return ShiftDraft(**(known | changes))


def test_a_desk_without_a_roster_goes_by_the_clock_of_the_service(session: Session) -> None:
    vienna = ZoneInfo("Europe/Vienna")
    assert rostering.zone_of(session, DESK, vienna) == vienna
    rostering.mark_days(session, DESK, [], zone=vienna, officer=officer(), at=NOW)
    assert rostering.zone_of(session, DESK, CHINA) == vienna  # and from then on by its own


def at_duty(session: Session, at: datetime, role: Role = Role.PRIMARY) -> list[int]:
    return [each.id for each in standing(directory.roster(session, DESK), role, at)]


def kinds(session: Session) -> list[str]:
    session.commit()
    return [each.kind for each in journal.read(session, f"desk:{DESK}")]


def test_a_shift_stands_until_it_is_ended_and_again_when_that_is_undone(session: Session) -> None:
    people = loaded(session)
    row = rostering.add_shift(session, DESK, shift((people["deputy"],)), zone=cast.ZONE, officer=officer(), at=NOW)
    assert at_duty(session, NOW) == [people["deputy"]]
    rostering.end_shift(session, row.id, restore=False, officer=officer(), at=NOW)
    assert at_duty(session, NOW) == [people["primary"]]
    with pytest.raises(Conflict, match="reload"):
        rostering.end_shift(session, row.id, restore=False, officer=officer(), at=NOW)
    rostering.end_shift(session, row.id, restore=True, officer=officer(), at=NOW)
    assert at_duty(session, NOW) == [people["deputy"]]
    assert kinds(session)[-3:] == ["roster.shift", "roster.shift_ended", "roster.shift_restored"]


def test_the_past_stays_as_it_was_when_a_shift_is_entered_and_when_it_is_ended(session: Session) -> None:
    people = loaded(session)
    entered, ended = NOW, NOW + timedelta(hours=30)
    row = rostering.add_shift(
        session,
        DESK,
        shift((people["deputy"],), starts=time(0), hours=24),
        zone=cast.ZONE,
        officer=officer(),
        at=entered,
    )
    hours = [entered - timedelta(hours=1), entered, ended - timedelta(hours=1), ended, ended + timedelta(days=3)]
    primary, deputy = [people["primary"]], [people["deputy"]]
    assert [at_duty(session, each) for each in hours] == [primary, deputy, deputy, deputy, deputy]
    rostering.end_shift(session, row.id, restore=False, officer=officer(), at=ended)
    assert [at_duty(session, each) for each in hours] == [primary, deputy, deputy, primary, primary]
    kept = directory.roster(session, DESK)
    assert named_from(kept, people["deputy"], ended - timedelta(hours=1))
    after = turns(kept, DESK, Role.PRIMARY, since=ended, until=hours[-1])
    assert {contact.id for each in after for contact in each.people} == set(primary)
    rostering.add_shift(  # the one that was ended is no overlap
        session, DESK, shift((people["leader"],), starts=time(0), hours=24), zone=cast.ZONE, officer=officer(), at=ended
    )
    assert [at_duty(session, each) for each in hours[2:4]] == [deputy, [people["leader"]]]


def test_a_shift_entered_while_another_runs_leaves_it_its_hours_today_as_on_every_day(session: Session) -> None:
    people = loaded(session)
    midnight = NOW.astimezone(cast.ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    day, entered = midnight + timedelta(hours=8), midnight + timedelta(hours=10)
    for who, starts, hours, at in (("deputy", 8, 12, midnight), ("leader", 0, 24, entered)):
        rostering.add_shift(
            session, DESK, shift((people[who],), starts=time(starts), hours=hours), zone=cast.ZONE, officer=officer(),
            at=at, despite=True,
        )  # fmt: skip
    noon, evening = day + timedelta(hours=4), day + timedelta(hours=13)
    deputy, leader = [people["deputy"]], [people["leader"]]
    assert [at_duty(session, each) for each in (noon, evening)] == [deputy, leader]
    assert [at_duty(session, each + timedelta(days=1)) for each in (noon, evening)] == [deputy, leader]


def test_what_is_taken_back_at_once_never_held(session: Session) -> None:
    people = loaded(session)
    around = [NOW - timedelta(hours=1), NOW, NOW + timedelta(minutes=5), NOW + timedelta(hours=2)]
    drafted = shift((people["leader"],), starts=time(0), hours=24)
    entered = [
        (
            rostering.end_cover,
            rostering_cover(session, [people["deputy"]], NOW - timedelta(hours=2), NOW + timedelta(hours=8)).id,
        ),
        (
            rostering.end_shift,
            rostering.add_shift(session, DESK, drafted, zone=cast.ZONE, officer=officer(), at=NOW).id,
        ),
    ]
    for end, row in entered:
        end(session, row, restore=False, officer=officer(), at=NOW + timedelta(minutes=9))
    assert [at_duty(session, each) for each in around] == [[people["primary"]]] * 4


def test_a_cover_entered_late_and_taken_back_held_while_it_was_entered(session: Session) -> None:
    people = loaded(session)
    row = rostering_cover(session, [people["deputy"]], NOW - timedelta(hours=2), NOW + timedelta(hours=8))
    hours = [NOW - timedelta(hours=1), NOW + timedelta(hours=1), NOW + timedelta(hours=4)]
    primary, deputy = [people["primary"]], [people["deputy"]]
    assert [at_duty(session, each) for each in hours] == [deputy, deputy, deputy]
    rostering.end_cover(session, row.id, restore=False, officer=officer(), at=NOW + timedelta(hours=3))
    assert [at_duty(session, each) for each in hours] == [primary, deputy, primary]


def test_a_cover_taken_back_in_its_middle_held_until_then(session: Session) -> None:
    people = loaded(session)
    row = rostering_cover(session, [people["deputy"]], NOW, NOW + timedelta(hours=8))
    later = rostering_cover(session, [people["leader"]], NOW + timedelta(hours=10), NOW + timedelta(hours=12))
    for each in (row, later):
        rostering.end_cover(session, each.id, restore=False, officer=officer(), at=NOW + timedelta(hours=3))
    primary, deputy = [people["primary"]], [people["deputy"]]
    hours = [NOW + timedelta(hours=n) for n in (0, 2, 3, 7, 11)]
    assert [at_duty(session, each) for each in hours] == [deputy, deputy, primary, primary, primary]


def rotate(session: Session, turns_of: list[int], at: datetime, **changes: Any) -> None:
    known: dict[str, Any] = {"anchor_at": datetime(2026, 3, 1, tzinfo=UTC), "shift_hours": 24}
    rostering.rotate(
        session, DESK, Role.PRIMARY, turns_of, **(known | changes), zone=cast.ZONE, officer=officer(), at=at
    )


def test_a_base_rotation_that_is_changed_or_emptied_leaves_the_past_as_it_was(session: Session) -> None:
    people = loaded(session)
    before, after = NOW - timedelta(days=6), NOW + timedelta(days=1)
    rotate(session, [people["deputy"]], NOW)
    assert [at_duty(session, each) for each in (before, NOW - timedelta(seconds=1), NOW, after)] == [
        [people["primary"]], [people["primary"]], [people["deputy"]], [people["deputy"]],
    ]  # fmt: skip
    rotate(session, [], after)
    assert [at_duty(session, each) for each in (before, NOW, after)] == [[people["primary"]], [people["deputy"]], []]
    whole = turns(directory.roster(session, DESK), DESK, Role.PRIMARY, since=before, until=after + timedelta(days=1))
    held = [[each.id for each in turn.people] for turn in whole]
    assert [each for n, each in enumerate(held) if not n or held[n - 1] != each] == [
        [people["primary"]], [people["deputy"]], [],
    ]  # fmt: skip
    assert [each.until for each in whole if not each.people] == [after + timedelta(days=1)]
    assert next(each.since for each in whole if [one.id for one in each.people] == [people["deputy"]]) == NOW


def test_an_emptied_base_rotation_stands_again_from_now_on(session: Session) -> None:
    people = loaded(session)
    rotate(session, [], NOW)
    [past] = session.scalars(select(PastRotationRow).where(PastRotationRow.role == "primary"))
    later = NOW + timedelta(hours=2)
    rostering.restore_rotation(session, past.id, officer=officer(), at=later)
    hours = [NOW - timedelta(hours=1), NOW + timedelta(hours=1), later]
    assert [at_duty(session, each) for each in hours] == [[people["primary"]], [], [people["primary"]]]
    with pytest.raises(Conflict, match="reload"):
        rostering.restore_rotation(session, past.id, officer=officer(), at=later)
    with pytest.raises(NotFound):
        rostering.restore_rotation(session, past.id, officer=officer(desk=SENDER_DESK), at=later)
    assert kinds(session)[-2:] == ["roster.rotation", "roster.rotation_restored"]


def test_a_base_rotation_that_begins_later_leaves_the_one_before_to_hold_until_then(session: Session) -> None:
    people = loaded(session)
    begins = NOW + timedelta(days=3)
    rotate(session, [people["deputy"]], NOW, anchor_at=begins)
    assert [at_duty(session, each) for each in (NOW, begins - timedelta(seconds=1), begins)] == [
        [people["primary"]], [people["primary"]], [people["deputy"]],
    ]  # fmt: skip
    rotate(session, [people["leader"]], NOW + timedelta(hours=1))  # before the other ever held
    assert [at_duty(session, each) for each in (NOW, NOW + timedelta(hours=1), begins)] == [
        [people["primary"]], [people["leader"]], [people["leader"]],
    ]  # fmt: skip


def test_a_file_that_changes_a_base_rotation_leaves_the_past_as_it_was(session: Session) -> None:
    people = loaded(session)
    document = cast.document()
    entry = document.rosters[0].model_copy(update={"turns": (), "escalation": (f"{DESK}-deputy",)})
    directory.load(session, document.model_copy(update={"rosters": (entry,)}), VAULT, zone=cast.ZONE, at=NOW)
    assert [at_duty(session, each) for each in (NOW - timedelta(days=1), NOW)] == [[people["primary"]], []]


def test_several_cover_for_a_time_and_the_cover_is_taken_back(session: Session) -> None:
    people = loaded(session)
    both = [people["leader"], people["deputy"]]
    row = rostering.cover(
        session, DESK, Role.PRIMARY, both, since=NOW, until=NOW + timedelta(hours=8), reason="培训",
        zone=cast.ZONE, officer=officer(), at=NOW,
    )  # fmt: skip
    assert at_duty(session, NOW) == both
    assert at_duty(session, NOW + timedelta(hours=8)) == [people["primary"]]
    rostering.end_cover(session, row.id, restore=False, officer=officer(), at=NOW)
    assert at_duty(session, NOW) == [people["primary"]]
    assert session.get(OverrideRow, row.id) is not None


def test_a_cover_over_another_is_said_before_it_is_saved(session: Session) -> None:
    people = loaded(session)
    rostering_cover(session, [people["deputy"]], NOW, NOW + timedelta(hours=8))
    rostering_cover(session, [people["leader"]], NOW + timedelta(hours=8), NOW + timedelta(hours=9))  # beside it
    with pytest.raises(Conflict) as refused:
        rostering_cover(session, [people["leader"]], NOW + timedelta(hours=2), NOW + timedelta(hours=3))
    assert (refused.value.slug, refused.value.facts["despite"]) == ("overlaps", True)
    assert "（deputy） 2026-03-02 09:00 – 2026-03-02 17:00" in refused.value.words.zh
    rostering_cover(session, [people["leader"]], NOW + timedelta(hours=2), NOW + timedelta(hours=3), despite=True)
    assert at_duty(session, NOW + timedelta(hours=2)) == [people["leader"]]


def rostering_cover(
    session: Session, who: list[int], since: datetime, until: datetime, *, despite: bool = False
) -> OverrideRow:
    return rostering.cover(
        session, DESK, Role.PRIMARY, who, since=since, until=until, reason="", zone=cast.ZONE, officer=officer(),
        at=NOW, despite=despite,
    )  # fmt: skip


def test_a_shift_that_overlaps_another_is_said_before_it_is_saved(session: Session) -> None:
    people = loaded(session)

    def enter(draft: ShiftDraft, *, despite: bool = False) -> None:
        rostering.add_shift(session, DESK, draft, zone=cast.ZONE, officer=officer(), at=NOW, despite=despite)

    enter(shift((people["primary"],)))
    night = shift((people["deputy"],), starts=time(20), label="夜班")
    enter(night)  # begins where the day ends
    enter(shift((people["deputy"],), role=Role.DEPUTY))
    longer = shift((people["deputy"],), starts=time(12), days=frozenset({"sat"}), hours=4)
    with pytest.raises(Conflict, match="2026-03-07 12:00 – 2026-03-07 16:00") as refused:
        enter(longer)
    assert refused.value.slug == "overlaps"
    enter(longer, despite=True)


@pytest.mark.parametrize(("days", "field"), [((-1, 1), "first_at"), ((1, -1), "second_at"), ((-2, 1), "first_at")])
def test_a_swap_with_a_turn_that_is_over_is_refused_at_the_hour_that_names_it(
    session: Session, days: tuple[int, int], field: str
) -> None:
    people = loaded(session)
    at = NOW + timedelta(days=4)
    draft = shift((people["primary"],), (people["deputy"],), (people["leader"],), hours=24)
    rostering.add_shift(session, DESK, draft, zone=cast.ZONE, officer=officer(), at=NOW)
    first, second = (at + timedelta(days=each) for each in days)
    with pytest.raises(BadInput, match="over already") as refused:
        rostering.swap(session, DESK, Role.PRIMARY, first, second, reason="", officer=officer(), at=at)
    assert refused.value.field == field
    after = at + timedelta(days=1)
    assert len(rostering.swap(session, DESK, Role.PRIMARY, at, after, reason="", officer=officer(), at=at)) == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hours": 30}, "hours"),
        ({"days": frozenset({"mon", "wed"}), "hours": 49}, "hours"),
        ({"anchor_on": date(2026, 2, 2), "until_on": date(2026, 2, 28)}, "until_on"),
    ],
)
def test_a_shift_that_can_only_be_a_slip_is_refused(session: Session, change: dict[str, Any], field: str) -> None:
    people = loaded(session)
    with pytest.raises(BadInput) as refused:
        rostering.add_shift(session, DESK, shift((people["primary"],), **change), zone=cast.ZONE, officer=officer(),
                            at=NOW, despite=True)  # fmt: skip
    assert refused.value.field == field


def test_the_same_person_twice_in_a_cover_or_turn_is_refused(session: Session) -> None:
    people = loaded(session)
    twice = (people["deputy"], people["deputy"])
    with pytest.raises(BadInput, match="twice") as refused:
        rostering_cover(session, list(twice), NOW, NOW + timedelta(hours=8), despite=True)
    assert refused.value.field == "people"
    with pytest.raises(BadInput, match="twice") as refused:
        rostering.add_shift(session, DESK, shift(twice), zone=cast.ZONE, officer=officer(), at=NOW)
    assert refused.value.field == "turns"


def test_two_turns_are_swapped_and_both_go_back_together(session: Session) -> None:
    people = loaded(session)
    draft = shift((people["primary"],), (people["deputy"],), hours=24)
    rostering.add_shift(session, DESK, draft, zone=cast.ZONE, officer=officer(), at=NOW)
    monday, tuesday = NOW + timedelta(hours=3), NOW + timedelta(hours=27)
    halves = rostering.swap(
        session, DESK, Role.PRIMARY, monday, tuesday, reason="", officer=officer(), at=NOW - timedelta(hours=9)
    )
    assert [at_duty(session, each) for each in (monday, tuesday)] == [[people["deputy"]], [people["primary"]]]
    wednesday = tuesday + timedelta(hours=24)
    assert at_duty(session, wednesday) == [people["primary"]]
    with pytest.raises(Conflict, match="cover"):
        rostering.swap(session, DESK, Role.PRIMARY, monday, wednesday, reason="", officer=officer(), at=NOW)
    rostering.end_cover(session, halves[1].id, restore=False, officer=officer(), at=NOW)
    assert [at_duty(session, each) for each in (monday, tuesday)] == [[people["primary"]], [people["deputy"]]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hours": 0}, "hours"),
        ({"hours": 745}, "hours"),
        ({"days": frozenset()}, "days"),
        ({"days": frozenset({"someday"})}, "days"),
        ({"until_on": date(2026, 3, 1)}, "until_on"),
        ({"turns": ()}, "turns"),
        ({"turns": ((),)}, "turns"),
        ({"turns": ((999_999,),)}, "people"),
    ],
)
def test_a_shift_badly_said_is_refused_with_the_field(session: Session, change: dict[str, Any], field: str) -> None:
    people = loaded(session)
    with pytest.raises(EmergencyError) as refused:
        rostering.add_shift(session, DESK, shift(*[(people["primary"],)], **change) if "turns" not in change else shift(*change["turns"]), zone=cast.ZONE, officer=officer(), at=NOW)  # fmt: skip
    assert refused.value.field == field


@pytest.mark.parametrize(("since_h", "until_h"), [(2, 2), (3, 2), (-9, -1), (0, 24 * 400)])
def test_a_cover_that_cannot_be_is_refused(session: Session, since_h: int, until_h: int) -> None:
    people = loaded(session)
    span = {"since": NOW + timedelta(hours=since_h), "until": NOW + timedelta(hours=until_h)}
    with pytest.raises(BadInput) as refused:
        rostering.cover(
            session,
            DESK,
            Role.PRIMARY,
            [people["deputy"]],
            since=span["since"],
            until=span["until"],
            reason="",
            zone=cast.ZONE,
            officer=officer(),
            at=NOW,
        )
    assert refused.value.field == "until"


def test_only_the_desks_own_people_change_its_roster(session: Session) -> None:
    people = loaded(session)
    for stranger in (officer(9, SENDER_DESK), officer(9, DESK, Post.LIAISON)):
        with pytest.raises(NotFound, match="own people"):
            rostering.add_shift(session, DESK, shift((people["primary"],)), zone=cast.ZONE, officer=stranger, at=NOW)
    rostering.settings(
        session, DESK, time_zone="Asia/Urumqi", horizon_days=7, officer=officer(9, None, Post.ADMINISTRATOR), at=NOW
    )
    assert rostering.zone_of(session, DESK, cast.ZONE).key == "Asia/Urumqi"


def test_holidays_are_taken_from_a_list_and_a_wrong_row_is_named(session: Session) -> None:
    loaded(session)
    text = "日期,算作,名称\n2026-10-01,节假日,国庆\n2026/10/10,周五,调休\n"
    days = rostering.read_days(text.encode("gb18030"))
    assert days == [Dated(date(2026, 10, 1), "holiday", "国庆"), Dated(date(2026, 10, 10), "fri", "调休")]
    assert rostering.mark_days(session, DESK, days, zone=cast.ZONE, officer=officer(), at=NOW) == 2
    assert rostering.mark_days(session, DESK, days, zone=cast.ZONE, officer=officer(), at=NOW) == 0
    found = directory.roster(session, DESK)
    assert found is not None
    assert found.days[date(2026, 10, 10)] == "fri"
    with pytest.raises(BadFile, match="row 2"):
        rostering.read_days(b"date,counts as\nsomeday,holiday\n")
    with pytest.raises(BadFile, match="row 1"):
        rostering.read_days(b"2026-10-01,x\n")
    with pytest.raises(BadFile, match="no row"):
        rostering.read_days(b"")
    rostering.unmark_day(session, DESK, date(2026, 10, 1), officer=officer(), at=NOW)
    with pytest.raises(NotFound):
        rostering.unmark_day(session, DESK, date(2026, 10, 1), officer=officer(), at=NOW)


def test_hours_are_of_the_desks_own_wall_clock_unless_they_name_a_zone() -> None:
    chicago = ZoneInfo("America/Chicago")
    assert rostering.local("2026-03-08T08:00", "since", chicago) == datetime(2026, 3, 8, 13, tzinfo=UTC)
    assert rostering.local("2026-03-08T08:00+08:00", "since", chicago) == datetime(2026, 3, 8, 0, tzinfo=UTC)
    with pytest.raises(BadInput) as refused:
        rostering.local("tonight", "since", chicago)
    assert refused.value.field == "since"


# Gaps ----------------------------------------------------------------------------------------------------------------


def check_all(session: Session, now: datetime) -> int:
    done = 0
    while gaps.check(session, now):
        done += 1
        session.flush()
    session.commit()
    return done


def alarms(session: Session) -> list[dict[str, Any]]:
    return [dict(each.facts) for each in journal.read(session, f"desk:{DESK}") if each.kind == "roster.gap"]


def test_a_gap_is_alarmed_before_an_incident_once_a_day_and_not_twice(session: Session) -> None:
    people = loaded(session)
    session.execute(update(RotationRow).where(RotationRow.desk == DESK, RotationRow.role == "primary").values(turns=[]))
    weekdays = frozenset(("mon", "tue", "wed", "thu", "fri"))
    rostering.add_shift(
        session, DESK, shift((people["primary"],), days=weekdays, hours=24), zone=cast.ZONE, officer=officer(), at=NOW
    )
    session.execute(update(RosterRow).values(next_check_at=NOW))
    assert check_all(session, NOW) == 1
    [alarm] = alarms(session)
    assert (alarm["alarm"], alarm["count"]) == (True, 2)
    first = alarm["gaps"][0]  # from Saturday at eight to Monday at eight
    assert (first["role"], first["since"], first["until"]) == (
        "primary",
        "2026-03-07T00:00:00Z",
        "2026-03-09T00:00:00Z",
    )
    assert check_all(session, NOW + timedelta(hours=3)) == 0
    assert len(alarms(session)) == 1
    assert check_all(session, NOW + timedelta(days=1)) == 1
    assert len(alarms(session)) == 2


def test_a_full_roster_is_checked_and_says_nothing(session: Session) -> None:
    loaded(session)
    assert check_all(session, clock.now() + timedelta(minutes=1)) == 1
    assert alarms(session) == []
    kept = session.get_one(RosterRow, DESK)
    assert kept.checked_at is not None
    assert kept.next_check_at.astimezone(CHINA).hour == 9


def test_a_desk_with_contacts_and_no_roster_is_a_gap_too(session: Session) -> None:
    cast.load(session, cast.document(roster=False))
    assert check_all(session, clock.now() + timedelta(minutes=1)) == 1
    assert {each["reason"]["slug"] for each in alarms(session)[0]["gaps"]} == {"no-roster"}


@pytest.mark.parametrize(
    ("column", "slug"), [("opted_out_at", "opted-out"), ("wrong_at", "wrong-number"), ("active", "no-method")]
)
def test_somebody_on_duty_whom_no_text_can_reach_is_a_gap(session: Session, column: str, slug: str) -> None:
    people = loaded(session)
    value = False if column == "active" else NOW
    session.execute(
        update(MethodRow)
        .where(MethodRow.contact_id == people["primary"], MethodRow.channel == "sms")
        .values({column: value})
    )
    found = gaps.holes(session, DESK, since=NOW, until=NOW + timedelta(days=14))
    assert [(each.role, each.contact, each.reason.slug) for each in found] == [(Role.PRIMARY, people["primary"], slug)]
    assert (found[0].since, found[0].until) == (NOW, NOW + timedelta(days=14))


def test_the_check_comes_at_nine_by_the_desks_own_clock_also_when_the_clocks_change() -> None:
    chicago = ZoneInfo("America/Chicago")
    before = datetime(2026, 3, 7, 15, 30, tzinfo=UTC)  # 09:30 on the day before the clocks go forward
    after = gaps.next_check(before, chicago)
    assert after == datetime(2026, 3, 8, 14, tzinfo=UTC)
    assert gaps.next_check(after, chicago) == datetime(2026, 3, 9, 14, tzinfo=UTC)


def test_p10_a_stop_is_seen_on_the_roster_at_once_and_a_start_takes_it_away(session: Session) -> None:
    cast.load(session, cast.document(people={role: {"country_profile": "US"} for role in NUMBERS}))
    session.flush()

    def on_roster() -> list[bool]:
        shown = listing.on_duty(session, DESK, directory.roster(session, DESK), vault=VAULT, now=clock.now())
        return [bool(each["opted_out_at"]) for each in shown[0]["people"][0]["methods"] if each["way"] == "sms"]

    assert on_roster() == [False]
    inbound.take(session, sid="SM1", number=NUMBERS["primary"], body="STOP", vault=VAULT, at=clock.now())
    session.flush()
    assert on_roster() == [True]
    now = clock.now()
    assert [each.reason.slug for each in gaps.holes(session, DESK, since=now, until=now + timedelta(days=1))] == [
        "opted-out"
    ]
    inbound.take(session, sid="SM2", number=NUMBERS["primary"], body="START", vault=VAULT, at=clock.now())
    session.flush()
    assert on_roster() == [False]


# P1 ------------------------------------------------------------------------------------------------------------------

PERSON = st.fixed_dictionaries(
    {"active": st.booleans(), "stop": st.booleans(), "wrong": st.booleans(), "none": st.booleans()}
)
SHAPES = st.fixed_dictionaries(
    {
        "people": st.dictionaries(st.sampled_from(list(NUMBERS)), PERSON),
        "base": st.booleans(),
        "zone": st.sampled_from(["Asia/Shanghai", "America/Chicago", "Australia/Lord_Howe"]),
        "shifts": st.lists(
            st.tuples(st.sampled_from(list(Role)), st.sets(st.sampled_from(list(DAYS)), min_size=1), st.integers(0, 23), st.integers(1, 200)),
            max_size=3,
        ),
        "covers": st.lists(st.tuples(st.sampled_from(list(Role)), st.integers(-30, 30), st.integers(31, 90)), max_size=2),
        "circle": st.sampled_from(["now", "prepare", "watch"]),
    }
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SHAPES)
def test_p1_whatever_the_shape_of_a_roster_a_message_has_deliveries_or_a_recorded_reason(
    session: Session, shape: dict[str, Any]
) -> None:
    outer = session.begin_nested()
    people = shape["people"]
    cast.load(
        session,
        cast.document(people={role: {"active": each["active"]} for role, each in people.items()}, roster=shape["base"]),
    )
    session.flush()
    known, at = ids(session), clock.now()
    session.execute(update(RosterRow).values(time_zone=shape["zone"]))
    for role, each in people.items():
        hindered = {
            "opted_out_at": at if each["stop"] else None,
            "wrong_at": at if each["wrong"] else None,
            "active": not each["none"],
        }
        session.execute(update(MethodRow).where(MethodRow.contact_id == known[role]).values(**hindered))
    able = [known[role] for role, each in people.items() if each["active"]]
    if able:
        for role, days, hour, hours in shape["shifts"]:
            draft = shift(
                (able[0],),
                (able[-1],),
                role=role,
                days=frozenset(days),
                starts=time(hour),
                hours=hours,
                anchor_on=date(2025, 1, 1),
            )
            draft = replace(draft, hours=min(hours, overlaps.longest(draft)))
            rostering.add_shift(session, DESK, draft, zone=cast.ZONE, officer=officer(), at=at, despite=True)
        for role, before, after in shape["covers"]:
            rostering.cover(
                session,
                DESK,
                role,
                able,
                since=at + timedelta(hours=before),
                until=at + timedelta(hours=after),
                reason="",
                zone=cast.ZONE,
                despite=True,
                officer=officer(),
                at=at,
            )
    row = cast.message(session, cast.incident(session), circle=shape["circle"])
    planning.plan(session, row, zone=cast.ZONE, policy=Policy(), at=at)
    session.flush()
    made = session.scalars(
        select(DeliveryRow).where(DeliveryRow.incident == row.incident, DeliveryRow.desk == DESK)
    ).all()
    texts = [each for each in made if each.channel == "sms"]
    assert texts
    assert all(each.state == State.PENDING or each.reason for each in texts)
    told = any(each.state == State.PENDING for each in texts)
    reachable = {
        role.value
        for role, found in duty(directory.roster(session, DESK), DESK, at).items()
        if isinstance(found, Contact) and found.id not in gaps.hindrances(session, {found.id})
    }
    assert told == bool(reachable)
    outer.rollback()  # fmt: skip


# Hand-over -----------------------------------------------------------------------------------------------------------


def test_the_desk_is_handed_over_line_by_line_to_another_officer_of_it(session: Session) -> None:
    giver, taker = officer(1), officer(2)
    row = handover.give(session, ["梁平未回报", "5时前再报"], officer=giver, at=NOW)
    with pytest.raises(Conflict, match="waits already"):
        handover.give(session, ["又一份"], officer=taker, at=NOW)
    with pytest.raises(Conflict, match="cannot take it"):
        handover.take(session, row.id, [0, 1], "", officer=giver, at=NOW)
    with pytest.raises(Conflict, match="2 not accepted"):
        handover.take(session, row.id, [0], "", officer=taker, at=NOW)
    with pytest.raises(NotFound):
        handover.take(session, row.id, [0, 1], "", officer=officer(3, SENDER_DESK), at=NOW)
    handover.take(session, row.id, [0, 1], "已看", officer=taker, at=NOW)
    assert handover.standing(session, DESK) is None
    [past] = handover.past(session, DESK)
    assert (past.given_name, past.answered_name, past.remark) == ("值班员1", "值班员2", "已看")
    with pytest.raises(Conflict, match="over"):
        handover.take(session, row.id, [0, 1], "", officer=taker, at=NOW)
    assert kinds(session) == ["desk.handed_over", "desk.hand_over_answered"]


def test_a_hand_over_is_taken_back_by_its_giver_alone_and_an_empty_one_is_refused(session: Session) -> None:
    row = handover.give(session, ["一件"], officer=officer(1), at=NOW)
    with pytest.raises(Conflict, match="Only who gave"):
        handover.take_back(session, row.id, officer=officer(2), at=NOW)
    handover.take_back(session, row.id, officer=officer(1), at=NOW)
    assert handover.standing(session, DESK) is None
    with pytest.raises(BadInput) as refused:
        handover.give(session, ["  "], officer=officer(1), at=NOW)
    assert refused.value.field == "lines"


# Feed ----------------------------------------------------------------------------------------------------------------


def test_the_feed_says_who_is_on_duty_and_where_nobody_is_and_holds_no_number(session: Session) -> None:
    people = loaded(session)
    session.execute(update(RotationRow).where(RotationRow.desk == DESK, RotationRow.role == "leader").values(turns=[]))
    made = feed.calendar(session, DESK, "中区 值班表", Language.EN, now=NOW)
    read = icalendar.Calendar.from_ical(made)
    events = read.walk("VEVENT")
    summaries = {str(each["summary"]) for each in events}
    assert summaries == {f"primary · {DESK} primary", f"deputy · {DESK} deputy", "⚠ leader · NOBODY ON DUTY"}
    assert len({str(each["uid"]) for each in events}) == len(events)
    assert b"555" not in made
    assert people
    found = directory.roster(session, DESK)
    expected = turns(found, DESK, Role.PRIMARY, since=NOW - feed.BEFORE, until=NOW + feed.AHEAD)
    starts = sorted(each.decoded("dtstart") for each in events if "primary" in str(each["summary"]))
    assert starts == [each.since.replace(microsecond=0) for each in expected]


def test_a_feed_opens_by_its_secret_until_it_is_revoked(session: Session) -> None:
    loaded(session)
    row, token = feed.make(session, DESK, "手机", officer=officer(), at=NOW)
    assert feed.desk_of(session, token) == DESK
    assert token not in row.token_hash
    with pytest.raises(NotFound):
        feed.desk_of(session, token[:-1])
    with pytest.raises(NotFound, match="own people"):
        feed.revoke(session, row.id, officer=officer(9, SENDER_DESK), at=NOW)
    feed.revoke(session, row.id, officer=officer(), at=NOW)
    with pytest.raises(NotFound):
        feed.desk_of(session, token)
    assert feed.listed(session, DESK) == []
