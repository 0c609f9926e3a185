"""Staff take a booking on the phone, in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from demo.stack import Stack
from tests.journeys.test_admin import sign_in
from tests.journeys.test_booking import shoot


def fill_in(page: Page) -> None:
    page.get_by_label("Customer name").fill("Phone Caller")
    page.get_by_label("Customer email").fill("caller@example.com")


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_a_visit_of_two_services_by_a_payment_link(
    device: str, stack: Stack, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(device)
    salon = stack.credentials()["businesses"]["salon"]
    sign_in(page, f"{salon['url']}admin/", salon["staff"])
    page.goto(f"{salon['url']}admin/bookings/booking/add/")
    page.get_by_label("Service").select_option(label="Cut & finish")
    # What goes with it comes at once.
    page.get_by_label("Fringe trim").check()
    page.get_by_role("button", name="Show times").click()
    shoot(page, "desk-1-times")
    days = page.get_by_role("navigation", name="Days")
    days.get_by_role("link", name=re.compile(r"\d free$")).nth(6).click()
    expect(page.get_by_label("Fringe trim")).to_be_checked()
    page.locator(".times a").nth(2 if device == "phone" else 6).click()
    expect(page.get_by_text("Cut & finish + Fringe trim")).to_be_visible()
    fill_in(page)
    page.get_by_label("For somebody else").fill("Kim")
    page.get_by_label("By a payment link").check()
    shoot(page, "desk-2-details")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_text("The payment link is on its way.")).to_be_visible()
    shoot(page, "desk-3-booked")


def test_why_not_and_against_the_rules(desktop: Page, stack: Stack) -> None:
    salon: dict[str, Any] = stack.credentials()["businesses"]["salon"]
    sign_in(desktop, f"{salon['url']}admin/", salon["staff"])
    desktop.get_by_role("link", name="Why not?").click()
    desktop.get_by_label("Service").select_option(label="Cut & finish")
    desktop.get_by_label("When").fill("2027-06-01T04:10")
    desktop.get_by_role("button", name="Explain").click()
    expect(desktop.get_by_text("not within the opening hours")).to_be_visible()
    shoot(desktop, "desk-4-why-not")
    desktop.get_by_role("link", name="Book it for a customer").click()
    fill_in(desktop)
    desktop.get_by_role("button", name="Book against the rules").click()
    expect(desktop.get_by_text("Tick this to book against the rules")).to_be_visible()
    shoot(desktop, "desk-5-overrule")
    desktop.get_by_label("Book it all the same").check(force=True)
    desktop.get_by_role("button", name="Book against the rules").click()
    expect(desktop.get_by_text("Booked:")).to_be_visible()
