"""A booking becomes another one: priced anew, refunded, within the rules."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail

from bookings import changes, policy
from bookings.errors import InvalidBooking, PriceChanged, TooLate
from bookings.models import (
    AddOn,
    Booking,
    BookingChange,
    HoursException,
    Service,
)
from bookings.money import amount_due, amount_paid
from bookings.plans import Wish
from payments.models import Refund
from tenants.models import Tenant
from tests.bookings.change_support import HOUR, STAFF, dinner, pay, state
from tests.bookings.changing import book, book_and_pay, haircut, noon, open_always
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open(in_alpha: Tenant) -> None:
    open_always()


# --- Less to pay ---


def test_fewer_people_get_the_difference_back(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    booking = book_and_pay(stripe, in_alpha, dinner(), noon(), party_size=4)
    run_jobs()
    mail.outbox.clear()
    outcome = changes.change(booking.pk, Wish(party_size=3), expected=(6000, -2000))
    assert outcome.held is None
    assert (outcome.booking.party_size, outcome.booking.total_amount) == (3, 6000)
    run_jobs()
    assert [(one.amount, one.status) for one in Refund.objects.all()] == [(2000, "succeeded")]
    assert (amount_paid(booking), amount_due(outcome.booking)) == (6000, 0)
    letter = next(one for one in mail.outbox if "Changed" in one.subject)
    assert "Goes back to you: £20.00" in letter.body
    # Asked again, nothing more happens.
    changes.change(booking.pk, Wish(party_size=3))
    assert Refund.objects.count() == 1


def test_down_and_up_and_down_again_keeps_the_books_straight(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    booking = book_and_pay(stripe, in_alpha, dinner(), noon(), party_size=4)
    changes.change(booking.pk, Wish(party_size=1))
    pay(stripe, in_alpha, changes.change(booking.pk, Wish(party_size=5)))
    changes.change(booking.pk, Wish(party_size=2))
    run_jobs()
    booking.refresh_from_db()
    assert (booking.deposit_amount, amount_paid(booking)) == (4000, 4000)
    assert sum(one.amount for one in Refund.objects.filter(status="succeeded")) == 12000


def test_only_the_balance_grows_so_it_happens_at_once(in_alpha: Tenant, stripe: Control) -> None:
    service = haircut(deposit_kind="amount", deposit_value=1000)
    extra = AddOn.objects.create(service=service, name="Beard", minutes=15, price=500)
    booking = book_and_pay(stripe, in_alpha, service, noon())
    outcome = changes.change(booking.pk, Wish(add_ons=(extra,)), expected=(5000, 0))
    assert (outcome.held, outcome.booking.total_amount) == (None, 5000)
    assert (outcome.booking.deposit_amount, amount_due(outcome.booking)) == (1000, 4000)
    assert outcome.booking.ends_at == noon() + timedelta(minutes=75)


def test_another_service_brings_its_own_price_and_terms(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    service = haircut(deposit_kind="percent", deposit_value=20)
    colour = haircut(
        name="Colour", price=9000, duration_minutes=120, deposit_kind="percent", deposit_value=20,
        free_cancellation_hours=72, late_refund_percent=0,
    )  # fmt: skip
    booking = book_and_pay(stripe, in_alpha, service, noon())
    outcome = changes.change(booking.pk, Wish(services=(colour,)), expected=(9000, 900))
    pay(stripe, in_alpha, outcome)
    booking.refresh_from_db()
    assert (booking.service, booking.service_name, booking.deposit_amount) == (
        colour, "Colour", 1800,
    )  # fmt: skip
    assert booking.ends_at - booking.starts_at == 2 * HOUR
    assert booking.free_until == noon() - 72 * HOUR
    back = changes.change(booking.pk, Wish(services=(service,)), expected=(4500, -900))
    assert (back.booking.deposit_amount, back.booking.free_until) == (900, noon() - 48 * HOUR)


# --- Who may, and what is refused ---


def test_figures_that_are_not_what_was_shown_change_nothing(
    in_alpha: Tenant, stripe: Control
) -> None:
    booking = book_and_pay(stripe, in_alpha, dinner(), noon(), party_size=2)
    Service.objects.update(price=2500)
    before = state(booking)
    with pytest.raises(PriceChanged) as refused:
        changes.change(booking.pk, Wish(party_size=3), expected=(6000, 2000))
    assert refused.value.details == {
        "total_pence": 7500, "due_now_pence": 3500, "refund_pence": 0,
    }  # fmt: skip
    assert state(booking) == before
    assert not BookingChange.objects.exists()


@pytest.mark.parametrize("people", [0, 7])
def test_a_party_that_the_service_does_not_take_is_refused(people: int) -> None:
    booking = book(dinner(deposit_from_people=9), noon(), party_size=2)
    with pytest.raises(InvalidBooking) as refused:
        changes.change(booking.pk, Wish(party_size=people))
    assert refused.value.field == "party_size"


def test_customers_change_it_while_cancelling_is_free_and_staff_until_it_is_over() -> None:
    booking = book(haircut(party_max=3), noon())
    with time_machine.travel(noon() - 47 * HOUR):
        before = state(booking)
        with pytest.raises(TooLate):
            changes.change(booking.pk, Wish(party_size=2))
        assert state(booking) == before
        changed = changes.change(booking.pk, Wish(party_size=2), actor=STAFF).booking
    assert (changed.party_size, changed.changed_by) == (2, "owner@alpha.example")


def test_staff_are_not_asked_for_money_and_may_keep_what_is_paid(
    in_alpha: Tenant, stripe: Control
) -> None:
    booking = book_and_pay(stripe, in_alpha, dinner(), noon(), party_size=2)
    more = changes.change(booking.pk, Wish(party_size=3), actor=STAFF)
    assert (more.held, amount_due(more.booking)) == (None, 2000)
    changes.change(booking.pk, Wish(party_size=2), actor=STAFF)
    assert not Refund.objects.exists()
    asked = changes.change(booking.pk, Wish(party_size=4), actor=STAFF, collects=True)
    assert asked.held is not None and asked.held.amount_due == 4000


def test_what_needs_a_consent_does_not_follow_something_else() -> None:
    service = haircut()
    booking = book(service, noon())
    laser = haircut(name="Laser", consent_text="I am not pregnant.", consent_version=1)
    both = Wish(services=(service, laser))
    with pytest.raises(InvalidBooking, match="book it by itself") as caught:
        changes.change(booking.pk, both)
    assert caught.value.field == "more_services"
    assert changes.change(booking.pk, both, actor=STAFF).booking.service == service


# --- The deadlines ---


def test_deadlines_are_those_of_the_day_it_was_booked_or_changed() -> None:
    service = haircut(counts_business_days=True, free_cancellation_hours=24, no_refund_hours=24)
    start = noon()
    booking = book(service, start)
    before = start - 24 * HOUR
    assert (booking.free_until, booking.partial_until) == (before, before)
    closed = before.date()
    HoursException.objects.create(first_day=closed, last_day=closed)
    booking.refresh_from_db()
    assert policy.free_until(booking) == before
    assert policy.quote(booking, before).free_until == before
    with time_machine.travel(before):
        assert changes.why_not_move(booking, before) == ""
    # Moved, it counts by the hours of that day.
    moved = changes.reschedule(booking.pk, starts_at=start + HOUR, actor=STAFF)
    assert moved.free_until == start - 47 * HOUR
    # A row of an older release reckons as it did.
    Booking.objects.update(free_until=None, partial_until=None)
    assert policy.free_until(Booking.objects.get()) == start - 47 * HOUR
