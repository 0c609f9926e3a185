"""What bookings does when a business is created."""

from typing import Any

from django.dispatch import receiver

from bookings.models import OpeningHours, Resource
from tenants.models import Tenant
from tenants.signals import tenant_provisioned


@receiver(tenant_provisioned)
def open_for_business(sender: object, *, tenant: Tenant, **kwargs: Any) -> None:
    """Start a business with one resource and office hours, for the owner to change."""
    Resource.objects.create(name=tenant.name[:100])
    OpeningHours.objects.bulk_create(
        OpeningHours(weekday=weekday, opens_at="09:00", closes_at="17:00") for weekday in range(5)
    )
