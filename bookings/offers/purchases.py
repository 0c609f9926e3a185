"""Buying a voucher or a pass: an unpaid one first, then Stripe's page, then it is good."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils import timezone

from access.actors import CUSTOMER, Actor
from bookings.descriptions import described
from bookings.errors import BookingClosed, BookingError, InvalidBooking
from bookings.models import Membership, Pass, PassType, Voucher, VoucherSettings
from bookings.offers.prepaid import AnyPrepaid, issue, payable_type
from payments import services as payments
from payments.models import PaymentSession
from tenants.current import current_tenant
from tenants.templatetags.business import money

AnySold = TypeVar("AnySold", Voucher, Pass, Membership)


def page_of(item: Voucher | Pass) -> str:
    """Return the address of its own page: whoever has it has the code."""
    folder = "vouchers" if isinstance(item, Voucher) else "passes"
    return f"{current_tenant().url}/{folder}/{item.access_token}/"


def sells_vouchers() -> bool:
    return VoucherSettings.objects.current().is_sold_online and payments.payments_enabled()


def passes_on_sale() -> QuerySet[PassType]:
    """Return the passes that customers can buy on the page; none without payments."""
    if not payments.payments_enabled():
        return PassType.objects.none()
    return PassType.objects.filter(is_active=True, is_sold_online=True)


class SaleMismatch(BookingError):
    """The idempotency key of a sale was used before, for something else."""

    code = "idempotency_mismatch"
    status = 409


def insert_once(item: AnySold, *asked: str) -> AnySold:
    """Insert `item`, or return the one that was sold under its `sale_key` already.

    Raises SaleMismatch unless both have the same in the fields `asked`.
    """
    if not item.sale_key:
        item.save()
        return item
    type(item).objects.bulk_create([item], ignore_conflicts=True)
    kept: AnySold = type(item).objects.get(sale_key=item.sale_key)
    if any(getattr(kept, name) != getattr(item, name) for name in asked):
        raise SaleMismatch(
            "idempotency_key was used before with another payload", field="idempotency_key"
        )
    return kept


def start_voucher(*, amount: int, sale_key: str = "", **people: str) -> Voucher:
    """Return a new, unpaid voucher of `amount` minor units; the same one for the same `sale_key`.

    `people` are customer_name and customer_email of the buyer, recipient_name, recipient_email
    and message. Raises InvalidBooking (`field` is "amount") outside the business's limits, and
    SaleMismatch.
    """
    rules = VoucherSettings.objects.current()
    if not rules.minimum_amount <= amount <= rules.maximum_amount:
        raise InvalidBooking(
            f"Choose an amount from {money(rules.minimum_amount)} to "
            f"{money(rules.maximum_amount)}.",
            field="amount",
        )
    voucher = Voucher(
        initial=amount, price=amount, currency=current_tenant().currency,
        valid_days=rules.valid_days, sale_key=sale_key, **people,
    )  # fmt: skip
    return insert_once(
        voucher, "initial", "customer_name", "customer_email", "recipient_name",
        "recipient_email", "message",
    )  # fmt: skip


def new_pass(
    pass_type: PassType, *, customer_name: str, customer_email: str, price: int,
    sale_key: str = "",
) -> Pass:  # fmt: skip
    """Return a new, unpaid pass, on the terms that its type has now; raises SaleMismatch."""
    item = Pass(
        pass_type=pass_type, name=pass_type.name, initial=pass_type.credits, price=price,
        currency=current_tenant().currency, tax_rate=pass_type.tax_rate,
        valid_days=pass_type.valid_days, customer_name=customer_name,
        customer_email=customer_email, sale_key=sale_key,
        service_ids=sorted(pass_type.services.values_list("pk", flat=True)),
    )  # fmt: skip
    return insert_once(item, "pass_type_id", "customer_name", "customer_email")


def start_pass(
    pass_type: PassType, *, customer_name: str, customer_email: str, sale_key: str = ""
) -> Pass:
    """Return a new pass at its price; a free one is good at once, any other when it is paid.

    The same `sale_key` is the same pass; raises SaleMismatch.
    """
    bought = new_pass(
        pass_type, customer_name=customer_name, customer_email=customer_email,
        price=pass_type.price, sale_key=sale_key,
    )  # fmt: skip
    if not bought.price:
        issue(bought, cause="free", actor=CUSTOMER)
        bought.refresh_from_db()
    return bought


def payments_of(item: Voucher | Pass) -> list[PaymentSession]:
    """Return the payments asked for it, newest first."""
    found = PaymentSession.objects.filter(
        payable_type=payable_type(item), payable_id=str(item.pk), amount=item.price
    )
    return list(found.order_by("-created_at"))


def open_checkout(
    item: Voucher | Pass, *, own_hosts: Iterable[str], success_url: str = "", cancel_url: str = "",
    actor: Actor = CUSTOMER,
) -> PaymentSession:  # fmt: skip
    """Return the payment whose page the buyer is sent to: the same one while that is open.

    Without addresses of the caller's own they come back to the item's page. Raises
    BookingClosed when there is nothing to pay, and what `start_checkout` raises.
    """
    item = settle(item)
    if not item.is_unpaid:
        raise BookingClosed("There is nothing to pay for.")
    kind, page, earlier = payable_type(item), page_of(item), payments_of(item)
    reusable = next((session for session in earlier if is_payable(session)), None)
    what = described("voucher") if isinstance(item, Voucher) else item.name
    return payments.start_checkout(
        payable_type=kind,
        payable_id=item.pk,
        amount=item.price,
        currency=item.currency,
        description=reusable.description if reusable else what,
        customer=payments.CustomerDetails(item.customer_email, item.customer_name),
        success_url=success_url or f"{page}?back=paid",
        cancel_url=cancel_url or page,
        idempotency_key=(
            reusable.idempotency_key if reusable else f"{kind}:{item.pk}:{len(earlier) + 1}"
        ),
        own_hosts=own_hosts,
        is_deposit=True,
        tax_rate=item.tax_rate,
        actor=actor,
    )


def is_payable(session: PaymentSession) -> bool:
    """May the customer still be sent to this page?"""
    ends = session.checkout_expires_at
    return session.is_open and (ends is None or ends > timezone.now())


def settle(item: AnyPrepaid) -> AnyPrepaid:
    """Ask Stripe about an unsettled payment; return the voucher or pass as it is then."""
    if item.is_unpaid:
        for session in payments_of(item):
            if not session.is_paid:
                payments.settle(session.pk)
        item.refresh_from_db()
    return item


def waits_for_bank(item: Any) -> bool:
    """Did the buyer choose a way to pay that takes some days?"""
    return any(session.is_processing for session in payments_of(item))
