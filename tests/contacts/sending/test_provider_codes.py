"""What an error code leads to is data: a file comes with the service, an operator's file is laid over it."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from contacts.channels import twilio_codes
from contacts.channels.base import NotDelivered, Verdict
from contacts.channels.twilio_codes import CODES
from contacts.sending import dispatch, provider_codes
from contacts.sending.states import State
from emergency import clock, db, journal
from emergency.errors import BadFile
from emergency.journal import Actor
from emergency.words import Words
from tests.contacts import cast
from tests.phones import PhoneCompany, phones

__all__ = ["phones"]

BY = Actor(process="contacts")


def file(folder: Path, *lines: str) -> Path:
    written = folder / "codes.yaml"
    written.write_text("version: 1\ncodes:\n" + "".join(f"  - {line}\n" for line in lines), encoding="utf-8")
    return written


def refused(http_status: int, code: int) -> NotDelivered:
    return NotDelivered(Verdict.PERMANENT, Words("拒", "no"), http_status=http_status, code=code)


def test_an_operator_s_line_holds_from_the_next_refusal_on(session: Session, tmp_path: Path) -> None:
    assert provider_codes.judged(session, refused(400, 30999)).verdict is Verdict.PERMANENT
    codes = twilio_codes.read(file(tmp_path, "{code: 30999, verdict: later, zh: 漫游, en: roaming}"))
    assert provider_codes.change(session, codes, by=BY, at=clock.now()) == (30999,)
    assert provider_codes.judged(session, refused(400, 30999)).verdict is Verdict.LATER
    assert provider_codes.known(session)[30003] == CODES[30003]


def test_the_operator_s_file_takes_the_place_of_the_one_before(session: Session, tmp_path: Path) -> None:
    provider_codes.change(
        session,
        twilio_codes.read(file(tmp_path, "{code: 30999, verdict: later, zh: 漫游, en: r}")),
        by=BY,
        at=clock.now(),
    )
    again = twilio_codes.read(file(tmp_path, "{code: 30003, verdict: permanent, zh: 关机, en: turned off}"))
    assert provider_codes.change(session, again, by=BY, at=clock.now()) == (30003,)
    assert set(provider_codes.changed(session)) == {30003}


def test_no_table_turns_doubt_into_certainty(session: Session, tmp_path: Path) -> None:
    codes = twilio_codes.read(file(tmp_path, "{code: 20500, verdict: permanent, zh: 错, en: wrong}"))
    provider_codes.change(session, codes, by=BY, at=clock.now())
    assert provider_codes.judged(session, refused(500, 20500)).verdict is Verdict.UNKNOWN
    lost = NotDelivered(Verdict.NOT_SENT, Words("没连上", "no connection"))
    assert provider_codes.judged(session, lost) is lost


@pytest.mark.parametrize(
    "line",
    [
        "{code: 30003, verdict: unknown, zh: 不明, en: unknown}",
        "{code: 30003, verdict: not_sent, zh: 未发, en: not sent}",
        "{code: 3, verdict: later, zh: 码, en: code}",
        "{code: 30003, verdict: later, zh: 关机}",
        "{code: 30003, verdict: later, zh: 关机, en: off}\n  - {code: 30003, verdict: again, zh: 关机, en: off}",
        "[",
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(BadFile):
        twilio_codes.read(file(tmp_path, line))
    with pytest.raises(BadFile):
        twilio_codes.read(tmp_path / "nothing.yaml")


def test_a_carrier_s_code_is_read_by_the_operator_s_table(
    database: Engine, phones: PhoneCompany, tmp_path: Path
) -> None:
    """30005 is the end as it came; here the operator has it tried once more."""
    with db.sessions(database).begin() as session:
        cast.load(session, cast.document(people={"primary": {"number": "+12025550195"}}))
        cast.message(session, cast.incident(session))
        codes = twilio_codes.read(file(tmp_path, "{code: 30005, verdict: again, zh: 空号, en: unknown handset}"))
        provider_codes.change(session, codes, by=BY, at=clock.now())
    office = cast.office(database, phones)
    lines = office.lines()

    def ended() -> bool:
        dispatch.step(office, lines)
        return cast.rows(database)[0].state == State.FAILED_CARRIER

    phones.wait_for(ended, 30)
    assert len(phones.texts("+12025550195")) == 3
    with db.sessions(database).begin() as session:
        assert "provider.codes_changed" in [each.kind for each in journal.read(session, "system")]
