"""The operator and the staff at work, in a real browser."""

from typing import Any

from playwright.sync_api import Page, expect

from demo.stack import Stack
from tests.journeys.test_booking import shoot


def sign_in(page: Page, url: str, who: dict[str, Any]) -> None:
    page.goto(url)
    page.get_by_label("E-mail").fill(who["email"])
    page.get_by_label("Password").fill(who["password"])
    page.get_by_role("button", name="Log in").click()


def test_the_operator_adds_a_business_and_sets_its_keys(desktop: Page, stack: Stack) -> None:
    operator = stack.credentials()["operator"]
    desktop.goto(operator["url"])
    shoot(desktop, "operator-1-sign-in")
    sign_in(desktop, operator["url"], operator)
    expect(desktop.get_by_text("Newest businesses")).to_be_visible()
    shoot(desktop, "operator-2-overview")
    desktop.goto(f"{operator['url']}tenants/tenant/")
    shoot(desktop, "operator-3-businesses")
    desktop.goto(f"{operator['url']}tenants/tenant/add/")
    shoot(desktop, "operator-4-add")
    desktop.get_by_label("Address").fill("public")
    desktop.get_by_label("Name").fill("Nova")
    desktop.get_by_label("Owner's e-mail").fill("nova@example.com")
    desktop.get_by_role("button", name="Create the business").click()
    expect(desktop.get_by_text("is reserved")).to_be_visible()
    desktop.get_by_label("Address").fill("nova-nails")
    desktop.get_by_role("button", name="Create the business").click()
    expect(desktop.get_by_text("Nova is open.")).to_be_visible()
    expect(desktop.get_by_text("nova@example.com chooses a password at")).to_be_visible()
    shoot(desktop, "operator-5-business")
    desktop.get_by_role("link", name="Stripe keys and payments").click()
    desktop.locator("#id_secret_key").fill("not a key")
    desktop.get_by_role("button", name="Save").click()
    expect(desktop.get_by_text("This does not look right")).to_be_visible()
    desktop.locator("#id_secret_key").fill("sk_test_nova_1234")
    desktop.locator("#id_webhook_secret").fill("whsec_nova_5678")
    shoot(desktop, "operator-6-keys")
    desktop.get_by_role("button", name="Save").click()
    expect(desktop.get_by_text("Saved.")).to_be_visible()
    expect(desktop.get_by_text("acct_")).to_be_visible()
    shoot(desktop, "operator-7-connected")
    expect(desktop.get_by_text("ends in …1234")).to_be_visible()
    assert "sk_test_nova" not in desktop.content()
    desktop.goto(f"http://nova-nails.localhost:{stack.port}/")
    expect(desktop.get_by_role("heading", name="Book at Nova")).to_be_visible()


def test_staff_see_their_day_and_cancel_a_booking(desktop: Page, stack: Stack) -> None:
    salon = stack.credentials()["businesses"]["salon"]
    sign_in(desktop, f"{salon['url']}admin/", salon["staff"])
    expect(desktop.get_by_role("heading", name="Today").first).to_be_visible()
    desktop.goto(f"{salon['url']}admin/bookings/booking/add/")
    desktop.get_by_label("Service").select_option(label="Fringe trim")
    desktop.get_by_text("Times that are free").wait_for()
    shoot(desktop, "staff-0-times")
    desktop.get_by_label("Or a time of your own").fill("2027-06-01T10:00")
    desktop.get_by_role("button", name="Show times").click()
    desktop.get_by_label("Customer name").fill("Walk In")
    desktop.get_by_label("Customer email").fill("walk@example.com")
    shoot(desktop, "staff-1-add")
    # Further ahead than customers may book.
    desktop.get_by_label("Book it all the same").check(force=True)
    desktop.get_by_role("button", name="Book against the rules").click()
    expect(desktop.get_by_text("Booked:")).to_be_visible()
    desktop.goto(f"{salon['url']}admin/bookings/booking/")
    shoot(desktop, "staff-2-bookings")
    desktop.get_by_role("link", name="Walk In").click()
    shoot(desktop, "staff-3-booking")
    desktop.get_by_role("link", name="Cancel this booking").click()
    shoot(desktop, "staff-4-cancel")
    desktop.get_by_role("button", name="Cancel the booking").click()
    expect(desktop.get_by_text("is cancelled.")).to_be_visible()
    desktop.goto(f"{salon['url']}admin/")
    shoot(desktop, "staff-5-today")
    for path in (
        "bookings/service", "bookings/resource", "bookings/openinghours", "payments/paymentsession",
        "payments/refund", "payments/transaction", "payments/customer", "payments/stripeevent",
        "payments/stripeaccount", "access/user", "access/apikey", "events/event",
    ):  # fmt: skip
        response = desktop.goto(f"{salon['url']}admin/{path}/")
        assert response is not None
        assert response.status == 200, path
        shoot(desktop, f"staff-6-{path.replace('/', '-')}")
    desktop.goto(f"{salon['url']}admin/bookings/service/1/change/")
    shoot(desktop, "staff-7-service")
    desktop.goto(f"{salon['url']}admin/access/apikey/add/")
    desktop.get_by_label("Name").fill("Website")
    desktop.get_by_role("button", name="Save", exact=True).click()
    expect(desktop.get_by_text("copy it now")).to_be_visible()


def test_staff_can_work_on_a_phone(phone: Page, stack: Stack) -> None:
    gym = stack.credentials()["businesses"]["gym"]
    sign_in(phone, f"{gym['url']}admin/", gym["staff"])
    expect(phone.get_by_text("Waiting for payment").first).to_be_visible()
    shoot(phone, "staff-phone-today")


def test_nobody_signs_in_where_they_do_not_belong(desktop: Page, stack: Stack) -> None:
    known = stack.credentials()
    salon, gym = known["businesses"]["salon"], known["businesses"]["gym"]
    for url, who in (
        (f"{salon['url']}admin/", known["operator"]),
        (f"{salon['url']}admin/", gym["staff"]),
        (known["operator"]["url"], salon["staff"]),
    ):
        sign_in(desktop, url, who)
        expect(desktop.get_by_text("Please enter the correct")).to_be_visible()
