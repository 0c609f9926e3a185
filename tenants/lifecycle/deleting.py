"""Delete a business: off the air at once, gone for good after a waiting period.

Each step is one transaction, so a process that dies in between leaves a business that is still to
be deleted, and perhaps a file too many. Nothing is dropped that its last export does not hold.
"""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from tenants.connection import connection
from tenants.fleet import versions
from tenants.lifecycle import history, queue
from tenants.lifecycle.archive import ArchiveReader, Manifest, sha256_of
from tenants.lifecycle.catalogue import lock_not_waited_for, lock_tables, take_time
from tenants.lifecycle.errors import LifecycleError
from tenants.lifecycle.exporting import export, fingerprints
from tenants.models import LifecycleEvent, Tenant
from tenants.notices import set_notices
from tenants.signals import tenant_leaving

logger = logging.getLogger(__name__)

Status = Tenant.Status
GOING = (Status.DELETING, Status.REPLACED)


def waiting_period() -> timedelta:
    return timedelta(days=settings.DELETION_WAIT_DAYS)


@transaction.atomic
def mark(tenant: Tenant, *, actor: str = "") -> Tenant:
    """Take `tenant` off the air and return it with the time after which it is deleted."""
    with schema_context(get_public_schema_name()):
        locked = _locked(tenant)
        if locked.status == Status.PROVISIONING:
            raise LifecycleError(
                f"{locked.name} is still being set up. If its creation was interrupted, remove it "
                f"with: manage.py tenant discard {locked.label}"
            )
        if locked.status in GOING:
            raise LifecycleError(f"{locked.name} is {locked.get_status_display().lower()} already.")
        locked.status_before, locked.status = locked.status, Status.DELETING
        locked.delete_after = timezone.now() + waiting_period()
        _save(locked)
        when = locked.delete_after.isoformat()
        history.write(LifecycleEvent.Kind.MARKED, locked, actor, {"delete_after": when})
    return locked


@transaction.atomic
def keep(tenant: Tenant, *, actor: str = "") -> Tenant:
    """Cancel a deletion and return the business as it was before.

    One that a restore had set aside becomes a parked business of its own.
    """
    with schema_context(get_public_schema_name()):
        locked = _locked(tenant)
        if locked.status not in GOING:
            raise LifecycleError(f"{locked.name} is not to be deleted.")
        locked.status, locked.status_before = locked.status_before or Status.PARKED, ""
        locked.delete_after = None
        _save(locked)
        history.write(LifecycleEvent.Kind.KEPT, locked, actor, {"status": locked.status})
    return locked


def _locked(tenant: Tenant) -> Tenant:
    found: Tenant | None = Tenant.objects.select_for_update().filter(pk=tenant.pk).first()
    if found is None:
        raise LifecycleError(f"{tenant.name} is gone already.")
    return found


def _save(tenant: Tenant) -> None:
    tenant.save(update_fields=["status", "status_before", "delete_after", "updated_at"])


def obstacles(tenant: Tenant) -> list[str]:
    """Return what must be settled before the business may go, in sentences."""
    if tenant.status == Status.REPLACED:
        # Whatever it has under way is settled in the business that took its place.
        return []
    with tenant_context(tenant):
        answers = tenant_leaving.send(Tenant, tenant=tenant)
    return [sentence for _, sentences in answers for sentence in sentences or ()]


def purge_due() -> list[str]:
    """Purge every business whose time has come; return the names of those that are gone.

    One that can't go yet gets a notice and does not stop the others.
    """
    gone = []
    with schema_context(get_public_schema_name()):
        due = list(
            Tenant.objects.with_hosts()
            .filter(status__in=GOING, delete_after__lte=timezone.now())
            .order_by("delete_after")
        )
    for tenant in due:
        try:
            purge(tenant)
        except Exception as error:
            if _is_gone(tenant):
                # Another worker was at it.
                continue
            is_refused = isinstance(error, LifecycleError)
            logger.warning(
                "%s is not deleted yet: %s", tenant.schema_name, error, exc_info=not is_refused
            )
            reason = (
                error if is_refused else "Something is wrong with it: the worker's log has more."
            )
            with tenant_context(tenant):
                set_notices("deletion", {"purge": f"It can't be deleted yet. {reason}"})
        else:
            gone.append(tenant.schema_name)
    return gone


def _is_gone(tenant: Tenant) -> bool:
    with schema_context(get_public_schema_name()):
        return not Tenant.objects.filter(pk=tenant.pk).exists()


def purge(tenant: Tenant, *, now: bool = False, actor: str = "") -> Path:
    """Write the last export of `tenant`, then remove it for good; return the file.

    `now` skips what is left of the waiting period. Raises LifecycleError while money is under
    way, without FINAL_EXPORT_DIRECTORY, or when the business still changes.
    """
    with schema_context(get_public_schema_name()), lock_not_waited_for():
        with transaction.atomic():
            _check(_locked(tenant), now=now)
        target = _place_for(tenant)
        manifest = export(tenant, target, actor=actor)
        with ArchiveReader(target) as archive:
            archive.verify()
        with transaction.atomic():
            take_time()
            locked = _locked(tenant)
            _check(locked, now=now)
            lock_tables(locked.schema_name)
            _check_unchanged(locked, manifest, target)
            history.write(
                LifecycleEvent.Kind.PURGED, locked, actor,
                {"file": str(target), "sha256": sha256_of(target), "name": locked.name},
            )  # fmt: skip
            remove(locked)
    return target


def _check(tenant: Tenant, *, now: bool) -> None:
    if tenant.status not in GOING or tenant.delete_after is None:
        raise LifecycleError(f"{tenant.name} is not to be deleted.")
    if not now and tenant.delete_after > timezone.now():
        raise LifecycleError(
            f"{tenant.name} may be deleted after {tenant.delete_after:%Y-%m-%d %H:%M} UTC."
        )
    if unsettled := obstacles(tenant):
        raise LifecycleError(" ".join(unsettled))


def _place_for(tenant: Tenant) -> Path:
    if not settings.FINAL_EXPORT_DIRECTORY:
        raise LifecycleError("Set FINAL_EXPORT_DIRECTORY: its last export is written there first.")
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    return Path(settings.FINAL_EXPORT_DIRECTORY) / f"{tenant.schema_name}-{stamp}.tar"


def _check_unchanged(tenant: Tenant, manifest: Manifest, target: Path) -> None:
    """Compare the tables, which nobody can change any more, with what the file holds."""
    now = fingerprints(tenant.schema_name)
    if now != {name: manifest["parts"].get(name) for name in now}:
        target.unlink()
        raise LifecycleError("Something was written meanwhile. Nothing was deleted, try again.")


def drop_set_aside(tenant: Tenant) -> None:
    """Remove what a restore has set aside, at once and without an export."""
    with schema_context(get_public_schema_name()), transaction.atomic():
        locked = _locked(tenant)
        if locked.status != Status.REPLACED:
            raise LifecycleError(f"{locked.name} was not set aside by a restore.")
        history.write(LifecycleEvent.Kind.PURGED, locked, "", {"name": locked.name})
        remove(locked)


def remove(tenant: Tenant) -> None:
    """Drop the schema, the jobs, the hosts and the row, in the caller's transaction."""
    queue.discard(tenant)
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA "{tenant.schema_name}" CASCADE')
    versions.forget(tenant.schema_name)
    Tenant.objects.filter(pk=tenant.pk).delete()
