"""Shifts, turns and gaps by the desk's own wall clock, in any zone, whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.duty import grid
from contacts.duty.grid import View
from contacts.duty.roster import Override, Roster, Rotation, Source, holding, on_duty, standing
from contacts.duty.shifts import Changes, Shift, counts_as, instant, occurrences, on_day, turn
from contacts.duty.turns import gaps, turns
from contacts.kinds import DAYS, WEEK
from contacts.values import INACTIVE, NO_ROSTER, NOBODY_IN_ROLE, Contact, Level, Role
from emergency.words import Language, Words

DESK = "V20100"
CHINA = ZoneInfo("Asia/Shanghai")
CHICAGO = ZoneInfo("America/Chicago")
# an hour, half an hour, none, a day that never was, a midnight that is skipped
ZONES = tuple(
    ZoneInfo(name)
    for name in (
        "Asia/Shanghai",
        "America/Chicago",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "America/Santiago",
        "Pacific/Apia",
        "Asia/Beirut",
    )
)
EVERY_DAY = frozenset(DAYS)
WORKDAYS = frozenset({"mon", "tue", "wed", "thu", "fri"})


def person(number: int, *, active: bool = True) -> Contact:
    return Contact(number, DESK, Role.PRIMARY, Words("某", "some"), Language.ZH, "CN", Level.FACTS, active)


PEOPLE = {n: person(n) for n in range(1, 8)} | {9: person(9, active=False)}


def shift(number: int = 1, **changes: Any) -> Shift:
    known: dict[str, Any] = {
        "role": Role.PRIMARY,
        "label": "",
        "days": EVERY_DAY,
        "starts": time(8),
        "hours": 24,
        "anchor_on": date(2025, 1, 1),
        "until_on": None,
        "changes": Changes.SHIFT,
        "turns": ((1,), (2,), (3,)),
    }
    return Shift(id=number, **(known | changes))


def roster(zone: ZoneInfo, *shifts: Shift, **more: Any) -> Roster:
    return Roster(DESK, zone, PEOPLE, shifts=shifts, **more)


def who(found: Roster, at: datetime) -> list[int]:
    return [each.id for each in standing(found, Role.PRIMARY, at)]


def test_day_and_night_shifts_hand_over_at_their_hours() -> None:
    day = shift(1, days=WORKDAYS, starts=time(8), hours=9, turns=((1,), (2,)))
    night = shift(2, days=WORKDAYS, starts=time(17), hours=15, turns=((3,), (4,)))
    weekend = shift(3, days=frozenset({"sat", "sun"}), hours=24, turns=((5,),))
    found = roster(CHINA, day, night, weekend)
    # Wednesday 1 January 2025 is the first day of all three
    expected = {(1, 8): 1, (1, 16): 1, (1, 17): 3, (2, 7): 3, (2, 8): 2, (2, 18): 4, (3, 9): 1, (4, 7): 3, (4, 8): 5}
    for (day_of_month, hour), contact in expected.items():
        assert who(found, datetime(2025, 1, day_of_month, hour, tzinfo=CHINA)) == [contact], (day_of_month, hour)


def test_a_turn_of_a_week_lasts_from_monday_to_sunday_whatever_days_are_worked() -> None:
    weekly = shift(days=WORKDAYS, changes=Changes.WEEK)
    found = roster(CHINA, weekly)
    assert [who(found, datetime(2025, 1, n, 12, tzinfo=CHINA)) for n in (1, 2, 3)] == [[1], [1], [1]]
    assert [who(found, datetime(2025, 1, n, 12, tzinfo=CHINA)) for n in (6, 10, 13)] == [[2], [2], [3]]


def test_a_holiday_and_a_worked_weekend_count_as_the_list_says() -> None:
    calendar = {date(2025, 10, 1): "holiday", date(2025, 9, 28): "fri"}  # a Sunday that is worked
    work = shift(1, days=WORKDAYS, hours=9, turns=((1,),))
    rest = shift(2, days=frozenset({"sat", "sun", "holiday"}), hours=24, turns=((2,),))
    found = roster(CHINA, work, rest, days=calendar)
    assert who(found, datetime(2025, 10, 1, 12, tzinfo=CHINA)) == [2]
    assert who(found, datetime(2025, 9, 28, 12, tzinfo=CHINA)) == [1]
    assert who(found, datetime(2025, 9, 27, 12, tzinfo=CHINA)) == [2]
    assert counts_as(date(2025, 10, 2), calendar) == "thu"


def test_several_stand_in_together_and_the_first_is_told_first() -> None:
    since, until = datetime(2025, 1, 2, tzinfo=UTC), datetime(2025, 1, 3, tzinfo=UTC)
    cover = Override(Role.PRIMARY, 4, since, until, (5, 6), 7, "cover")
    found = roster(CHINA, shift(), overrides=(cover,))
    assert who(found, since) == [4, 5, 6]
    told = on_duty(found, DESK, Role.PRIMARY, since)
    assert isinstance(told, Contact)
    assert told.id == 4
    assert who(found, until) == [3]


def test_somebody_deactivated_is_passed_over_for_the_next_of_the_turn() -> None:
    found = roster(CHINA, shift(turns=((9, 2),)))
    told = on_duty(found, DESK, Role.PRIMARY, datetime(2025, 1, 2, tzinfo=UTC))
    assert isinstance(told, Contact)
    assert told.id == 2
    alone = roster(CHINA, shift(turns=((9,),)))
    [hole] = turns(
        alone, DESK, Role.PRIMARY, since=datetime(2025, 1, 2, tzinfo=UTC), until=datetime(2025, 1, 4, tzinfo=UTC)
    )
    assert hole.reason == INACTIVE


def test_a_cover_comes_before_a_shift_and_a_shift_before_the_base_rotation() -> None:
    base = {Role.PRIMARY: Rotation(datetime(2025, 1, 1, tzinfo=UTC), 24, (7,))}
    cover = Override(Role.PRIMARY, 4, datetime(2025, 1, 6, tzinfo=UTC), datetime(2025, 1, 6, 1, tzinfo=UTC))
    found = roster(CHINA, shift(days=WORKDAYS, hours=9, turns=((1,),)), rotations=base, overrides=(cover,))
    layers = {
        datetime(2025, 1, 6, 8, 30, tzinfo=CHINA): Source.OVERRIDE,
        datetime(2025, 1, 6, 10, tzinfo=CHINA): Source.SHIFT,
        datetime(2025, 1, 6, 20, tzinfo=CHINA): Source.ROTATION,
    }
    for at, layer in layers.items():
        held = holding(found, Role.PRIMARY, at)
        assert held is not None
        assert held.source is layer


def test_of_two_shifts_the_one_that_began_last_holds() -> None:
    long = shift(1, hours=24, turns=((1,),))
    late = shift(2, starts=time(20), hours=4, turns=((2,),))
    found = roster(CHINA, long, late)
    assert who(found, datetime(2025, 1, 2, 21, tzinfo=CHINA)) == [2]
    assert who(found, datetime(2025, 1, 3, 1, tzinfo=CHINA)) == [1]


@pytest.mark.parametrize(("day", "hours"), [(9, 23), (2, 25), (10, 24)], ids=["forward", "back", "plain"])
def test_a_night_in_which_the_clocks_change_is_an_hour_shorter_or_longer(day: int, hours: int) -> None:
    month = 11 if hours == 25 else 3  # clocks go forward on 9 March 2025 and back on 2 November 2025
    found = on_day(shift(starts=time(0)), date(2025, month, day), {}, CHICAGO)
    assert found is not None
    assert found.until - found.since == timedelta(hours=hours)


def test_an_hour_that_the_clocks_skip_begins_when_they_have_skipped_it() -> None:
    found = on_day(shift(starts=time(2, 30)), date(2025, 3, 9), {}, CHICAGO)
    assert found is not None
    assert found.since == datetime(2025, 3, 9, 3, 30, tzinfo=CHICAGO)


def test_a_rotation_is_not_handed_back_in_the_hour_that_comes_twice() -> None:
    base = {Role.PRIMARY: Rotation(datetime(2025, 10, 1, 1, 30, tzinfo=CHICAGO), 24, (1, 2))}
    found = roster(CHICAGO, rotations=base)
    start = datetime(2025, 11, 2, 6, 30, tzinfo=UTC)  # 01:30, the first of the two
    seen = [who(found, start + timedelta(minutes=10 * n)) for n in range(12)]
    assert seen == [seen[0]] * 12


def test_without_a_roster_or_before_the_first_day_the_gap_says_why() -> None:
    since, until = datetime(2024, 12, 30, tzinfo=UTC), datetime(2025, 1, 2, 4, tzinfo=UTC)
    assert [each.reason for each in gaps(None, DESK, since=since, until=until)] == [NO_ROSTER] * 3
    found = turns(roster(CHINA, shift()), DESK, Role.PRIMARY, since=since, until=until)
    assert [each.reason for each in found] == [NOBODY_IN_ROLE, None, None]
    assert found[0].until == datetime(2025, 1, 1, 8, tzinfo=CHINA)


# Properties ----------------------------------------------------------------------------------------------------------

moments = st.integers(1_322_700_000, 1_798_700_000).map(lambda second: datetime.fromtimestamp(second, UTC))
shapes = st.builds(
    lambda number, days, starts, hours, anchor, until, changes, people: shift(
        number,
        days=frozenset(days),
        starts=starts,
        hours=hours,
        anchor_on=anchor,
        until_on=until,
        changes=changes,
        turns=people,
    ),
    st.integers(1, 50),
    st.sets(st.sampled_from(tuple(DAYS)), min_size=1),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.integers(1, 24 * 14),
    st.dates(date(2011, 1, 1), date(2026, 1, 1)),
    st.none() | st.dates(date(2011, 6, 1), date(2026, 12, 1)),
    st.sampled_from(Changes),
    st.lists(st.lists(st.sampled_from((1, 2, 3, 4, 9)), min_size=1, max_size=3).map(tuple), min_size=1, max_size=4).map(
        tuple
    ),
)
overrides = st.builds(
    lambda contact, since, hours, others: Override(
        Role.PRIMARY, contact, since, since + timedelta(hours=hours), others
    ),
    st.sampled_from((4, 5, 9)),
    moments,
    st.integers(1, 400),
    st.lists(st.sampled_from((6, 7)), max_size=2).map(tuple),
)
rotations = st.none() | st.builds(
    Rotation, moments, st.integers(1, 200), st.lists(st.sampled_from((1, 2, 9)), min_size=1, max_size=4).map(tuple)
)
calendars = st.dictionaries(st.dates(date(2011, 1, 1), date(2026, 12, 1)), st.sampled_from(tuple(DAYS)), max_size=8)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    base = draw(rotations)
    return roster(
        draw(st.sampled_from(ZONES)),
        *draw(st.lists(shapes, max_size=3)),
        rotations={Role.PRIMARY: base} if base else {},
        overrides=tuple(draw(st.lists(overrides, max_size=3))),
        days=draw(calendars),
    )


@given(rosters(), moments, st.integers(1, 500), st.floats(0, 0.999))
def test_the_turns_fill_the_time_and_say_at_every_instant_who_is_on_duty(
    found: Roster, since: datetime, hours: int, part: float
) -> None:
    until = since + timedelta(hours=hours)
    stretches = turns(found, DESK, Role.PRIMARY, since=since, until=until)
    assert [stretches[0].since, *(each.until for each in stretches)] == [*(each.since for each in stretches), until]
    at = since + part * (until - since)
    [here] = [each for each in stretches if each.since <= at < each.until]
    told = on_duty(found, DESK, Role.PRIMARY, at)
    assert here.people == standing(found, Role.PRIMARY, at)
    assert (told.id if isinstance(told, Contact) else told.reason) == (
        next(each.id for each in here.people if each.active) if here.reason is None else here.reason
    )


@given(st.sampled_from(ZONES), shapes, calendars, moments)
def test_a_shift_begins_at_its_hour_by_the_wall_clock_unless_the_clocks_skip_it(
    zone: ZoneInfo, one: Shift, calendar: dict[date, str], since: datetime
) -> None:
    for each in occurrences(one, calendar, zone, since=since, until=since + timedelta(days=20)):
        local = each.since.astimezone(zone)
        wall = datetime.combine(local.date(), one.starts, tzinfo=zone)
        skipped = wall.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None)
        assert local.time() == one.starts or skipped or local.time() > one.starts or _skips(local, zone)
        assert each.until >= each.since
        assert abs((each.until - each.since) - timedelta(hours=one.hours)) <= timedelta(hours=25)


def _skips(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks were moved within the day before."""
    return (local - timedelta(days=1)).astimezone(zone).utcoffset() != local.utcoffset()


@given(shapes, calendars, st.integers(0, 800))
def test_the_turn_of_a_day_is_what_counting_every_day_gives(one: Shift, calendar: dict[date, str], days: int) -> None:
    day = one.anchor_on + timedelta(days=days)
    counted = sum(counts_as(one.anchor_on + timedelta(days=n), calendar) in one.days for n in range(days))
    if one.changes is Changes.SHIFT:
        assert turn(one, day, calendar) == counted


@given(st.sampled_from(ZONES), st.dates(date(2011, 12, 1), date(2026, 11, 1)), st.sampled_from(View))
def test_the_calendar_shows_whole_weeks_that_hold_the_day_and_leaves_no_hour_out(
    zone: ZoneInfo, on: date, view: View
) -> None:
    shown = grid.span(view, on)
    assert shown.first <= on <= shown.last
    assert (shown.first.weekday(), shown.last.weekday()) == (0, 6)
    assert grid.span(view, shown.after).first <= shown.last + timedelta(days=1)
    since, until = grid.bounds(shown, zone)
    stretches = turns(roster(zone, shift()), DESK, Role.PRIMARY, since=since, until=until)
    made = grid.cells(stretches, shown, zone, {})
    assert [each.day for each in made][0::7] == [each.day for each in made if WEEK[each.day.weekday()] == "mon"]
    for cell in made:
        pieces = dict(cell.pieces)[Role.PRIMARY]
        empty_day = instant(cell.day, time(0), zone) == instant(cell.day + timedelta(days=1), time(0), zone)
        assert pieces or empty_day
