"""A card on file that the bank refuses later: the fee is paid by the link that is sent then."""

import re

import pytest
from playwright.sync_api import Page, expect

from demo.stack import Stack
from tests.faults.test_at_once import rows
from tests.journeys.test_accessibility import violations
from tests.journeys.test_admin import sign_in
from tests.journeys.test_booking import fill, shoot
from tests.stripe_control import Control
from tests.support import wait_for

SERVICE = "Occasion styling"
LINK = r"http://salon\.localhost:\d+/pay/[\w-]+/"


def leave_card(page: Page, stack: Stack, email: str, card: str) -> str:
    """Book on the phone and save a card; return the address of the booking's own page."""
    page.goto(f"http://salon.localhost:{stack.port}/")
    page.get_by_role("link", name=SERVICE).click()
    page.locator(".slot").first.wait_for()
    page.locator(".days li:not(.full) a").nth(3).click()
    expect(page.locator(".days li:not(.full) a").nth(3)).to_have_attribute("aria-current", "date")
    page.locator(".slot").first.click()
    fill(page, email=email)
    shoot(page, "card-1-details")
    page.get_by_label("may charge my card").check()
    page.locator("main form button").last.click()
    page.get_by_role("heading", name="Save your card").wait_for()
    shoot(page, "card-2-stripe")
    page.locator(f"[data-test={card}]").click()
    expect(page.get_by_role("heading", name="Confirmed")).to_be_visible()
    shoot(page, "card-3-confirmed")
    return page.url.partition("?")[0]


def booking_id(stack: Stack, email: str, *, hours_ahead: int) -> int:
    """Let time pass until the booking is `hours_ahead`; return its id."""
    sql = (
        "UPDATE salon.bookings_booking SET ends_at = now() + %s + (ends_at - starts_at), "
        "starts_at = now() + %s, free_until = now() + %s - interval '48 hours', "
        "partial_until = now() + %s WHERE customer_email = %s RETURNING id"
    )
    ahead = f"{hours_ahead} hours"
    [(found,)] = rows(stack, sql, ahead, ahead, ahead, ahead, email)
    return int(found)


def sent_link(stack: Stack, email: str) -> str:
    """Return the one payment link that was mailed to `email`, once the worker has sent it."""
    log = stack.directory / "logs" / "worker.log"

    def links() -> set[str]:
        mails = (mail for mail in log.read_text().split("MIME-Version: 1.0") if to in mail)
        return {link for mail in mails for link in re.findall(LINK, mail)}

    to = f"To: {email}\n"
    (link,) = wait_for(links)
    return link


def charged(control: Control, amount: int) -> int:
    """Return how many charges of `amount` the platform's Stripe has made."""
    events = [one for one in control("events") if one["type"] == "charge.succeeded"]
    return sum(one["data"]["object"]["amount"] == amount for one in events)


@pytest.mark.parametrize(
    ("card", "is_no_show"),
    [("declined-later", True), ("authentication-later", False)],
    ids=["declined-no-show", "authentication-late-cancellation"],
)
def test_a_refused_fee_is_paid_by_the_link(
    phone: Page, desktop: Page, stack: Stack, control: Control, card: str, is_no_show: bool
) -> None:
    email, amount = f"{card}@example.com", 4000 if is_no_show else 2000
    fee, before = f"£{amount // 100}.00", charged(control, amount)
    own = leave_card(phone, stack, email, card)
    seen = violations(phone)
    booking = booking_id(stack, email, hours_ahead=-3 if is_no_show else 3)
    if not is_no_show:
        phone.goto(f"{own}cancel/")
        expect(phone.locator(".summary")).to_contain_text(fee)
        shoot(phone, "card-4-cancel")
        phone.get_by_role("button", name="Cancel").click()
        expect(phone.get_by_role("heading", name="Cancelled")).to_be_visible()
        expect(phone.locator(".summary")).to_contain_text("may be charged to your card")
        shoot(phone, "card-5-cancelled")
        seen += violations(phone)

    salon = stack.credentials()["businesses"]["salon"]
    admin = f"{salon['url']}admin/"
    sign_in(desktop, admin, salon["staff"])
    desktop.goto(f"{admin}bookings/booking/{booking}/change/")
    if is_no_show:
        desktop.get_by_role("link", name="Did not come").click()
        shoot(desktop, "card-6-no-show")
        desktop.get_by_role("button", name="Did not come").click()
    desktop.get_by_role("link", name=f"fee of {fee}").click()
    shoot(desktop, f"card-7-{card}")
    charge_page = desktop.url
    desktop.get_by_role("button", name=f"Charge {fee}").click()
    expect(desktop.get_by_text("so nothing was charged")).to_be_visible()
    expect(desktop.get_by_text(f"was sent to {email}")).to_be_visible()
    expect(desktop.get_by_role("link", name=f"{fee} declined")).to_be_visible()
    expect(desktop.get_by_role("link", name=f"{fee} open")).to_have_count(1)
    expect(desktop.get_by_role("link", name=f"fee of {fee}")).to_have_count(0)
    shoot(desktop, f"card-8-{card}-refused")
    desktop.goto(charge_page)
    expect(desktop.get_by_text("asked for already")).to_be_visible()
    expect(desktop.get_by_role("link", name=f"{fee} open")).to_have_count(1)

    control.wait_until_idle()
    phone.goto(own)
    expect(phone.get_by_role("link", name=f"Pay {fee}")).to_be_visible()
    shoot(phone, f"card-9-{card}-own-page")
    link = sent_link(stack, email)
    phone.goto(link)
    shoot(phone, f"card-10-{card}-link")
    seen += violations(phone)
    phone.get_by_role("button", name=f"Pay {fee}").click()
    phone.locator("[data-test=pay]").click()
    expect(phone.get_by_role("heading", name="Paid")).to_be_visible(timeout=30_000)
    shoot(phone, f"card-11-{card}-paid")
    phone.goto(link)
    expect(phone.get_by_role("button", name="Pay")).to_have_count(0)
    phone.goto(own)
    expect(phone.get_by_role("link", name="Pay")).to_have_count(0)
    expect(phone.locator(".summary")).to_contain_text("fee, paid")

    desktop.goto(f"{admin}bookings/booking/{booking}/change/")
    expect(desktop.get_by_role("link", name=f"{fee} paid")).to_have_count(2)
    shoot(desktop, f"card-12-{card}-settled")
    control.wait_until_idle()
    assert charged(control, amount) == before + 1
    assert seen == []
