"""The pages that keep a desk reachable: a contact test from the button to the answer, the audit, a fax on the call card."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.browser.conftest import Office, reported, send


def test_an_announced_test_is_said_with_its_day_and_taken_back_after_a_question(office: Office) -> None:
    desk = office.desk("梁平值班员", "duty_officer", "500155").open("/")
    page = office.desk("梁平带班", "leader", "500155").open("/contact-tests")
    day = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=9)
    page.locator("[name=at]").fill(f"{day:%Y-%m-%dT09:30}")
    page.locator("[data-announce] button").click()
    said = f"{day.month}月{day.day}日 09:30"
    expect(page.locator("[data-said]")).to_contain_text(f"{said} 做联络测试，届时发短信。")
    news = desk.get_by_text(f"{said} 做联络测试")
    expect(news).to_be_visible()
    first = page.locator("section.test").first
    for answer in ("#sure-no", "#sure-yes"):
        expect(first).to_contain_text("未开始")
        first.get_by_role("button", name="取消这次测试").click()
        expect(page.locator("#sure")).to_contain_text(f"取消 {day:%Y-%m-%d} 09:30 的联络测试？")
        page.locator(answer).click()
    expect(page.locator("[data-said]")).to_have_text(f"已取消 {day:%Y-%m-%d} 09:30 的联络测试，不会发短信。")
    expect(first).to_contain_text("已取消")
    expect(news).to_have_count(0)


def test_a_leader_tests_the_people_of_the_desk_and_an_answer_by_telephone_counts(office: Office) -> None:
    leader = office.desk("达州带班", "leader", "511700")
    page = leader.open("/contact-tests")
    page.locator("[data-start]").click()
    page.locator("#sure-yes").click()
    first = page.locator("section.test").first
    expect(first).to_contain_text("等待应答")
    row = first.locator("tbody tr").first
    row.locator("input[name=by]").fill("值班室王某")
    row.get_by_role("button", name="电话应答").click()
    expect(page.locator("[data-said]")).to_have_text("已记下值班室王某的电话应答。")
    expect(page.locator("section.test").first.locator("tbody tr").first).to_contain_text("分后应答（电话）")
    expect(page.locator("section.test").first.locator(".test-sum")).to_contain_text("应答 1/")
    page.locator("[data-start]").click()
    page.locator("#sure-yes").click()
    expect(page.locator("[data-said]")).to_contain_text("一小时内已有联络测试")


def test_the_audit_says_who_is_at_work_and_what_is_wrong(office: Office) -> None:
    page = office.desk("达州值班员", "duty_officer", "511700", locale="en-GB").open("/audit")
    expect(page.locator(".verdict")).to_contain_text("The audit")
    expect(page.locator("main")).to_contain_text("Dispatch")
    expect(page.locator("main")).to_contain_text("No outside heartbeat is set")


def test_a_fax_is_recorded_on_the_call_card_and_its_receipt_too(office: Office) -> None:
    desk = office.desk("达州值班员", "duty_officer", "511700")
    number = reported(desk)
    page = desk.open(f"/?incident={number}")
    send(page, "通知")
    card = page.locator("details.call:not(.near-call)").first
    if card.get_attribute("open") is None:
        card.locator("summary").first.click()
    card.get_by_text("记传真或公文交换").click()
    card.locator("input[name=reference]").fill("达环函7号")
    card.get_by_role("button", name="记下已发").click()
    expect(card.locator(".papers")).to_contain_text("达环函7号")
    card.locator("input[name=person][id^=received]").fill("梁平值班员")
    card.get_by_role("button", name="已收到").click()
    expect(card.locator(".papers")).to_contain_text("梁平值班员 确认收到")
