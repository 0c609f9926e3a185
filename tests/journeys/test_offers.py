"""A customer buys a gift voucher and a pass, on a phone and at a desk."""

import pytest
from playwright.sync_api import Page

from demo.stack import Stack
from tests.journeys.test_accessibility import violations
from tests.journeys.test_booking import shoot
from tests.stripe_control import Control


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_buy_a_voucher(
    device: str, stack: Stack, control: Control, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(device)
    page.goto(f"http://salon.localhost:{stack.port}/")
    page.get_by_role("link", name="Give a gift voucher").click()
    page.get_by_label("Amount in GBP").fill("5")
    page.get_by_label("Who is it for?").fill("Bob")
    page.get_by_label("A few words").fill("Happy birthday!")
    page.get_by_label("Your name").fill("Ada Byron")
    page.get_by_label("Your e-mail").fill("ada@example.com")
    page.get_by_role("button", name="Go on and pay").click()
    page.get_by_text("Choose an amount from £10.00").wait_for()
    shoot(page, "voucher-1-choose")
    seen = violations(page)
    page.get_by_label("Amount in GBP").fill("50")
    page.get_by_role("button", name="Go on and pay").click()
    page.get_by_text("Test payment").wait_for()
    page.locator("[data-test=back]").click()
    page.get_by_role("heading", name="Not paid yet").wait_for()
    shoot(page, "voucher-2-unpaid")
    seen += violations(page)
    page.get_by_role("button", name="Pay £50.00").click()
    page.get_by_text("Test payment").wait_for()
    page.locator("[data-test=pay]").click()
    page.get_by_role("heading", name="£50.00 to spend").wait_for()
    shoot(page, "voucher-3-bought")
    seen += violations(page)
    assert seen == []


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_buy_a_pass(
    device: str, stack: Stack, control: Control, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(device)
    page.goto(f"http://gym.localhost:{stack.port}/")
    shoot(page, "offers-landing")
    page.get_by_role("link", name="Buy a pass").click()
    page.get_by_label("Ten sessions").check()
    shoot(page, "pass-1-choose")
    seen = violations(page)
    page.get_by_label("Your name").fill("Ada Byron")
    page.get_by_label("Your e-mail").fill("ada@example.com")
    page.get_by_role("button", name="Go on and pay").click()
    page.get_by_text("Test payment").wait_for()
    page.locator("[data-test=pay]").click()
    page.get_by_role("heading", name="10 times left").wait_for()
    shoot(page, "pass-2-bought")
    seen += violations(page)
    assert seen == []
