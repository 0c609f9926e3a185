"""A business writes its own messages, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from demo.stack import Stack
from tests.journeys.test_admin import sign_in
from tests.journeys.test_booking import shoot

TEXTS = "notifications/messagetemplate/"


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_a_text_is_tried_refused_and_saved(
    request: pytest.FixtureRequest, stack: Stack, width: str
) -> None:
    page: Page = request.getfixturevalue(width)
    salon = stack.credentials()["businesses"]["salon"]
    admin = f"{salon['url']}admin/"
    sign_in(page, admin, salon["staff"])
    page.goto(f"{admin}{TEXTS}")
    shoot(page, "messages-1-list")
    page.get_by_role("link", name="Confirmation", exact=True).click()
    shoot(page, "messages-2-text")
    page.locator("#id_body").fill("See you at {{ start_tme }}, {{ customer_name }}!")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("There is no placeholder {{ start_tme }}.")).to_be_visible()
    shoot(page, "messages-3-refused")
    page.locator("#id_body").fill("See you at {{ start_time }}, {{ customer_name }}!")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview-body")).to_have_text("See you at 10:00, Ada Byron!")
    shoot(page, "messages-4-preview")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Confirmation: saved.")).to_be_visible()
    page.goto(f"{admin}{TEXTS}confirmed/text/")
    page.get_by_role("button", name="Go back to the standard text").click()
    expect(page.get_by_text("Confirmation: back to the standard text.")).to_be_visible()


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_a_receipt_can_be_written_anew_but_not_without_its_figures(
    request: pytest.FixtureRequest, stack: Stack, width: str
) -> None:
    page: Page = request.getfixturevalue(width)
    salon = stack.credentials()["businesses"]["salon"]
    admin = f"{salon['url']}admin/"
    sign_in(page, admin, salon["staff"])
    page.goto(f"{admin}{TEXTS}")
    page.get_by_role("link", name="Receipt", exact=True).click()
    shoot(page, "messages-6-receipt")
    page.locator("#id_body").fill("Many thanks, {{ customer_name }}!")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("This text has to say {{ receipt }}")).to_be_visible()
    shoot(page, "messages-7-receipt-refused")
    page.locator("#id_body").fill("Many thanks, {{ customer_name }}!\n\n{{ receipt }}")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview-body")).to_contain_text("Many thanks, Ada Byron!")
    expect(page.locator("#preview-body")).to_contain_text("Total: £119.00")
    shoot(page, "messages-8-receipt-preview")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Receipt: saved.")).to_be_visible()
    shoot(page, "messages-9-list-own")
    page.get_by_role("link", name="Receipt", exact=True).click()
    page.get_by_role("button", name="Go back to the standard text").click()
    expect(page.get_by_text("Receipt: back to the standard text.")).to_be_visible()


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_every_page_about_messages_opens(
    request: pytest.FixtureRequest, stack: Stack, width: str
) -> None:
    page: Page = request.getfixturevalue(width)
    salon = stack.credentials()["businesses"]["salon"]
    admin = f"{salon['url']}admin/"
    sign_in(page, admin, salon["staff"])
    for name in ("messagesettings", "staffpreference", "smsaccount", "sentmessage"):
        response = page.goto(f"{admin}bookings/{name}/")
        assert response is not None
        assert response.status == 200, name
        shoot(page, f"messages-5-{name}")
