"""What staff give by hand: paid for at the business, or not at all."""

from django.db import transaction

from access.actors import Actor
from bookings.models import Pass, PassType, Voucher
from bookings.offers.prepaid import issue
from bookings.offers.purchases import new_pass
from tenants.current import current_tenant


@transaction.atomic
def give_voucher(
    *, amount: int, customer_name: str, customer_email: str, valid_days: int | None,
    reason: str, actor: Actor,
) -> Voucher:  # fmt: skip
    """Issue and send a voucher of `amount` minor units; nothing is earned when it is used."""
    voucher = Voucher.objects.create(
        initial=amount, currency=current_tenant().currency, valid_days=valid_days,
        customer_name=customer_name, customer_email=customer_email,
    )  # fmt: skip
    issue(voucher, cause="by hand", reason=reason, actor=actor)
    voucher.refresh_from_db()
    return voucher


@transaction.atomic
def give_pass(
    *, pass_type: PassType, customer_name: str, customer_email: str, reason: str, actor: Actor
) -> Pass:
    """Issue and send a pass; nothing is earned when it is used."""
    given = new_pass(pass_type, customer_name=customer_name, customer_email=customer_email, price=0)
    issue(given, cause="by hand", reason=reason, actor=actor)
    given.refresh_from_db()
    return given
