"""What happens here when a business is created."""

from typing import Any

from django.dispatch import receiver

from payments.models import StripeAccount
from tenants.models import Tenant
from tenants.signals import tenant_imported, tenant_provisioned


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
