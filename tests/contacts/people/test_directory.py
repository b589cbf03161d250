"""Contacts and rosters from a file: whole or not at all; numbers never in the clear."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contacts.models import ContactRow, MethodRow
from contacts.people import directory, numbers
from contacts.values import Role
from emergency import clock
from emergency.errors import BadFile, BadInput, NotReady
from tests import valley
from tests.contacts import cast

ROOT = Path(__file__).resolve().parents[3]


def test_a_number_is_found_and_opened_but_does_not_stand_in_the_table(session: Session) -> None:
    cast.load(session)
    vault = numbers.vault(cast.CONTACTS_KEY)
    [method] = session.scalars(
        select(MethodRow).where(MethodRow.lookup == vault.lookup("+12025550142"), MethodRow.channel == "sms")
    )
    assert vault.open(method.number) == "+12025550142"
    assert b"5550142" not in method.number


def test_keys_are_changed_by_putting_a_new_one_first() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    stored, lookup = numbers.vault(old).lock("+12025550142"), numbers.vault(old).lookup("+12025550142")
    both = numbers.vault(f"{new}, {old}")
    assert both.open(stored) == "+12025550142"
    assert lookup in both.lookups("+12025550142")
    with pytest.raises(NotReady, match="CONTACTS_KEY"):
        numbers.vault(new).open(stored)


@pytest.mark.parametrize("key", ["", "short", ",", "VGhlIGtleSBvZiB0aGUgdG95IHZhbGxleSwgMzIgYi4=,x"])
def test_a_wrong_key_is_named(key: str) -> None:
    with pytest.raises(NotReady, match="CONTACTS_KEY"):
        numbers.vault(key)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+12025550143", "+1 202 555 ••43"),
        ("+8613800138000", "+86 138 0013 ••00"),
        ("+442079460018", "+44 20 7946 ••18"),
    ],
)
def test_a_number_is_masked(number: str, shown: str) -> None:
    assert numbers.masked(number) == shown


@pytest.mark.parametrize("number", ["02025550143", "+1", "hello", "+1202555014399999999"])
def test_a_number_not_in_international_form_is_refused(number: str) -> None:
    with pytest.raises(BadInput, match="internationally"):
        numbers.read_number(number)


def test_loading_again_changes_nothing_and_keeps_a_stop(session: Session) -> None:
    cast.load(session)
    [method, *_] = session.scalars(select(MethodRow).where(MethodRow.channel == "sms").order_by(MethodRow.id))
    method.opted_out_at = clock.now()
    session.flush()
    before = session.scalar(select(func.count()).select_from(MethodRow))
    cast.load(session)
    assert session.scalar(select(func.count()).select_from(MethodRow)) == before
    assert session.get_one(MethodRow, method.id).opted_out_at is not None


def test_a_contact_that_the_file_no_longer_names_is_off_duty(session: Session) -> None:
    cast.load(session)
    cast.load(session, cast.document(people={"primary": {}}))
    active = session.scalars(select(ContactRow.role).where(ContactRow.desk == cast.DESK, ContactRow.active)).all()
    assert active == ["primary"]
    roster = directory.roster(session, cast.DESK)
    assert roster is not None
    assert list(roster.rotations) == [Role.PRIMARY]


def test_the_reference_contacts_and_those_of_the_valley_are_good_files(session: Session, tmp_path: Path) -> None:
    reference = directory.read(ROOT / "emergency" / "reference" / "contacts.yaml")
    toy = directory.read(valley.write(tmp_path) / "contacts.yaml")
    for document in (reference, toy):
        loaded = directory.load(session, document, numbers.vault(cast.CONTACTS_KEY), zone=cast.ZONE, at=clock.now())
        assert loaded.contacts - loaded.places == 3 * loaded.rosters == 3 * loaded.desks


GOOD = """\
version: 1
contacts:
  - {id: a, division: V1, role: primary, name_zh: 甲, name_en: A, number: "+12025550143",
     country_profile: CN, language: zh, content_level: facts}
rosters:
  - {division: V1, time_zone: Asia/Shanghai, anchor: "2025-01-01T08:00:00+08:00", shift_hours: 24, turns: [a]}
"""
WRONG = {
    "not YAML": ("version: 1", "version: [", "not YAML"),
    "not a mapping": (GOOD, "- 1", "valid dictionary"),
    "another version": ("version: 1", "version: 2", "version"),
    "a role that is none": ("role: primary", "role: boss", "contacts.0.role"),
    "a number that is none": ('"+12025550143"', '"12345"', "contact a: Write the number internationally"),
    "a number under another country's rules": (
        '"+12025550143",\n     country_profile: CN',
        '"+8610000000000",\n     country_profile: US',
        "contact a: That is a number of mainland China",
    ),
    "a field that is none": ("name_en: A", "name_en: A, fax: 1", "contacts.0.fax"),
    "a stranger on the roster": ("turns: [a]", "turns: [b]", "no contact b at that desk"),
    "a zone that is none": ("Asia/Shanghai", "Asia/Nowhere", "no time zone Asia/Nowhere"),
    "an anchor without zone": ("08:00:00+08:00", "08:00:00", "rosters.0.anchor"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_with_the_place(tmp_path: Path, name: str) -> None:
    good, bad, place = WRONG[name]
    file = tmp_path / "contacts.yaml"
    file.write_text(GOOD.replace(good, bad), encoding="utf-8")
    with pytest.raises(BadFile, match=place):
        directory.read(file)


def test_a_contact_twice_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "contacts.yaml"
    entry = GOOD[GOOD.index("  - {id: a") : GOOD.index("rosters")]
    file.write_text(GOOD.replace(entry, entry * 2), encoding="utf-8")
    with pytest.raises(BadFile, match="stands twice"):
        directory.read(file)
    with pytest.raises(BadFile, match="cannot be read"):
        directory.read(tmp_path / "none.yaml")
