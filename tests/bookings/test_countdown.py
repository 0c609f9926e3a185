"""A customer sees until when their time is held, and what to do once it is not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from bookings import services
from bookings.models import Booking, Service
from bookings.wishes import BookingRequest, price_of
from tenants.models import Tenant
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 6, 7, 9, 30, tzinfo=UTC)


@pytest.fixture
def browser(in_alpha: Tenant, client_of: Callable[[Tenant], Client]) -> Client:
    return client_of(in_alpha)


@pytest.fixture
def held(in_alpha: Tenant, stripe: Control) -> Booking:
    service = Service.objects.create(
        name="Haircut", duration_minutes=60, price=4500, deposit_kind="amount", deposit_value=1000
    )
    booking = services.book(
        BookingRequest.for_service(
            service,
            customer_name="Ann",
            customer_email="ann@example.com",
            starts_at=datetime(2027, 6, 8, 9, tzinfo=UTC),
        )
    )
    services.start_payment(booking, own_hosts=in_alpha.hosts)
    Booking.objects.update(hold_expires_at=NOW + timedelta(minutes=15))
    return booking


@pytest.fixture
def clock(held: Booking) -> Any:
    """Stop the clocks just after it was booked; Stripe's look-alike goes by its own."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def page(browser: Client, booking: Booking, name: str = "") -> str:
    return browser.get(f"/booking/{booking.access_token}/{name}", follow=True).content.decode()


@pytest.mark.parametrize("name", ["", "unpaid/", "return/"])
def test_until_when_is_said_on_the_businesss_clocks_and_in_seconds(
    browser: Client, held: Booking, clock: Any, name: str
) -> None:
    clock.shift(timedelta(minutes=2, milliseconds=1))
    shown = page(browser, held, name)
    # In London it is summer: an hour later than in UTC.
    assert '<time datetime="2027-06-07T10:45:00+01:00">10:45</time>' in shown
    assert 'data-seconds="780"' in shown
    assert 'role="timer"' in shown and "bookings/countdown" in shown


@pytest.mark.parametrize("name", ["", "unpaid/"])
def test_once_it_has_run_out_other_times_are_offered_and_no_payment(
    browser: Client, held: Booking, clock: Any, run_jobs: JobRunner, name: str
) -> None:
    clock.shift(timedelta(minutes=15))
    for _ in range(2):
        shown = page(browser, held, name)
        assert "The time to pay has run out" in shown
        assert 'href="/book/haircut/?date=2027-06-08"' in shown
        assert "data-seconds" not in shown and f"{held.access_token}/pay/" not in shown
        # First the time is over, then it is cleared away.
        run_jobs()
    held.refresh_from_db()
    assert (held.status, held.cancel_reason) == ("CANCELLED", "hold_expired")


def test_paying_too_late_leads_to_the_same_page(browser: Client, held: Booking, clock: Any) -> None:
    clock.shift(timedelta(minutes=15))
    answer = browser.post(f"/booking/{held.access_token}/pay/", follow=True)
    assert "The time to pay has run out" in answer.content.decode()


def test_what_is_not_booked_online_any_more_leads_to_the_start_page(
    browser: Client, held: Booking, clock: Any
) -> None:
    Service.objects.update(is_online=False)
    clock.shift(timedelta(minutes=15))
    assert 'class="button wide" href="/"' in page(browser, held)


def test_a_bank_that_takes_days_sees_no_countdown(browser: Client, held: Booking) -> None:
    services.keep_while_processing(held.pk)
    assert "data-seconds" not in page(browser, held)


@pytest.mark.parametrize(("value", "due"), [(30, 30), (29, 0)])
def test_a_deposit_that_stripe_would_refuse_is_not_asked_for(
    in_alpha: Tenant, value: int, due: int
) -> None:
    service = Service.objects.create(
        name="Nap", duration_minutes=60, price=4500, deposit_kind="amount", deposit_value=value
    )
    assert price_of([service], (), 1).deposit == due
