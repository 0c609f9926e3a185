"""How far ahead a membership pays: within its credits' time, and so many days after as it says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.test import Client

from access.actors import CUSTOMER, SYSTEM
from bookings import changes, services
from bookings.errors import BeyondMembership
from bookings.models import (
    Booking,
    CodeAttempt,
    Membership,
    MembershipPlan,
    OpeningHours,
    Pass,
    Service,
)
from bookings.offers import membership_credits, prepaid
from bookings.offers.quotes import quote
from bookings.wishes import BookingRequest
from payments.models import Subscription
from tenants.models import Tenant
from tests.bookings.offers import EMAIL, a_service
from tests.contract.api import Api
from tests.payments import builders

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
#: When the credits of the period end.
END = datetime(2027, 3, 31, 15, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _on_the_first() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def yoga(in_alpha: Tenant) -> Service:
    OpeningHours.objects.all().delete()
    for weekday in range(7):
        OpeningHours.objects.create(weekday=weekday, opens_at="00:00", closes_at="23:30")
    return a_service(free_cancellation_hours=1)


def a_member(*, status: str = "active", is_ending: bool = False, **terms: Any) -> Membership:
    """A membership whose subscription is as said; it has no credits yet."""
    plan = MembershipPlan.objects.create(name="Eight", price=8000, credits=8)
    paid = builders.payment(payable_type="membership", status="succeeded", purpose="subscription")
    subscription = Subscription.objects.create(
        payment_session=paid, status=status, current_period_end=END - timedelta(hours=6),
        cancel_at_period_end=is_ending,
    )  # fmt: skip
    return Membership.objects.create(
        plan=plan, name="Eight", price=8000, credits=8, currency="GBP", customer_name="Ann",
        customer_email=EMAIL, subscription=subscription, **terms,
    )  # fmt: skip


def credits(member: Membership, count: int, until: datetime = END) -> Pass:
    period = Pass.objects.create(
        membership=member, name="Eight", initial=count, currency="GBP", customer_name="Ann",
        customer_email=EMAIL, expires_at=until,
    )  # fmt: skip
    prepaid.issue(period, cause="test")
    return period


def pays(member: Membership, service: Service, starts_at: datetime, party_size: int = 1) -> Any:
    """Return which credits would pay for a booking then; raises BeyondMembership."""
    found = quote(
        service, party_size, 4500, 0, codes=[member.code], customer_email=EMAIL, starts_at=starts_at
    )
    return found.pass_id


@pytest.mark.parametrize(
    ("state", "reach"),
    [
        ({}, 7 * DAY),
        ({"book_ahead_days": 0}, 0 * DAY),
        ({"book_ahead_days": 30}, 30 * DAY),
        # What is not renewed is no promise for later.
        ({"is_ending": True}, 0 * DAY),
        ({"status": "canceled"}, 0 * DAY),
        ({"status": "past_due"}, 7 * DAY),
    ],
)
def test_it_pays_until_then_and_not_a_minute_later(
    yoga: Service, state: dict[str, Any], reach: timedelta
) -> None:
    member = a_member(**state)
    period = credits(member, 8)
    assert pays(member, yoga, END + reach - timedelta(minutes=1)) == period.pk
    with pytest.raises(BeyondMembership, match="pays for what starts before"):
        pays(member, yoga, END + reach)
    assert membership_credits.bookable_until(member) == END + reach


def test_the_refusal_names_the_date_and_when_it_renews(yoga: Service) -> None:
    member = a_member(book_ahead_days=0)
    credits(member, 8)
    with pytest.raises(BeyondMembership) as refusal:
        pays(member, yoga, END + DAY)
    assert str(refusal.value) == (
        "This membership pays for what starts before Wed 31 March 2027, 16:00. It renews on Wed "
        "31 March 2027, 10:00, and pays for later times then."
    )


def test_the_oldest_credits_that_reach_the_time_are_used(yoga: Service) -> None:
    member = a_member(book_ahead_days=0, rolls_over=True)
    old, new = credits(member, 8), credits(member, 8, END + 30 * DAY)
    assert pays(member, yoga, END - DAY) == old.pk
    assert pays(member, yoga, END + DAY) == new.pk
    with pytest.raises(BeyondMembership):
        pays(member, yoga, END + 30 * DAY)


def test_credits_that_reach_it_but_are_too_few_do_not_pay(yoga: Service) -> None:
    member = a_member(book_ahead_days=0, rolls_over=True)
    credits(member, 8)
    credits(member, 1, END + 30 * DAY)
    with pytest.raises(BeyondMembership):
        pays(member, yoga, END + DAY, party_size=2)


def booked(member: Membership, service: Service, starts_at: datetime) -> Booking:
    found = quote(
        service, 1, 4500, 0, codes=[member.code], customer_email=EMAIL, starts_at=starts_at
    )
    wanted = BookingRequest.for_service(
        service, customer_name="Ann", customer_email=EMAIL, starts_at=starts_at, quote=found
    )
    return services.book(wanted)


def test_a_customer_moves_it_no_further_and_staff_do(yoga: Service) -> None:
    member = a_member()
    period = credits(member, 8)
    booking = booked(member, yoga, NOW + DAY)
    with pytest.raises(BeyondMembership):
        changes.reschedule(booking.pk, starts_at=END + 8 * DAY, actor=CUSTOMER)
    booking.refresh_from_db()
    assert booking.starts_at == NOW + DAY
    assert changes.reschedule(booking.pk, starts_at=NOW + 9 * DAY, actor=CUSTOMER)
    moved = changes.reschedule(booking.pk, starts_at=END + 30 * DAY, actor=SYSTEM)
    # And back, as far as it likes: earlier is never refused.
    moved = changes.reschedule(moved.pk, starts_at=END + 20 * DAY, actor=CUSTOMER)
    assert moved.starts_at == END + 20 * DAY
    period.refresh_from_db()
    assert period.left == 7


def test_a_booking_with_its_money_paid_moves_anywhere(yoga: Service) -> None:
    credits(a_member(), 8)
    wanted = BookingRequest.for_service(
        yoga, customer_name="Ann", customer_email=EMAIL, starts_at=NOW + DAY
    )
    booking = services.book(wanted)
    assert changes.reschedule(booking.pk, starts_at=END + 90 * DAY, actor=CUSTOMER)


def test_the_page_says_before_when(yoga: Service, client_of: Any, in_alpha: Tenant) -> None:
    member = a_member()
    credits(member, 8)
    client: Client = client_of(in_alpha)
    form = {"customer_name": "Ann", "customer_email": EMAIL, "code": member.code}
    late, early = ((END + days * DAY).isoformat().replace("+00:00", "Z") for days in (10, 5))
    refused = client.post(f"/book/{yoga.slug}/details/?start={late}", form).content.decode()
    assert "pays for what starts before Wed 7 April 2027, 16:00" in refused
    shown = client.post(f"/book/{yoga.slug}/details/?start={early}", form).content.decode()
    assert "Your membership pays £45.00" in shown
    own = client.get(f"/memberships/{member.access_token}/").content.decode()
    assert "For times before" in own
    assert "Wed 7 April 2027, 16:00" in own
    assert not Booking.objects.exists()


def test_the_page_to_move_says_so_too(yoga: Service, client_of: Any, in_alpha: Tenant) -> None:
    member = a_member()
    credits(member, 8)
    booking = booked(member, yoga, NOW + DAY)
    client: Client = client_of(in_alpha)
    late = (END + 10 * DAY).isoformat().replace("+00:00", "Z")
    page = f"/booking/{booking.access_token}/change/confirm/?start={late}"
    answer = client.get(page)
    assert answer.status_code == 302
    said = [str(one) for one in get_messages(answer.wsgi_request)]
    assert said[0].startswith("This membership pays for what starts before Wed 7 April")


def test_the_api_refuses_it_with_a_code(yoga: Service, in_alpha: Tenant, write_key: str) -> None:
    member = a_member()
    credits(member, 8)
    late = (END + 8 * DAY).isoformat()
    body = {
        "customer_name": "Ann", "customer_email": EMAIL, "service_name": "Yoga",
        "booking_date": late, "total_amount_pence": 4500, "code": member.code,
    }  # fmt: skip
    for caller in (Api(in_alpha), Api(in_alpha, write_key)):
        answer = caller.post("/api/bookings/", body)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
            400, "beyond_membership", "code",
        )  # fmt: skip
    asked = {key: body[key] for key in ("code", "customer_email", "service_name")}
    check = Api(in_alpha).post("/api/codes/check/", {**asked, "booking_date": late})
    assert (check.status_code, check.json()["code"]) == (400, "beyond_membership")
    assert Api(in_alpha).post("/api/codes/check/", asked).status_code == 200
    assert not Booking.objects.exists()
    assert CodeAttempt.objects.count() == 0


def test_staff_are_told_when_they_move_it_further(
    yoga: Service, client_of: Any, in_alpha: Tenant, owner: Any
) -> None:
    member = a_member()
    credits(member, 8)
    booking = booked(member, yoga, NOW + DAY)
    client: Client = client_of(in_alpha)
    client.force_login(owner, backend="access.backends.RoleBackend")
    form = {"starts_at": "2027-05-03T10:00", "resource": ""}
    page = client.post(f"/admin/bookings/booking/{booking.pk}/move/", form, follow=True)
    text = page.content.decode()
    assert "It was moved all the same" in text
    booking.refresh_from_db()
    assert booking.starts_at == datetime(2027, 5, 3, 9, tzinfo=UTC)
