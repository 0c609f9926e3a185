"""Give a business another name: schema, host, secrets and jobs together, or none of it."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django_tenants.utils import get_public_schema_name, schema_context

from tenants.connection import connection
from tenants.fleet import versions
from tenants.lifecycle import history, queue
from tenants.lifecycle.catalogue import (
    lock_not_waited_for,
    lock_tables,
    schema_exists,
    take_time,
)
from tenants.lifecycle.errors import LifecycleError
from tenants.lifecycle.secrets import rebind_secrets
from tenants.models import Domain, LifecycleEvent, Tenant
from tenants.names import schema_name_for


def rename(
    tenant: Tenant, label: str, *, domain: str = "", forget_old_host: bool = False, actor: str = ""
) -> Tenant:
    """Call `tenant` `label` from now on and return it as it is then.

    `domain` becomes its primary host instead of the new subdomain. Pages at the old subdomain
    lead to the new one, unless it is forgotten. Raises ValidationError for a name or host that is
    taken, and LifecycleError while something works on its tables for too long.
    """
    new = schema_name_for(label)
    with schema_context(get_public_schema_name()), lock_not_waited_for():
        try:
            with transaction.atomic():
                _rename(tenant.pk, new, domain, forget_old_host=forget_old_host, actor=actor)
        except IntegrityError as error:
            raise ValidationError({"name": "A business has this address already."}) from error
        renamed: Tenant = Tenant.objects.with_hosts().get(pk=tenant.pk)
        renamed.hosts  # noqa: B018 - read now: inside the business, public is out of reach
    return renamed


def _rename(pk: int, new: str, domain: str, *, forget_old_host: bool, actor: str) -> None:
    tenant = Tenant.objects.select_for_update().get(pk=pk)
    old = tenant.schema_name
    if tenant.status in (Tenant.Status.PROVISIONING, Tenant.Status.REPLACED):
        raise LifecycleError(f"{tenant.name} is not open, so it can't be renamed.")
    if new == old:
        raise ValidationError({"name": "It has this name already."})
    if schema_exists(new):
        raise ValidationError({"name": "A schema of this name exists already."})
    take_time()
    lock_tables(old)
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER SCHEMA "{old}" RENAME TO "{new}"')
    versions.follow(old, new)
    rebind_secrets(new, old=old)
    queue.hand_over(tenant, new)
    tenant.schema_name = new
    tenant.former_names = list(dict.fromkeys([*tenant.former_names, old]))
    tenant.full_clean(exclude=["logo"])
    tenant.save(update_fields=["schema_name", "former_names", "updated_at"])
    _change_hosts(tenant, old, domain, forget_old_host=forget_old_host)
    history.write(LifecycleEvent.Kind.RENAMED, tenant, actor, {"from": old, "to": new})


def _change_hosts(tenant: Tenant, old: str, domain: str, *, forget_old_host: bool) -> None:
    old_host = f"{old.replace('_', '-')}.{settings.ROOT_DOMAIN}"
    before = Domain.objects.filter(tenant=tenant, domain=old_host)
    was_primary = before.filter(is_primary=True).exists()
    if forget_old_host:
        before.delete()
    else:
        before.update(is_former=True, is_primary=False)
    _lead_here(tenant, f"{tenant.label}.{settings.ROOT_DOMAIN}", primary=was_primary)
    if domain:
        _lead_here(tenant, domain, primary=True)


def _lead_here(tenant: Tenant, host: str, *, primary: bool) -> None:
    """Have `host` lead to `tenant`; a host that it had before is good again."""
    found = Domain.objects.filter(tenant=tenant, domain=host).first()
    row = found or Domain(tenant=tenant, domain=host)
    row.is_former, row.is_primary = False, primary
    row.full_clean()
    if primary:
        Domain.objects.filter(tenant=tenant).exclude(domain=host).update(is_primary=False)
    row.save()
