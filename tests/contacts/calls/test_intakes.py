"""Intakes that are too near for any message: whom to ring, what to say, and what came of it."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from contacts.calls import intakes
from contacts.calls.callboard import Call, Outcome
from contacts.calls.intakes import IntakeCard
from contacts.people import directory, numbers
from contacts.people.directory import Document
from emergency import clock, journal
from emergency.errors import BadInput, NotFound
from emergency.notifications import NearIntake
from emergency.words import Words
from tests.contacts import cast
from tests.contacts.cast import OFFICER

VAULT = numbers.vault(cast.CONTACTS_KEY)
INTAKE = NearIntake(
    site=2,
    name=Words("观音镇取水口", "Guanyin intake"),
    km=2.4,
    synthetic=True,
    desk=cast.SENDER_DESK,
    sender=Words("甲州", "Jiazhou"),
    above=("V10101", cast.SENDER_DESK),
    says="near",
    drill=False,
    known_at=cast.NIGHT,
)


def load(session: Session, *places: str) -> None:
    """A directory that keeps one contact for each place."""
    kept = [
        cast.contact(place, "primary", f"+120255501{n:02d}", id=place, name_zh=f"{place} 值班")
        for n, place in enumerate(places, 60)
    ]
    document = Document.model_validate({"version": 1, "contacts": kept})
    directory.load(session, document, VAULT, zone=cast.ZONE, at=cast.NIGHT)


def board(session: Session, number: int, intake: NearIntake = INTAKE) -> list[IntakeCard]:
    return intakes.board(session, number, cast.SENDER_DESK, [intake], vault=VAULT)


def ring(session: Session, number: int, outcome: Outcome, *, intake: NearIntake = INTAKE, person: str = "") -> None:
    now = clock.now()
    intakes.outcome(session, number, intake, Call(outcome, person, now, now), by=OFFICER)
    session.flush()


@pytest.mark.parametrize(
    ("kept", "rung"),
    [
        (("site:2", "inside:V10101", "inside:V10100"), "site:2"),
        (("inside:V10101", "inside:V10100"), "inside:V10101"),
        (("inside:V10100", "inside:V20100"), "inside:V10100"),
        (("inside:V20100",), None),
    ],
)
def test_the_intake_itself_is_rung_else_a_number_inside_its_area_else_the_row_says_there_is_none(
    session: Session, kept: tuple[str, ...], rung: str | None
) -> None:
    load(session, *kept)
    [card] = board(session, cast.incident(session))
    shown = card.shown()
    assert (card.contact.name.zh if card.contact else None) == (rung and f"{rung} 值班")
    assert (shown["nobody"] is None) == (rung is not None)
    if rung is None:
        assert shown["nobody"]["zh"].startswith("没有登记电话")
        assert shown["nobody"]["en"].startswith("no number on file")


def test_only_the_desk_in_whose_area_it_lies_calls_it(session: Session) -> None:
    number = cast.incident(session)
    assert intakes.board(session, number, cast.DESK, [INTAKE], vault=VAULT) == []
    with pytest.raises(NotFound, match="no such intake"):
        intakes.one([INTAKE], 2, cast.DESK)
    assert intakes.one([INTAKE], 2, cast.SENDER_DESK) is INTAKE


def test_the_row_holds_a_script_of_at_most_40_characters_and_a_clock_and_no_hour_of_arrival(session: Session) -> None:
    shown = board(session, cast.incident(session))[0].shown()
    assert shown["script_zh"] == "甲州值班室：上游有水污染，请关闭取水口或先取样，请复述"
    assert shown["script_en"] == "Spill upstream: close or sample now"
    assert shown["deadline_at"] == "2025-11-20T18:51:00Z"
    assert not [name for name in shown if "earliest" in name]


@pytest.mark.parametrize("says", ["near", "withdrawal", "end"])
@pytest.mark.parametrize("drill", [False, True])
def test_every_script_is_short_and_a_drill_asks_for_no_act(session: Session, says: str, drill: bool) -> None:
    number = cast.incident(session)
    ring(session, number, Outcome.READ_BACK, person="李")
    [card] = board(session, number, replace(INTAKE, says=says, drill=drill))
    assert len(card.script.zh) <= 40
    assert len(card.script.en) <= 40
    assert ("演练" in card.script.zh, "EXERCISE" in card.script.en) == (drill, drill)
    assert not (drill and "关闭" in card.script.zh)


def test_a_call_in_vain_stays_and_a_read_back_ticks_it(session: Session) -> None:
    load(session, "site:2")
    number = cast.incident(session)
    ring(session, number, Outcome.NO_ANSWER)
    assert not board(session, number)[0].done
    ring(session, number, Outcome.READ_BACK, person="水厂值班")
    [card] = board(session, number)
    assert card.done
    assert [(call.outcome, call.person) for call in card.calls] == [
        (Outcome.NO_ANSWER, ""),
        (Outcome.READ_BACK, "水厂值班"),
    ]
    session.commit()
    kinds = [entry.kind for entry in journal.read(session, f"incident:{number}")]
    assert kinds == ["intake.called", "intake.called"]


def test_without_a_number_on_file_the_officer_rings_one_found_elsewhere_and_records_it(session: Session) -> None:
    number = cast.incident(session)
    with pytest.raises(NotFound, match="no number on file"):
        intakes.reveal(session, number, INTAKE, vault=VAULT, by=OFFICER, at=clock.now())
    ring(session, number, Outcome.READ_BACK, person="水厂值班")
    assert board(session, number)[0].done
    with pytest.raises(BadInput, match="Say who"):
        ring(session, number, Outcome.READ_BACK)


def test_a_wrong_number_gives_way_to_the_number_inside_the_area(session: Session) -> None:
    load(session, "site:2", "inside:V10101")
    number = cast.incident(session)
    ring(session, number, Outcome.WRONG_NUMBER)
    [card] = board(session, number)
    assert card.contact is not None
    assert card.contact.name.zh == "inside:V10101 值班"


def test_the_number_is_shown_by_one_click_and_the_journal_keeps_who_looked(session: Session) -> None:
    load(session, "site:2")
    number = cast.incident(session)
    assert intakes.reveal(session, number, INTAKE, vault=VAULT, by=OFFICER, at=clock.now()) == "+12025550160"
    session.commit()
    [entry] = journal.read(session, f"incident:{number}")
    facts: dict[str, Any] = dict(entry.facts)
    assert (entry.kind, facts["site"], entry.by["officer"]) == ("intake.revealed", 2, 1)


@pytest.mark.parametrize("says", ["withdrawal", "end"])
def test_an_intake_that_was_told_to_close_hears_the_end_and_another_does_not(session: Session, says: str) -> None:
    number = cast.incident(session)
    ended = replace(INTAKE, says=says)
    assert board(session, number, ended) == []
    ring(session, number, Outcome.READ_BACK, person="水厂值班")
    [card] = board(session, number, ended)
    assert not card.done
    assert "由贵方决定" in card.script.zh
    ring(session, number, Outcome.READ_BACK, intake=ended, person="水厂值班")
    assert board(session, number, ended)[0].done
