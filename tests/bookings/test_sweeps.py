"""Time completes what has ended and releases what was forgotten: late, twice or at once."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from django_tenants.utils import tenant_context

from access.actors import SYSTEM
from bookings import jobs, services, sweeps
from bookings.models import Booking, BookingSettings
from events.models import Event
from payments.models import LedgerEntry
from payments.services import ProcessorFailed
from tenants.models import Tenant
from tests.bookings.changing import book, book_and_pay, haircut, noon, open_always
from tests.http import at_once
from tests.stripe_control import Control
from tests.support import JobRunner

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def earned() -> int:
    return -sum(entry.effect_on("revenue") for entry in LedgerEntry.objects.all())


@pytest.mark.django_db
def test_a_day_after_its_end_a_booking_is_completed_and_its_deposit_earned_once(
    in_alpha: Tenant, stripe: Control
) -> None:
    open_always()
    service = haircut(deposit_kind="amount", deposit_value=1000)
    booking = book_and_pay(stripe, in_alpha, service, noon())
    due = booking.ends_at + timedelta(days=1)
    assert sweeps.complete_ended(due - SECOND) == 0
    with time_machine.travel(due, tick=False):
        assert sweeps.complete_ended() == 1
        assert sweeps.complete_ended() == 0
    booking.refresh_from_db()
    assert (booking.status, booking.changed_by, booking.completed_at) == (
        "COMPLETED", "system", due,
    )  # fmt: skip
    assert earned() == 1000
    assert Event.objects.filter(type="booking.completed").count() == 1


@pytest.mark.django_db
def test_late_by_weeks_it_does_the_same(in_alpha: Tenant) -> None:
    open_always()
    service = haircut()
    booked = [book(service, noon(days)) for days in (7, 8, 9)]
    services.cancel(booked[1].pk, actor=SYSTEM)
    with time_machine.travel(noon(60)):
        jobs.sweep()
        jobs.sweep()
    assert [Booking.objects.get(pk=one.pk).status for one in booked] == [
        "COMPLETED", "CANCELLED", "COMPLETED",
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "completed"), [(None, 0), (0, 1), (60, 1), (61, 0)])
def test_the_business_says_how_long_after(
    in_alpha: Tenant, minutes: int | None, completed: int
) -> None:
    open_always()
    BookingSettings.objects.create(complete_after_minutes=minutes)
    booking = book(haircut(), noon())
    with time_machine.travel(booking.ends_at + HOUR, tick=False):
        assert sweeps.complete_ended() == completed


@pytest.mark.django_db
def test_what_staff_have_said_is_not_said_over(in_alpha: Tenant) -> None:
    open_always()
    booking = book(haircut(), noon())
    with time_machine.travel(noon(30)):
        services.mark_no_show(booking.pk, actor=SYSTEM)
        assert sweeps.complete_ended() == 0
    booking.refresh_from_db()
    assert booking.status == "NO_SHOW"


@pytest.mark.django_db
def test_one_that_fails_keeps_no_other_back_and_is_loud(
    in_alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_always()
    service = haircut()
    first, second = book(service, noon(7)), book(service, noon(8))
    complete = services.complete

    def break_first(booking_id: int, **kwargs: Any) -> Booking:
        if booking_id == first.pk:
            raise ProcessorFailed("down")
        return complete(booking_id, **kwargs)

    monkeypatch.setattr(services, "complete", break_first)
    with time_machine.travel(noon(30)):
        with pytest.raises(ProcessorFailed):
            sweeps.complete_ended()
        second.refresh_from_db()
        assert second.status == "COMPLETED"
        monkeypatch.undo()
        assert sweeps.complete_ended() == 1


@pytest.mark.django_db
def test_a_hold_whose_own_job_was_lost_is_released(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    open_always()
    booking = book(haircut(deposit_kind="full"), noon())
    session = services.start_payment(booking, own_hosts=in_alpha.hosts)
    ends = booking.hold_expires_at
    assert ends is not None
    assert sweeps.release_lost_holds(ends + sweeps.HOLD_GRACE - SECOND) == 0
    with time_machine.travel(ends + sweeps.HOLD_GRACE):
        assert sweeps.release_lost_holds() == 1
        assert sweeps.release_lost_holds() == 0
    booking.refresh_from_db()
    assert (booking.status, booking.cancel_reason) == ("CANCELLED", "hold_expired")
    assert stripe.status_of(session.stripe_checkout_session_id or "") == "expired"


@pytest.mark.django_db
def test_the_worker_sweeps_every_business(
    in_alpha: Tenant, beta: Tenant, run_jobs: JobRunner
) -> None:
    open_always()
    booking = book(haircut(), noon())
    from procrastinate.contrib.django import app

    with time_machine.travel(noon(30)):
        app.tasks["bookings.sweep_everyone"].func(timestamp=0)
    with time_machine.travel(noon(30) + HOUR):
        run_jobs()
    with tenant_context(in_alpha):
        booking.refresh_from_db()
    assert booking.status == "COMPLETED"


@pytest.mark.django_db(transaction=True)
def test_eight_sweeps_at_once_complete_each_booking_once(in_alpha: Tenant) -> None:
    open_always()
    service = haircut()
    for days in range(7, 12):
        book(service, noon(days))

    def sweep(number: int) -> int:
        try:
            with tenant_context(in_alpha):
                return sweeps.complete_ended(noon(60))
        finally:
            connections.close_all()

    with time_machine.travel(noon(60)):
        done = at_once(8, sweep)
    with tenant_context(in_alpha):
        assert sum(done) == Event.objects.filter(type="booking.completed").count() == 5
        assert set(Booking.objects.values_list("status", flat=True)) == {"COMPLETED"}
