"""One delivery's whole story, and the page of the channels: what they say, in both languages, to whom."""

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from contacts.channels.base import Report
from contacts.models import DeliveryRow, TemplateRow
from contacts.people import numbers
from contacts.sending import deliveries, dispatch, provider_codes
from contacts.sending.preview import preview
from contacts.sending.states import State
from contacts.texts import templates
from contacts.texts.wordings import all_of
from contacts.values import Policy
from contacts.watch import channel_sheet, story
from emergency import clock, config, db, notifications
from emergency.errors import NotFound
from emergency.journal import Actor
from emergency.notifications import Via
from emergency.words import Language
from tests.contacts import cast
from tests.contacts.cast import DESK, NUMBERS, QUICK, SENDER_DESK
from tests.contacts.web.test_notices import Desk, app, issued
from tests.phones import PhoneCompany, phones

__all__ = ["app", "phones"]

OFFICE = replace(QUICK, ask_s=600.0, ask_most_s=600.0)
BY = Actor(process="test")


def told(engine: Engine, delivery: int) -> dict[str, Any]:
    with db.sessions(engine).begin() as session:
        row = session.get_one(DeliveryRow, delivery)
        return story.told(session, row, vault=numbers.vault(cast.CONTACTS_KEY))


def asked_about(engine: Engine, phones: PhoneCompany) -> int:
    """A text whose answer was lost, that was then found by asking, reported twice, and read back; its delivery."""
    _, message = issued(engine)
    phones.fault("error_after_accept", count=1)
    office = cast.office(engine, phones, policy=OFFICE)
    lines = office.lines()
    phones.wait_for(
        lambda: dispatch.step(office, lines) is not None and cast.rows(engine)[0].accepted_at is not None, 30
    )
    with db.sessions(engine).begin() as session:
        row = session.get_one(DeliveryRow, cast.rows(engine)[0].id, with_for_update=True)
        for _ in range(2):
            report = Report(row.provider_sid, "delivered")
            deliveries.heard(session, row, report, attempt=1, at=clock.now(), by=BY, policy=OFFICE)
        notifications.acknowledge(session, notification_id=message, by_person="李", via=Via.WEB, by=BY, at=clock.now())
        return row.id


def test_the_story_tells_each_record_in_time_order(database: Engine, phones: PhoneCompany) -> None:
    found = told(database, asked_about(database, phones))
    moments = found["moments"]
    assert [each["at"] for each in moments] == sorted(each["at"] for each in moments)
    kinds = [each["kind"] for each in moments]
    assert kinds[:3] == ["issued", "state", "attempt"]
    assert kinds.index("check") < kinds.index("report")
    assert kinds[-1] == "acknowledged"
    words = " ".join(each["words"]["zh"] for each in moments)
    for part in (
        "第 1 次发送",
        "不知是否发出",
        "按号码和正文查证：服务方有这一条，认领",
        "运营商称已送达，共 ",
        "李读回代码",
    ):
        assert part in words
    assert all(each["words"]["en"].strip() for each in moments)
    assert (found["state"], found["attempts"]) == ("delivered", 1)
    assert found["acknowledged_at"] is not None


def test_the_story_masks_the_number(database: Engine, phones: PhoneCompany) -> None:
    found = told(database, asked_about(database, phones))
    assert "••" in found["number"]
    assert NUMBERS["primary"] not in str(found)


def test_the_story_says_why_a_text_failed_and_what_comes_next(database: Engine, phones: PhoneCompany) -> None:
    issued(database, {"primary": {"number": "+12025550184"}, "deputy": {}})
    dispatch.run_once(cast.office(database, phones, policy=OFFICE))
    failed, following = (told(database, row.id) for row in cast.rows(database))
    [trouble] = [each for each in failed["moments"] if each["trouble"] and each["kind"] == "attempt"]
    assert "HTTP 400 · 21614" in trouble["note"]["en"]
    assert "not a mobile" in trouble["note"]["en"]
    assert failed["next"] is None
    assert following["next"]["words"]["zh"] == "没有回执就去问服务方"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_of_a_delivery_and_of_the_channels_is_in_the_reader_s_language(
    database: Engine, phones: PhoneCompany, app: Flask, language: str
) -> None:
    delivery = asked_about(database, phones)
    officer = Desk(app, database, "duty_officer", SENDER_DESK)
    for path in (f"/deliveries/{delivery}", "/channels"):
        answer = officer._client.get(f"{path}?lang={language}", headers=officer._headers)
        assert answer.status_code == 200, answer.text
        shown = re.sub(r"(?s)<script.*?</script>|<nav.*?</nav>|<[^>]+>", " ", answer.text)
        assert ("查证" in shown or "错误码" in shown) is (language == "zh")
        assert NUMBERS["primary"] not in shown


def test_who_may_not_see_the_incident_sees_no_delivery_of_it(
    database: Engine, phones: PhoneCompany, app: Flask
) -> None:
    delivery = asked_about(database, phones)
    Desk(app, database, "liaison", DESK).get(f"/deliveries/{delivery}")
    stranger = Desk(app, database, "duty_officer", "V30100")
    hidden = stranger.get(f"/deliveries/{delivery}", 404)
    absent = stranger.get("/deliveries/999999", 404)
    assert {**hidden, "detail": ""} == {**absent, "detail": ""}


def settings(**environ: str) -> config.Settings:
    known = {"DATABASE_URL": "postgresql:///x", "SECRET_KEY": "x", "CONTACTS_KEY": cast.CONTACTS_KEY}
    return config.read(known | {"TWILIO_AUTH_TOKEN": "token"} | environ)


def abroad() -> config.Settings:
    return settings(SMS_PROVIDER="twilio", TWILIO_ACCOUNT_SID="AC1", TWILIO_FROM="+12025550143")


def test_a_provider_abroad_is_warned_of_on_the_page_before_sending_and_at_each_attempt(
    database: Engine, phones: PhoneCompany
) -> None:
    _, message = issued(database)
    with db.sessions(database).begin() as session:
        warned = [each.zh for each in channel_sheet.warnings(session, abroad())]
        assert "3 名联络人在中国大陆（+86）" in warned[0]
        assert list(channel_sheet.warnings(session, settings())) == []
        row = session.get_one(notifications.NotificationRow, message)
        kinds = {
            provider: [
                gap["slug"]
                for gap in preview(
                    session, row, row.content or {}, "formal_notice", zone=cast.ZONE, policy=Policy(),
                    at=clock.now(), provider=provider,
                )["gaps"]
            ]
            for provider in ("twilio", "simulator")
        }  # fmt: skip
    assert kinds == {"twilio": ["foreign-route"], "simulator": []}
    office = cast.office(database, phones, policy=OFFICE)
    lines = dict(office.lines())
    lines["sms"].abroad = True
    while dispatch.step(office, lines):
        pass
    notes = [each["note"]["en"] for each in told(database, cast.rows(database)[0].id)["moments"] if each["note"]]
    assert any("provider abroad" in note for note in notes)


def test_flask_config_warns_of_a_provider_abroad() -> None:
    [told_of] = [each for each in config.describe({"SMS_PROVIDER": "twilio"}) if each["name"] == "SMS_PROVIDER"]
    assert "+86" in told_of["warning_zh"]
    [quiet] = [each for each in config.describe({"SMS_PROVIDER": "simulator"}) if each["name"] == "SMS_PROVIDER"]
    assert "warning_zh" not in quiet


def test_a_wording_is_registered_until_it_changes(session: db.Writing) -> None:
    templates.register(session, "twilio", "zh.first", "HX1", by=BY, at=clock.now())
    entries = {each.template.name: each for each in templates.registry(session, "twilio")}
    assert entries["zh.first"].registered_as == "HX1"
    assert entries["zh.bell"].registered_as is None
    row = session.get_one(TemplateRow, ("twilio", "zh.first"))
    row.digest = "0" * 64
    session.flush()
    [changed] = [each for each in templates.registry(session, "twilio") if each.template.name == "zh.first"]
    assert (changed.registered_as, changed.changed) == (None, True)
    with pytest.raises(NotFound):
        templates.register(session, "twilio", "zh.nothing", "HX1", by=BY, at=clock.now())


@pytest.mark.parametrize("language", list(Language))
def test_every_wording_shows_its_variables_and_no_link(language: Language) -> None:
    for each in all_of(language):
        assert "{" in each.body, each.name
        assert "http" not in each.body
    assert len({each.digest for each in all_of(language)}) == len(all_of(language))


def test_a_stopped_channel_and_used_up_budgets_stand_on_the_page_of_the_channels(
    database: Engine, phones: PhoneCompany
) -> None:
    issued(database)
    dispatch.run_once(cast.office(database, phones, token="wrong", policy=OFFICE))
    with db.sessions(database).begin() as session:
        shown = channel_sheet.sheet(session, settings(), policy=Policy(), at=clock.now())
        assert [each["channel"] for each in shown["pauses"]] == ["sms"]
        assert shown["waiting"]["states"] == {State.PENDING: 1}
        assert {each["code"] for each in shown["codes"]} == set(provider_codes.known(session))
