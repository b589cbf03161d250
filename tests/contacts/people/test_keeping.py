"""The directory kept by a desk's own people: changed, never deleted, its history without a number; keys that change."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contacts.calls import callboard
from contacts.calls.callboard import Call, Outcome
from contacts.kinds import How, Kind, Way
from contacts.models import ContactRow, InboundRow, MethodRow, OrganisationRow, RosterRow
from contacts.people import directory, keeping, listing, numbers, proven, rekey
from contacts.people.keeping import Draft, Line
from contacts.people.places import place_of
from contacts.sending import planning
from contacts.values import Channel, Policy, Role
from emergency import access, clock, journal
from emergency.access import Officer
from emergency.access import Role as Post
from emergency.errors import BadInput, Conflict, EmergencyError, NotFound, NotReady
from emergency.words import Words
from tests.contacts import cast
from tests.contacts.cast import DESK, NUMBERS, PLACES, SENDER_DESK

VAULT = numbers.vault(cast.CONTACTS_KEY)
BOTH = (Way.SMS, Way.PHONE)


def officer(desk: str | None = DESK, role: Post = Post.DUTY_OFFICER) -> Officer:
    return Officer(7, "值班员", role, desk, None, "stamp")


def added(session: Session, number: str = "+12025550151", **changes: Any) -> ContactRow:
    draft = replace(Draft(Role.PRIMARY, Words("王一", "Wang Yi")), **changes)
    return keeping.add(
        session, DESK, draft, [Line(number, BOTH)], vault=VAULT, zone=cast.ZONE, officer=officer(), at=clock.now()
    )


def history(session: Session, row: ContactRow) -> list[str]:
    session.commit()  # the journal writes its entries as the session commits
    return [each["kind"] for each in keeping.history(session, row)]


def test_the_first_contact_of_a_desk_begins_its_roster_by_the_clock_of_the_service(session: Session) -> None:
    draft, vienna = Draft(Role.PRIMARY, Words("王一", "Wang Yi")), ZoneInfo("Europe/Vienna")
    line = Line("+12025550151", BOTH)
    keeping.add(session, DESK, draft, [line], vault=VAULT, zone=vienna, officer=officer(), at=clock.now())
    assert session.get_one(RosterRow, DESK).time_zone == "Europe/Vienna"


def test_nobody_is_on_the_list_twice_in_one_role(session: Session) -> None:
    first = added(session)
    with pytest.raises(Conflict, match=str(first.id)) as refused:
        added(session)
    assert refused.value.facts == {"contact": first.id}
    added(session, role=Role.DEPUTY)  # the same person may stand in for another
    added(session, name=Words("王二", "Wang Er"))  # and two may share the telephone of a duty room


def test_a_fixed_line_is_rung_and_not_texted(session: Session) -> None:
    draft = Draft(Role.PRIMARY, Words("值班电话", "Desk"), profile="CN")
    for ways in (BOTH, (Way.SMS,)):
        with pytest.raises(BadInput, match="fixed line") as refused:
            keeping.add(session, DESK, draft, [Line("0818 237 7110", ways)], vault=VAULT, zone=cast.ZONE,
                        officer=officer(), at=clock.now())  # fmt: skip
        assert refused.value.field == "ways"
    row = keeping.add(session, DESK, draft, [Line("0818 237 7110", (Way.PHONE,))], vault=VAULT, zone=cast.ZONE,
                      officer=officer(), at=clock.now())  # fmt: skip
    assert row.profile == "CN"


def test_the_login_of_a_contact_is_one_that_there_is(session: Session) -> None:
    with pytest.raises(BadInput, match="没有这个人") as refused:
        added(session, officer="没有这个人")
    assert refused.value.field == "officer"
    row = added(session)
    draft = replace(keeping.draft_of(row), officer="没有这个人")
    with pytest.raises(BadInput, match="names no login"):
        keeping.change(session, row, draft, version=1, vault=VAULT, officer=officer(), at=clock.now())


def test_a_contact_is_added_with_its_country_and_stands_in_the_list(session: Session) -> None:
    office = keeping.add_organisation(
        session,
        DESK,
        Kind.WATER_BUREAU,
        Words("水利局", "Water bureau"),
        "",
        places=PLACES,
        officer=officer(),
        at=clock.now(),
    )
    row = added(session, organisation=office.id)
    [shown] = listing.organisations(session, DESK, vault=VAULT, now=clock.now())
    assert (shown["kind"], shown["contacts"][0]["id"]) == ("water_bureau", row.id)
    assert [each["number"] for each in shown["contacts"][0]["methods"]] == ["+1 202 555 ••51"] * 2
    assert shown["contacts"][0]["country"] == "US"
    assert shown["contacts"][0]["stale"]


@pytest.mark.parametrize("kind", Kind)
def test_organisations_of_every_kind_are_kept_in_the_order_of_the_first_calls(session: Session, kind: Kind) -> None:
    for each in (kind, Kind.DUTY_ROOM):
        keeping.add_organisation(
            session, DESK, each, Words("某", "some"), "", places=PLACES, officer=officer(), at=clock.now()
        )
    kinds = [each["kind"] for each in listing.organisations(session, DESK, vault=VAULT, now=clock.now())]
    assert kinds[0] == "duty_room"
    assert kind.value in kinds


def test_an_office_of_ones_own_side_is_found_for_its_place_and_its_kind(session: Session) -> None:
    office = keeping.add_organisation(
        session,
        DESK,
        Kind.DAM_OPERATOR,
        Words("闸管所", "Dam"),
        "inside:V20101",
        places=PLACES,
        officer=officer(),
        at=clock.now(),
    )
    row = added(session, organisation=office.id)
    found = directory.kept_for(session, "inside:V20101")
    assert found is not None
    assert found.id == row.id
    inside = listing.inside(session, ["V20101"], "dam_operator", vault=VAULT, now=clock.now())
    assert [each["id"] for each in inside] == [row.id]
    for place in ("elsewhere", "inside:", "site:", "x:1", "inside:" + "9" * 30):
        with pytest.raises(BadInput, match="inside:CODE"):
            place_of(place, DESK, PLACES)
    for place, what in (("inside:V99999", "division"), ("site:5002", "intake"), ("site:五", "intake")):
        with pytest.raises(BadInput, match=f"names no {what} that is known"):
            place_of(place, DESK, PLACES)
    assert place_of(" site:5001 ", DESK, PLACES) == "site:5001"


def test_another_desk_changes_nothing_and_an_administrator_of_the_whole_may(session: Session) -> None:
    row = added(session)
    stranger = officer(SENDER_DESK)
    draft = keeping.draft_of(row)
    [method, *_] = session.scalars(select(MethodRow).where(MethodRow.contact_id == row.id)).all()
    for attempt in (
        lambda: keeping.change(session, row, draft, version=row.version, vault=VAULT, officer=stranger, at=clock.now()),
        lambda: keeping.reveal(session, method.id, vault=VAULT, officer=stranger, at=clock.now()),
        lambda: keeping.retire(session, method.id, officer=stranger, at=clock.now()),
        lambda: keeping.verify(session, method.id, How.CALLED, officer=stranger, at=clock.now()),
    ):
        with pytest.raises(NotFound, match="own people"):
            attempt()
    keeping.retire(session, method.id, officer=officer(None, Post.ADMINISTRATOR), at=clock.now())
    assert not method.active
    for post in (Post.LEADER, Post.LIAISON, Post.OBSERVER):
        assert not keeping.keeps(officer(DESK, post), DESK)


def test_two_who_edit_at_once_do_not_overwrite_each_other(session: Session) -> None:
    row = added(session)
    version = row.version
    one = Draft(Role.DEPUTY, Words("王一", "Wang Yi"), profile="US")
    keeping.change(session, row, one, version=version, vault=VAULT, officer=officer(), at=clock.now())
    with pytest.raises(Conflict, match="reload"):
        keeping.change(session, row, one, version=version, vault=VAULT, officer=officer(), at=clock.now())
    assert row.role == "deputy"


def test_a_contact_is_deactivated_and_used_again_with_all_that_it_was(session: Session) -> None:
    row = added(session)
    known = keeping.draft_of(row)
    off = Draft(
        known.role, known.name, known.language, known.level, known.tier, known.profile, None, None, active=False
    )
    keeping.change(session, row, off, version=row.version, vault=VAULT, officer=officer(), at=clock.now())
    states = [row.active]
    keeping.change(session, row, known, version=row.version, vault=VAULT, officer=officer(), at=clock.now())
    assert [*states, row.active] == [False, True]
    assert history(session, row) == ["contact.reactivated", "contact.deactivated", "contact.added"]


def test_whoever_alone_holds_a_base_rotation_is_not_deactivated(session: Session) -> None:
    cast.load(session)
    row = session.scalars(select(ContactRow).where(ContactRow.role == "primary")).one()
    known = keeping.draft_of(row)
    off = Draft(known.role, known.name, known.language, known.level, None, known.profile, None, None, active=False)
    with pytest.raises(Conflict, match="put somebody on the roster"):
        keeping.change(session, row, off, version=row.version, vault=VAULT, officer=officer(), at=clock.now())


def test_no_number_and_no_name_stands_in_the_history_or_the_journal(session: Session) -> None:
    row = added(session)
    access.add_officer(session, name="li er", role="liaison", jurisdiction=DESK, at=clock.now())
    keeping.add_methods(session, row, Line("+12025550152", BOTH), vault=VAULT, officer=officer(), at=clock.now())
    [method, *_] = session.scalars(select(MethodRow).where(MethodRow.contact_id == row.id)).all()
    changed = Draft(Role.DEPUTY, Words("李二", "Li Er"), profile="US", officer="li er")
    keeping.change(session, row, changed, version=row.version, vault=VAULT, officer=officer(), at=clock.now())
    keeping.verify(session, method.id, How.CALLED, officer=officer(), at=clock.now())
    keeping.prefer(session, method.id, officer=officer(), at=clock.now())
    assert keeping.reveal(session, method.id, vault=VAULT, officer=officer(), at=clock.now()).startswith("+1202555015")
    session.commit()
    written = json.dumps([dict(each.facts) for each in journal.read(session, f"desk:{DESK}")], ensure_ascii=False)
    for secret in ("5550151", "5550152", "李二", "Li Er", "王一", "li er"):
        assert secret not in written
    [reveal] = [each for each in journal.read(session, f"desk:{DESK}") if each.kind == "contact.revealed"]
    assert (reveal.by["officer"], reveal.facts["contact"]) == (7, row.id)
    assert '["primary", "deputy"]' in written


def test_a_number_is_retired_and_used_again_and_the_preferred_comes_first(session: Session) -> None:
    row = added(session)
    [second] = keeping.add_methods(
        session, row, Line("+12025550152", (Way.PHONE,)), vault=VAULT, officer=officer(), at=clock.now()
    )
    keeping.prefer(session, second, officer=officer(), at=clock.now())
    found = directory.callable_number(session, row.id)
    assert found is not None
    assert found.id == second
    keeping.retire(session, second, officer=officer(), at=clock.now())
    left = directory.callable_number(session, row.id)
    assert left is not None
    assert left.id != second
    keeping.restore(session, second, officer=officer(), at=clock.now())
    assert [each.id for each in directory.methods(session, row.id, Channel.PHONE)][-1] == second
    with pytest.raises(Conflict, match="already"):
        keeping.add_methods(
            session, row, Line("+12025550152", (Way.PHONE,)), vault=VAULT, officer=officer(), at=clock.now()
        )


def test_a_national_number_is_read_by_the_country_and_a_bad_one_names_the_field(session: Session) -> None:
    row = added(session, "(202) 555-0151", profile="US")
    assert [VAULT.open(each.number) for each in directory.methods(session, row.id, Channel.SMS)] == ["+12025550151"]
    with pytest.raises(BadInput) as refused:
        added(session, "12")
    assert refused.value.field == "number"


def test_a_fax_and_an_exchange_address_are_kept_and_never_texted(session: Session) -> None:
    row = added(session)
    keeping.add_methods(session, row, Line("+12025550153", (Way.FAX,)), vault=VAULT, officer=officer(), at=clock.now())
    keeping.add_methods(session, row, Line("某办公厅 003", (Way.OA,)), vault=VAULT, officer=officer(), at=clock.now())
    assert len(directory.methods(session, row.id, Channel.SMS)) == 1
    [shown] = listing.contacts(session, [row], vault=VAULT, now=clock.now())
    assert [each["number"] for each in shown["methods"] if each["way"] in ("fax", "oa")] == [
        "+1 202 555 ••53",
        "某办••••",
    ]


def test_a_number_verified_by_one_desk_is_used_again_by_all_who_have_it(session: Session) -> None:
    cast.load(session)
    cast.load(session, cast.document("V30100", {"primary": {}}))
    row = session.scalars(select(ContactRow).where(ContactRow.key == f"{DESK}-primary")).one()
    method = directory.callable_number(session, row.id)
    assert method is not None
    directory.mark_wrong(session, method, at=clock.now())
    keeping.verify(session, method.id, How.CALLED, officer=officer(), at=clock.now())
    assert session.scalars(select(MethodRow).where(MethodRow.wrong_at.is_not(None))).all() == []
    assert method.verified_by == {"officer": 7, "role": "duty_officer", "desk": DESK, "how": "called"}


@pytest.mark.parametrize(("profile", "fits"), [("US", False), ("CN", True), ("", True)])
def test_a_number_of_a_country_with_rules_of_its_own_is_held_to_them(
    session: Session, profile: str, fits: bool
) -> None:
    china = "+8610000000000"
    if fits:
        row = added(session, china, profile=profile)
        assert row.profile == "CN"
        other = replace(keeping.draft_of(row), profile="US")
        with pytest.raises(BadInput, match="country must be CN"):
            keeping.change(session, row, other, version=row.version, vault=VAULT, officer=officer(), at=clock.now())
        assert row.profile == "CN"
    else:
        with pytest.raises(BadInput, match="country must be CN"):
            added(session, china, profile=profile)


def test_a_number_of_a_country_without_rules_may_be_held_to_those_of_another(session: Session) -> None:
    row = added(session, profile="CN")
    assert row.profile == "CN", "such as the fictional numbers of a demonstration"
    with pytest.raises(BadInput, match="country must be CN"):
        keeping.add_methods(
            session, added(session, "+12025550152", profile="US"), Line("+8610000000000", BOTH),
            vault=VAULT, officer=officer(), at=clock.now(),
        )  # fmt: skip


# Proven --------------------------------------------------------------------------------------------------------------


def test_last_proven_is_when_a_person_last_answered_by_that_number(session: Session) -> None:
    cast.load(session)
    row = cast.message(session, cast.incident(session))
    planning.plan(session, row, zone=cast.ZONE, policy=Policy(), at=clock.now())
    session.flush()
    contact = session.scalars(select(ContactRow).where(ContactRow.key == f"{DESK}-primary")).one()
    assert proven.of_contacts(session, [contact.id]) == {}
    at = clock.now()
    for outcome, minute in ((Outcome.NO_ANSWER, 3), (Outcome.READ_BACK, 5), (Outcome.BUSY, 7)):
        call = Call(outcome, "值班员", at + timedelta(minutes=minute), at + timedelta(minutes=minute))
        callboard.outcome(session, row, contact.id, call, by=cast.OFFICER, policy=Policy())
    session.flush()
    found = proven.of_methods(session, [contact.id])
    phone = directory.callable_number(session, contact.id)
    assert phone is not None
    assert {method: each.how for method, each in found.items()} == {phone.id: "read_back"}
    assert found[phone.id].at == at + timedelta(minutes=5)


def test_a_text_that_came_back_proves_a_number(session: Session) -> None:
    cast.load(session)
    contact = session.scalars(select(ContactRow).where(ContactRow.key == f"{DESK}-deputy")).one()
    [text] = directory.methods(session, contact.id, Channel.SMS)
    at = clock.now()
    session.add(InboundRow(sid="SM9", lookup=text.lookup, taken_as="read_back", received_at=at))
    session.flush()
    assert proven.of_contacts(session, [contact.id])[contact.id] == proven.Proven(at, "reply")


@pytest.mark.parametrize(("how", "counts"), [(How.CALLED, True), (How.IN_PERSON, True), (How.DOCUMENT, False)])
def test_a_number_verified_with_the_person_proves_it_and_a_letter_does_not(
    session: Session, how: How, counts: bool
) -> None:
    cast.load(session)
    contact = session.scalars(select(ContactRow).where(ContactRow.key == f"{DESK}-deputy")).one()
    [text] = directory.methods(session, contact.id, Channel.SMS)
    at = clock.now()
    keeping.verify(session, text.id, how, officer=officer(), at=at)
    session.flush()
    expected = {contact.id: proven.Proven(at, "verified")} if counts else {}
    assert proven.of_contacts(session, [contact.id]) == expected


# Keys ----------------------------------------------------------------------------------------------------------------


def test_every_number_is_locked_again_with_the_first_key_in_steps_that_may_be_broken_off(session: Session) -> None:
    old, new = cast.CONTACTS_KEY, Fernet.generate_key().decode()
    cast.load(session)
    [stopped, *_] = session.scalars(select(MethodRow).where(MethodRow.channel == "sms")).all()
    stopped.opted_out_at = clock.now()
    session.add(InboundRow(sid="SM8", lookup=stopped.lookup, taken_as="stop", received_at=clock.now()))
    session.flush()
    both = numbers.vault(f"{new},{old}")
    whole = session.scalar(select(func.count()).select_from(MethodRow)) or 0
    assert rekey.left(session, both) == whole == 6
    assert rekey.step(session, both, batch=4) == 4
    session.flush()
    broken_off = {both.open(each.number) for each in session.scalars(select(MethodRow))}
    assert broken_off == set(NUMBERS.values())  # half old, half new: all can be read
    assert rekey.step(session, both, batch=4) == 2
    assert rekey.step(session, both, batch=4) == 0
    session.flush()
    alone = numbers.vault(new)
    assert {alone.open(each.number) for each in session.scalars(select(MethodRow))} == set(NUMBERS.values())
    assert rekey.left(session, alone) == 0
    found = session.scalars(select(MethodRow).where(MethodRow.lookup == alone.lookup(alone.open(stopped.number)))).all()
    assert stopped in found
    assert stopped.opted_out_at is not None
    assert session.get_one(InboundRow, "SM8").lookup == stopped.lookup
    with pytest.raises(NotReady, match="CONTACTS_KEY"):
        numbers.vault(old).open(stopped.number)


def test_without_the_old_key_nothing_is_locked_again_and_the_setting_is_named(session: Session) -> None:
    cast.load(session)
    stranger = numbers.vault(Fernet.generate_key().decode())
    before = [each.number for each in session.scalars(select(MethodRow).order_by(MethodRow.id))]
    with pytest.raises(NotReady, match="CONTACTS_KEY"):
        rekey.step(session, stranger)
    assert [each.number for each in session.scalars(select(MethodRow).order_by(MethodRow.id))] == before


# The file of the whole --------------------------------------------------------------------------------------------------


def test_the_same_file_twice_is_no_change_and_says_nothing(session: Session) -> None:
    cast.load(session)
    session.commit()
    said = journal.last(session, f"desk:{DESK}")
    versions = session.scalars(select(ContactRow.version).order_by(ContactRow.id)).all()
    cast.load(session)
    session.commit()
    assert journal.last(session, f"desk:{DESK}") == said
    assert session.scalars(select(ContactRow.version).order_by(ContactRow.id)).all() == versions


def test_what_a_desks_own_people_entered_stays_when_a_file_is_loaded(session: Session) -> None:
    row = added(session)
    cast.load(session)
    assert row.active
    [office] = session.scalars(select(OrganisationRow).where(OrganisationRow.kept_by == DESK)).all()
    assert office.kind == "duty_room"


def test_an_organisation_with_active_contacts_stays(session: Session) -> None:
    office = keeping.add_organisation(
        session, DESK, Kind.FIRE, Words("消防", "Fire"), "", places=PLACES, officer=officer(), at=clock.now()
    )
    added(session, organisation=office.id)
    with pytest.raises(Conflict, match="active contacts"):
        keeping.change_organisation(
            session, office, {"active": False}, version=office.version, officer=officer(), at=clock.now()
        )


def test_a_contact_of_an_organisation_of_another_desk_is_refused(session: Session) -> None:
    office = keeping.add_organisation(
        session,
        SENDER_DESK,
        Kind.FIRE,
        Words("消防", "Fire"),
        "",
        places=PLACES,
        officer=officer(SENDER_DESK),
        at=clock.now(),
    )
    with pytest.raises(EmergencyError, match="no such organisation"):
        added(session, organisation=office.id)
