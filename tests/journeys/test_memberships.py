"""A customer buys a membership and books a class with it, on a phone and at a desk."""

import pytest
from playwright.sync_api import Page, expect

from demo.stack import Stack
from tests.journeys.test_accessibility import violations
from tests.journeys.test_booking import shoot
from tests.stripe_control import Control


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_buy_a_membership_and_book_with_it(
    device: str, stack: Stack, control: Control, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(device)
    page.goto(f"http://gym.localhost:{stack.port}/")
    page.get_by_role("link", name="Become a member").click()
    page.get_by_label("Eight classes a month").check()
    shoot(page, "membership-1-choose")
    seen = violations(page)
    page.get_by_label("Your name").fill("Ada Byron")
    page.get_by_label("Your e-mail").fill("ada@example.com")
    page.get_by_role("button", name="Go on and pay").click()
    page.get_by_text("per month").first.wait_for()
    shoot(page, "membership-2-stripe")
    page.locator("[data-test=back]").click()
    page.get_by_role("heading", name="Not paid yet").wait_for()
    shoot(page, "membership-3-unpaid")
    seen += violations(page)
    page.get_by_role("button", name="per month").click()
    page.locator("[data-test=pay]").click()
    page.get_by_role("heading", name="8 times left").wait_for()
    shoot(page, "membership-4-bought")
    seen += violations(page)
    own = page.url.partition("?")[0]

    page.get_by_role("button", name="Book now").click()
    page.get_by_role("link", name="Vinyasa yoga").click()
    page.locator(".slot").first.wait_for()
    page.locator(".days li:not(.full) a").nth(1).click()
    expect(page.locator(".days li:not(.full) a").nth(1)).to_have_attribute("aria-current", "date")
    page.locator(".slot").first.click()
    expect(page.get_by_label("Your name")).to_have_value("Ada Byron")
    shoot(page, "membership-5-details")
    page.locator("main form button").click()
    page.get_by_text("Your membership pays").wait_for()
    shoot(page, "membership-6-quote")
    seen += violations(page)
    page.get_by_role("button", name="Confirm booking").click()
    page.get_by_role("heading", name="Confirmed").wait_for()
    shoot(page, "membership-7-booked")

    page.goto(own)
    page.get_by_role("heading", name="7 times left").wait_for()
    page.get_by_text("Cancel my membership").click()
    shoot(page, "membership-8-cancel")
    seen += violations(page)
    page.get_by_role("button", name="Cancel it").click()
    page.get_by_text("nothing more is charged").wait_for()
    shoot(page, "membership-9-cancelled")
    page.get_by_role("button", name="Keep my membership").click()
    page.get_by_text("Renews on").wait_for()

    running = [one for one in control("subscriptions") if one["status"] == "active"]
    newest = running[-1]
    control("card_behaviour", payment_method=newest["default_payment_method"], outcome="declined")
    control("renew", subscription=newest["id"])
    control.wait_until_idle()
    page.goto(own)
    page.get_by_role("heading", name="did not go through").wait_for()
    shoot(page, "membership-10-declined")
    seen += violations(page)
    page.get_by_role("button", name="Use another card").click()
    page.locator("[data-test=pay]").click()
    expect(page.get_by_role("heading", name="15 times left")).to_be_visible(timeout=30_000)
    shoot(page, "membership-11-new-card")
    assert seen == []
