"""What codes do when the booking that used them changes."""

from typing import Any

import pytest

from access.actors import STRIPE
from bookings import changes, held_changes, plans
from bookings.errors import InvalidBooking
from bookings.models import Booking, DiscountCode, DiscountUse, Pass, PassType, Service, Voucher
from bookings.offers import services as offers
from bookings.plans import Wish
from tenants.models import Tenant
from tests.bookings.changing import book, haircut, noon, open_always
from tests.stripe_control import Control

pytestmark = pytest.mark.django_db
EMAIL = "ann@example.com"


@pytest.fixture
def service(in_alpha: Tenant) -> Service:
    open_always()
    return haircut(name="Tasting", price=2000, price_is_per_person=True, party_max=6)


def booked(service: Service, *codes: str, people: int = 2) -> Booking:
    price = service.price_for(people)
    deposit = service.deposit_for(price, people)
    quote = offers.quote(service, people, price, deposit, codes=codes, customer_email=EMAIL)
    return book(service, noon(), party_size=people, quote=quote)


def changed(booking: Booking, **wish: Any) -> tuple[int, int, int, int]:
    """Change it; return its price, discount, credit, and what is left to pay on the day."""
    found = changes.change(booking.pk, Wish(**wish)).booking
    found.refresh_from_db()
    return (
        found.total_amount, found.discount_amount, found.credit_amount, found.remaining_amount
    )  # fmt: skip


def prepaid(kind: type[Any], **values: Any) -> Any:
    return kind.objects.create(
        status="active", price=0, currency="GBP", customer_name="Ann", customer_email=EMAIL,
        **values,
    )  # fmt: skip


def test_a_discount_is_of_the_new_price(service: Service) -> None:
    code = DiscountCode.objects.create(code="TEN", percent=10, max_uses=1)
    booking = booked(service, "TEN")
    assert changed(booking, party_size=3) == (5400, 600, 0, 5400)
    assert DiscountUse.objects.get().amount == 600
    code.refresh_from_db()
    assert code.used_count == 1


def test_a_discount_that_is_not_for_it_falls_away_and_can_be_used_again(service: Service) -> None:
    code = DiscountCode.objects.create(code="TEN", percent=10, minimum_amount=4000, max_uses=1)
    booking = booked(service, "TEN")
    plan = plans.make(booking, Wish(party_size=1), [])
    assert plan.note == "TEN is not for this, so it falls away."
    assert changed(booking, party_size=1) == (2000, 0, 0, 2000)
    code.refresh_from_db()
    assert (code.used_count, DiscountUse.objects.get().given_back_at is None) == (0, False)


def test_a_voucher_pays_more_of_it_or_gets_the_rest_back(service: Service) -> None:
    voucher = prepaid(Voucher, initial=5000, left=5000)
    booking = booked(service, voucher.code)
    for people, credit, left in ((3, 5000, 0), (1, 2000, 3000), (2, 4000, 1000)):
        total = 2000 * people
        assert changed(booking, party_size=people) == (total, 0, credit, total - credit)
        voucher.refresh_from_db()
        assert (voucher.left, voucher.used_by(booking)) == (left, credit)


def test_the_discount_is_reckoned_anew_and_the_voucher_pays_of_the_rest(service: Service) -> None:
    code = DiscountCode.objects.create(code="TEN", percent=10, minimum_amount=4000)
    voucher = prepaid(Voucher, initial=5000, left=5000)
    booking = booked(service, voucher.code, "TEN")
    for people, after, left, uses in (
        (3, (5400, 600, 5000, 400), 0, 1),
        (2, (3600, 400, 3600, 0), 1400, 1),
        # Below the code's minimum it falls away, and the voucher goes on paying.
        (1, (2000, 0, 2000, 0), 3000, 0),
    ):
        assert changed(booking, party_size=people) == after
        voucher.refresh_from_db()
        code.refresh_from_db()
        assert (voucher.left, voucher.used_by(booking), code.used_count) == (left, after[2], uses)


def test_a_pass_pays_for_as_many_as_come(service: Service) -> None:
    kind = PassType.objects.create(name="Five", price=0, credits=5)
    ticket = prepaid(Pass, initial=5, left=5, pass_type=kind, name="Five")
    booking = booked(service, ticket.code)
    assert changed(booking, party_size=4) == (8000, 0, 8000, 0)
    ticket.refresh_from_db()
    assert ticket.left == 1
    with pytest.raises(InvalidBooking, match="good for 5"):
        changes.change(booking.pk, Wish(party_size=6))
    ticket.refresh_from_db()
    assert (ticket.left, ticket.used_by(booking)) == (1, 4)


def test_a_pass_that_is_not_for_the_new_service_falls_away(service: Service) -> None:
    kind = PassType.objects.create(name="Five", price=0, credits=5)
    ticket = prepaid(Pass, initial=5, left=5, pass_type=kind, name="Five", service_ids=[service.pk])
    booking = booked(service, ticket.code)
    assert changed(booking, services=(haircut(party_max=4),)) == (4500, 0, 0, 4500)
    ticket.refresh_from_db()
    assert ticket.left == 5


def test_a_voucher_that_is_used_up_meanwhile_leaves_the_rest_for_the_day(
    service: Service, stripe: Control
) -> None:
    Service.objects.update(deposit_kind="full")
    service.refresh_from_db()
    voucher = prepaid(Voucher, initial=5000, left=5000)
    booking = booked(service, voucher.code)
    assert booking.is_confirmed
    # £60, of which the voucher pays £50 and £10 are to be paid.
    held = changes.change(booking.pk, Wish(party_size=3)).held
    assert held is not None and (held.amount_due, held.credit_amount) == (1000, 5000)
    Voucher.objects.filter(pk=voucher.pk).update(left=0)
    assert held_changes.apply_paid(held.pk, actor=STRIPE)
    booking.refresh_from_db()
    assert (booking.total_amount, booking.credit_amount, booking.deposit_amount) == (
        6000, 4000, 1000,
    )  # fmt: skip
    assert booking.remaining_amount == 1000
    voucher.refresh_from_db()
    assert (voucher.left, voucher.used_by(booking)) == (0, 4000)
