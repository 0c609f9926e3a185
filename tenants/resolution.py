"""From a host name to the business that lives there."""

from django.conf import settings
from django_tenants.utils import get_public_schema_name, schema_context

from tenants.models import Tenant


def host_without_port(host: str) -> str:
    """Return `host` (a Host header that Django has validated) in lower case, without its port."""
    if host.endswith("]") or ":" not in host:
        return host.lower().rstrip(".")
    return host.rsplit(":", 1)[0].lower().rstrip(".")


def is_platform_host(host: str) -> bool:
    return host == settings.ROOT_DOMAIN


def tenant_for_host(host: str) -> Tenant | None:
    """Return the business at `host` with its domains, or None; one being set up is not served."""
    with schema_context(get_public_schema_name()):
        found: Tenant | None = (
            Tenant.objects.filter(domains__domain=host)
            .exclude(status=Tenant.Status.PROVISIONING)
            .with_hosts()
            .first()
        )
    return found
