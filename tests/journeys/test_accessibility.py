"""No page of a customer's way has what axe-core calls a violation."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from demo.stack import Stack
from tests.journeys.test_booking import book, choose, fill


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_a_customers_way(device: str, stack: Stack, request: pytest.FixtureRequest) -> None:
    page: Page = request.getfixturevalue(device)
    page.goto(f"http://restaurant.localhost:{stack.port}/")
    seen = violations(page)
    page.goto(f"http://restaurant.localhost:{stack.port}/book/counter-seat/")
    seen += violations(page)
    page.locator(".slot").last.click()
    page.get_by_role("button", name="Confirm booking").click()
    seen += violations(page)
    fill(page)
    page.get_by_role("button", name="Confirm booking").click()
    page.get_by_role("heading", name="Confirmed").wait_for()
    seen += violations(page)
    page.goto(f"http://restaurant.localhost:{stack.port}/find/")
    seen += violations(page)
    page.goto(f"http://restaurant.localhost:{stack.port}/admin/password/forgotten/")
    seen += violations(page)
    assert seen == []


def test_the_way_back_from_stripe(phone: Page, stack: Stack) -> None:
    book(phone, stack, "gym", day=5)
    phone.locator("[data-test=back]").click()
    phone.get_by_role("heading", name="Not paid yet").wait_for()
    assert violations(phone) == []


def test_it_can_be_booked_with_the_keyboard_alone(desktop: Page, stack: Stack) -> None:
    choose(desktop, stack, "gym", day=6)
    desktop.get_by_label("Your name").focus()
    desktop.keyboard.type("Grace Hopper")
    desktop.keyboard.press("Tab")
    desktop.keyboard.type("grace@example.com")
    desktop.keyboard.press("Enter")
    desktop.get_by_text("Test payment").wait_for()
