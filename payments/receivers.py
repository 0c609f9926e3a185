"""What happens here when a business is created."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from payments.models import StripeAccount
from payments.under_way import under_way
from tenants.models import Tenant
from tenants.signals import (
    tenant_imported,
    tenant_leaving,
    tenant_provisioned,
    tenant_restored,
)


@receiver(tenant_provisioned)
def create_account(sender: object, *, tenant: Tenant, **kwargs: Any) -> str:
    """Give the business its one row of payment settings, switched off."""
    StripeAccount.objects.create(default_currency=tenant.currency)
    return f"Payments are off until its Stripe keys are set at {tenant.url}/admin/"


@receiver(tenant_imported)
def need_a_key(sender: object, *, tenant: Tenant, **kwargs: Any) -> str | None:
    """Switch payments off where the business came without its Stripe key."""
    off = StripeAccount.objects.filter(secret_key__isnull=False, payments_enabled=True)
    account = off.first()
    if account is None or account.secret_key:
        return None
    off.update(payments_enabled=False)
    return "Payments are off until its Stripe keys are entered again."


@receiver(tenant_leaving)
def settle_first(sender: object, **kwargs: Any) -> list[str]:
    """Say what money is under way."""
    return under_way()


@receiver(tenant_restored)
def look_at_stripe(sender: object, *, since: datetime, **kwargs: Any) -> str | None:
    """Have the books compared with Stripe's, where payments went on."""
    from payments.jobs import reconcile

    if not StripeAccount.objects.current().secret_key:
        return None
    reconcile.enqueue()
    return (
        f"Payments and refunds since {since:%Y-%m-%d %H:%M} UTC are known to Stripe only. A "
        "comparison with Stripe is queued: it settles what the export knew of, and books the rest "
        "as other activity, at most 30 days back. Look at Comparisons in the business's admin, and "
        "at the bookings of that time in the copy that was set aside."
    )
