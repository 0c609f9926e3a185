"""A customer buys a gift voucher and a pass, and books with codes, on a phone and at a desk."""

import pytest
from playwright.sync_api import Page, expect

from demo.stack import Stack
from tests.faults.test_at_once import rows
from tests.journeys.test_accessibility import violations
from tests.journeys.test_admin import sign_in
from tests.journeys.test_booking import choose, fill, shoot
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


def voucher_of(page: Page, stack: Stack, amount: str) -> str:
    """Buy a voucher of `amount` pounds and return its code."""
    page.goto(f"http://salon.localhost:{stack.port}/vouchers/")
    page.get_by_label("Amount in GBP").fill(amount)
    page.get_by_label("Your name").fill("Ada Byron")
    page.get_by_label("Your e-mail").fill("ada@example.com")
    page.get_by_role("button", name="Go on and pay").click()
    page.locator("[data-test=pay]").click()
    page.get_by_role("heading", name="to spend").wait_for()
    return page.locator(".reference").first.inner_text()


def discount(stack: Stack, code: str) -> None:
    """Have a code that takes ten per cent off."""
    rows(
        stack,
        "INSERT INTO salon.bookings_discountcode "
        "(code, percent, minimum_amount, is_active, used_count, created_at) "
        "VALUES (%s, 10, 0, true, 0, now()) RETURNING id",
        code,
    )


@pytest.mark.parametrize(("device", "slot"), [("phone", 4), ("desktop", 8)])
def test_book_with_a_discount_code_and_a_voucher(
    device: str, slot: int, stack: Stack, control: Control, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(device)
    gift, ten = voucher_of(page, stack, "20"), f"TEN{device.upper()}"
    discount(stack, ten)
    choose(page, stack, "salon", slot, day=4)
    fill(page)
    page.get_by_label("Discount code, voucher").fill(ten.lower())
    page.get_by_role("button", name="Pay").click()
    page.get_by_text(f"{ten} takes £5.50 off.").wait_for()
    shoot(page, "codes-1-discount")
    seen = violations(page)
    # Enter adds what was typed, and takes nothing out.
    page.get_by_label("Voucher, pass or membership as well").fill(gift)
    page.get_by_label("Voucher, pass or membership as well").press("Enter")
    page.get_by_text("Your voucher pays £20.00.").wait_for()
    expect(page.get_by_text(f"{ten} takes £5.50 off.")).to_be_visible()
    expect(page.locator(".summary")).to_contain_text("£29.50")
    shoot(page, "codes-2-both")
    seen += violations(page)
    page.get_by_role("button", name="Remove the discount code").click()
    expect(page.get_by_text(f"{ten} takes")).to_have_count(0)
    expect(page.get_by_text("Your voucher pays £20.00.")).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_value("Ada Byron")
    shoot(page, "codes-3-removed")
    page.get_by_label("Discount code as well").fill(ten)
    page.get_by_role("button", name="Confirm booking").click()
    page.get_by_text(f"{ten} takes £5.50 off.").wait_for()
    page.get_by_role("button", name="Confirm booking").click()
    expect(page.get_by_role("heading", name="Confirmed")).to_be_visible()
    expect(page.locator(".summary")).to_contain_text("£49.50")
    expect(page.locator(".summary .due")).to_have_text("To pay on the day£29.50")
    shoot(page, "codes-4-booked")
    assert seen == []


def test_staff_book_with_both(desktop: Page, stack: Stack, control: Control) -> None:
    gift = voucher_of(desktop, stack, "20")
    discount(stack, "TENDESK")
    salon = stack.credentials()["businesses"]["salon"]
    sign_in(desktop, f"{salon['url']}admin/", salon["staff"])
    (slug,) = rows(stack, "SELECT slug FROM salon.bookings_service WHERE name = 'Fringe trim'")[0]
    desktop.goto(f"{salon['url']}admin/bookings/booking/add/?service={slug}&people=1")
    desktop.get_by_role("link", name=":").last.click()
    desktop.get_by_label("Customer name").fill("Walk In")
    desktop.get_by_label("Customer email").fill("walk@example.com")
    desktop.get_by_label("Discount code").fill("tendesk")
    desktop.get_by_label("Voucher, pass or membership").fill(gift)
    desktop.get_by_role("button", name="Book", exact=True).click()
    desktop.get_by_text("TENDESK takes off £1.20").wait_for()
    expect(desktop.get_by_text("pays £10.80")).to_be_visible()
    shoot(desktop, "codes-5-desk")
    desktop.get_by_role("button", name="Book", exact=True).click()
    expect(desktop.get_by_text("Booked:")).to_be_visible()
    shoot(desktop, "codes-6-desk-booked")
