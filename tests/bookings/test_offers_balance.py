"""Whatever is booked, changed and cancelled with codes: no money is made, lost or counted twice."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.actors import CUSTOMER, STRIPE, Actor
from bookings import cancelling, changes, held_changes, money, services
from bookings.models import (
    Booking,
    BookingChange,
    DiscountCode,
    DiscountUse,
    Pass,
    Service,
    Voucher,
)
from bookings.offers import services as offers
from bookings.plans import Wish
from payments.models import PaymentSession, StripeAccount
from tenants.models import Tenant
from tests.bookings.change_support import STAFF
from tests.bookings.changing import book, noon, open_always

pytestmark = pytest.mark.django_db
EMAIL = "ann@example.com"
MOST = 4


@dataclass(frozen=True)
class Step:
    """A change: so many people, of the first or the second service, by the customer or staff."""

    people: int
    service: int
    actor: Actor
    is_paid: bool


@st.composite
def prices(draw: st.DrawFn) -> dict[str, Any]:
    price, kind = draw(st.integers(0, 9000)), draw(st.sampled_from(["none", "percent", "full"]))
    values = {"price": price, "price_is_per_person": draw(st.booleans()), "deposit_kind": kind}
    if price and draw(st.booleans()):
        amount = draw(st.integers(1, price))
        return values | {"deposit_kind": "amount", "deposit_value": amount}
    return values | {"deposit_value": draw(st.integers(1, 100))}


DISCOUNTS = st.one_of(
    st.none(),
    st.fixed_dictionaries({"percent": st.integers(1, 100), "minimum_amount": st.integers(0, 5000)}),
    st.fixed_dictionaries({"amount": st.integers(1, 9000)}),
)
#: Nothing, a voucher worth so much, or a pass good for all who may come.
PREPAID = st.one_of(st.none(), st.integers(1, 20_000), st.just("pass"))
STEPS = st.lists(
    st.builds(
        Step, st.integers(1, MOST), st.integers(0, 1), st.sampled_from([CUSTOMER, STAFF]),
        st.booleans(),
    ),
    max_size=4,
)  # fmt: skip


def prepaid_of(kind: int | str) -> Voucher | Pass:
    common: dict[str, Any] = {
        "status": "active", "currency": "GBP", "customer_name": "Ann", "customer_email": EMAIL,
    }  # fmt: skip
    if isinstance(kind, int):
        return Voucher.objects.create(code="GIFT", initial=kind, left=kind, **common)
    return Pass.objects.create(code="PASS", initial=MOST, left=MOST, name="Four", **common)


def paid(booking: Booking, payable_type: str, amount: int, **metadata: str) -> None:
    """Write a payment as it stands once Stripe has told of it."""
    number = PaymentSession.objects.count()
    PaymentSession.objects.create(
        payable_type=payable_type, payable_id=str(booking.pk), amount=amount, currency="GBP",
        status="succeeded", success_url="/", cancel_url="/", idempotency_key=f"paid:{number}",
        request_fingerprint="", stripe_payment_intent_id=f"pi_{number}", metadata=metadata,
    )  # fmt: skip


def kept(booking: Booking) -> int:
    """What was paid and does not go back."""
    return sum(one.amount_refundable for one in money.payments_ahead(booking))


def check(booking: Booking, item: Voucher | Pass | None, code: DiscountCode | None) -> None:
    booking.refresh_from_db()
    price = sum(booking.lines.values_list("amount", flat=True))
    remaining = booking.total_amount - booking.credit_amount - kept(booking)
    parts = (booking.discount_amount, booking.credit_amount, kept(booking), remaining)
    assert min(parts) >= 0, parts
    assert sum(parts) == price
    assert booking.deposit_amount >= kept(booking) >= 0
    use = DiscountUse.objects.filter(booking=booking, given_back_at=None).first()
    assert (use.amount if use else 0) == booking.discount_amount
    if code is not None:
        code.refresh_from_db()
        assert code.used_count == (1 if use else 0)
    if item is None:
        assert booking.credit_amount == 0
        return
    item.refresh_from_db()
    used = item.used_by(booking)
    assert item.left == item.initial - used >= 0
    if isinstance(item, Voucher):
        assert used == booking.credit_amount
    else:
        assert used in (0, booking.party_size)


def change(booking: Booking, kinds: list[Service], step: Step) -> None:
    wish = Wish(None, None, step.people, (kinds[step.service],))
    held = changes.change(booking.pk, wish, actor=step.actor).held
    if held is None:
        return
    if step.is_paid:
        paid(booking, money.CHANGE, held.amount_due, change=str(held.pk))
        assert held_changes.apply_paid(held.pk, actor=STRIPE)
    else:
        held_changes.release(held.pk)
    assert BookingChange.objects.filter(status="held").count() == 0


@given(
    priced=st.tuples(prices(), prices()), discount=DISCOUNTS, kind=PREPAID,
    people=st.integers(1, MOST), steps=STEPS,
)  # fmt: skip
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_discount_prepaid_paid_and_remaining_are_the_price(
    in_alpha: Tenant,
    account: StripeAccount,
    priced: tuple[dict[str, Any], dict[str, Any]],
    discount: dict[str, Any] | None,
    kind: int | str | None,
    people: int,
    steps: list[Step],
) -> None:
    with transaction.atomic():
        open_always()
        kinds = [
            Service.objects.create(
                name=name, duration_minutes=60, party_max=MOST, step_minutes=15,
                free_cancellation_hours=24, **values,
            )
            for name, values in zip(("One", "Two"), priced, strict=True)
        ]  # fmt: skip
        price = kinds[0].price_for(people)
        code = DiscountCode.objects.create(code="OFF", **discount) if discount else None
        if code is not None and price < code.minimum_amount:
            code.minimum_amount = price
            code.save()
        item = None if kind is None else prepaid_of(kind)
        codes = [one.code for one in (code, item) if one is not None]
        deposit = kinds[0].deposit_for(price, people)
        quote = offers.quote(kinds[0], people, price, deposit, codes=codes, customer_email=EMAIL)
        booking = book(kinds[0], noon(), party_size=people, quote=quote)
        if booking.is_pending:
            paid(booking, money.DEPOSIT, booking.deposit_amount)
            assert services.confirm(booking.pk, actor=STRIPE)
        check(booking, item, code)
        for step in steps:
            change(booking, kinds, step)
            check(booking, item, code)
        cancelling.cancel_by_customer(booking.pk)
        assert kept(booking) == 0
        if code is not None:
            code.refresh_from_db()
            assert code.used_count == 0
        if item is not None:
            item.refresh_from_db()
            assert (item.left, item.used_by(booking)) == (item.initial, 0)
        transaction.set_rollback(True)
