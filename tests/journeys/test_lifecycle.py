"""A business is deleted and kept, and a customer's wish is met, in a real browser."""

from playwright.sync_api import Page, expect

from demo.stack import Stack
from tests.journeys.test_admin import sign_in
from tests.journeys.test_booking import shoot


def test_the_operator_deletes_a_business_and_keeps_it(desktop: Page, stack: Stack) -> None:
    operator = stack.credentials()["operator"]
    sign_in(desktop, operator["url"], operator)
    expect(desktop.get_by_text("Newest businesses")).to_be_visible()
    desktop.goto(f"{operator['url']}tenants/tenant/?q=gym")
    desktop.get_by_role("link", name="Kraftwerk Nord", exact=True).click()
    desktop.get_by_role("link", name="Delete or keep").click()
    shoot(desktop, "lifecycle-1-delete")
    desktop.get_by_label("The first part of its address").fill("gim")
    desktop.get_by_role("button", name="Delete the business").click()
    expect(desktop.get_by_text("Nothing was deleted.")).to_be_visible()
    desktop.get_by_label("The first part of its address").fill("gym")
    desktop.get_by_role("button", name="Delete the business").click()
    expect(desktop.get_by_text("is off the air, and deleted after")).to_be_visible()
    shoot(desktop, "lifecycle-2-deleting")
    desktop.get_by_role("link", name="Delete or keep").click()
    shoot(desktop, "lifecycle-3-keep")
    desktop.get_by_role("button", name="Keep it").click()
    expect(desktop.get_by_text("is kept: active.")).to_be_visible()
    desktop.goto(f"{operator['url']}tenants/lifecycleevent/")
    expect(desktop.get_by_role("cell", name="Kept after all")).to_be_visible()
    shoot(desktop, "lifecycle-4-history")


def test_an_owner_hands_out_what_is_held_on_a_customer(
    desktop: Page, phone: Page, stack: Stack
) -> None:
    salon = stack.credentials()["businesses"]["salon"]
    for page in (desktop, phone):
        sign_in(page, f"{salon['url']}admin/", salon["staff"])
        expect(page.get_by_role("heading", name="Today").first).to_be_visible()
        page.goto(f"{salon['url']}admin/customer-data/")
        shoot(page, "lifecycle-5-customer")
        page.get_by_label("Their e-mail address").fill("nobody@example.com")
        page.get_by_label("What to do").select_option("erase")
        page.get_by_role("button", name="Do it").click()
        expect(page.get_by_text("type the same address here again")).to_be_visible()
        page.get_by_label("The address once more").fill("nobody@example.com")
        page.get_by_role("button", name="Do it").click()
        expect(page.get_by_text("Nothing is held on nobody@example.com.")).to_be_visible()
        page.get_by_label("Their e-mail address").fill("nobody@example.com")
        with page.expect_download() as download:
            page.get_by_role("button", name="Do it").click()
        assert download.value.suggested_filename == "customer.zip"
