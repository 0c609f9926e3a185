"""A customer changes the time of a paid booking, and cancels it knowing what comes back."""

import re

import pytest
from playwright.sync_api import Page, expect

from demo.stack import Stack
from tests.faults.test_at_once import rows
from tests.journeys.test_booking import fill, shoot

CONFIRMED = "Confirmed"


def book_and_pay(page: Page, stack: Stack, slot: int) -> None:
    """Book in the fortnight after this one, where every change is still free, and pay."""
    page.goto(f"http://salon.localhost:{stack.port}/")
    page.get_by_role("link", name="Cut & finish").click()
    page.get_by_role("link", name="Later →").click()
    expect(page.get_by_role("link", name="← Earlier")).to_be_visible()
    page.locator(".slot").nth(slot).click()
    fill(page)
    page.get_by_role("button", name="Pay").click()
    page.locator("[data-test=pay]").click()
    expect(page.get_by_role("heading", name=CONFIRMED)).to_be_visible()


@pytest.mark.parametrize(("device", "slot"), [("phone", 0), ("desktop", 4)])
def test_change_the_time_then_cancel(
    device: str, slot: int, stack: Stack, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(device)
    book_and_pay(page, stack, slot)
    before = page.locator(".summary").inner_text()
    shoot(page, "after-1-booking")
    page.get_by_role("link", name="Change", exact=True).click()
    expect(page.get_by_role("heading", name="Change your booking")).to_be_visible()
    page.get_by_role("link", name="Later →").click()
    page.locator(".days a[aria-current=date]").wait_for()
    expect(page.locator(".slot").first).to_be_visible()
    shoot(page, "after-2-times")
    page.locator(".slot").nth(slot).click()
    expect(page.get_by_role("heading", name="Move to this time?")).to_be_visible()
    shoot(page, "after-3-confirm")
    page.get_by_role("button", name="Move my booking").click()
    expect(page.get_by_text("Your booking has moved.")).to_be_visible()
    shoot(page, "after-4-moved")
    assert page.locator(".summary").inner_text() != before

    page.get_by_role("link", name="Cancel").click()
    expect(page.locator(".summary")).to_contain_text("£15.00")
    expect(page.locator(".summary")).to_contain_text("Cancelling is free until")
    shoot(page, "after-5-cancel")
    # The hours pass while the page is open: the figure that was shown is not the one any more.
    reference = page.url.split("/")[-3]
    rows(
        stack,
        "UPDATE salon.bookings_booking SET free_until = now(), partial_until = starts_at, "
        "late_refund_percent = 50 WHERE access_token = %s RETURNING id",
        reference,
    )
    page.get_by_role("button", name="Cancel and get £15.00 back").click()
    expect(page.get_by_text("has changed since we showed it to you")).to_be_visible()
    shoot(page, "after-6-changed")
    page.get_by_role("button", name="Cancel and get £7.50 back").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    expect(page.get_by_text(re.compile(r"£7\.50 of what you paid goes back"))).to_be_visible()
    shoot(page, "after-7-cancelled")
