"""Add a business in one step, all or nothing; suspend and resume one."""

from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from tenants import sharding, spares, template
from tenants.connection import connection
from tenants.fleet import versions
from tenants.models import Domain, Tenant
from tenants.names import schema_name_for
from tenants.postgresql.base import sqlstate
from tenants.signals import tenant_provisioned

DUPLICATE_SCHEMA = "42P06"
UNIQUE_VIOLATION = "23505"


@dataclass(frozen=True)
class Provisioned:
    """A new business and what its operator should do next, in sentences."""

    tenant: Tenant
    next_steps: list[str] = field(default_factory=list)


def provision(
    *,
    label: str,
    name: str,
    kind: str = Tenant.Kind.OTHER,
    time_zone: str = "UTC",
    currency: str = "GBP",
    locale: str = "en-gb",
    contact_email: str = "",
    brand_colour: str = "#0f766e",
    owner_email: str = "",
    owner_password: str | None = None,
    is_demo: bool = False,
) -> Provisioned:
    """Create the business `label`: schema, owner, row, subdomain, in one transaction.

    `label` becomes the first part of its host and names its schema. Raises ValidationError,
    by field, for a bad or taken value; whatever fails, nothing is left behind.
    """
    tenant = Tenant(
        schema_name=schema_name_for(label),
        name=name.strip(),
        kind=kind,
        time_zone=time_zone,
        currency=currency,
        locale=locale,
        contact_email=contact_email,
        brand_colour=brand_colour.lower(),
        is_demo=is_demo,
        status=Tenant.Status.ACTIVE,
    )
    domain = Domain(domain=f"{label}.{settings.ROOT_DOMAIN}", is_primary=True)
    with schema_context(get_public_schema_name()):
        tenant.full_clean(exclude=["logo"])
        domain.full_clean(exclude=["tenant"])
        # If it has to be built: not in the transaction that makes the business.
        template.current()
        next_steps = sharding.committed(lambda: _make(tenant, domain, owner_email, owner_password))
    return Provisioned(tenant, next_steps)


@transaction.atomic
def _make(
    tenant: Tenant, domain: Domain, owner_email: str, owner_password: str | None
) -> list[str]:
    _create_schema(tenant, template.current())
    next_steps = _open(tenant, domain, owner_email, owner_password)
    _enter_directory(tenant, domain)
    return next_steps


def _create_schema(tenant: Tenant, made: list[str]) -> None:
    try:
        if spares.take(tenant.schema_name):
            return
        with sharding.creating_schema(tenant.schema_name):
            template.create_schema(tenant.schema_name, made)
    except DatabaseError as error:
        if sqlstate(error) in (DUPLICATE_SCHEMA, UNIQUE_VIOLATION):
            raise ValidationError(
                {"schema_name": "A schema of this name exists already."}
            ) from error
        raise


def _open(
    tenant: Tenant, domain: Domain, owner_email: str, owner_password: str | None
) -> list[str]:
    """Let each app set itself up inside the new business."""
    # It has no row yet, so nowhere to read its hosts from.
    tenant.hosts = (domain.domain,)
    with tenant_context(tenant):
        answers = tenant_provisioned.send(
            Tenant, tenant=tenant, owner_email=owner_email, owner_password=owner_password
        )
    return [answer for _, answer in answers if answer]


def _enter_directory(tenant: Tenant, domain: Domain) -> None:
    """Insert the business's row and host.

    As the last step: the directory's version is one row, and who changes it keeps others waiting
    until the transaction ends.
    """
    versions.record(tenant.schema_name)
    try:
        tenant.save(force_insert=True)
        domain.tenant = tenant
        domain.save()
    except IntegrityError as error:
        raise ValidationError({"schema_name": "A business has this address already."}) from error


def discard(tenant: Tenant) -> None:
    """Remove a business that never opened: its schema, host and row."""
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{tenant.schema_name}" CASCADE')
    versions.forget(tenant.schema_name)
    Tenant.objects.filter(pk=tenant.pk, status=Tenant.Status.PROVISIONING).delete()


def set_status(tenant: Tenant, status: str) -> None:
    """Suspend or resume `tenant`; takes effect with the next request."""
    tenant.status = status
    tenant.save(update_fields=["status", "updated_at"])
