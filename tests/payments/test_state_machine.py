"""Whatever order Stripe's events arrive in, the payment ends in the same state."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from events.models import Event
from payments.models import PaymentSession, Refund, StripeAccount, StripeEvent, Transaction
from tenants.models import Tenant
from tests.payments import builders
from tests.support import StripeSigner

pytestmark = pytest.mark.django_db

EVENTS: dict[str, Callable[[PaymentSession], dict[str, Any]]] = {
    "checkout.session.completed": builders.checkout,
    "payment_intent.succeeded": builders.intent,
    "payment_intent.payment_failed": builders.declined_intent,
    "checkout.session.expired": lambda session: builders.checkout(
        session, status="expired", payment_status="unpaid", payment_intent=None
    ),
    "charge.refunded": lambda session: builders.charge(session, builders.refund(session, 1000)),
}
SUCCESS = {"checkout.session.completed", "payment_intent.succeeded"}


def expected(types: tuple[str, ...]) -> str:
    """Return the state that the design gives for a set of events, whatever their order."""
    if "charge.refunded" in types:
        return "refunded"
    if SUCCESS & set(types):
        return "succeeded"
    if "checkout.session.expired" in types:
        return "canceled"
    return "failed" if "payment_intent.payment_failed" in types else "pending"


def every_order() -> list[tuple[str, ...]]:
    return [
        order
        for size in range(1, len(EVENTS) + 1)
        for order in itertools.permutations(EVENTS, size)
    ]


@pytest.fixture
def stripe(account: StripeAccount, alpha: Tenant, client_of: Callable[[Tenant], Client]) -> Any:
    """Deliver an event to alpha and return the answer's status."""
    signer, client = StripeSigner(), client_of(alpha)

    def deliver(type: str, obj: dict[str, Any], **extra: Any) -> int:
        return int(signer.deliver(client, signer.event(type, obj, **extra)).status_code)

    return deliver


def test_every_order_of_every_set_of_events_ends_as_designed(stripe: Any) -> None:
    for order in every_order():
        session = builders.payment()
        for type in order:
            assert stripe(type, EVENTS[type](session)) == 200
        session.refresh_from_db()
        assert session.status == expected(order), order
        paid = session.status in ("succeeded", "refunded")
        assert Transaction.objects.filter(payment_session=session).count() == paid, order
        assert session.refunds.count() == ("charge.refunded" in order), order
        assert Event.objects.about(session).filter(type="payment.succeeded").count() == paid
    assert not StripeEvent.objects.exclude(status="processed").exists()


def test_the_same_change_under_two_event_ids_is_applied_once(stripe: Any) -> None:
    session = builders.payment()
    for _ in range(2):
        assert stripe("checkout.session.completed", builders.checkout(session)) == 200
    assert Transaction.objects.count() == 1
    assert Event.objects.filter(type="payment.succeeded").count() == 1
    assert StripeEvent.objects.count() == 2


def test_the_same_event_again_is_stored_and_applied_once(stripe: Any) -> None:
    session = builders.payment()
    for _ in range(3):
        status = stripe(
            "checkout.session.completed", builders.checkout(session), event_id="evt_same"
        )
        assert status == 200
    assert StripeEvent.objects.get().attempts == 1
    assert Transaction.objects.count() == 1


def test_completed_but_unpaid_waits_for_the_bank(stripe: Any) -> None:
    session = builders.payment()
    stripe("checkout.session.completed", builders.checkout(session, payment_status="unpaid"))
    session.refresh_from_db()
    assert (session.status, session.is_processing) == ("pending", True)
    assert not Transaction.objects.exists()


def test_the_bank_pays_in_the_end(stripe: Any) -> None:
    session = builders.payment()
    stripe("checkout.session.completed", builders.checkout(session, payment_status="unpaid"))
    stripe("checkout.session.async_payment_succeeded", builders.checkout(session))
    session.refresh_from_db()
    assert (session.status, session.is_processing) == ("succeeded", False)
    assert Transaction.objects.get().amount == 1000


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_bank_refuses_whichever_event_comes_first(stripe: Any, order: tuple[int, int]) -> None:
    session = builders.payment()
    unpaid = builders.checkout(session, payment_status="unpaid")
    types = ("checkout.session.completed", "checkout.session.async_payment_failed")
    for index in order:
        stripe(types[index], unpaid)
    session.refresh_from_db()
    assert (session.status, session.is_processing) == ("failed", False)


def test_a_late_failure_never_undoes_a_payment(stripe: Any) -> None:
    session = builders.payment()
    stripe("payment_intent.succeeded", builders.intent(session))
    stripe("checkout.session.async_payment_failed", builders.checkout(session))
    stripe("payment_intent.payment_failed", builders.declined_intent(session))
    session.refresh_from_db()
    assert session.status == "succeeded"


def test_nothing_due_is_paid_without_a_payment_intent(stripe: Any) -> None:
    session = builders.payment(amount=0)
    stripe(
        "checkout.session.completed",
        builders.checkout(session, payment_status="no_payment_required", payment_intent=None),
    )
    session.refresh_from_db()
    assert session.status == "succeeded"
    assert Transaction.objects.get().stripe_object_id == session.stripe_checkout_session_id


def test_a_partial_refund_leaves_succeeded_and_the_last_part_ends_it(stripe: Any) -> None:
    session = builders.payment()
    first = builders.refund(session, 400)
    stripe("charge.refunded", builders.charge(session, first))
    session.refresh_from_db()
    assert (session.status, session.amount_refunded, session.amount_refundable) == (
        "succeeded",
        400,
        600,
    )
    rest = builders.refund(session, 600, number=2)
    stripe("charge.refunded", builders.charge(session, first, rest))
    session.refresh_from_db()
    assert (session.status, session.amount_refunded) == ("refunded", 1000)
    assert Refund.objects.filter(is_external=True, status="succeeded").count() == 2


@pytest.mark.parametrize(
    "change",
    [
        {"amount_total": 999},
        {"amount_total": 100000},
        {"currency": "eur"},
        {"livemode": True},
        {"id": "cs_test_another"},
        {"amount_total": "1000"},
        {"amount_total": None},
        {"amount_total": True},
        {"payment_intent": 7},
    ],
)
def test_an_event_that_contradicts_our_row_is_kept_and_not_applied(
    stripe: Any, change: dict[str, Any]
) -> None:
    session = builders.payment()
    assert stripe("checkout.session.completed", builders.checkout(session, **change)) == 200
    session.refresh_from_db()
    assert session.status == "pending"
    assert StripeEvent.objects.get().status == "flagged"
    assert StripeEvent.objects.get().error
    assert not Transaction.objects.exists()


def test_an_event_of_the_other_mode_is_kept_and_not_applied(stripe: Any) -> None:
    session = builders.payment()
    stripe("payment_intent.succeeded", builders.intent(session), livemode=True)
    session.refresh_from_db()
    assert session.status == "pending"
    assert StripeEvent.objects.get().status == "flagged"


@pytest.mark.parametrize("type", ["customer.created", "invoice.paid", "x", "charge.succeeded"])
def test_an_event_that_means_nothing_to_us_is_answered_with_200(stripe: Any, type: str) -> None:
    assert stripe(type, {"id": "x"}) == 200
    assert StripeEvent.objects.get().status == "ignored"


def test_an_event_about_a_payment_of_another_business_is_ignored(stripe: Any) -> None:
    session = builders.payment()
    foreign = builders.checkout(session, metadata=builders.metadata(session, schema="beta"))
    assert stripe("checkout.session.completed", foreign) == 200
    session.refresh_from_db()
    assert session.status == "pending"
    assert StripeEvent.objects.get().status == "ignored"


def test_an_event_that_beats_our_own_commit_finds_its_payment_by_metadata(stripe: Any) -> None:
    session = builders.payment(stripe_checkout_session_id=None, status="created")
    stripe("checkout.session.completed", builders.checkout(session, id="cs_test_fresh"))
    session.refresh_from_db()
    assert (session.status, session.stripe_checkout_session_id) == ("succeeded", "cs_test_fresh")
