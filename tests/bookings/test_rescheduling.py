"""A booking moves: the new time is taken before the old one is freed, and nothing is paid twice."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from access.actors import SYSTEM, Actor
from bookings import cancelling, changes, services
from bookings.errors import BookingClosed, InvalidBooking, SlotTaken, TooLate
from bookings.models import AddOn, Allocation, BookingSettings, ClassSession, Resource, Service
from bookings.wishes import BookingRequest
from events.models import Event
from payments.models import PaymentSession, Refund
from tenants.models import Tenant
from tests.bookings.changing import all_of, book, book_and_pay, haircut, noon, open_always
from tests.contract.api import BOOKINGS, Api
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db

STAFF = Actor("staff", "owner@alpha.example")
QUARTER = timedelta(minutes=15)


@pytest.fixture
def service(in_alpha: Tenant) -> Service:
    open_always()
    return haircut()


@pytest.fixture
def second(in_alpha: Tenant) -> Resource:
    return Resource.objects.create(name="Bea", kind="staff", position=1)


def live(booking: Any) -> list[tuple[str, datetime, datetime]]:
    return list(
        booking.allocations.filter(is_live=True).values_list(
            "resource__name", "starts_at", "ends_at"
        )
    )


def test_it_moves_with_its_deposit_and_nothing_is_charged_again(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    open_always()
    service = haircut(deposit_kind="amount", deposit_value=1000)
    booking = book_and_pay(stripe, in_alpha, service, noon())
    run_jobs()
    mail.outbox.clear()
    moved = changes.reschedule(booking.pk, starts_at=noon(8))
    assert (moved.status, moved.starts_at, moved.ends_at) == (
        "CONFIRMED", noon(8), noon(8) + timedelta(hours=1),
    )  # fmt: skip
    assert live(moved) == [("Alpha Salon", noon(8), noon(8) + timedelta(hours=1))]
    event = Event.objects.get(type="booking.rescheduled")
    assert event.data["old_starts_at"] == noon().isoformat()
    assert event.data["new_starts_at"] == noon(8).isoformat()
    run_jobs()
    assert [letter.subject[:6] for letter in mail.outbox] == ["Moved:"]
    assert PaymentSession.objects.get().payable_id == str(booking.pk)
    assert len(stripe("sessions")) == 1
    assert not Refund.objects.exists()
    # The money that moved along is what cancelling gives back.
    assert cancelling.cancel_by_customer(booking.pk).refund == 1000
    book(service, noon())


@pytest.mark.parametrize("quarters", [-3, -1, 1, 3])
def test_its_own_old_time_does_not_stand_in_its_way(service: Service, quarters: int) -> None:
    booking = book(service, noon())
    target = noon() + quarters * QUARTER
    changes.reschedule(booking.pk, starts_at=target)
    assert live(booking) == [("Alpha Salon", target, target + timedelta(hours=1))]
    assert Allocation.objects.count() == 1


def test_a_time_that_is_taken_leaves_it_where_it_was(service: Service) -> None:
    booking, other = book(service, noon()), book(service, noon() + timedelta(hours=1))
    before = all_of(booking), all_of(other)
    with pytest.raises(SlotTaken):
        changes.reschedule(booking.pk, starts_at=noon() + QUARTER)
    assert (all_of(booking), all_of(other)) == before
    assert not Event.objects.filter(type="booking.rescheduled").exists()


def test_moving_to_where_it_is_changes_nothing(service: Service) -> None:
    booking = book(service, noon())
    before = all_of(booking)
    changes.reschedule(booking.pk, starts_at=noon())
    assert all_of(booking) == before
    assert not Event.objects.filter(type="booking.rescheduled").exists()


def test_the_same_person_is_kept_while_they_are_free(service: Service, second: Resource) -> None:
    booking = book(service, noon(), resource_id=second.pk)
    changes.reschedule(booking.pk, starts_at=noon(8))
    assert [one[0] for one in live(booking)] == ["Bea"]
    book(service, noon(9), resource_id=second.pk)
    changes.reschedule(booking.pk, starts_at=noon(9))
    assert [one[0] for one in live(booking)] == ["Alpha Salon"]


def test_a_person_whom_the_customer_could_choose_is_never_swapped(
    in_alpha: Tenant, second: Resource
) -> None:
    open_always()
    service = haircut(customer_chooses_resource=True)
    booking = book(service, noon(), resource_id=second.pk)
    book(service, noon(8), resource_id=second.pk)
    with pytest.raises(SlotTaken):
        changes.reschedule(booking.pk, starts_at=noon(8))
    first = Resource.objects.get(name="Alpha Salon")
    changes.reschedule(booking.pk, starts_at=noon(8), resource_id=first.pk, actor=STAFF)
    assert [one[0] for one in live(booking)] == ["Alpha Salon"]


def test_it_takes_as_long_as_when_it_was_booked(service: Service) -> None:
    extra = AddOn.objects.create(service=service, name="Beard", minutes=15, price=500)
    booking = book(service, noon(), add_ons=(extra,))
    Service.objects.update(duration_minutes=20)
    extra.delete()
    moved = changes.reschedule(booking.pk, starts_at=noon(8))
    assert moved.ends_at - moved.starts_at == timedelta(minutes=75)
    assert moved.total_amount == 5000


def test_a_customer_may_move_it_until_cancelling_costs_something(service: Service) -> None:
    booking = book(service, noon())
    edge, other, last = noon() - timedelta(hours=48), noon(8), noon(9)
    with time_machine.travel(edge + timedelta(seconds=1), tick=False):
        before = all_of(booking)
        with pytest.raises(TooLate, match="could be changed here until"):
            changes.reschedule(booking.pk, starts_at=other)
        assert all_of(booking) == before
    with time_machine.travel(edge, tick=False):
        changes.reschedule(booking.pk, starts_at=other)
    with time_machine.travel(other - timedelta(minutes=5), tick=False):
        changes.reschedule(booking.pk, starts_at=last, actor=STAFF)
    booking.refresh_from_db()
    assert (booking.starts_at, booking.changed_by) == (last, "owner@alpha.example")


@pytest.mark.parametrize("minutes", [7, 12 * 60 - 15])
def test_a_customer_gets_only_times_that_are_offered(service: Service, minutes: int) -> None:
    booking = book(service, noon())
    with pytest.raises(InvalidBooking, match="booking_date"):
        changes.reschedule(booking.pk, starts_at=noon(8) + timedelta(minutes=minutes))
    changes.reschedule(booking.pk, starts_at=noon(8) + timedelta(minutes=minutes), actor=STAFF)


@pytest.mark.parametrize("days", [-1, 6 * 366])
def test_nobody_moves_it_into_the_past_or_too_far(service: Service, days: int) -> None:
    booking = book(service, noon())
    with pytest.raises(InvalidBooking, match="must be in the future"):
        changes.reschedule(booking.pk, starts_at=noon(days), actor=STAFF)


def test_what_waits_for_its_payment_or_is_over_does_not_move(
    in_alpha: Tenant, stripe: Control
) -> None:
    open_always()
    held = book(haircut(deposit_kind="full"), noon())
    with pytest.raises(BookingClosed, match="Only a confirmed booking"):
        changes.reschedule(held.pk, starts_at=noon(8), actor=STAFF)
    services.cancel(held.pk, actor=SYSTEM)
    with pytest.raises(BookingClosed, match="Only a confirmed booking"):
        changes.reschedule(held.pk, starts_at=noon(8), actor=STAFF)
    assert not Allocation.objects.filter(is_live=True).exists()


def test_a_hold_that_has_run_out_makes_room(in_alpha: Tenant, stripe: Control) -> None:
    open_always()
    service, paid = haircut(), haircut(name="Colour", deposit_kind="full")
    booking, held = book(service, noon()), book(paid, noon(8))
    with time_machine.travel(held.hold_expires_at + timedelta(seconds=1)):  # type: ignore[operator]
        changes.reschedule(booking.pk, starts_at=noon(8))
    held.refresh_from_db()
    assert (held.status, held.cancel_reason) == ("CANCELLED", "hold_expired")


def test_buffers_move_along(service: Service) -> None:
    Service.objects.update(buffer_before_minutes=10, buffer_after_minutes=5)
    booking = book(service, noon())
    moved = changes.reschedule(booking.pk, starts_at=noon() + QUARTER)
    assert live(moved) == [
        (
            "Alpha Salon",
            noon() + timedelta(minutes=5),
            noon() + timedelta(minutes=80),
        )
    ]


def test_what_the_catalogue_does_not_know_is_moved_by_the_business(service: Service) -> None:
    wanted = BookingRequest(
        customer_name="Ann", customer_email="ann@example.com", service=None, service_name="Call",
        starts_at=noon(), total_amount=0, deposit_amount=0,
    )  # fmt: skip
    booking = services.book(wanted)
    before = all_of(booking)
    with pytest.raises(BookingClosed, match="only be changed by the business"):
        changes.reschedule(booking.pk, starts_at=noon() - QUARTER)
    assert all_of(booking) == before
    changes.reschedule(booking.pk, starts_at=noon() + QUARTER, actor=STAFF)
    start = noon() + QUARTER
    assert live(booking) == [("Alpha Salon", start, start + timedelta(hours=1))]


# --- Classes and tables ---


def yoga(capacity: int = 5, days: int = 7, **values: Any) -> ClassSession:
    service = Service.objects.filter(name="Yoga").first() or haircut(
        name="Yoga", kind="class", party_max=4
    )
    return ClassSession.objects.create(
        service=service, starts_at=noon(days), ends_at=noon(days) + timedelta(hours=1),
        capacity=capacity, **values,
    )  # fmt: skip


def seats(*sessions: ClassSession) -> list[int]:
    return [ClassSession.objects.get(pk=one.pk).seats_taken for one in sessions]


def test_the_seats_of_a_class_move_with_it(in_alpha: Tenant) -> None:
    first, other = yoga(), yoga(days=8)
    booking = book(first.service, noon(), party_size=2)
    assert seats(first, other) == [2, 0]
    moved = changes.reschedule(booking.pk, starts_at=noon(8))
    assert seats(first, other) == [0, 2]
    assert moved.class_session == other


def test_a_full_class_and_a_time_without_one_leave_it_where_it_was(in_alpha: Tenant) -> None:
    first, small = yoga(), yoga(capacity=1, days=8)
    booking = book(first.service, noon(), party_size=2)
    with pytest.raises(SlotTaken, match="full"):
        changes.reschedule(booking.pk, starts_at=noon(8))
    with pytest.raises(SlotTaken, match="No class begins"):
        changes.reschedule(booking.pk, starts_at=noon(9), actor=STAFF)
    booking.refresh_from_db()
    assert seats(first, small) == [2, 0]
    assert (booking.starts_at, booking.class_session) == (noon(), first)


def test_its_own_party_does_not_count_against_the_pace(in_alpha: Tenant) -> None:
    open_always()
    BookingSettings.objects.create(covers_per_quarter=4, step_minutes=5)
    for number in range(2):
        Resource.objects.create(name=f"Table {number}", kind="table", seats_min=1, seats_max=4)
    dinner = haircut(name="Dinner", kind="table", party_max=8, step_minutes=5)
    booking = book(dinner, noon(), party_size=4)
    moved = changes.reschedule(booking.pk, starts_at=noon() + timedelta(minutes=5))
    assert moved.starts_at == noon() + timedelta(minutes=5)
    late = book(dinner, noon() + timedelta(minutes=30), party_size=1)
    with pytest.raises(SlotTaken, match="No more guests"):
        changes.reschedule(late.pk, starts_at=noon() + timedelta(minutes=10))


# --- The API ---


def test_the_holder_of_the_token_moves_it_over_the_api(service: Service, in_alpha: Tenant) -> None:
    booking = book(service, noon())
    api = Api(in_alpha, booking.access_token)
    path = f"{BOOKINGS}{booking.pk}/reschedule/"
    moved = api.post(path, {"booking_date": noon(8).isoformat()})
    assert (moved.status_code, moved.json()) == (
        200,
        {
            "booking_id": booking.pk, "status": "CONFIRMED", "resource": "Alpha Salon",
            "booking_date": noon(8).isoformat(),
            "ends_at": (noon(8) + timedelta(hours=1)).isoformat(),
        },
    )  # fmt: skip
    book(service, noon(9))
    taken = api.post(path, {"booking_date": noon(9).isoformat()})
    assert (taken.status_code, taken.json()["code"]) == (409, "slot_taken")
    with time_machine.travel(noon(8) - timedelta(hours=1)):
        late = api.post(path, {"booking_date": noon(10).isoformat()})
    assert (late.status_code, late.json()["code"]) == (409, "too_late")


def test_an_api_key_moves_it_at_any_time_and_names_a_resource(
    service: Service, second: Resource, in_alpha: Tenant, write_key: str
) -> None:
    booking = book(service, noon())
    path = f"{BOOKINGS}{booking.pk}/reschedule/"
    with time_machine.travel(noon() - timedelta(hours=1)):
        moved = Api(in_alpha, write_key).post(
            path, {"booking_date": noon(8).isoformat(), "resource": "bea"}
        )
    assert (moved.status_code, moved.json()["resource"]) == (200, "Bea")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"booking_date": ...}, "booking_date"),
        ({"booking_date": None}, "booking_date"),
        ({"booking_date": 7}, "booking_date"),
        ({"booking_date": "tomorrow"}, "booking_date"),
        ({"booking_date": "2027-03-01T10:00:00"}, "booking_date"),
        ({"booking_date": "2020-03-01T10:00:00Z"}, "booking_date"),
        ({"booking_date": "9999-12-31T23:59:59-23:59"}, "booking_date"),
        ({"resource": "Nobody"}, "resource"),
        ({"resource": 7}, "resource"),
        ({"resource": ["Bea"]}, "resource"),
        ({"resource": "x" * 5000}, "resource"),
    ],
)
def test_a_bad_value_is_a_400_that_names_its_field(
    service: Service, in_alpha: Tenant, write_key: str, changed: dict[str, Any], field: str
) -> None:
    booking = book(service, noon())
    before = all_of(booking)
    body = {"booking_date": noon(8).isoformat(), **changed}
    body = {name: value for name, value in body.items() if value is not ...}
    response = Api(in_alpha, write_key).post(f"{BOOKINGS}{booking.pk}/reschedule/", body)
    assert response.status_code == 400
    assert field in response.json()["error"]
    assert all_of(booking) == before


def test_a_resource_that_does_not_do_it_is_named(
    service: Service, second: Resource, in_alpha: Tenant, write_key: str
) -> None:
    service.resources.set([Resource.objects.get(name="Alpha Salon")])
    booking = book(service, noon())
    response = Api(in_alpha, write_key).post(
        f"{BOOKINGS}{booking.pk}/reschedule/",
        {"booking_date": noon(8).isoformat(), "resource": "Bea"},
    )
    assert (response.status_code, response.json()["field"]) == (400, "resource")
