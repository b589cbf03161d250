"""Who may do what: the rules as a table, passwords and tokens, audience, and requests that are asked twice."""

from datetime import UTC, datetime

import pytest

from emergency import access, db, journal
from emergency.access import Action, Officer, Role, Subject
from emergency.errors import BadInput, Conflict, Forbidden, NotFound, NotSignedIn
from emergency.journal import Actor

AT = datetime(2025, 1, 1, tzinfo=UTC)


def officer(role: Role, desk: str | None = "511700") -> Officer:
    return Officer(1, "值班员", role, desk, None, "stamp")


@pytest.mark.parametrize(
    ("role", "desk", "action", "subject", "allowed"),
    [
        (Role.DUTY_OFFICER, "511700", Action.SEE_INCIDENT, Subject({"511700"}), True),
        (Role.DUTY_OFFICER, "511400", Action.SEE_INCIDENT, Subject({"511700"}), False),
        (Role.OBSERVER, "511700", Action.SEE_INCIDENT, Subject({"511700"}), True),
        (Role.OBSERVER, "511700", Action.RUN_INCIDENT, Subject({"511700"}), False),
        (Role.OBSERVER, "511700", Action.REPORT, None, False),
        (Role.LIAISON, "500155", Action.ACKNOWLEDGE, Subject({"511700", "500155"}, desk="500155"), True),
        (Role.LIAISON, "500155", Action.ISSUE, Subject({"511700", "500155"}), False),
        (Role.DUTY_OFFICER, "500155", Action.RUN_INCIDENT, Subject({"511700", "500155"}, desk="511700"), False),
        (Role.LEADER, "511700", Action.ISSUE, Subject({"511700"}, desk="511700"), True),
        (Role.ADMINISTRATOR, None, Action.SEE_INCIDENT, Subject({"511700"}), True),
        (Role.ADMINISTRATOR, None, Action.ISSUE, Subject({"511700"}), False),
        (Role.DUTY_OFFICER, "511700", Action.ADMINISTER, None, False),
    ],
)
def test_the_rules(role: Role, desk: str | None, action: Action, subject: Subject | None, allowed: bool) -> None:
    assert access.may(officer(role, desk), action, subject) is allowed


def test_nobody_may_only_what_is_public() -> None:
    assert [action for action in Action if access.may(None, action)] == [Action.PUBLIC, Action.PROVIDER]


def test_what_one_may_not_know_of_is_not_found_and_what_one_may_not_do_is_forbidden() -> None:
    with pytest.raises(NotSignedIn):
        access.require(None, Action.SEE_INCIDENT)
    with pytest.raises(NotFound):
        access.require(officer(Role.DUTY_OFFICER, "511400"), Action.SEE_INCIDENT, Subject({"511700"}))
    with pytest.raises(Forbidden):
        access.require(officer(Role.OBSERVER), Action.ISSUE, Subject({"511700"}))


def test_a_password_opens_and_a_new_one_ends_the_old(session: db.Writing) -> None:
    first = access.add_officer(session, name="达州值班员", role="duty_officer", jurisdiction="511700", at=AT)
    before = access.by_password(session, name="达州值班员", password=first)
    second = access.new_password(session, name="达州值班员", at=AT)
    with pytest.raises(NotSignedIn):
        access.by_password(session, name="达州值班员", password=first)
    assert access.by_password(session, name="达州值班员", password=second).stamp != before.stamp


def test_a_wrong_name_and_a_wrong_password_sound_the_same(session: db.Writing) -> None:
    access.add_officer(session, name="甲", role="observer", jurisdiction="511700", at=AT)
    said = []
    for name in ("甲", "乙"):
        with pytest.raises(NotSignedIn) as refused:
            access.by_password(session, name=name, password="guess")
        said.append(refused.value.words)
    assert said[0] == said[1]


def test_a_token_is_kept_as_its_hash_and_finds_its_officer(session: db.Writing) -> None:
    access.add_officer(session, name="甲", role="observer", jurisdiction="511700", at=AT)
    token = access.new_token(session, name="甲", at=AT)
    found = access.by_token(session, token)
    assert found is not None
    assert found.name == "甲"
    assert access.by_token(session, token + "x") is None
    assert session.query(access.TokenRow).one().token_hash != token


@pytest.mark.parametrize(
    ("name", "role", "jurisdiction", "error"),
    [("乙", "king", "511700", BadInput), ("乙", "observer", None, BadInput), ("甲", "observer", "511700", Conflict)],
)
def test_an_account_that_cannot_be_is_refused(
    session: db.Writing, name: str, role: str, jurisdiction: str | None, error: type[Exception]
) -> None:
    access.add_officer(session, name="甲", role="observer", jurisdiction="511700", at=AT)
    with pytest.raises(error):
        access.add_officer(session, name=name, role=role, jurisdiction=jurisdiction, at=AT)


def test_audience_opens_closes_and_opens_again(session: db.Writing) -> None:
    access.admit(session, incident=1, jurisdiction="511700", because="lead", at=AT)
    access.admit(session, incident=1, jurisdiction="500155", because="told", at=AT)
    assert access.audience(session, 1) == {"511700", "500155"}
    access.revoke(session, incident=1, jurisdiction="500155", because="wrong desk", by=Actor(officer=1), at=AT)
    assert access.audience(session, 1) == {"511700"}
    access.admit(session, incident=1, jurisdiction="500155", because="told", at=AT)
    session.commit()
    assert access.audience(session, 1) == {"511700", "500155"}
    kinds = [entry.kind for entry in journal.read(session, "incident:1")]
    assert kinds == ["audience.admitted", "audience.admitted", "audience.revoked", "audience.admitted"]


def test_the_same_key_gives_the_first_answer_and_another_body_is_refused(session: db.Writing) -> None:
    mark = access.fingerprint("POST /x", b"{}")
    row = access.first_answer(session, officer_id=1, key="k", mark=mark, at=AT)
    assert row.status is None
    row.status, row.answer = 201, {"number": 1}
    session.commit()
    assert access.first_answer(session, officer_id=1, key="k", mark=mark, at=AT).answer == {"number": 1}
    assert access.first_answer(session, officer_id=2, key="k", mark=mark, at=AT).status is None
    with pytest.raises(BadInput):
        access.first_answer(session, officer_id=1, key="k", mark=access.fingerprint("POST /x", b"[]"), at=AT)
