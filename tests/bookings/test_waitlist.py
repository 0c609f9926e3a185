"""A freed place is offered in order, held for a time, then passed on."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.core import mail

from access.actors import SYSTEM
from bookings import services, waitlist, waitlist_offers
from bookings.errors import BookingClosed, InvalidBooking, SlotTaken, WaitlistRefused
from bookings.models import Booking, BookingSettings, ClassSession, OpeningHours, WaitlistEntry
from payments.models import StripeAccount
from tenants.models import Tenant
from tests.bookings.waiting import (
    DAY,
    START,
    book,
    cancel,
    fill_the_day,
    haircut,
    let_the_offer_end,
    statuses,
    wait,
    yoga,
)
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db


def seats(session: ClassSession) -> int:
    session.refresh_from_db()
    return session.seats_taken


# --- In order ---


def test_a_freed_seat_is_held_for_the_first_who_waits(
    in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    session = yoga()
    ann = book(session.service, "Ann")
    bob = wait(session.service, "Bob")
    wait(session.service, "Cleo")
    cancel(ann, run_jobs)
    assert statuses() == [("Bob", "OFFERED"), ("Cleo", "WAITING")]
    bob.refresh_from_db()
    offer = bob.offered_booking
    assert offer is not None
    assert (offer.status, offer.starts_at, offer.total_amount) == ("PENDING_PAYMENT", START, 1500)
    assert offer.hold_expires_at == bob.offer_expires_at
    assert seats(session) == 1
    letter = next(one for one in mail.outbox if one.subject.startswith("A place is free"))
    assert (letter.to, letter.subject) == (
        ["bob@example.com"],
        "A place is free: Yoga, Mon 1 March 2027, 10:00",
    )
    assert f"http://alpha.localhost:8000/waitlist/{bob.token}/" in letter.body


def test_an_offer_lasts_as_long_as_the_business_says(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    BookingSettings.objects.create(waitlist_offer_minutes=90)
    session = yoga()
    ann = book(session.service, "Ann")
    bob = wait(session.service, "Bob")
    with time_machine.travel(datetime(2027, 2, 20, 8, tzinfo=UTC), tick=False):
        cancel(ann, run_jobs)
    bob.refresh_from_db()
    assert bob.offer_expires_at == datetime(2027, 2, 20, 9, 30, tzinfo=UTC)


def test_nobody_jumps_the_queue_while_an_offer_is_held(
    in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    session = yoga()
    ann = book(session.service, "Ann")
    wait(session.service, "Bob")
    cancel(ann, run_jobs)
    with pytest.raises(SlotTaken):
        book(session.service, "Stranger")
    assert seats(session) == 1


def test_two_freed_places_are_two_offers(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    session = yoga(capacity=2)
    ann, amy = book(session.service, "Ann"), book(session.service, "Amy")
    for name in ("Bob", "Cleo", "Dan"):
        wait(session.service, name)
    for booking in (ann, amy):
        services.cancel(booking.pk, actor=SYSTEM)
    run_jobs()
    assert statuses() == [("Bob", "OFFERED"), ("Cleo", "OFFERED"), ("Dan", "WAITING")]
    assert seats(session) == 2


def test_a_party_that_is_too_big_is_passed_over_and_keeps_its_place(
    in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    session = yoga(capacity=2)
    ann, amy = book(session.service, "Ann"), book(session.service, "Amy")
    pair = wait(session.service, "Pair", party_size=2)
    cleo = wait(session.service, "Cleo")
    cancel(ann, run_jobs)
    assert statuses() == [("Pair", "WAITING"), ("Cleo", "OFFERED")]
    waitlist.decline(cleo.token)
    cancel(amy, run_jobs)
    assert statuses() == [("Pair", "OFFERED"), ("Cleo", "PASSED")]
    pair.refresh_from_db()
    assert pair.offered_booking is not None
    assert (pair.offered_booking.party_size, seats(session)) == (2, 2)


def test_a_declined_offer_goes_to_the_next(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    session = yoga()
    ann = book(session.service, "Ann")
    bob, _ = wait(session.service, "Bob"), wait(session.service, "Cleo")
    cancel(ann, run_jobs)
    mail.outbox.clear()
    waitlist.decline(bob.token)
    run_jobs()
    assert statuses() == [("Bob", "PASSED"), ("Cleo", "OFFERED")]
    assert [letter.to for letter in mail.outbox] == [["cleo@example.com"]]
    with pytest.raises(BookingClosed):
        waitlist.decline(bob.token)


def test_declining_never_cancels_what_was_paid_meanwhile(
    in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    """The offer's page is open twice: one says yes, the other no."""
    session = yoga()
    ann = book(session.service, "Ann")
    bob = wait(session.service, "Bob")
    cancel(ann, run_jobs)
    booking = waitlist.accept(bob.token)
    WaitlistEntry.objects.update(status="OFFERED")
    with pytest.raises(BookingClosed):
        waitlist.decline(bob.token)
    booking.refresh_from_db()
    assert (booking.status, seats(session)) == ("CONFIRMED", 1)


def test_an_offer_that_runs_out_goes_to_the_next(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    session = yoga()
    ann = book(session.service, "Ann")
    bob, cleo = wait(session.service, "Bob"), wait(session.service, "Cleo")
    cancel(ann, run_jobs)
    mail.outbox.clear()
    let_the_offer_end(bob, run_jobs)
    assert statuses() == [("Bob", "EXPIRED"), ("Cleo", "OFFERED")]
    assert [letter.to for letter in mail.outbox] == [["cleo@example.com"]]
    let_the_offer_end(cleo, run_jobs)
    assert statuses() == [("Bob", "EXPIRED"), ("Cleo", "EXPIRED")]
    assert seats(session) == 0


def test_the_job_that_ends_an_offer_was_enqueued_with_it(
    in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    session = yoga()
    ann = book(session.service, "Ann")
    bob = wait(session.service, "Bob")
    cancel(ann, run_jobs)
    bob.refresh_from_db()
    assert bob.offer_expires_at is not None
    with time_machine.travel(bob.offer_expires_at + timedelta(seconds=1)):
        run_jobs()
    assert (statuses(), seats(session)) == ([("Bob", "EXPIRED")], 0)


# --- The cut-off ---


@pytest.mark.parametrize(("minutes", "expected"), [(121, "OFFERED"), (120, "WAITING")])
def test_nothing_is_offered_from_the_cut_off_on(
    in_alpha: Tenant, run_jobs: JobRunner, minutes: int, expected: str
) -> None:
    session = yoga()
    ann = book(session.service, "Ann")
    wait(session.service, "Bob")
    run_jobs()
    with time_machine.travel(START - timedelta(minutes=minutes), tick=False):
        cancel(ann, run_jobs)
    assert statuses() == [("Bob", expected)]


def test_an_offer_never_outlasts_the_start(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    BookingSettings.objects.create(waitlist_offer_minutes=600, waitlist_cutoff_minutes=0)
    session = yoga()
    ann = book(session.service, "Ann")
    bob = wait(session.service, "Bob")
    run_jobs()
    with time_machine.travel(START - timedelta(hours=3), tick=False):
        cancel(ann, run_jobs)
    bob.refresh_from_db()
    assert bob.offer_expires_at == START


def test_waits_whose_time_has_come_are_ended(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    session = yoga()
    book(session.service, "Ann")
    wait(session.service, "Bob")
    service = haircut()
    fill_the_day(service)
    wait(service, "Cleo")
    with time_machine.travel(START - timedelta(minutes=120)):
        waitlist_offers.sweep()
        assert statuses() == [("Bob", "EXPIRED"), ("Cleo", "WAITING")]
    with time_machine.travel(START + timedelta(days=1)):
        waitlist_offers.sweep()
    assert statuses() == [("Bob", "EXPIRED"), ("Cleo", "EXPIRED")]


# --- Jobs that are late, run twice or are killed ---


def test_a_job_that_runs_twice_offers_once(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    session = yoga(capacity=2)
    ann = book(session.service, "Ann")
    book(session.service, "Amy")
    wait(session.service, "Bob")
    cancel(ann, run_jobs)
    assert waitlist_offers.offer_seats(session.pk) == 0
    assert (statuses(), Booking.objects.count(), seats(session)) == ([("Bob", "OFFERED")], 3, 2)


def test_another_run_between_looking_and_offering_holds_nothing(
    in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    """Two runs see the same person waiting and two free seats: one offer, one seat."""
    session = yoga(capacity=2)
    ann, amy = book(session.service, "Ann"), book(session.service, "Amy")
    wait(session.service, "Bob")
    stale = WaitlistEntry.objects.select_related("service", "class_session").get()
    services.cancel(ann.pk, actor=SYSTEM)
    services.cancel(amy.pk, actor=SYSTEM)
    run_jobs()
    slot = next(waitlist_offers.fitting(stale, DAY, DAY, datetime.now(UTC)))
    with pytest.raises(WaitlistRefused):
        waitlist_offers._offer_slot(stale, slot)
    assert (statuses(), seats(session)) == ([("Bob", "OFFERED")], 1)


def test_a_job_killed_after_the_first_offer_goes_on_with_the_second(
    in_alpha: Tenant, run_jobs: JobRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = yoga(capacity=2)
    ann, amy = book(session.service, "Ann"), book(session.service, "Amy")
    wait(session.service, "Bob")
    wait(session.service, "Cleo")
    run_jobs()
    services.cancel(ann.pk, actor=SYSTEM)
    services.cancel(amy.pk, actor=SYSTEM)
    with monkeypatch.context() as patch:
        patch.setattr(waitlist_offers.Round, "forget", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            waitlist_offers.offer_seats(session.pk)
    assert statuses() == [("Bob", "OFFERED"), ("Cleo", "WAITING")]
    run_jobs()
    assert statuses() == [("Bob", "OFFERED"), ("Cleo", "OFFERED")]


def test_a_lost_job_is_made_good_by_the_sweep(in_alpha: Tenant) -> None:
    session = yoga()
    ann = book(session.service, "Ann")
    wait(session.service, "Bob")
    services.cancel(ann.pk, actor=SYSTEM)
    assert waitlist_offers.sweep() == 1
    assert statuses() == [("Bob", "OFFERED")]


def test_what_opens_by_itself_is_offered_by_the_sweep(in_alpha: Tenant) -> None:
    service = haircut()
    fill_the_day(service)
    wait(service, "Bob")
    assert waitlist_offers.sweep() == 0
    OpeningHours.objects.filter(weekday=0).update(closes_at=time(19))
    assert waitlist_offers.sweep() == 1
    offered = WaitlistEntry.objects.get().offered_booking
    assert offered is not None
    assert offered.starts_at == datetime(2027, 3, 1, 17, tzinfo=UTC)


# --- Days and hours ---


def test_a_freed_hour_is_offered_to_who_waits_for_that_day(
    in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    service = haircut()
    booked = fill_the_day(service)
    early = wait(service, "Early", from_time=time(9), until_time=time(11))
    wait(service, "Any")
    cancel(booked[5], run_jobs)
    assert statuses() == [("Early", "WAITING"), ("Any", "OFFERED")]
    cancel(booked[2], run_jobs)
    early.refresh_from_db()
    assert early.offered_booking is not None
    assert early.offered_booking.starts_at == datetime(2027, 3, 1, 11, tzinfo=UTC)


def test_the_hours_waited_for_are_on_the_businesss_clocks_in_summer(
    in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    service = haircut()
    first = datetime(2027, 6, 7, 8, tzinfo=UTC)
    booked = [book(service, f"G{hour}", first + timedelta(hours=hour)) for hour in range(8)]
    summer = date(2027, 6, 7)
    ten = wait(service, "Ten", first_day=summer, from_time=time(10), until_time=time(10, 30))
    cancel(booked[2], run_jobs)
    assert statuses() == [("Ten", "WAITING")]
    cancel(booked[1], run_jobs)
    ten.refresh_from_db()
    assert ten.offered_booking is not None
    assert ten.offered_booking.starts_at == datetime(2027, 6, 7, 9, tzinfo=UTC)


def test_a_time_freed_by_one_service_is_offered_for_another(
    in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    long, short = haircut(), haircut(name="Fringe", duration_minutes=30)
    booked = fill_the_day(long)
    wait(short, "Bob")
    wait(short, "Cleo")
    cancel(booked[0], run_jobs)
    assert statuses() == [("Bob", "OFFERED"), ("Cleo", "OFFERED")]


# --- Taking it ---


def test_taking_a_place_for_which_nothing_is_due_confirms_it(
    in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    session = yoga()
    ann = book(session.service, "Ann")
    bob = wait(session.service, "Bob")
    cancel(ann, run_jobs)
    booking = waitlist.accept(bob.token)
    assert (booking.status, booking.hold_expires_at) == ("CONFIRMED", None)
    assert waitlist.accept(bob.token).pk == booking.pk
    run_jobs()
    assert statuses() == [("Bob", "TAKEN")]
    assert mail.outbox[-1].subject == "Booked: Yoga, Mon 1 March 2027, 10:00"
    with pytest.raises(BookingClosed):
        waitlist.leave(bob.token)


def test_an_offer_that_has_ended_is_not_taken_any_more(
    in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    session = yoga()
    ann = book(session.service, "Ann")
    bob = wait(session.service, "Bob")
    cancel(ann, run_jobs)
    bob.refresh_from_db()
    assert bob.offer_expires_at is not None
    with time_machine.travel(bob.offer_expires_at), pytest.raises(BookingClosed):
        waitlist.accept(bob.token)
    let_the_offer_end(bob, run_jobs)
    with pytest.raises(BookingClosed):
        waitlist.accept(bob.token)
    assert statuses() == [("Bob", "EXPIRED")]


def test_a_deposit_is_paid_as_usual_and_takes_the_place(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    session = yoga(deposit_kind="amount", deposit_value=500)
    ann = book(session.service, "Ann")
    bob = wait(session.service, "Bob")
    cancel(ann, run_jobs)
    booking = waitlist.accept(bob.token)
    assert (booking.status, booking.deposit_amount) == ("PENDING_PAYMENT", 500)
    assert statuses() == [("Bob", "OFFERED")]
    payment = services.start_payment(booking, own_hosts=in_alpha.hosts)
    stripe("pay", session=payment.stripe_checkout_session_id)
    services.settle(booking)
    assert booking.status == "CONFIRMED"
    assert statuses() == [("Bob", "TAKEN")]


def test_saying_yes_at_the_last_moment_leaves_time_to_pay_once(
    in_alpha: Tenant, account: StripeAccount, run_jobs: JobRunner
) -> None:
    session = yoga(deposit_kind="amount", deposit_value=500)
    ann = book(session.service, "Ann")
    bob = wait(session.service, "Bob")
    cancel(ann, run_jobs)
    bob.refresh_from_db()
    assert bob.offer_expires_at is not None
    last = bob.offer_expires_at - timedelta(minutes=1)
    with time_machine.travel(last, tick=False):
        assert waitlist.accept(bob.token).hold_expires_at == last + timedelta(minutes=15)
    with time_machine.travel(last + timedelta(minutes=10), tick=False):
        assert waitlist.accept(bob.token).hold_expires_at == last + timedelta(minutes=15)


def test_who_says_yes_and_does_not_pay_is_told_so_and_the_next_gets_it(
    in_alpha: Tenant, account: StripeAccount, run_jobs: JobRunner
) -> None:
    session = yoga(deposit_kind="amount", deposit_value=500)
    ann = book(session.service, "Ann")
    Booking.objects.update(status="CONFIRMED", hold_expires_at=None)
    bob, _ = wait(session.service, "Bob"), wait(session.service, "Cleo")
    cancel(ann, run_jobs)
    waitlist.accept(bob.token)
    mail.outbox.clear()
    let_the_offer_end(bob, run_jobs)
    assert statuses() == [("Bob", "EXPIRED"), ("Cleo", "OFFERED")]
    assert sorted((letter.to, letter.subject[:9]) for letter in mail.outbox) == [
        (["bob@example.com"], "Cancelled"),
        (["cleo@example.com"], "A place i"),
    ]


def test_the_terms_of_a_card_are_agreed_to_in_accepting(
    in_alpha: Tenant, account: StripeAccount, run_jobs: JobRunner
) -> None:
    session = yoga(deposit_kind="card", no_show_fee=700)
    ann = book(session.service, "Ann")
    bob = wait(session.service, "Bob")
    cancel(ann, run_jobs)
    with pytest.raises(InvalidBooking) as refused:
        waitlist.accept(bob.token)
    assert refused.value.field == "accept_terms"
    booking = waitlist.accept(bob.token, terms_accepted=True)
    booking.refresh_from_db()
    assert (booking.requires_card, booking.no_show_fee, booking.status) == (
        True, 700, "PENDING_PAYMENT",
    )  # fmt: skip
    assert booking.terms_accepted_at is not None


def test_a_place_whose_payment_page_fails_stays_theirs(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    session = yoga(deposit_kind="amount", deposit_value=500)
    ann = book(session.service, "Ann")
    Booking.objects.update(status="CONFIRMED", hold_expires_at=None)
    bob, _ = wait(session.service, "Bob"), wait(session.service, "Cleo")
    cancel(ann, run_jobs)
    booking = waitlist.accept(bob.token)
    services.release(booking.pk, "payment_unavailable")
    assert statuses() == [("Bob", "WAITING"), ("Cleo", "WAITING")]
    run_jobs()
    assert statuses() == [("Bob", "OFFERED"), ("Cleo", "WAITING")]


# --- Joining and leaving ---


def test_who_joins_gets_the_link_to_leave(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    session = yoga()
    ann = book(session.service, "Ann")
    bob = wait(session.service, "Bob")
    run_jobs()
    letter = next(one for one in mail.outbox if one.to == ["bob@example.com"])
    assert letter.subject == "On the waitlist: Yoga"
    assert f"http://alpha.localhost:8000/waitlist/{bob.token}/" in letter.body
    assert waitlist.leave(bob.token).status == "LEFT"
    assert waitlist.leave(bob.token).status == "LEFT"
    cancel(ann, run_jobs)
    assert (statuses(), seats(session)) == ([("Bob", "LEFT")], 0)


def test_leaving_with_an_offer_passes_it_on(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    session = yoga()
    ann = book(session.service, "Ann")
    bob, _ = wait(session.service, "Bob"), wait(session.service, "Cleo")
    cancel(ann, run_jobs)
    waitlist.leave(bob.token)
    run_jobs()
    assert statuses() == [("Bob", "PASSED"), ("Cleo", "OFFERED")]


def test_nobody_waits_for_what_is_free(in_alpha: Tenant) -> None:
    session, service = yoga(), haircut()
    for what in (session.service, service):
        with pytest.raises(WaitlistRefused):
            wait(what, "Bob")
    assert statuses() == []


def test_nobody_waits_twice_for_the_same(in_alpha: Tenant) -> None:
    session = yoga()
    book(session.service, "Ann")
    wait(session.service, "Bob")
    with pytest.raises(WaitlistRefused):
        wait(session.service, "BOB")
    assert statuses() == [("Bob", "WAITING")]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"first_day": None}, "first_day"),
        ({"first_day": date(2020, 1, 1)}, "first_day"),
        ({"first_day": date(2099, 1, 1)}, "first_day"),
        ({"last_day": date(2027, 2, 28)}, "last_day"),
        ({"last_day": date(2027, 4, 1)}, "last_day"),
        ({"from_time": time(9)}, "until_time"),
        ({"from_time": time(9), "until_time": time(9)}, "until_time"),
        ({"party_size": 2}, "party_size"),
    ],
)
def test_a_wait_that_makes_no_sense_names_its_field(
    in_alpha: Tenant, values: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidBooking) as refused:
        wait(haircut(), "Bob", **values)
    assert refused.value.field == field
    assert statuses() == []
