"""The journal: numbered without gaps, chained by hash, written only on commit, refused any change."""

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from emergency import db, journal
from emergency.errors import BadInput
from emergency.journal import Actor

AT = datetime(2025, 1, 1, 2, 41, tzinfo=UTC)
BY = Actor(process="test")


def test_entries_are_numbered_from_one_and_chained(session: db.Writing) -> None:
    for kind in ("a", "b", "c"):
        journal.append(session, "incident:1", kind, by=BY, at=AT, facts={"km": 1.5, "who": "梁平"})
    session.commit()
    entries = journal.read(session, "incident:1")
    assert [entry.n for entry in entries] == [1, 2, 3]
    assert [entry.kind for entry in entries] == ["a", "b", "c"]
    assert entries[0].previous == journal.GENESIS
    assert entries[2].previous == entries[1].hash
    assert journal.verify(session, "incident:1") is None


def test_an_entry_rolled_back_takes_no_number(session: db.Writing) -> None:
    journal.append(session, "incident:1", "lost", by=BY, at=AT, facts={})
    session.rollback()
    journal.append(session, "incident:1", "kept", by=BY, at=AT, facts={})
    session.commit()
    assert [(entry.n, entry.kind) for entry in journal.read(session, "incident:1")] == [(1, "kept")]


def test_entries_refuse_update_and_delete(session: db.Writing) -> None:
    journal.append(session, "system", "a", by=BY, at=AT, facts={})
    session.commit()
    for statement in ("update journal_entries set kind = 'b'", "delete from journal_entries"):
        with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
            session.execute(text(statement))


def test_verify_names_the_entry_that_was_tampered_with(database: Engine) -> None:
    with db.sessions(database).begin() as session:
        for kind in ("a", "b"):
            journal.append(session, "system", kind, by=BY, at=AT, facts={})
    with database.begin() as connection:
        connection.execute(text("alter table journal_entries disable trigger append_only"))
        connection.execute(text("update journal_entries set facts = '{\"x\": 1}' where n = 2"))
    with db.sessions(database).begin() as session:
        assert journal.verify(session, "system") == "system: entry 2 differs from its stored bytes"


def test_many_writers_leave_no_gap_and_no_deadlock(database: Engine) -> None:
    maker = db.sessions(database)

    def write(order: tuple[str, str]) -> None:
        for _ in range(10):
            with maker.begin() as session:
                for stream in order:
                    journal.append(session, stream, "x", by=BY, at=AT, facts={})

    threads = [threading.Thread(target=write, args=(o,)) for o in (("a", "b"), ("b", "a"), ("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with maker.begin() as session:
        assert journal.heads(session) == {"a": 40, "b": 40}
        assert [e.n for e in journal.read(session, "a")] == list(range(1, 41))
        assert journal.verify(session, "a") is None
        assert journal.verify(session, "b") is None


def test_a_commit_announces_the_stream_and_its_last_number(database: Engine) -> None:
    listening = database.raw_connection()
    driver = listening.driver_connection
    assert driver is not None
    driver.autocommit = True
    driver.execute(f"listen {journal.CHANNEL}")
    with db.sessions(database).begin() as session:
        journal.append(session, "incident:7", "x", by=BY, at=AT, facts={})
        journal.append(session, "incident:7", "y", by=BY, at=AT, facts={})
    heard = [notice.payload for notice in driver.notifies(timeout=5, stop_after=1)]
    listening.close()
    assert heard == ["incident:7 2"]


@pytest.mark.parametrize(
    "fact",
    [2**53, -(2**53), 1e16, 1e300, float("inf"), float("nan"), "a\0b", "\ud800", [{"km": 1e300}], AT, {1: 2}],
    ids=str,
)
def test_a_fact_that_cannot_be_read_back_as_it_is_refuses_the_transaction(session: db.Writing, fact: object) -> None:
    journal.append(session, "incident:1", "kept", by=BY, at=AT, facts={"km": 1.5})
    with pytest.raises(BadInput, match="cannot-be-recorded"):
        journal.append(session, "incident:1", "lost", by=BY, at=AT, facts={"mass_kg": fact})
    session.rollback()
    assert journal.read(session, "incident:1") == []


def test_a_fact_nested_without_end_is_refused(session: db.Writing) -> None:
    deep: dict[str, object] = {}
    for _ in range(200):
        deep = {"deeper": deep}
    with pytest.raises(BadInput, match="cannot-be-recorded"):
        journal.append(session, "incident:1", "lost", by=BY, at=AT, facts=deep)


@given(
    facts=st.dictionaries(
        st.text(max_size=8).filter(lambda name: "\0" not in name),
        st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=8), st.lists(st.floats())),
        max_size=4,
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_taken_reads_back_as_it_was_written(session: db.Writing, facts: dict[str, object]) -> None:
    try:
        journal.append(session, "incident:1", "x", by=BY, at=AT, facts=facts)
    except BadInput:
        session.rollback()
        return
    session.commit()
    assert journal.read(session, "incident:1", after=journal.last(session, "incident:1") - 1)[0].facts == facts
    assert journal.verify(session, "incident:1") is None


def test_a_note_is_kept_as_it_was_when_it_was_noted(session: db.Writing) -> None:
    facts = {"clauses": ["one"]}
    journal.append(session, "incident:1", "x", by=BY, at=AT, facts=facts)
    facts["clauses"].append("two")
    session.commit()
    assert journal.read(session, "incident:1")[0].facts == {"clauses": ["one"]}


def test_a_bad_entry_is_a_finding_and_the_walk_goes_on(database: Engine) -> None:
    with db.sessions(database).begin() as session:
        for kind in ("a", "b", "c"):
            journal.append(session, "system", kind, by=BY, at=AT, facts={"x": 1})
    with database.begin() as connection:
        connection.execute(text("alter table journal_entries disable trigger append_only"))
        connection.execute(text("update journal_entries set facts = '{\"x\": 1e300}' where n = 1"))
        connection.execute(text("update journal_entries set facts = '{\"x\": 2}' where n = 3"))
    with db.sessions(database).begin() as session:
        found = list(journal.faults(session, "system"))
        assert [each.n for each in found] == [1, 3]
        assert found[0].words.zh == "system：第 1 条含有无法原样读回的值"
        assert journal.verify(session, "system") == found[0].words.en
        assert len(journal.read(session, "system")) == 3
