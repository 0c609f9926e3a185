"""The platform's record of what was done with businesses."""

from typing import Any

from django_tenants.utils import get_public_schema_name, schema_context

from tenants.models import LifecycleEvent, Tenant


def write(kind: str, tenant: Tenant, actor: str, details: dict[str, Any]) -> None:
    """Note that `kind` was done with `tenant`; nothing of its customers belongs into `details`."""
    with schema_context(get_public_schema_name()):
        LifecycleEvent.objects.create(
            kind=kind,
            schema_name=tenant.schema_name,
            tenant_uuid=tenant.uuid,
            actor=actor or "manage.py",
            details=details,
        )
