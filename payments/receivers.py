"""What happens here when a business is created."""

from typing import Any

from django.dispatch import receiver

from payments.models import StripeAccount
from tenants.models import Tenant
from tenants.signals import tenant_provisioned


@receiver(tenant_provisioned)
def create_account(sender: object, *, tenant: Tenant, **kwargs: Any) -> str:
    """Give the business its one row of payment settings, switched off."""
    StripeAccount.objects.create(default_currency=tenant.currency)
    return f"Payments are off until its Stripe keys are set at {tenant.url}/admin/"
