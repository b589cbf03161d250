"""The desk itself: news that lies on no river yet, what the hours rest on, links and Back, keys, an ended session, drafts."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import TONGBO, Desk, Office, number_of, reported

pytestmark = pytest.mark.browser

AT_SEA = {"lon": 122.5, "lat": 30.0}


@pytest.fixture
def form(dazhou: Desk) -> Page:
    """An empty form."""
    dazhou.page.click("#next-bar [data-do=report]")
    expect(dazhou.page.locator("#place")).to_be_focused()
    return dazhou.page


def test_news_that_lies_on_no_river_shows_what_is_known_and_is_placed_from_the_screen(dazhou: Desk) -> None:
    number = reported(
        dazhou, location=AT_SEA, unlocated=True, substance="白沫", reporter="渔民", description="海面白沫"
    )
    page = dazhou.open(f"/?incident={number}")
    event = page.locator("#known-body .event")
    for known in ("122.5, 30", "白沫", "渔民", "海面白沫"):
        expect(event).to_contain_text(known)
    assert not [url for url in dazhou.asked if "assessments/latest" in url]
    event.get_by_role("button", name="现在定位").click()
    expect(page.locator("#place")).to_be_focused()
    expect(page.locator("#correct-reason")).to_have_value("位置已查明")
    page.fill("#place", "107.38, 30.60")
    page.click("button[form=report-form]")
    expect(page.locator(".reach").first).to_be_visible()
    expect(event).to_contain_text("铜钵河")


def test_what_widens_the_hours_is_said_under_the_header_and_opens_the_field_that_ends_it(dazhou: Desk) -> None:
    number = reported(dazhou)
    page = dazhou.open(f"/?incident={number}")
    line = page.locator("#banner .assumed")
    expect(line).to_contain_text("何时发现不明，按知悉前 3 小时内起算")
    line.locator("[data-field=flow_state]").click()
    expect(page.locator("#report-form [name=flow_state]:checked")).to_be_focused()
    page.keyboard.press("Escape")
    line.locator("[data-field=occurred]").click()
    expect(page.locator("#occurred")).to_be_focused()
    page.keyboard.press("Escape")
    page.click(".flow [data-id=high]")
    expect(line).not_to_contain_text("水情不明")


def test_a_session_that_ends_while_sending_is_said_in_the_dialog_with_the_way_back_in(dazhou: Desk) -> None:
    number = reported(dazhou)
    page = dazhou.open(f"/?incident={number}")
    expect(page.locator("#next-bar [data-do=issue]")).to_be_visible()
    dazhou.context.clear_cookies(name="lianfang")
    page.click("#next-bar [data-do=issue]")
    sheet = page.locator("#sheet")
    expect(sheet).to_contain_text("登录已过期")
    expect(sheet).not_to_contain_text("正在拟文")
    expect(page.locator("#link .link-expired")).to_be_visible()
    sheet.get_by_role("link", name="重新登录").click()
    expect(page).to_have_url(re.compile(rf"/sign-in\?next=.*incident%3D{number}"))


def test_a_fault_in_a_folded_field_keeps_its_fold_open_and_the_preview_says_why_it_waits(form: Page) -> None:
    form.fill("#place", "107.38, 30.60")
    expect(form.locator(".preview")).to_be_visible()
    form.click("#report-form > details.more > summary")
    form.fill("#duration_min", "-1")
    expect(form.locator("#duration_min-fault")).to_be_visible()
    expect(form.locator("#report-form")).to_contain_text("请先改正标红处")
    expect(form.locator("#report-form")).not_to_contain_text("给出地点后")
    form.fill("#duration_min", "")
    expect(form.locator(".preview:not(.is-stale)")).to_be_visible()
    form.fill("#mass_kg", "800")
    expect(form.locator("#mass_kg")).to_be_visible()
    form.fill("#mass_kg", "")
    expect(form.locator(".preview:not(.is-stale)")).to_be_visible()
    expect(form.locator("#mass_kg")).to_be_visible()
    form.fill("#mass_kg", "much")
    form.click("#report-form > details.more > summary")
    form.click("button[form=report-form]")
    expect(form.locator("#mass_kg")).to_be_focused()
    expect(form.locator("#mass_kg-fault")).to_be_visible()


def test_reporting_stays_at_hand_while_something_awaits_a_decision_also_by_key(dazhou: Desk) -> None:
    number = reported(dazhou)
    page = dazhou.open(f"/?incident={number}")
    expect(page.locator("#next-bar [data-do=issue]")).to_be_visible()
    expect(page.locator("#next-bar [data-do=report]")).to_contain_text("报告另一事件 Alt+R")
    page.keyboard.press("Alt+KeyR")
    expect(page.locator("#report-title")).to_have_text("新的报告")
    expect(page.locator("#place")).to_be_focused()


def test_a_draft_is_offered_after_a_reload_and_a_further_report_has_its_own(dazhou: Desk) -> None:
    number = reported(dazhou)
    page = dazhou.open(f"/?incident={number}")
    page.click("#known-body [data-do=further]")
    page.fill("#substance", "白沫")
    page.click("[data-do=leave_report]")
    expect(page.locator(".waiting")).to_have_count(0)
    page.click("#next-bar [data-do=report]")
    expect(page.locator("#substance")).to_have_value("")
    page.fill("#substance", "硫酸")
    page.reload()
    dazhou.ready()
    expect(page.locator(".waiting")).to_contain_text("硫酸")
    page.click(".waiting [data-do=report]")
    expect(page.locator("#substance")).to_have_value("硫酸")
    page.click("[data-do=leave_report]")
    page.click(".waiting [data-do=drop_draft]")
    expect(page.locator(".waiting")).to_have_count(0)
    page.click("#known-body [data-do=further]")
    expect(page.locator("#substance")).to_have_value("白沫")


def test_a_link_to_an_incident_of_others_says_so_and_opens_no_other(office: Office, dazhou: Desk) -> None:
    number = reported(dazhou)
    chengdu = office.desk("成都值班员", "duty_officer", "510100")
    page = chengdu.open(f"/?incident={number}")
    expect(page.locator("#banner")).to_contain_text(f"本席位看不到事件 #{number}")
    expect(page.locator("#incident")).to_have_value("")
    assert "incident=" not in page.url


def test_back_leads_to_the_incident_looked_at_before(dazhou: Desk) -> None:
    first, second = reported(dazhou), reported(dazhou)
    page = dazhou.open(f"/?incident={first}")
    expect(page.locator("#event-title")).to_contain_text(f"#{first}")
    page.select_option("#incident", str(second))
    expect(page.locator("#event-title")).to_contain_text(f"#{second}")
    page.go_back()
    expect(page.locator("#event-title")).to_contain_text(f"#{first}")
    assert number_of(page) == first
    page.go_forward()
    expect(page.locator("#event-title")).to_contain_text(f"#{second}")


def test_what_was_understood_of_a_time_stands_under_its_field_and_another_day_is_asked_about(dazhou: Desk) -> None:
    page = dazhou.page
    morning = (datetime.now(UTC) + timedelta(hours=8)).replace(hour=6, minute=8) - timedelta(hours=8)
    page.route("**/api/v1/me", lambda route: clocked(route, morning))  # 06:08 at the desk, whenever this runs
    page.reload()
    dazhou.ready()
    page.click("#next-bar [data-do=report]")
    field = page.locator(".field", has=page.locator("#occurred"))
    page.fill("#occurred", "凌晨两点半")
    expect(field.locator(".hint")).to_contain_text("即今天")
    page.fill("#occurred", "06:20")
    expect(field.locator(".fault")).to_contain_text("还没到")
    field.get_by_role("button", name="是昨天").click()
    expect(page.locator("#occurred")).to_have_value(re.compile("06:20$"))
    expect(field.locator(".note")).to_contain_text("即昨天")
    expect(field.locator(".fault")).to_have_count(0)
    page.fill("#occurred", "25:99")
    expect(field.locator(".fault")).to_contain_text("时间没读懂")
    page.fill("#occurred", "2020-01-01 08:00")
    expect(field.locator(".fault")).to_contain_text("两天以前")
    field.get_by_role("button", name="确实是这一天").click()
    expect(field.locator(".fault")).to_have_count(0)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("abc", "没有找到这个地名"), ("999,999", "超出范围"), ("百度 107.38, 30.60", "不支持百度坐标")],
)
def test_a_place_that_cannot_be_taken_says_so_while_one_types(form: Page, typed: str, sentence: str) -> None:
    form.fill("#place", typed)
    expect(form.locator("#place-fault")).to_contain_text(sentence)


def test_a_point_at_sea_is_offered_no_river_a_thousand_kilometres_away(form: Page) -> None:
    form.fill("#place", "122.5, 30.0")
    expect(form.locator("#report-form")).to_contain_text("50 公里内没有河流")
    expect(form.locator(".candidates button")).to_have_count(0)
    expect(form.locator("[name=unlocated]")).to_be_visible()


def test_the_keyboard_stays_in_the_form_after_a_choice_and_escape_leaves_from_anywhere(form: Page) -> None:
    form.fill("#place", "牛角滩")
    expect(form.locator("#places button").first).to_be_visible()
    form.press("#place", "ArrowDown")
    form.keyboard.press("Enter")
    expect(form.locator("#place")).to_be_focused()
    form.locator("#next-bar [data-do=leave_report]").focus()
    form.keyboard.press("Escape")
    expect(form.locator("#report-form")).to_have_count(0)


def test_a_further_report_is_previewed_with_all_that_is_known(dazhou: Desk) -> None:
    number = reported(dazhou, occurred_at=(datetime.now(UTC) - timedelta(minutes=20)).isoformat(), flow_state="low")
    page = dazhou.open(f"/?incident={number}")
    held = page.locator(".reach .not-before time").nth(1).get_attribute("datetime")
    with page.expect_response(f"**/incidents/{number}/reports/preview") as answered:
        page.click("#known-body [data-do=further]")
    assert answered.value.json()["reached"][1]["earliest_at"] == held


def test_the_map_opens_on_the_desks_own_division(office: Office) -> None:
    deyang = office.desk("德阳值班员", "duty_officer", "510600")
    sides = deyang.page.locator("#map").get_attribute("data-bounds")
    west, south, east, north = (float(side) for side in (sides or "").split(","))
    assert 103.5 < west < 104.4 < east < 105.5
    assert 30.4 < south < 31.1 < north < 31.8
    with deyang.page.expect_response("**/tiles/network/**") as answered:
        deyang.page.reload()
    found = re.search(r"/tiles/network/(\d+)/", answered.value.url)
    assert found
    assert int(found[1]) >= 7  # the whole basin would be asked for at 5


def test_the_mark_of_a_report_is_never_under_what_lies_over_the_map(form: Page) -> None:
    form.fill("#place", f"{TONGBO['lon']}, {TONGBO['lat']}")
    marker = form.locator(".report-marker")
    expect(marker).to_be_visible()
    with form.expect_response("**/incidents/preview"):
        form.fill("#place", "107.38, 30.357")  # in the frame, behind the source line
    form.wait_for_timeout(300)  # the mark moves with the answer
    box = marker.bounding_box()
    line = form.locator("#source-line").bounding_box()
    assert box is not None
    assert line is not None
    assert box["y"] + box["height"] < line["y"]


def clocked(route: Route, now: datetime) -> None:
    """The service's own answer with another hour on its clock."""
    answer = route.fetch()
    route.fulfill(response=answer, body=json.dumps({**answer.json(), "now": now.isoformat()}))
