"""A customer on a phone books, pays the deposit and is done."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from demo.stack import Stack
from tests.stripe_control import Control
from tests.support import wait_for

SERVICES = {"salon": "Cut & finish", "gym": "Personal training", "restaurant": "Dinner for two"}
DEPOSITS = {"salon": "£15.00", "gym": "15,00\u00a0€", "restaurant": "$20.00"}
REMAINING = {"salon": "£40.00", "gym": "60,00\u00a0€", "restaurant": "$70.00"}


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page where SCREENSHOTS says, for people to look at."""
    directory = os.environ.get("SCREENSHOTS")
    if directory:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=Path(directory) / f"{name}-{width}.png", full_page=True)


def choose(page: Page, stack: Stack, business: str, slot: int = 0, day: int = 1) -> None:
    """Go from the start page to the details of the first free time (or the one after)."""
    page.goto(f"http://{business}.localhost:{stack.port}/")
    shoot(page, f"{business}-1-landing")
    page.get_by_role("link", name=SERVICES[business]).click()
    page.locator(".slot").first.wait_for()
    shoot(page, f"{business}-2-times")
    # Not the first day on offer: it may be running out while we type.
    page.locator(".days li:not(.full) a").nth(day).click()
    expect(page.locator(".days li:not(.full) a").nth(day)).to_have_attribute("aria-current", "date")
    page.locator(".slot").nth(slot).click()


def fill(page: Page, name: str = "Ada Byron", email: str = "ada@example.com") -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail").fill(email)


def book(page: Page, stack: Stack, business: str, slot: int = 0, day: int = 1) -> None:
    """Book until Stripe's page is open."""
    choose(page, stack, business, slot, day)
    fill(page)
    page.get_by_role("button", name="Pay").click()
    page.get_by_text("Test payment").wait_for()


def session_of(page: Page) -> str:
    return page.url.rsplit("/", 1)[-1]


@pytest.mark.parametrize("business", ["salon", "gym", "restaurant"])
@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_book_pay_confirmed(
    business: str, device: str, stack: Stack, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(device)
    choose(page, stack, business)
    expect(page.locator(".summary")).to_contain_text(DEPOSITS[business])
    expect(page.locator(".summary")).to_contain_text(REMAINING[business])
    fill(page)
    shoot(page, f"{business}-3-details")
    page.get_by_role("button", name="Pay").click()
    page.get_by_text("Test payment").wait_for()
    shoot(page, f"{business}-4-stripe")
    page.locator("[data-test=pay]").click()
    expect(page.get_by_role("heading", name="Confirmed")).to_be_visible()
    assert page.url.startswith(f"http://{business}.localhost:{stack.port}/booking/")
    expect(page.locator(".reference")).to_have_text(re.compile(r"^[2-9A-Z]{8}$"))
    shoot(page, f"{business}-5-confirmed")


def test_declined_then_paid(phone: Page, stack: Stack) -> None:
    book(phone, stack, "salon", day=2)
    phone.locator("[data-test=decline]").click()
    expect(phone.get_by_role("alert")).to_contain_text("declined")
    phone.locator("[data-test=pay]").click()
    expect(phone.get_by_role("heading", name="Confirmed")).to_be_visible()


def test_back_then_paid(phone: Page, stack: Stack) -> None:
    book(phone, stack, "salon", day=2, slot=3)
    phone.locator("[data-test=back]").click()
    expect(phone.get_by_role("heading", name="Not paid yet")).to_be_visible()
    shoot(phone, "unpaid")
    phone.get_by_role("button", name="Pay £15.00 deposit").click()
    phone.locator("[data-test=pay]").click()
    expect(phone.get_by_role("heading", name="Confirmed")).to_be_visible()


def test_back_then_given_up_frees_the_time(phone: Page, stack: Stack, control: Control) -> None:
    book(phone, stack, "gym", day=4)
    session = session_of(phone)
    phone.locator("[data-test=back]").click()
    phone.get_by_role("button", name="Give this time up").click()
    expect(phone.get_by_role("heading", name="Cancelled")).to_be_visible()
    shoot(phone, "cancelled")
    found = next(one for one in control("sessions") if one["id"] == session)
    assert found["status"] == "expired"


def test_it_expires_and_says_so(phone: Page, stack: Stack, control: Control) -> None:
    book(phone, stack, "restaurant", day=3)
    control("expire", session=session_of(phone))
    control.wait_until_idle()
    phone.reload()
    expect(phone.get_by_role("heading", name="expired")).to_be_visible()
    phone.locator("[data-test=back]").click()
    expect(phone.get_by_role("heading", name="The time to pay has run out")).to_be_visible()
    expect(phone.get_by_text("not paid in time")).to_be_visible()
    shoot(phone, "ran-out")
    phone.get_by_role("link", name="Choose another time").click()
    expect(phone.locator(".slot").first).to_be_visible()


def test_a_bank_debit_is_shown_as_on_its_way(phone: Page, stack: Stack, control: Control) -> None:
    book(phone, stack, "gym", day=3)
    session = session_of(phone)
    phone.locator("[data-test=bank-debit]").click()
    expect(phone.get_by_role("heading", name="Your bank is moving the money")).to_be_visible()
    shoot(phone, "processing")
    control("bank_pays", session=session)
    control.wait_until_idle()
    phone.reload()
    expect(phone.get_by_role("heading", name="Confirmed")).to_be_visible()


def test_the_return_page_settles_although_no_webhook_arrives(
    phone: Page, stack: Stack, control: Control
) -> None:
    control("hold")
    try:
        book(phone, stack, "salon", day=3)
        phone.locator("[data-test=pay]").click()
        expect(phone.get_by_role("heading", name="Confirmed")).to_be_visible()
    finally:
        control("release")


def test_the_return_page_waits_while_stripe_is_down_and_goes_on_by_itself(
    phone: Page, stack: Stack, control: Control
) -> None:
    control("hold")
    try:
        book(phone, stack, "salon", day=4)
        control("fault", kind="500", times=2, method="GET", path="/v1/checkout/sessions/")
        phone.locator("[data-test=pay]").click()
        expect(phone.get_by_role("heading", name="Confirming your payment")).to_be_visible()
        shoot(phone, "waiting")
        expect(phone.get_by_role("heading", name="Confirmed")).to_be_visible()
    finally:
        control("clear_faults")
        control("release")


def test_without_a_deposit_it_is_confirmed_at_once_and_found_again(
    phone: Page, stack: Stack
) -> None:
    phone.goto(f"http://salon.localhost:{stack.port}/book/fringe-trim/")
    phone.locator(".slot").last.click()
    phone.get_by_role("button", name="Confirm booking").click()
    expect(phone.locator(".error").first).to_have_text("This field is required.")
    shoot(phone, "errors")
    fill(phone, email="grace@example.com")
    phone.get_by_role("button", name="Confirm booking").click()
    expect(phone.get_by_role("heading", name="Confirmed")).to_be_visible()
    reference = phone.locator(".reference").inner_text()
    phone.get_by_role("link", name="My booking").click()
    shoot(phone, "find")
    phone.get_by_label("Reference").fill(reference.lower())
    phone.get_by_label("E-mail").fill("nobody@example.com")
    phone.get_by_role("button", name="Show my booking").click()
    expect(phone.get_by_role("alert")).to_contain_text("no booking")
    phone.get_by_label("E-mail").fill("Grace@Example.com")
    phone.get_by_role("button", name="Show my booking").click()
    expect(phone.get_by_role("heading", name="Confirmed")).to_be_visible()


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_a_visit_asks_for_all_that_its_services_want(
    device: str, stack: Stack, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(device)
    page.goto(f"http://salon.localhost:{stack.port}/book/cut-finish/")
    page.get_by_text("Something else right after it").click()
    for name in ("Colour & gloss", "Occasion styling"):
        page.get_by_label(name).check()
        expect(page.get_by_label(name)).to_be_checked()
        expect(page).to_have_url(re.compile(f"also={name.split()[0].lower()}"))
    page.locator(".days li:not(.full) a").nth(2).click()
    expect(page.locator(".days li:not(.full) a").nth(2)).to_have_attribute("aria-current", "date")
    page.locator(".slot").first.click()
    fill(page, email=f"visit-{device}@example.com")
    page.get_by_label("Are you allergic").fill("No")
    pay = page.get_by_role("button", name="Pay £45.00 deposit")
    pay.click()
    expect(page.locator(".error")).to_have_count(2)
    shoot(page, "visit-1-asked")
    page.get_by_label("may charge my card").check()
    page.get_by_label("I have had a patch test").check()
    pay.click()
    page.get_by_text("Test payment").wait_for()
    shoot(page, "visit-2-stripe")
    expect(page.locator("[data-test=bank-debit]")).to_have_count(0)
    page.locator("[data-test=pay]").click()
    expect(page.get_by_role("heading", name="Confirmed")).to_be_visible()
    expect(page.get_by_text("Deposit, paid")).to_be_visible()
    # Which card it was is asked of Stripe after the payment; the page says "Saved" until then.
    wait_for(lambda: page.reload() and page.get_by_text("Visa •••• 4242").is_visible())
    shoot(page, "visit-3-confirmed")


def test_a_time_that_somebody_else_took_is_said_so(open_page: Any, stack: Stack) -> None:
    first, second = open_page(), open_page()
    for page in (first, second):
        page.goto(f"http://salon.localhost:{stack.port}/book/fringe-trim/")
        page.locator(".days li:not(.full) a").nth(2).click()
        expect(page.locator(".days li:not(.full) a").nth(2)).to_have_attribute(
            "aria-current", "date"
        )
        page.locator(".slot").nth(1).click()
        fill(page)
    first.get_by_role("button", name="Confirm booking").click()
    expect(first.get_by_role("heading", name="Confirmed")).to_be_visible()
    second.get_by_role("button", name="Confirm booking").click()
    expect(second.get_by_role("alert")).to_contain_text("Somebody was faster")
