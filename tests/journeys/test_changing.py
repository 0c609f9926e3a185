"""A customer makes a small booking a large one, pays the difference or leaves a card for it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from demo.stack import Stack
from tests.contract.api import booking_body
from tests.faults.test_at_once import rows, starts
from tests.http import LiveApi
from tests.journeys.test_accessibility import violations
from tests.journeys.test_admin import sign_in
from tests.journeys.test_booking import fill, shoot


@pytest.mark.parametrize(("device", "slot"), [("phone", 2), ("desktop", 9)])
def test_up_is_paid_and_down_goes_back(
    device: str, slot: int, stack: Stack, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(device)
    page.goto(f"http://salon.localhost:{stack.port}/")
    page.get_by_role("link", name="Fringe trim").click()
    page.get_by_role("link", name="Later →").click()
    expect(page.get_by_role("link", name="← Earlier")).to_be_visible()
    page.locator(".slot").nth(slot).click()
    fill(page)
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_role("heading", name="Confirmed")).to_be_visible()

    # Up: the new service wants a deposit before anything changes.
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("What").select_option(label="Cut & finish")
    expect(page.get_by_text("you pay £15.00 more now")).to_be_visible()
    shoot(page, "change-1-choose")
    page.locator(".slot").nth(slot).click()
    expect(page.get_by_role("heading", name="Change your booking to this?")).to_be_visible()
    expect(page.locator(".summary")).to_contain_text("You pay now")
    shoot(page, "change-2-up")
    page.get_by_role("button", name="Pay £15.00 and change").click()
    page.locator("[data-test=back]").click()
    expect(page.get_by_role("heading", name="A change waits for your payment")).to_be_visible()
    shoot(page, "change-3-held")
    page.get_by_role("button", name="Pay £15.00 and change").click()
    page.locator("[data-test=pay]").click()
    expect(page.get_by_text("Your payment is in, and your booking has changed.")).to_be_visible()
    expect(page.locator(".summary")).to_contain_text("Cut & finish")
    expect(page.locator(".summary")).to_contain_text("£40.00")
    shoot(page, "change-4-changed")

    # Down: what was paid for it goes back.
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("What").select_option(label="Fringe trim")
    expect(page.get_by_text("£15.00 back to you")).to_be_visible()
    page.locator(".slot").nth(slot).click()
    shoot(page, "change-5-down")
    page.get_by_role("button", name="Change and get £15.00 back").click()
    expect(page.get_by_text("Your booking has changed. £15.00 goes back to you.")).to_be_visible()
    expect(page.locator(".summary")).to_contain_text("Fringe trim")
    shoot(page, "change-6-back")


@pytest.fixture
def colour(stack: Stack) -> Iterator[str]:
    """A service that asks questions and wants a consent, and for now a card for its deposit."""
    set_up = (
        "UPDATE salon.bookings_service SET deposit_kind = %s, deposit_value = %s, "
        "no_show_fee = %s, late_cancellation_fee = %s WHERE name = 'Colour & gloss' RETURNING name"
    )
    ((name,),) = rows(stack, set_up, "card", 0, 4500, 2000)
    yield name
    rows(stack, set_up, "percent", 25, 0, 0)


@pytest.mark.parametrize(("device", "slot"), [("phone", 5), ("desktop", 7)])
def test_a_service_that_asks_for_more(
    device: str, slot: int, colour: str, stack: Stack, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(device)
    page.goto(f"http://salon.localhost:{stack.port}/")
    page.get_by_role("link", name="Fringe trim").click()
    page.locator(".days li:not(.full) a").nth(3).click()
    expect(page.locator(".days li:not(.full) a").nth(3)).to_have_attribute("aria-current", "date")
    page.locator(".slot").nth(slot).click()
    fill(page)
    page.get_by_role("button", name="Confirm booking").click()
    expect(page.get_by_role("heading", name="Confirmed")).to_be_visible()

    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("What").select_option(label=colour)
    expect(page.get_by_text("£120.00")).to_be_visible()
    page.locator(".slot").nth(1).click()
    expect(page.get_by_role("heading", name="Change your booking to this?")).to_be_visible()
    shoot(page, "change-asks-1")
    seen = violations(page)
    page.get_by_label("Are you allergic to anything?").fill("Latex")
    page.get_by_role("button", name="Go on to your card").click()
    expect(page.get_by_text("Please agree to this").first).to_be_visible()
    expect(page.get_by_label("Are you allergic to anything?")).to_have_value("Latex")
    shoot(page, "change-asks-2-refused")
    seen += violations(page)
    page.get_by_label("I agree: Cancelling is free").check()
    page.get_by_label("I agree: I have had a patch test").check()
    page.get_by_role("button", name="Go on to your card").click()
    page.locator("[data-test=back]").click()
    expect(page.get_by_role("heading", name="A change waits for your card")).to_be_visible()
    expect(page.locator(".summary").last).to_contain_text("Fringe trim")
    shoot(page, "change-asks-3-held")
    seen += violations(page)
    page.get_by_role("button", name="Go on to your card").click()
    page.locator("[data-test=pay]").click()
    expect(page.get_by_text("Your card is saved, and your booking has changed.")).to_be_visible()
    expect(page.locator(".summary")).to_contain_text(colour)
    expect(page.locator(".summary")).to_contain_text("Visa •••• 4242")
    shoot(page, "change-asks-4-changed")
    assert seen == []


def test_staff_change_what_was_booked(desktop: Page, stack: Stack) -> None:
    api = LiveApi(stack, "salon")
    made = api.post(
        "/api/bookings/",
        booking_body(
            booking_date=starts(95), service_name="Fringe trim", total_amount_pence=1200,
            deposit_amount_pence=0,
        ),
    ).body  # fmt: skip
    salon = stack.credentials()["businesses"]["salon"]
    sign_in(desktop, f"{salon['url']}admin/", salon["staff"])
    number = made["booking_id"]
    desktop.goto(f"{salon['url']}admin/bookings/booking/{number}/change/")
    desktop.get_by_role("link", name="Change people, service or extras").click()
    desktop.get_by_label("Service").select_option(label="Cut & finish")
    desktop.get_by_label("Scalp massage (Cut & finish)").check()
    shoot(desktop, "change-7-staff")
    desktop.get_by_role("button", name="Show what it costs").click()
    expect(desktop.get_by_text("£65.00 instead of £12.00")).to_be_visible()
    shoot(desktop, "change-8-staff-cost")
    desktop.get_by_role("button", name="Change the booking").click()
    expect(desktop.get_by_text("booking has changed")).to_be_visible()
    expect(desktop.get_by_text("Cut & finish + Scalp massage")).to_be_visible()
    shoot(desktop, "change-9-staff-changed")
