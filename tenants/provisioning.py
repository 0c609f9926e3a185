"""Add a business in one step, all or nothing; suspend and resume one."""

from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from tenants import sharding
from tenants.connection import connection
from tenants.models import Domain, Tenant
from tenants.names import schema_name_for
from tenants.signals import tenant_provisioned


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
    """Create the business `label`: row, subdomain, schema, owner.

    `label` becomes the first part of its host and names its schema. Raises ValidationError,
    by field, for a bad or taken value; whatever fails, nothing is left behind.
    """
    with schema_context(get_public_schema_name()):
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
        )
        _reserve(tenant, f"{label}.{settings.ROOT_DOMAIN}")
        try:
            _build_schema(tenant)
            next_steps = _open(tenant, owner_email, owner_password)
        except BaseException:
            discard(tenant)
            raise
    return Provisioned(tenant, next_steps)


def _reserve(tenant: Tenant, host: str) -> None:
    """Insert the business's row and host, so that a second one by that name is refused."""
    tenant.full_clean(exclude=["logo"])
    domain = Domain(domain=host, is_primary=True)
    domain.full_clean(exclude=["tenant"])
    if _schema_exists(tenant.schema_name):
        raise ValidationError({"schema_name": "A schema of this name exists already."})
    try:
        with transaction.atomic():
            tenant.save()
            domain.tenant = tenant
            domain.save()
            tenant.hosts  # noqa: B018 - read now: inside the business, public is out of reach
    except IntegrityError as error:
        raise ValidationError({"schema_name": "A business has this address already."}) from error


def _schema_exists(schema: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema])
        return cursor.fetchone() is not None


def _build_schema(tenant: Tenant) -> None:
    with sharding.creating_schema(tenant.schema_name):
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA "{tenant.schema_name}"')
        call_command(
            "migrate_schemas",
            tenant=True,
            schema_name=tenant.schema_name,
            interactive=False,
            verbosity=0,
        )
        connection.set_schema_to_public()


def _open(tenant: Tenant, owner_email: str, owner_password: str | None) -> list[str]:
    """Let each app set itself up inside the new business, then let customers in."""
    with tenant_context(tenant), transaction.atomic():
        answers = tenant_provisioned.send(
            Tenant, tenant=tenant, owner_email=owner_email, owner_password=owner_password
        )
    tenant.status = Tenant.Status.ACTIVE
    tenant.save(update_fields=["status", "updated_at"])
    return [answer for _, answer in answers if answer]


def discard(tenant: Tenant) -> None:
    """Remove a business that never opened: its schema, host and row."""
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{tenant.schema_name}" CASCADE')
    Tenant.objects.filter(pk=tenant.pk, status=Tenant.Status.PROVISIONING).delete()


def set_status(tenant: Tenant, status: str) -> None:
    """Suspend or resume `tenant`; takes effect with the next request."""
    tenant.status = status
    tenant.save(update_fields=["status", "updated_at"])
