"""Which business the running code works for."""

from typing import TYPE_CHECKING

from django_tenants.utils import get_public_schema_name

from tenants.connection import connection

if TYPE_CHECKING:
    from tenants.models import Tenant


class NoTenantError(RuntimeError):
    """Code that belongs to a business ran outside every business."""


def current_schema() -> str:
    """Return the schema that the connection works in: a business's, or ``public``."""
    return str(connection.schema_name)


def in_platform() -> bool:
    """Is this the platform's own host, outside every business?"""
    return current_schema() == str(get_public_schema_name())


def current_tenant() -> "Tenant":
    """Return the business entered by the middleware or by ``tenant_context``.

    Raises NoTenantError outside every business: there is no "first" tenant to fall back to.
    """
    from tenants.models import Tenant

    tenant = connection.tenant
    if not isinstance(tenant, Tenant):
        raise NoTenantError("This needs a business: enter it with tenant_context().")
    return tenant
