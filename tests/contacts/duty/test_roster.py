"""Who is on duty, by the desk's own wall clock."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contacts.duty.roster import Override, Roster, Rotation, duty, on_duty
from contacts.values import (
    INACTIVE,
    LADDER,
    NO_ROSTER,
    NOBODY_IN_ROLE,
    Contact,
    Gap,
    Level,
    Role,
)
from emergency.words import Language, Words

CHINA = ZoneInfo("Asia/Shanghai")
CHICAGO = ZoneInfo("America/Chicago")
DESK = "V20100"


def person(number: int, role: Role = Role.PRIMARY, *, active: bool = True) -> Contact:
    return Contact(number, DESK, role, Words("某", "some"), Language.ZH, "CN", Level.FACTS, active)


PEOPLE = {1: person(1), 2: person(2), 3: person(3), 9: person(9, active=False)}


def roster(zone: ZoneInfo, hours: int, turns: tuple[int, ...], *overrides: Override) -> Roster:
    anchor = datetime(2025, 1, 1, 8, tzinfo=zone)
    return Roster(DESK, zone, PEOPLE, {Role.PRIMARY: Rotation(anchor, hours, turns)}, overrides)


def who(found: Contact | Gap) -> int | None:
    return found.id if isinstance(found, Contact) else None


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [(1, 8, 1), (2, 7, 1), (2, 8, 2), (3, 8, 3), (4, 7, 3), (4, 8, 1)],
)
def test_turns_change_at_the_hand_over_hour(day: int, hour: int, expected: int) -> None:
    at = datetime(2025, 1, day, hour, tzinfo=CHINA)
    assert who(on_duty(roster(CHINA, 24, (1, 2, 3)), DESK, Role.PRIMARY, at)) == expected


def test_the_hand_over_stays_at_its_hour_when_the_clocks_change() -> None:
    two = roster(CHICAGO, 24, (1, 2))
    # clocks go forward on 9 March 2025 and back on 2 November 2025
    for month, day in ((3, 8), (3, 10), (11, 1), (11, 3)):
        before = on_duty(two, DESK, Role.PRIMARY, datetime(2025, month, day, 7, 59, tzinfo=CHICAGO))
        after = on_duty(two, DESK, Role.PRIMARY, datetime(2025, month, day, 8, tzinfo=CHICAGO))
        assert {who(before), who(after)} == {1, 2}


def test_an_override_comes_before_every_turn_and_the_later_entered_wins() -> None:
    since, until = datetime(2025, 1, 2, 20, tzinfo=CHINA), datetime(2025, 1, 3, 6, tzinfo=CHINA)
    covered = roster(CHINA, 24, (1,), Override(Role.PRIMARY, 2, since, until), Override(Role.PRIMARY, 3, since, until))
    assert who(on_duty(covered, DESK, Role.PRIMARY, since)) == 3
    assert who(on_duty(covered, DESK, Role.PRIMARY, until)) == 1
    assert who(on_duty(covered, DESK, Role.PRIMARY, since - timedelta(seconds=1))) == 1


def test_a_gap_says_why() -> None:
    at = datetime(2025, 1, 2, tzinfo=CHINA)
    full = roster(CHINA, 24, (1,))

    def reason(found: Contact | Gap) -> object:
        assert isinstance(found, Gap)
        return found.reason

    assert reason(on_duty(None, DESK, Role.PRIMARY, at)) is NO_ROSTER
    assert reason(on_duty(full, DESK, Role.LEADER, at)) is NOBODY_IN_ROLE
    assert reason(on_duty(roster(CHINA, 24, (9,)), DESK, Role.PRIMARY, at)) is INACTIVE
    assert reason(on_duty(full, DESK, Role.PRIMARY, datetime(2024, 12, 31, tzinfo=CHINA))) is NOBODY_IN_ROLE


def test_duty_names_every_role() -> None:
    assert list(duty(roster(CHINA, 24, (1,)), DESK, datetime(2025, 1, 2, tzinfo=CHINA))) == list(LADDER)
