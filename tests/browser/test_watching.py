"""The pages that keep a desk reachable: a contact test from the button to the answer, the audit, a fax on the call card."""

from playwright.sync_api import expect

from tests.browser.conftest import Office, reported, send


def test_a_leader_tests_the_people_of_the_desk_and_an_answer_by_telephone_counts(office: Office) -> None:
    leader = office.desk("达州带班", "leader", "511700")
    page = leader.open("/contact-tests")
    page.once("dialog", lambda asked: asked.accept())
    page.locator("[data-start]").click()
    first = page.locator("section.test").first
    expect(first).to_contain_text("等待应答")
    row = first.locator("tbody tr").first
    row.locator("input[name=by]").fill("值班室王某")
    row.get_by_role("button", name="电话应答").click()
    expect(page.locator("section.test").first.locator("tbody tr").first).to_contain_text("分后应答（电话）")
    expect(page.locator("section.test").first.locator(".test-sum")).to_contain_text("应答 1/")
    page.once("dialog", lambda asked: asked.accept())
    page.locator("[data-start]").click()
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
