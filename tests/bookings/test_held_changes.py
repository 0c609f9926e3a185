"""More is due: the change is held until that is paid, and nothing is lost on the way."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError

from bookings import cancelling, changes, claims, held_changes, services, sweeps, taking
from bookings.errors import BookingClosed, SlotTaken
from bookings.models import (
    AddOn,
    Allocation,
    Booking,
    BookingChange,
    ClassSession,
    Service,
)
from bookings.money import amount_due, amount_paid
from bookings.plans import Wish
from events.models import Event
from payments import services as payments
from payments.models import PaymentSession, Refund
from payments.services import ProcessorFailed
from tenants.models import Tenant
from tests.bookings.change_support import HOUR, STAFF, dinner, pay, seats, state, yoga
from tests.bookings.changing import all_of, book, book_and_pay, haircut, noon, open_always
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open(in_alpha: Tenant) -> None:
    open_always()


def test_more_people_are_held_until_they_are_paid_for(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    booking = book_and_pay(stripe, in_alpha, dinner(), noon(), party_size=2)
    run_jobs()
    mail.outbox.clear()
    before = state(booking)
    outcome = changes.change(booking.pk, Wish(party_size=3), expected=(6000, 2000))
    assert outcome.held is not None
    assert (outcome.held.amount_due, outcome.held.status) == (2000, "held")
    assert state(booking) == before
    session = pay(stripe, in_alpha, outcome)
    booking.refresh_from_db()
    assert (booking.party_size, booking.total_amount, booking.deposit_amount) == (3, 6000, 6000)
    assert list(booking.lines.values_list("name", "quantity", "amount")) == [("Tasting", 3, 6000)]
    assert (session.amount, amount_paid(booking), amount_due(booking)) == (2000, 6000, 0)
    assert BookingChange.objects.get().status == "applied"
    event = Event.objects.get(type="booking.changed")
    assert (event.data["old_party_size"], event.data["new_party_size"]) == (2, 3)
    run_jobs()
    (letter,) = [
        one for one in mail.outbox if one.to == ["ann@example.com"] and "Changed" in one.subject
    ]
    assert "People: 3 instead of 2" in letter.body
    assert "Price: £60.00 instead of £40.00" in letter.body
    assert "Paid for the change: £20.00" in letter.body
    # Cancelling gives both payments back.
    assert cancelling.cancel_by_customer(booking.pk).refund == 6000


def test_a_longer_visit_holds_only_what_it_needs_beyond_its_own(
    in_alpha: Tenant, stripe: Control
) -> None:
    service = haircut(deposit_kind="full")
    extra = AddOn.objects.create(service=service, name="Beard", minutes=30, price=1000)
    booking = book_and_pay(stripe, in_alpha, service, noon())
    outcome = changes.change(booking.pk, Wish(add_ons=(extra,)))
    held = Allocation.objects.get(change=outcome.held)
    assert (held.starts_at, held.ends_at) == (noon() + HOUR, noon() + 1.5 * HOUR)
    # Nobody else gets either of them meanwhile.
    for minutes in (0, 60):
        with pytest.raises(SlotTaken):
            book(service, noon() + timedelta(minutes=minutes))
    pay(stripe, in_alpha, outcome)
    booking.refresh_from_db()
    assert booking.ends_at == noon() + 1.5 * HOUR
    assert [one[1:] for one in all_of(booking)[1]] == [(noon(), noon() + 1.5 * HOUR, True)]


def test_control_without_the_hold_the_database_refuses_to_sell_it_twice(
    in_alpha: Tenant, stripe: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the place would be gone when the money comes."""
    service = dinner()
    booking = book_and_pay(stripe, in_alpha, service, noon(), party_size=2)

    def hold_nothing(booking: Booking, taken: Any, change: Any = None) -> None:
        if change is None:
            claims.allocate(booking, taken)

    with monkeypatch.context() as patch:
        patch.setattr(taking, "allocate", hold_nothing)
        held = changes.change(booking.pk, Wish(starts_at=noon(8), party_size=3)).held
    assert held is not None
    book(service, noon(8))
    with pytest.raises(IntegrityError, match="bookings_allocation_no_overlap"):
        held_changes.apply_paid(held.pk, actor=STAFF)
    booking.refresh_from_db()
    assert (booking.starts_at, booking.party_size) == (noon(), 2)


def test_not_paid_in_time_it_stays_as_it_was(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    booking = book_and_pay(stripe, in_alpha, dinner(), noon(), party_size=2)
    before = state(booking)
    outcome = changes.change(booking.pk, Wish(starts_at=noon(8), party_size=3))
    assert outcome.held is not None
    held_changes.start_payment(outcome.held, own_hosts=in_alpha.hosts)
    held_changes.expire(outcome.held.pk)
    assert BookingChange.objects.get().is_held
    with time_machine.travel(outcome.held.hold_expires_at + timedelta(seconds=1)):  # type: ignore[operator]
        held_changes.expire(outcome.held.pk)
        held_changes.expire(outcome.held.pk)
    assert state(booking) == before
    assert BookingChange.objects.get().status == "lapsed"
    assert PaymentSession.objects.order_by("-created_at")[0].status == "canceled"
    book(Service.objects.get(), noon(8))


def test_a_hold_that_has_run_out_is_free_for_others(in_alpha: Tenant, stripe: Control) -> None:
    service = dinner()
    booking = book_and_pay(stripe, in_alpha, service, noon(), party_size=2)
    outcome = changes.change(booking.pk, Wish(starts_at=noon(8), party_size=3))
    assert outcome.held is not None
    session = held_changes.start_payment(outcome.held, own_hosts=in_alpha.hosts)
    with time_machine.travel(outcome.held.hold_expires_at + timedelta(seconds=1)):  # type: ignore[operator]
        other = book(service, noon(8))
        # Paid after that: the money goes back, the booking is as it was.
        stripe("pay", session=session.stripe_checkout_session_id)
        held_changes.settle(booking)
    assert other.starts_at == noon(8)


def test_money_that_comes_in_too_late_goes_back_once(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    booking = book_and_pay(stripe, in_alpha, dinner(), noon(), party_size=2)
    outcome = changes.change(booking.pk, Wish(party_size=3))
    assert outcome.held is not None
    session = held_changes.start_payment(outcome.held, own_hosts=in_alpha.hosts)
    before = state(booking)
    held_changes.release(outcome.held.pk)
    stripe("pay", session=session.stripe_checkout_session_id)
    for _ in range(2):
        payments.settle(session.pk)
    run_jobs()
    assert [(one.amount, one.payment_session_id) for one in Refund.objects.all()] == [
        (2000, session.pk)
    ]
    assert state(booking) == before
    assert "nothing was changed" in mail.outbox[-1].body
    assert amount_paid(booking) == 4000


def test_asking_again_replaces_what_is_held(in_alpha: Tenant, stripe: Control) -> None:
    booking = book_and_pay(stripe, in_alpha, dinner(), noon(), party_size=2)
    first = changes.change(booking.pk, Wish(party_size=3))
    second = changes.change(booking.pk, Wish(party_size=4))
    assert first.held is not None
    first.held.refresh_from_db()
    assert (first.held.status, second.held and second.held.amount_due) == ("withdrawn", 4000)
    pay(stripe, in_alpha, second)
    booking.refresh_from_db()
    assert (booking.party_size, amount_paid(booking)) == (4, 8000)


def test_while_a_bank_moves_the_money_nothing_else_is_asked_for(
    in_alpha: Tenant, stripe: Control
) -> None:
    booking = book_and_pay(stripe, in_alpha, dinner(), noon(), party_size=2)
    outcome = changes.change(booking.pk, Wish(party_size=3))
    assert outcome.held is not None
    held_changes.keep_while_processing(outcome.held.pk)
    with pytest.raises(BookingClosed, match="bank is moving"):
        changes.change(booking.pk, Wish(party_size=4))
    changes.change(booking.pk, Wish(party_size=1), actor=STAFF)
    assert BookingChange.objects.get().status == "withdrawn"


def test_a_cancelled_booking_ends_its_held_change(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    booking = book_and_pay(stripe, in_alpha, dinner(), noon(), party_size=2)
    outcome = changes.change(booking.pk, Wish(starts_at=noon(8), party_size=3))
    assert outcome.held is not None
    session = held_changes.start_payment(outcome.held, own_hosts=in_alpha.hosts)
    cancelling.cancel_by_customer(booking.pk)
    session.refresh_from_db()
    assert (BookingChange.objects.get().status, session.status) == ("withdrawn", "canceled")
    assert not Allocation.objects.filter(is_live=True).exists()


def test_when_stripe_fails_nothing_is_left_half_done(in_alpha: Tenant, stripe: Control) -> None:
    booking = book_and_pay(stripe, in_alpha, dinner(), noon(), party_size=2)
    before = state(booking)
    outcome = changes.change(booking.pk, Wish(party_size=3))
    assert outcome.held is not None
    stripe("fault", kind="500", times=5, method="POST", path="/v1/checkout/sessions")
    with pytest.raises(ProcessorFailed):
        held_changes.start_payment(outcome.held, own_hosts=in_alpha.hosts)
    assert state(booking) == before
    assert not BookingChange.objects.held().exists()


@pytest.mark.parametrize("ended", ["class", "booking"])
def test_what_can_not_be_had_any_more_is_not_paid_for(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner, ended: str
) -> None:
    first, other = yoga(), yoga(days=8)
    booking = book_and_pay(stripe, in_alpha, first.service, noon(), party_size=2)
    outcome = changes.change(booking.pk, Wish(starts_at=noon(8), party_size=3))
    assert outcome.held is not None
    if ended == "class":
        ClassSession.objects.filter(pk=other.pk).update(cancelled_at=noon(0))
    else:
        Booking.objects.filter(pk=booking.pk).update(status="COMPLETED")
    session = pay(stripe, in_alpha, outcome)
    run_jobs()
    booking.refresh_from_db()
    assert (booking.starts_at, booking.party_size) == (noon(), 2)
    assert (seats(first, other), session.amount) == ([2, 0], 1500)
    session.refresh_from_db()
    assert session.amount_refunded == 1500


def test_a_visit_that_has_happened_holds_nothing_any_more(
    in_alpha: Tenant, stripe: Control
) -> None:
    booking = book_and_pay(stripe, in_alpha, dinner(), noon(), party_size=2)
    outcome = changes.change(booking.pk, Wish(starts_at=noon(8), party_size=3))
    assert outcome.held is not None
    held_changes.keep_while_processing(outcome.held.pk)
    with time_machine.travel(noon() + HOUR):
        services.complete(booking.pk, actor=STAFF)
    assert BookingChange.objects.get().status == "withdrawn"
    assert Allocation.objects.filter(is_live=True).count() == 1


def test_a_lost_job_is_made_up_for_by_the_sweep(in_alpha: Tenant, stripe: Control) -> None:
    booking = book_and_pay(stripe, in_alpha, dinner(), noon(), party_size=2)
    outcome = changes.change(booking.pk, Wish(party_size=3))
    assert outcome.held is not None and outcome.held.hold_expires_at is not None
    with time_machine.travel(outcome.held.hold_expires_at + timedelta(minutes=11)):
        assert sweeps.release_lost_changes() == 1
        assert sweeps.release_lost_changes() == 0
    assert BookingChange.objects.get().status == "lapsed"


# --- Classes ---


def test_more_seats_of_a_nearly_full_class(in_alpha: Tenant, stripe: Control) -> None:
    session = yoga(capacity=3)
    booking = book_and_pay(stripe, in_alpha, session.service, noon(), party_size=2)
    outcome = changes.change(booking.pk, Wish(party_size=3))
    assert seats(session) == [3]
    pay(stripe, in_alpha, outcome)
    assert seats(session) == [3]
    with pytest.raises(SlotTaken, match="full"):
        changes.change(booking.pk, Wish(party_size=4))
    changes.change(booking.pk, Wish(party_size=1))
    assert seats(session) == [1]


def test_seats_held_in_another_class_come_free_again(in_alpha: Tenant, stripe: Control) -> None:
    first, other = yoga(), yoga(days=8)
    booking = book_and_pay(stripe, in_alpha, first.service, noon(), party_size=2)
    outcome = changes.change(booking.pk, Wish(starts_at=noon(8), party_size=4))
    assert outcome.held is not None
    assert seats(first, other) == [2, 4]
    with time_machine.travel(outcome.held.hold_expires_at + timedelta(seconds=1)):  # type: ignore[operator]
        free = ClassSession.objects.filter(pk=other.pk).with_free_seats(datetime.now(noon().tzinfo))
        assert free.get().free_seats == 4
        book(first.service, noon(8), party_size=3)
    assert seats(first, other) == [2, 3]
    assert BookingChange.objects.get().status == "lapsed"


def test_a_paid_move_to_another_class_frees_the_old_seats(
    in_alpha: Tenant, stripe: Control
) -> None:
    first, other = yoga(), yoga(days=8)
    booking = book_and_pay(stripe, in_alpha, first.service, noon(), party_size=2)
    pay(stripe, in_alpha, changes.change(booking.pk, Wish(starts_at=noon(8), party_size=3)))
    assert seats(first, other) == [0, 3]
    booking.refresh_from_db()
    assert (booking.class_session, booking.party_size) == (other, 3)
