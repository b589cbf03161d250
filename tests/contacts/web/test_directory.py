"""Directory and roster over HTTP, in the browser's pages, and by command."""

import io
import json
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import Engine, select

from contacts.ledger import ContactTestRow
from contacts.models import ContactRow, MethodRow, OrganisationRow
from contacts.sending import dispatch
from emergency import clock, db, journal, notifications
from emergency.errors import BadInput
from emergency.journal import Actor
from emergency.jurisdictions.models import DivisionRow
from emergency.notifications import NotificationRow, Via
from emergency.river.models import SiteRow
from emergency.units import iso
from tests.contacts import cast
from tests.contacts.cast import DESK, NUMBERS, SENDER_DESK
from tests.contacts.web.test_notices import Desk, app, phones
from tests.phones import PhoneCompany

__all__ = ["app", "phones"]

NEW = {"role": "deputy", "name_zh": "王一", "number": "+12025550151"}


@pytest.fixture
def desk(app: Flask, database: Engine) -> Desk:
    """A duty officer of the desk, whose contacts and roster are loaded."""
    with db.sessions(database).begin() as session:
        cast.load(session)
    return Desk(app, database, "duty_officer", DESK)


def found(desk: Desk) -> list[dict[str, Any]]:
    shown = desk.get(f"/desks/{DESK}/directory")
    return [each for office in shown["organisations"] for each in office["contacts"]]


def test_a_contact_is_added_changed_verified_and_deactivated(desk: Desk) -> None:
    made = desk.post(f"/desks/{DESK}/contacts", NEW, 201)
    assert {each["number"] for each in made["methods"]} == {"+1 202 555 ••51"}
    changed = desk.post(f"/contacts/{made['id']}", {"version": made["version"], "content_level": "bell"})
    assert (changed["content_level"], changed["role"]) == ("bell", "deputy")
    desk.post(f"/contacts/{made['id']}", {"version": made["version"], "content_level": "full"}, 409)
    method = made["methods"][0]["id"]
    verified = desk.post(f"/methods/{method}", {"act": "verify", "how": "called"})
    assert next(each for each in verified["methods"] if each["id"] == method)["verified"]["how"] == "called"
    version = verified["version"]
    assert not desk.post(f"/contacts/{made['id']}", {"version": version, "active": False})["active"]
    history = desk.get(f"/contacts/{made['id']}")["history"]
    assert [each["kind"] for each in history] == [
        "contact.deactivated", "method.verified", "contact.changed", "contact.added",
    ]  # fmt: skip


def test_the_history_says_what_was_changed_in_the_words_of_the_pages_and_who_did_it_by_name(
    app: Flask, desk: Desk, database: Engine
) -> None:
    with db.sessions(database).begin() as session:
        place = DivisionRow(code=DESK, name_zh="中区", name_en="Middle", level="county", desk=True, surrogate=False)
        session.add(place)
    made = desk.post(f"/desks/{DESK}/contacts", NEW, 201)
    path = f"/contacts/{made['id']}"
    said = {"role": "leader", "tier": "duty", "content_level": "full", "language": "en"}
    changed = desk.post(path, {"version": made["version"], **said})
    desk.post(path, {"version": changed["version"], "active": False})
    off, change, _ = desk.get(path)["history"]
    assert {each["field"]: each["values"] for each in change["changes"]} == {
        "role": ["副班", "带班领导"],
        "tier": ["—", "值班"],
        "content_level": ["要点", "全文"],
        "language": ["中文", "英文"],
    }
    assert off["changes"] == [{"field": "active", "values": ["是", "否"]}]
    assert (off["by"]["name"], off["by"]["desk_name"]) == (f"duty_officer {DESK}", "中区")
    for language, row, who in (
        ("zh", "角色 副班 → 带班领导", f"duty_officer {DESK} 值班员 中区"),
        ("en", "role deputy → leader", f"duty_officer {DESK} Duty officer Middle"),
    ):
        page = app.test_client().get(f"/directory{path}?lang={language}", headers=desk._headers).text
        shown = page[page.index('id="history"') :]
        assert row in shown
        assert who in shown
        assert not [each for each in ("True", "False", "None", "primary →") if each in shown]
    with db.sessions(database).begin() as session:
        kept = json.dumps([dict(each.facts) | dict(each.by) for each in journal.read(session, f"desk:{DESK}")])
    assert f"duty_officer {DESK}" not in kept, "the journal names nobody"


def test_an_organisation_is_kept_for_a_place_that_there_is_and_shown_with_its_name(
    app: Flask, desk: Desk, database: Engine
) -> None:
    with db.sessions(database).begin() as session:
        for code, zh in ((DESK, "中区"), ("V20101", "中区一镇")):
            place = DivisionRow(code=code, name_zh=zh, name_en=code, level="county", desk=code == DESK, surrogate=False)
            session.add(place)
    given = {"kind": "fire", "name_zh": "消防站"}
    path = f"/desks/{DESK}/organisations"
    with db.sessions(database).begin() as session:
        for number, kind in ((5001, "intake"), (5002, "section")):
            site = SiteRow(
                site_id=number,
                kind=kind,
                name_zh=f"甲{number}",
                name_en="A",
                river="R",
                anchor={},
                synthetic=True,
                confidence="E",
                geom="SRID=4326;POINT(107.4 30.6)",
            )
            session.add(site)
    assert desk.post(path, given | {"place": "site:05001"}, 201)["place"] == "site:5001"
    desk.post(path, given | {"place": "site:5002"}, 422)
    refused = desk.post(path, given | {"place": "inside:V20109"}, 422)
    assert (refused["type"], refused["field"]) == ("urn:lianfang:problem:no-such-place", "place")
    assert refused["detail"] == "用于：没有这个区划：V20109，请查对。"
    made = desk.post(path, given | {"place": "inside:V20101"}, 201)
    assert "用于 中区一镇 (inside:V20101)" in page(app, desk)
    assert "用于 甲5001 (site:5001)" in page(app, desk)
    with db.sessions(database).begin() as session:  # as a file may bring it
        session.get_one(OrganisationRow, made["id"]).place = "inside:V20109"
    assert "用于 inside:V20109：没有这个地方，请更正" in page(app, desk)


def page(app: Flask, desk: Desk) -> str:
    return app.test_client().get("/directory?lang=zh", headers=desk._headers).text


def test_whoever_is_signed_in_learns_what_desks_are_called(desk: Desk, database: Engine) -> None:
    with db.sessions(database).begin() as session:
        place = DivisionRow(
            code=SENDER_DESK, name_zh="甲区", name_en="Upper", level="county", desk=True, surrogate=False
        )
        session.add(place)
    assert desk.get(f"/desks/names?code={SENDER_DESK},V99999") == {"names": {SENDER_DESK: "甲区", "V99999": "V99999"}}
    assert desk.get("/desks/names") == {"names": {}}


def test_a_country_that_is_cleared_is_that_of_the_first_number(desk: Desk) -> None:
    made = desk.post(f"/desks/{DESK}/contacts", NEW | {"country": "AT"}, 201)
    path = f"/contacts/{made['id']}"
    kept = desk.post(path, {"version": made["version"], "content_level": "bell"})
    assert (made["country"], kept["country"]) == ("AT", "AT"), "what is not given stays"
    assert desk.post(path, {"version": kept["version"], "country": ""})["country"] == "US"
    assert desk.post(path, {"version": kept["version"], "country": ["CN"]}, 422)["field"] == "country"


def test_a_number_is_texted_a_code_and_verified_by_it(app: Flask, desk: Desk, database: Engine) -> None:
    contact = found(desk)[0]
    method = next(each["id"] for each in contact["methods"] if each["way"] == "sms")
    desk.post(f"/methods/{method}", {"act": "verify", "how": "texted"}, 422)
    desk.post(f"/methods/{method}", {"act": "verify", "how": "texted", "code": "K7M4"}, 409)
    asked = desk.post(f"/methods/{method}", {"act": "text_code"})
    assert next(each for each in asked["methods"] if each["id"] == method)["code_sent_at"]
    page = app.test_client().get(f"/directory/contacts/{contact['id']}?lang=en", headers=desk._headers).text
    assert 'name="code"' in page
    assert "Text another code" in page
    with db.sessions(database).begin() as session:
        [code] = session.scalars(select(NotificationRow.code))
    assert code not in page
    wrong = desk.post(f"/methods/{method}", {"act": "verify", "how": "texted", "code": "ZZZZ"}, 422)
    assert (wrong["type"].rsplit(":", 1)[-1], wrong["field"]) == ("code-wrong", "code")
    verified = desk.post(f"/methods/{method}", {"act": "verify", "how": "texted", "code": code})
    shown = next(each for each in verified["methods"] if each["id"] == method)
    assert (shown["verified"]["how"], shown["code_sent_at"]) == ("texted", None)
    assert (
        'name="code"' not in app.test_client().get(f"/directory/contacts/{contact['id']}", headers=desk._headers).text
    )


def test_a_code_is_not_to_be_guessed(desk: Desk, database: Engine) -> None:
    method = next(each["id"] for each in found(desk)[0]["methods"] if each["way"] == "sms")
    desk.post(f"/methods/{method}", {"act": "text_code"})
    with db.sessions(database).begin() as session:
        [code] = session.scalars(select(NotificationRow.code))
    said = {"act": "verify", "how": "texted"}
    for _ in range(5):
        desk.post(f"/methods/{method}", said | {"code": "ZZZZ"}, 422)
    void = desk.post(f"/methods/{method}", said | {"code": code}, 409)
    assert void["type"] == "urn:lianfang:problem:code-void"
    assert not next(each for each in found(desk)[0]["methods"] if each["id"] == method)["verified"]
    with db.sessions(database).begin() as session:  # another one is texted and counted by itself
        session.scalars(select(ContactTestRow)).one().started_at = clock.now() - timedelta(minutes=3)
    desk.post(f"/methods/{method}", {"act": "text_code"})
    with db.sessions(database).begin() as session:
        again = session.scalars(select(NotificationRow.code).order_by(NotificationRow.id.desc())).first()
    desk.post(f"/methods/{method}", said, 422)  # no code at all is no try
    for _ in range(7):  # the same again, as after an answer that was lost
        desk.post(f"/methods/{method}", said | {"code": again})


CODE = "Q7ZX"


@pytest.fixture
def checked(
    app: Flask, desk: Desk, database: Engine, phones: PhoneCompany, monkeypatch: pytest.MonkeyPatch
) -> dict[str, int]:
    """A number of the desk that was just texted CODE: the ids about it, by the name that routes give them or their kind."""
    monkeypatch.setattr(notifications, "desk_code", lambda *_: CODE)  # a code by chance may stand in any page
    contact = found(desk)[0]
    method = next(each["id"] for each in contact["methods"] if each["way"] == "sms")
    desk.post(f"/methods/{method}", {"act": "text_code"})
    dispatch.run_once(cast.office(database, phones))
    assert [CODE in each["body"] for each in phones.book()] == [True], "the text carries it"
    [row] = cast.rows(database)
    return {"contact": contact["id"], "method": method, "notification": row.notification_id, "delivery": row.id}


def shown_to(app: Flask, who: Desk, ids: Iterable[int]) -> dict[str, str]:
    """Whatever the service answers to whoever looks at each page and API that there is, with each of some ids."""
    client, seen = app.test_client(), {}
    for route in app.url_map.iter_rules():
        if "GET" not in (route.methods or ()) or route.endpoint == "static":
            continue
        for n in sorted(ids):
            given = {name: n if "Integer" in type(each).__name__ else DESK for name, each in route._converters.items()}
            built = route.build(given, append_unknown=False)
            path = route.rule if built is None else built[1]
            if path not in seen:
                seen[path] = client.get(path, headers=who._headers).text
    return seen


@pytest.mark.parametrize(
    ("role", "place"),
    [
        ("duty_officer", DESK),
        ("leader", DESK),
        ("liaison", DESK),
        ("administrator", None),
        ("duty_officer", SENDER_DESK),
    ],
)
def test_a_code_that_proves_a_number_is_shown_to_nobody_who_is_signed_in(
    app: Flask, desk: Desk, database: Engine, checked: dict[str, int], role: str, place: str | None
) -> None:
    who = desk if (role, place) == ("duty_officer", DESK) else Desk(app, database, role, place)
    seen = shown_to(app, who, checked.values())
    assert {"/", "/api/v1/notifications", f"/deliveries/{checked['delivery']}", "/contact-tests"} <= set(seen)
    assert [path for path, answer in seen.items() if CODE in answer] == []
    if role == "administrator":
        story = who.get(f"/deliveries/{checked['delivery']}")
        assert (story["code"], "••••" in story["body"]) == (None, True)
    else:
        assert who.get("/notifications")["notifications"] == [], "nobody of a desk waits to be confirmed"
        who.get(f"/deliveries/{checked['delivery']}", 404)


def test_no_entry_of_the_journal_has_the_code_of_a_number_before_or_after_it_came_back(
    desk: Desk, database: Engine, checked: dict[str, int]
) -> None:
    desk.post(f"/methods/{checked['method']}", {"act": "verify", "how": "texted", "code": CODE})
    with db.sessions(database).begin() as session:
        entries = [each for stream in journal.heads(session) for each in journal.read(session, stream)]
    assert {"notification.issued", "notification.acknowledged", "method.verified"} <= {each.kind for each in entries}
    assert [each.kind for each in entries if CODE in json.dumps(each.facts)] == []


def test_only_the_code_itself_answers_a_check_of_a_number(
    app: Flask, desk: Desk, database: Engine, checked: dict[str, int]
) -> None:
    n = checked["notification"]
    for via in ({"via": "web"}, {"via": "code", "code": CODE}, {"via": "call", "by": "王某", "code": CODE}):
        desk.post(f"/notifications/{n}/acknowledge", via, 404)
    desk.post(
        f"/notifications/{n}/calls", {"contact": checked["contact"], "outcome": "read_back", "person": "王某"}, 404
    )
    desk.post(f"/contact-tests/{n}/answered", {"by": "王某"}, 404)
    by = Actor(officer=1, role="duty_officer", desk=DESK)
    with db.sessions(database).begin() as session, pytest.raises(BadInput, match="not the code"):
        notifications.acknowledge(session, notification_id=n, by_person="王", via=Via.WEB, by=by, at=clock.now())
    with db.sessions(database).begin() as session:
        assert session.get_one(NotificationRow, n).acknowledged_at is None
        assert session.get_one(MethodRow, checked["method"]).verified_at is None


def test_the_same_request_sent_again_adds_nobody_twice(app: Flask, desk: Desk) -> None:
    before = len(found(desk))
    headers = {**desk._headers, "Idempotency-Key": "once"}
    ids = {
        app.test_client().post(f"/api/v1/desks/{DESK}/contacts", json=NEW, headers=headers).get_json()["id"]
        for _ in range(2)
    }
    assert len(ids) == 1
    assert len(found(desk)) == before + 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": "boss"}, "role"),
        ({"name_zh": ""}, "name_zh"),
        ({"number": "12"}, "number"),
        ({"number": ""}, "number"),
        ({"ways": []}, "ways"),
        ({"ways": "sms"}, "ways"),
        ({"content_level": "all"}, "content_level"),
        ({"tier": "x"}, "tier"),
        ({"country": "XX"}, "country"),
        ({"organisation": 999999}, "organisation"),
        ({"active": "no"}, "active"),
    ],
)
def test_a_contact_badly_said_is_answered_with_the_field(desk: Desk, change: dict[str, Any], field: str) -> None:
    status = 404 if field == "organisation" else 422
    assert desk.post(f"/desks/{DESK}/contacts", NEW | change, status)["field"] == field


def test_a_number_is_revealed_to_its_keepers_alone_and_the_reveal_is_journalled(
    app: Flask, database: Engine, desk: Desk
) -> None:
    method = next(each for each in found(desk)[0]["methods"] if each["way"] == "phone")
    assert desk.post(f"/methods/{method['id']}/reveal", {})["number"] in NUMBERS.values()
    Desk(app, database, "duty_officer", SENDER_DESK).post(f"/methods/{method['id']}/reveal", {}, 404)
    Desk(app, database, "leader", DESK).post(f"/methods/{method['id']}/reveal", {}, 403)
    with db.sessions(database).begin() as session:
        kinds = [each.kind for each in journal.read(session, f"desk:{DESK}")]
    assert kinds.count("contact.revealed") == 1


def test_another_desk_sees_masked_numbers_and_changes_nothing(app: Flask, database: Engine, desk: Desk) -> None:
    stranger = Desk(app, database, "duty_officer", SENDER_DESK)
    assert not stranger.get(f"/desks/{DESK}/directory")["mine"]
    assert "••" in json.dumps(stranger.get(f"/desks/{DESK}/directory"), ensure_ascii=False)
    number = found(desk)[0]["id"]
    for path, body in (
        (f"/desks/{DESK}/contacts", NEW),
        (f"/desks/{DESK}/organisations", {"kind": "fire", "name_zh": "消防"}),
        (f"/contacts/{number}", {"version": 1}),
        (f"/contacts/{number}/methods", {"number": "+12025550152"}),
        (f"/desks/{DESK}/contacts/import", {}),
        (f"/desks/{DESK}/shifts", {}),
        (f"/desks/{DESK}/covers", {}),
        (f"/desks/{DESK}/swaps", {}),
        (f"/desks/{DESK}/rotations", {}),
        (f"/desks/{DESK}/days", {}),
        (f"/desks/{DESK}/feeds", {}),
        (f"/desks/{DESK}/roster/settings", {}),
        (f"/desks/{DESK}/roster/check", {}),
    ):
        stranger.post(path, body, 404)
    Desk(app, database, "observer", DESK).get(f"/desks/{DESK}/directory", 403)


def test_a_table_is_checked_then_taken(app: Flask, desk: Desk) -> None:
    before = len(found(desk))
    table = "角色,名称,手机\n主班,一线,+12025550151\n队长,二线,+12025550152\n".encode("gb18030")
    client, path = app.test_client(), f"/api/v1/desks/{DESK}/contacts/import"
    checked = client.post(f"{path}?dry_run=1", data=table, headers=desk._headers).get_json()
    assert (checked["dry_run"], checked["counts"]) == (True, {"added": 1, "changed": 0, "same": 0, "refused": 1})
    assert checked["rows"][1]["row"] == 3
    assert checked["rows"][1]["faults"][0]["column"] == "角色"
    assert len(found(desk)) == before
    for counts in ({"added": 1, "same": 0}, {"added": 0, "same": 1}):
        taken = client.post(path, data=table, headers=desk._headers).get_json()
        assert {name: taken["counts"][name] for name in counts} == counts
    assert len(found(desk)) == before + 1
    refused = client.post(path, data=b"\x00\x01", headers=desk._headers)
    assert (refused.status_code, refused.get_json()["field"]) == (422, "file")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_templates_are_handed_out(app: Flask, desk: Desk, form: str) -> None:
    answer = app.test_client().get(f"/api/v1/contacts/template.{form}", headers=desk._headers)
    assert answer.status_code == 200
    if form == "xlsx":
        assert openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]["A1"].value == "编号"
    else:
        assert answer.data.decode("utf-8-sig").startswith("编号,")


# Roster --------------------------------------------------------------------------------------------------------------


def test_the_roster_is_kept_over_http(desk: Desk) -> None:
    people = {each["role"]: each["id"] for each in found(desk)}
    shift = desk.post(
        f"/desks/{DESK}/shifts",
        {
            "role": "primary",
            "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"],
            "starts": "08:00",
            "hours": 24,
            "anchor_on": "2025-01-01",
            "turns": [[people["deputy"], people["leader"]]],
        },
        201,
    )
    now = clock.now()
    since, until = iso(now), iso(now + timedelta(days=2))
    shown = desk.get(f"/desks/{DESK}/roster?since={since}&until={until}")
    assert {tuple(one["id"] for one in each["people"]) for each in shown["turns"] if each["role"] == "primary"} == {
        (people["deputy"], people["leader"])
    }
    assert shown["gaps"] == []
    yesterday = (now - timedelta(days=1)).date().isoformat()
    cover = desk.post(
        f"/desks/{DESK}/covers",
        {
            "role": "primary",
            "people": [people["leader"]],
            "since": f"{yesterday}T08:00",
            "until": iso(now + timedelta(hours=1)),
        },
        201,
    )
    assert cover["since"] == f"{yesterday}T00:00:00Z"  # eight in Shanghai
    assert desk.post(f"/covers/{cover['id']}", {})["covers"] == [cover["id"]]
    assert desk.post(f"/covers/{cover['id']}", {"restore": True})["covers"] == [cover["id"]]
    assert desk.post(f"/shifts/{shift['id']}", {})["ended_at"] is not None
    assert desk.post(f"/desks/{DESK}/days", {"on": "2026-10-01", "name": "国庆"})["changed"] == 1
    assert desk.post(f"/desks/{DESK}/days", {"csv": "2026-10-02,holiday,国庆\n"})["changed"] == 1
    assert desk.post(f"/desks/{DESK}/days", {"remove": "2026-10-01"})["changed"] == 1
    desk.post(f"/desks/{DESK}/rotations", {"role": "leader", "turns": []})
    gaps = desk.post(f"/desks/{DESK}/roster/check", {})["gaps"]
    assert [each["role"] for each in gaps] == ["leader"]
    again = {"role": "leader", "turns": [[people["leader"]]], "anchor_at": "2025-01-01T08:00", "shift_hours": 24}
    desk.post(f"/desks/{DESK}/rotations", again)
    assert desk.post(f"/desks/{DESK}/roster/check", {})["gaps"] == []


def test_a_cover_over_another_is_answered_with_what_stands_there_and_taken_despite_it(desk: Desk) -> None:
    people, now = {each["role"]: each["id"] for each in found(desk)}, clock.now()
    path = f"/desks/{DESK}/covers"
    first = {
        "role": "primary",
        "people": [people["deputy"]],
        "since": iso(now),
        "until": iso(now + timedelta(hours=8)),
    }
    made = desk.post(path, first, 201)
    second = first | {"people": [people["leader"]]}
    refused = desk.post(path, second, 409)
    assert (refused["type"].rsplit(":", 1)[-1], refused["overlaps"], refused["despite"]) == (
        "overlaps",
        [made["id"]],
        True,
    )
    desk.post(path, second | {"despite": True}, 201)


def test_an_emptied_base_rotation_is_restored_from_the_page(app: Flask, desk: Desk) -> None:
    desk.post(f"/desks/{DESK}/rotations", {"role": "leader", "turns": []})
    page = app.test_client().get("/roster?lang=en", headers=desk._headers).text
    assert page.count("data-sure-empty") == 2  # the leader's is empty already
    [path] = re.findall(r'data-post="(rotations/\d+)"', page)
    assert desk.post(f"/{path}", {})["role"] == "leader"
    assert desk.post(f"/desks/{DESK}/roster/check", {})["gaps"] == []


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("shifts", {"role": "primary"}, "days"),
        ("shifts", {"role": "primary", "days": ["mon"], "starts": "8 Uhr"}, "starts"),
        ("covers", {"role": "primary", "people": "x"}, "people"),
        ("covers", {"role": "primary", "people": [], "since": "2026-01-01T08:00", "until": "2027-01-01T08:00"}, "people"),
        ("covers", {"role": "primary", "people": [1], "since": "today"}, "since"),
        ("swaps", {"role": "primary", "first_at": "2026-01-01T08:00", "second_at": "x"}, "second_at"),
        ("days", {"on": "soon"}, "on"),
        ("days", {"on": "2026-10-01", "counts_as": "x"}, "counts_as"),
        ("roster/settings", {"time_zone": "Mars/North", "horizon_days": 14}, "time_zone"),
        ("roster/settings", {"time_zone": "Asia/Shanghai", "horizon_days": 400}, "horizon_days"),
        ("rotations", {"role": "primary", "turns": [[1]], "anchor_at": "x"}, "anchor_at"),
    ],
)  # fmt: skip
def test_a_roster_badly_said_is_answered_with_the_field(
    desk: Desk, path: str, body: dict[str, Any], field: str
) -> None:
    assert desk.post(f"/desks/{DESK}/{path}", body, 422)["field"] == field


def test_a_feed_is_read_without_a_login_until_it_is_revoked(app: Flask, database: Engine, desk: Desk) -> None:
    made = desk.post(f"/desks/{DESK}/feeds", {"label": "手机"}, 201)
    path = "/calendar/" + made["url"].split("/calendar/")[1]
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert b"BEGIN:VEVENT" in answer.data
    assert b"555" not in answer.data
    own = app.test_client().get(f"/api/v1/desks/{DESK}/roster.ics", headers=desk._headers)
    assert b"BEGIN:VEVENT" in own.data
    desk.post(f"/feeds/{made['feed']}/revoke", {})
    assert app.test_client().get(path).status_code == 404
    secret = path.removeprefix("/calendar/").removesuffix(".ics")
    with db.sessions(database).begin() as session:
        kept = json.dumps([dict(each.facts) for each in journal.read(session, f"desk:{DESK}")])
    assert secret not in kept


def test_the_desk_is_handed_over_by_http(app: Flask, database: Engine, desk: Desk) -> None:
    long = desk.post("/hand-overs", {"lines": ["短", "长" * 501]}, 422)
    assert (long["field"], "2" in long["detail"]) == ("lines", True)
    assert desk.get(f"/desks/{DESK}/duty")["hand_over"] is None
    given = desk.post("/hand-overs", {"lines": ["梁平未回报"]}, 201)
    waits = {"given_by": f"duty_officer {DESK}", "given_at": given["given_at"]}
    assert desk.get(f"/desks/{DESK}/duty")["hand_over"] == waits
    assert desk.get(f"/desks/{SENDER_DESK}/duty")["hand_over"] is None, "of one's own desk alone"
    desk.post(f"/hand-overs/{given['id']}", {"act": "take", "lines": [0]}, 409)
    leader = Desk(app, database, "leader", DESK)
    assert leader.post(f"/hand-overs/{given['id']}", {"act": "take", "lines": []}, 409)["field"] == "lines"
    assert leader.post(f"/hand-overs/{given['id']}", {"act": "take", "lines": [0]})["answer"] == "taken"
    desk.post(f"/hand-overs/{given['id']}", {"act": "back"}, 409)


# Pages ---------------------------------------------------------------------------------------------------------------


def test_whoever_may_only_look_is_told_whether_the_desk_or_the_role_is_the_reason(
    app: Flask, database: Engine, desk: Desk
) -> None:
    leader = Desk(app, database, "leader", DESK)
    stranger = Desk(app, database, "duty_officer", SENDER_DESK)
    for path in (f"/directory?desk={DESK}", f"/roster?desk={DESK}"):
        pages = {
            who: app.test_client()
            .get(path, headers=each._headers | {"Accept-Language": "zh"})
            .text.split("<main")[1]
            .split("</main>")[0]
            for who, each in (("own", desk), ("leader", leader), ("stranger", stranger))
        }
        assert "您的角色（值班领导）只能看" in pages["leader"]
        assert "其他席位" not in pages["leader"]
        assert "这是其他席位的资料" in pages["stranger"]
        assert "只能看" not in pages["own"]


def test_deactivating_whoever_is_on_duty_or_on_the_roster_says_so_before(app: Flask, desk: Desk) -> None:
    people = {each["role"]: each["id"] for each in found(desk)}
    new = desk.post(f"/desks/{DESK}/contacts", NEW, 201)["id"]

    def asked(contact: int) -> str:
        page = app.test_client().get(f"/directory/contacts/{contact}?lang=en", headers=desk._headers).text
        return re.search(r'data-sure="([^"]*Deactivate[^"]*)"', page)[1]  # type: ignore[index]

    assert "is on duty now (primary)" in asked(people["primary"])
    assert "roster" not in asked(new)
    now = clock.now()
    times = {"since": iso(now + timedelta(days=1)), "until": iso(now + timedelta(days=2))}
    desk.post(f"/desks/{DESK}/covers", {"role": "primary", "people": [new], **times}, 201)
    assert "is on the roster still" in asked(new)


@pytest.mark.parametrize("tongue", ["zh", "en"])
def test_every_page_opens_in_both_languages_and_shows_no_number(app: Flask, desk: Desk, tongue: str) -> None:
    contact = found(desk)[0]["id"]
    paths = (
        "/directory",
        f"/directory/contacts/{contact}",
        "/directory/import",
        "/roster",
        "/roster?view=month&on=2026-10-01",
    )
    for path in paths:
        answer = app.test_client().get(
            path, headers={**desk._headers, "Accept": "text/html", "Accept-Language": tongue}
        )
        assert answer.status_code == 200, answer.text
        text = re.sub(r"<script.*?</script>|placeholder=\"[^\"]*\"", "", answer.text, flags=re.DOTALL)
        assert not re.search(r"\+1 ?202 ?555 ?01\d\d|12025550", text)
        if tongue == "en":
            assert "值班表" not in text


def test_a_stop_and_a_wrong_number_are_seen_on_the_pages(app: Flask, database: Engine, desk: Desk) -> None:
    with db.sessions(database).begin() as session:
        row = session.scalars(select(ContactRow).where(ContactRow.key == f"{DESK}-primary")).one()
        for method in session.scalars(select(MethodRow).where(MethodRow.contact_id == row.id)):
            if method.channel == "sms":
                method.opted_out_at = clock.now()
            else:
                method.wrong_at = clock.now()
    for path in ("/directory", "/roster"):
        text = app.test_client().get(path, headers={**desk._headers, "Accept": "text/html"}).text
        assert "已退订短信 STOP" in text
        assert "错号，待核实" in text
    assert "处空缺" in app.test_client().get("/roster", headers={**desk._headers, "Accept": "text/html"}).text


def test_a_desk_that_does_not_keep_a_page_sees_no_form(app: Flask, database: Engine, desk: Desk) -> None:
    stranger = Desk(app, database, "duty_officer", SENDER_DESK)
    for path in (f"/directory?desk={DESK}", f"/roster?desk={DESK}"):
        text = app.test_client().get(path, headers={**stranger._headers, "Accept": "text/html"}).text
        assert "data-post" not in text
        assert "data-reveal" not in text


# Commands ------------------------------------------------------------------------------------------------------------


def test_a_table_by_command_reports_each_row_and_fails_where_one_was_refused(app: Flask, tmp_path: Path) -> None:
    run = app.test_cli_runner().invoke
    file = tmp_path / "contacts.csv"
    file.write_text("角色,名称,手机\n主班,一线,+12025550151\n", encoding="utf-8")
    good = run(args=["contacts", "load", str(file), "--jurisdiction", DESK])
    assert good.exit_code == 0, good.output
    assert "1 added" in good.output
    file.write_text("角色,名称,手机\n主班,一线,+12025550151\n主班,二线,12\n", encoding="utf-8")
    bad = run(args=["contacts", "load", str(file), "--jurisdiction", DESK, "--dry-run"])
    assert bad.exit_code == 1
    assert "row 3, mobile" in bad.output
    printed = run(args=["contacts", "load", str(file), "--jurisdiction", DESK, "--json"])
    document = json.loads(printed.output.splitlines()[0])
    assert document["counts"] == {"added": 0, "changed": 0, "same": 1, "refused": 1}
    missing = run(args=["contacts", "load", str(tmp_path / "none.xlsx")])
    assert (missing.exit_code, "读不到" in missing.output) == (1, True)
    template = tmp_path / "t.xlsx"
    assert run(args=["contacts", "template", str(template)]).exit_code == 0
    assert openpyxl.load_workbook(template).worksheets[0]["A1"].value == "编号"


def test_gaps_by_command_and_every_number_locked_again(app: Flask, database: Engine, desk: Desk) -> None:
    run = app.test_cli_runner().invoke
    assert run(args=["roster", "gaps", "--jurisdiction", DESK]).exit_code == 0
    none = run(args=["roster", "gaps", "--jurisdiction", "V30100", "--json"])
    assert none.exit_code == 1
    assert len(json.loads(none.output.splitlines()[0])["gaps"]) == 3
    done = run(args=["contacts", "rekey", "--batch", "2"])
    assert done.exit_code == 0, done.output
    assert "0 left" in done.output
    at = iso(clock.now())
    asked = json.loads(run(args=["roster", "who", "--jurisdiction", DESK, "--at", at, "--json"]).output)
    assert [each["also"] for each in asked["duty"]] == [[], [], []]


def test_work_checks_the_rosters(app: Flask, database: Engine, desk: Desk) -> None:
    desk.post(f"/desks/{DESK}/rotations", {"role": "leader", "turns": []})
    for _ in range(2):
        ended = app.test_cli_runner().invoke(args=["work", "--once"])
        assert ended.exit_code == 0, ended.output
    with db.sessions(database).begin() as session:
        kinds = [each.kind for each in journal.read(session, f"desk:{DESK}")]
    assert kinds.count("roster.gap") == 1
