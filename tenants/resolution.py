"""From a host name to the business that lives there."""

from typing import TYPE_CHECKING

from tenants.directory import Entry, directory
from tenants.models import Tenant

if TYPE_CHECKING:
    from tenants.postgresql.base import DatabaseWrapper


def host_without_port(host: str) -> str:
    """Return `host` (a Host header that Django has validated) in lower case, without its port."""
    if host.endswith("]") or ":" not in host:
        return host.lower().rstrip(".")
    return host.rsplit(":", 1)[0].lower().rstrip(".")


def enter_host(host: str, connection: "DatabaseWrapper") -> Tenant | None:
    """Have `connection` enter the business at `host`, and return it; None if there is none.

    One being set up, or set aside by a restore, is not served. A business that is remembered
    costs nothing: the request's first statement brings the search path along, and proof that the
    memory is current. For what is answered without a statement, the middleware asks for it.
    """
    remembered = directory.recall(host)
    if (
        remembered is not None
        and _will_be_served(remembered.tenant, host)
        # In a transaction of the caller's, a failed proof would take the transaction with it.
        and not connection.in_atomic_block
    ):
        connection.set_tenant(remembered.tenant)
        connection.require_directory(remembered.version)
        return remembered.tenant
    if remembered is not None and remembered.tenant is not None:
        connection.set_tenant(remembered.tenant)
    else:
        connection.set_schema_to_public()
    version = connection.read_directory_version()
    if remembered is not None and remembered.version == version:
        return remembered.tenant
    connection.set_schema_to_public()
    # Read after its version: a change in between is at worst looked up twice.
    tenant = _look_up(host)
    if version is not None:
        directory.remember(host, Entry(version, tenant))
    if tenant is not None:
        connection.set_tenant(tenant)
    return tenant


def _will_be_served(tenant: Tenant | None, host: str) -> bool:
    return tenant is not None and tenant.is_active and host not in tenant.former_hosts


def _look_up(host: str) -> Tenant | None:
    found: Tenant | None = (
        Tenant.objects.filter(domains__domain=host)
        .filter(status__in=Tenant.SERVED)
        .with_hosts()
        .first()
    )
    if found is not None:
        # Read now: inside the business, public is out of reach.
        found.hosts, found.former_hosts  # noqa: B018
    return found
