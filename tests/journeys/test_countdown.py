"""A time that is held while paying counts down in the browser, and says so without scripts."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from demo.stack import Stack
from tests.journeys.conftest import PHONE
from tests.journeys.test_accessibility import violations
from tests.journeys.test_booking import book, shoot

BERLIN = ZoneInfo("Europe/Berlin")


def test_it_counts_down_and_goes_on_once_it_has_run_out(phone: Page, stack: Stack) -> None:
    phone.clock.install()
    book(phone, stack, "salon", day=5)
    phone.locator("[data-test=back]").click()
    timer = phone.get_by_role("timer")
    expect(timer).to_have_text(re.compile(r"^14:\d\d left$"))
    assert violations(phone) == []
    shoot(phone, "countdown")
    unpaid = phone.url
    phone.clock.fast_forward("14:00")
    expect(timer).to_have_text(re.compile(r"^0:\d\d left$"))
    expect(phone.get_by_role("status")).to_have_text("Less than a minute left.")
    phone.clock.fast_forward("01:00")
    phone.wait_for_url(lambda url: url != unpaid)
    # The browser's clock ran ahead: the server still holds the time, and says how long.
    expect(phone.get_by_role("heading", name="Waiting for your deposit")).to_be_visible()
    expect(phone.get_by_role("button", name="Pay £15.00 deposit")).to_be_visible()
    shoot(phone, "countdown-own-page")


def test_without_scripts_the_time_is_written(open_page: Callable[..., Page], stack: Stack) -> None:
    page = open_page(**PHONE, java_script_enabled=False)
    book(page, stack, "gym", day=5)
    page.locator("[data-test=back]").click()
    expect(page.get_by_text("We hold this time for you until")).to_be_visible()
    # Written out with its day when the day changes while it is held, so only the clock is fixed.
    until = page.get_by_role("main").locator("time").first
    ends_at = datetime.fromisoformat(until.get_attribute("datetime") or "")
    assert timedelta(minutes=14) < ends_at - datetime.now(UTC) <= timedelta(minutes=15)
    expect(until).to_have_text(re.compile(rf"\b{ends_at.astimezone(BERLIN):%H:%M}$"))
    expect(page.locator("[role=timer]")).to_be_hidden()
    shoot(page, "countdown-no-scripts")
