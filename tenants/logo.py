"""A business's logo."""

from django_tenants.utils import get_public_schema_name, schema_context

from tenants.models import Tenant


def logo_of(tenant: Tenant) -> bytes | None:
    """Return a business's logo; it is read only when it is asked for."""
    with schema_context(get_public_schema_name()):
        found = Tenant.objects.values_list("logo", flat=True).get(pk=tenant.pk)
    return bytes(found) if found else None
