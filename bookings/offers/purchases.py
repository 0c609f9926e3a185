"""Buying a voucher or a pass: an unpaid one first, then Stripe's page, then it is good."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from access.actors import CUSTOMER
from bookings.descriptions import described
from bookings.errors import BookingClosed, InvalidBooking
from bookings.models import Pass, PassType, Voucher, VoucherSettings
from bookings.offers.prepaid import AnyPrepaid, issue, payable_type
from payments import services as payments
from payments.models import PaymentSession
from tenants.current import current_tenant
from tenants.templatetags.business import money


def page_of(item: Voucher | Pass) -> str:
    """Return the address of its own page: whoever has it has the code."""
    folder = "vouchers" if isinstance(item, Voucher) else "passes"
    return f"{current_tenant().url}/{folder}/{item.access_token}/"


def sells_vouchers() -> bool:
    return VoucherSettings.objects.current().is_sold_online and payments.payments_enabled()


def passes_on_sale() -> Iterable[PassType]:
    """Return the passes that customers can buy on the page; none without payments."""
    if not payments.payments_enabled():
        return PassType.objects.none()
    return PassType.objects.filter(is_active=True, is_sold_online=True)


def start_voucher(*, amount: int, **people: str) -> Voucher:
    """Return a new, unpaid voucher of `amount` minor units.

    `people` are customer_name and customer_email of the buyer, recipient_name, recipient_email
    and message. Raises InvalidBooking (`field` is "amount") outside the business's limits.
    """
    rules = VoucherSettings.objects.current()
    if not rules.minimum_amount <= amount <= rules.maximum_amount:
        raise InvalidBooking(
            f"Choose an amount from {money(rules.minimum_amount)} to "
            f"{money(rules.maximum_amount)}.",
            field="amount",
        )
    return Voucher.objects.create(
        initial=amount, price=amount, currency=current_tenant().currency,
        valid_days=rules.valid_days, **people,
    )  # fmt: skip


def new_pass(pass_type: PassType, *, customer_name: str, customer_email: str, price: int) -> Pass:
    """Return a new, unpaid pass, on the terms that its type has now."""
    return Pass.objects.create(
        pass_type=pass_type, name=pass_type.name, initial=pass_type.credits, price=price,
        currency=current_tenant().currency, tax_rate=pass_type.tax_rate,
        valid_days=pass_type.valid_days, customer_name=customer_name,
        customer_email=customer_email,
        service_ids=sorted(pass_type.services.values_list("pk", flat=True)),
    )  # fmt: skip


def start_pass(pass_type: PassType, *, customer_name: str, customer_email: str) -> Pass:
    """Return a new pass at its price; a free one is good at once, any other when it is paid."""
    bought = new_pass(
        pass_type, customer_name=customer_name, customer_email=customer_email,
        price=pass_type.price,
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


def open_checkout(item: Voucher | Pass, *, own_hosts: Iterable[str]) -> PaymentSession:
    """Return the payment whose page the buyer is sent to: the same one while that is open.

    Raises BookingClosed when there is nothing to pay, and what `start_checkout` raises.
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
        success_url=f"{page}?back=paid",
        cancel_url=page,
        idempotency_key=(
            reusable.idempotency_key if reusable else f"{kind}:{item.pk}:{len(earlier) + 1}"
        ),
        own_hosts=own_hosts,
        is_deposit=True,
        tax_rate=item.tax_rate,
        actor=CUSTOMER,
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
