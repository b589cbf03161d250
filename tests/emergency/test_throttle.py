"""The waits at the door: how they grow, whom they bind, what is forgiven, and that a hundred at once are a hundred."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from emergency import access, db, journal, throttle
from emergency.errors import NotSignedIn
from emergency.throttle import LIMITS, Door, Scope, TooManyTries, TryRow

AT = datetime(2025, 11, 20, 18, 0, tzinfo=UTC)
NAME = "达州值班员"
HERE = "the address of the officer, hashed"
THERE = "an address elsewhere, hashed"


def door(address: str = HERE, name: str = NAME, browser: str | None = None) -> Door:
    return Door(throttle.mark(name), address, browser)


def fail(session: db.Writing, at: datetime, where: Door | None = None) -> float:
    """A wrong try; how long to wait before the next."""
    return max(each.wait_s for each in throttle.count(session, where or door(), at=at))


def shut_s(session: db.Writing, at: datetime, where: Door) -> int:
    """How long a door stays shut; 0 where it is open. Nothing is counted."""
    try:
        with session.begin_nested() as undone:
            throttle.count(session, where, at=at)
            undone.rollback()
    except TooManyTries as shut:
        return int(shut.facts["wait_s"])
    return 0


def persist(session: db.Writing, until: datetime, where: Door, at: datetime = AT) -> list[float]:
    """Somebody who tries again each time the wait is over."""
    waits = []
    while at < until:
        waits.append(fail(session, at, where))
        at += timedelta(seconds=waits[-1] + 0.1)
    return waits


@pytest.mark.parametrize(
    ("scope", "waits"),
    [
        (Scope.PAIR, [0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]),
        (Scope.ADDRESS, [0] * 20 + [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]),
        (Scope.NAME, [0] * 10 + [1, 2, 4, 4, 4]),
    ],
)
def test_a_wait_begins_after_the_free_tries_doubles_and_has_an_end(scope: Scope, waits: Sequence[int]) -> None:
    assert [LIMITS[scope].wait_s(n) for n in range(1, len(waits) + 1)] == list(waits)
    assert LIMITS[scope].wait_s(10_000) == waits[-1]


def test_a_try_that_comes_too_soon_is_refused_unread_and_lengthens_nothing(session: db.Writing) -> None:
    for _ in range(4):
        fail(session, AT)
    session.commit()
    for second in range(5):
        with pytest.raises(TooManyTries) as refused:
            throttle.count(session, door(), at=AT + timedelta(seconds=second))
        session.rollback()
        assert (refused.value.status, refused.value.facts) == (429, {"wait_s": 5 - second})
    assert refused.value.words.zh.startswith("试错太多次：请等 1 秒再试。")
    assert refused.value.words.en.startswith("Too many wrong tries: wait 1 second, then try again.")
    assert fail(session, AT + timedelta(seconds=5)) == 10


def test_who_guesses_on_is_locked_out_for_a_quarter_of_an_hour_at_a_time(session: db.Writing) -> None:
    waits = persist(session, AT + timedelta(hours=12), door())
    assert waits[-1] == 900
    assert len(waits) < 60
    with pytest.raises(TooManyTries) as refused:
        fail(session, AT + timedelta(hours=12))
    assert "分钟再试" in refused.value.words.zh
    assert "minutes, then try again" in refused.value.words.en


def test_the_officer_elsewhere_is_slowed_by_seconds_at_the_most(session: db.Writing) -> None:
    # a night of guessing the officer's password, from one address and from two hundred others
    persist(session, AT + timedelta(hours=8), door(THERE))
    for n in range(200):
        fail(session, AT + timedelta(hours=8, seconds=5 * n), door(f"address {n}"))
    morning = AT + timedelta(hours=8, seconds=5 * 200 - 4)
    assert 0 < shut_s(session, morning, door(HERE)) <= 4
    assert shut_s(session, morning + timedelta(seconds=4), door(HERE)) == 0


def test_a_browser_that_was_let_in_before_feels_nothing_of_what_others_do(session: db.Writing) -> None:
    # the attacker sits behind the same address as the officer
    persist(session, AT + timedelta(hours=1), door(HERE))
    assert shut_s(session, AT + timedelta(hours=1), door(HERE)) > 0
    assert fail(session, AT + timedelta(hours=1), door(HERE, browser="the office computer")) == 0
    assert [fail(session, AT + timedelta(hours=1), door(HERE, browser="the office computer")) for _ in range(3)] == [
        0,
        0,
        5,
    ]


def test_one_password_on_many_names_locks_the_address(session: db.Writing) -> None:
    waits = [fail(session, AT, door(THERE, name=f"name {n}")) for n in range(21)]
    assert waits == [0] * 20 + [5]
    assert shut_s(session, AT, door(THERE, name="yet another")) == 5
    assert shut_s(session, AT, door(HERE, name="name 1")) == 0


def test_failures_are_forgiven_one_by_one(session: db.Writing) -> None:
    for _ in range(3):
        assert fail(session, AT) == 0
    half_an_hour = LIMITS[Scope.PAIR].forgives_after
    assert fail(session, AT + half_an_hour) == 0
    assert fail(session, AT + half_an_hour) == 5
    later = AT + 5 * half_an_hour
    assert [fail(session, later) for _ in range(4)] == [0, 0, 0, 5]


def test_what_is_forgiven_is_swept_away(session: db.Writing) -> None:
    for n in range(10):
        fail(session, AT, door(f"address {n}", name=f"name {n}"))
    session.commit()
    for day in (1, 2, 3):
        fail(session, AT + timedelta(days=day))
    assert session.scalar(select(func.count()).select_from(TryRow)) == 3


def test_a_name_is_kept_as_its_hash(session: db.Writing) -> None:
    fail(session, AT, door(name="a password typed into the wrong field"))
    session.flush()
    stored = [(row.name, row.origin) for row in session.scalars(select(TryRow))]
    assert "password" not in str(stored)
    assert (throttle.mark("a password typed into the wrong field"), HERE) in stored


# With accounts -------------------------------------------------------------------------------------------------------


def officer(engine: Engine) -> str:
    """An account and its password."""
    with db.sessions(engine).begin() as session:
        return access.add_officer(session, name=NAME, role="duty_officer", jurisdiction="511700", at=AT)


def tried(engine: Engine, password: str, at: datetime, where: Door | None = None, name: str = NAME) -> Any:
    """What signing in comes to: the officer, or the refusal."""
    try:
        return access.sign_in(db.sessions(engine), where or door(name=name), name=name, password=password, at=at)
    except NotSignedIn as refused:
        return refused


def noted(engine: Engine) -> list[tuple[str, dict[str, Any]]]:
    """What the journal says of signing in."""
    with db.sessions(engine).begin() as session:
        entries = journal.read(session, "system")
    return [(each.kind, dict(each.facts)) for each in entries if each.kind.startswith("sign_in.")]


def test_the_right_password_opens_and_forgets_the_wrong_ones_from_there(database: Engine) -> None:
    password = officer(database)
    for _ in range(3):
        tried(database, "wrong", AT)
    assert tried(database, password, AT).name == NAME
    assert [tried(database, "wrong", AT).slug for _ in range(4)] == ["wrong-login"] * 4
    assert tried(database, password, AT).slug == "too-many-tries"
    assert tried(database, password, AT + timedelta(seconds=5)).name == NAME
    with db.sessions(database).begin() as session:
        left = {row.origin: row.forgiven_at - AT for row in session.scalars(select(TryRow))}
    # seven wrong ones are held against the address and the name; the two right ones are not
    assert left == {HERE: 7 * LIMITS[Scope.ADDRESS].forgives_after, "": 7 * LIMITS[Scope.NAME].forgives_after}


def test_the_wrong_try_that_begins_a_wait_says_how_long_it_is(database: Engine) -> None:
    officer(database)
    said = [tried(database, "wrong", AT).words for _ in range(4)]
    assert [words.zh for words in said] == ["账号或口令不对。"] * 3 + ["账号或口令不对。请等 5 秒再试。"]
    assert said[3].en == "Wrong name or password. Wait 5 seconds before the next try."


def test_a_name_that_does_not_exist_is_answered_and_counted_alike(database: Engine) -> None:
    officer(database)
    answers = [
        [(said.slug, said.words, said.status) for said in (tried(database, "wrong", AT, name=name) for _ in range(6))]
        for name in (NAME, "无此人")
    ]
    assert answers[0] == answers[1]
    with db.sessions(database).begin() as session:
        counts = session.execute(select(TryRow.forgiven_at, TryRow.not_before).where(TryRow.name != throttle.ANY)).all()
    assert len(counts) == 4
    assert len(set(counts)) == 2, "the pairs alike, and the names alike"


def test_of_a_hundred_tries_at_once_no_more_are_looked_at_than_one_after_the_other(database: Engine) -> None:
    password = officer(database)
    with ThreadPoolExecutor(10) as pool:
        said = list(pool.map(lambda n: tried(database, f"guess {n}", AT), range(40)))
    assert sorted(each.slug for each in said) == ["too-many-tries"] * 36 + ["wrong-login"] * 4
    assert tried(database, password, AT).slug == "too-many-tries"


def test_the_journal_says_when_waits_begin_and_when_they_are_longest_and_no_more(database: Engine) -> None:
    officer(database)
    at = AT
    for _ in range(28):  # as soon as each wait is over
        at += timedelta(seconds=tried(database, "a guess", at, door(THERE)).facts.get("wait_s", 0))
    for n in range(11):  # and from many places
        tried(database, "a guess", AT + timedelta(days=1), door(f"address {n}"))
    found = [(kind, facts["scope"], facts["wait_s"]) for kind, facts in noted(database)]
    assert list(dict.fromkeys(found)) == [
        ("sign_in.slowed", "pair", 5),
        ("sign_in.locked", "pair", 900),
        ("sign_in.slowed", "name", 1),
    ]
    assert len(found) <= 4, "of more than twenty wrong tries"
    for _, facts in noted(database):
        assert set(facts) == {"scope", "failures", "wait_s", "address", "officer"}
        assert len(facts["address"]) <= throttle.SHOWN_OF_A_HASH
        assert facts["officer"] == 1


def test_a_new_password_ends_every_wait_of_its_name(database: Engine) -> None:
    officer(database)
    for n in range(12):
        tried(database, "wrong", AT + timedelta(seconds=5 * n), door(f"address {n % 2}"))
    at = AT + timedelta(seconds=12 * 5)
    assert tried(database, "wrong", at, door("address 1")).slug == "too-many-tries"
    with db.sessions(database).begin() as session:
        password = access.new_password(session, name=NAME, at=at)
    assert tried(database, password, at, door("address 1")).name == NAME
