"""``manage.py rotate_encryption_keys``: put every stored secret under the newest key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from tenants.connection import connection
from tenants.encryption import (
    DecryptionError,
    decrypt,
    encrypt,
    encrypted_fields,
    is_under_newest_key,
)
from tenants.models import Tenant


class Command(BaseCommand):
    help = (
        "Encrypt every business's secrets again under the first of FIELD_ENCRYPTION_KEYS. May be "
        "stopped and started again at any time; what is done stays done. Remove the old key from "
        "the setting only after this has ended without a complaint."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with schema_context(get_public_schema_name()):
            tenants = list(Tenant.objects.with_hosts().order_by("schema_name"))
        rotated, failed = 0, []
        for tenant in tenants:
            with tenant_context(tenant):
                try:
                    rotated += sum(
                        rotate(model, str(field.column)) for model, field in encrypted_fields()
                    )
                except DecryptionError as error:
                    failed.append(tenant.schema_name)
                    self.stderr.write(f"{tenant.schema_name}: {error}")
        self.stdout.write(f"{rotated} secrets of {len(tenants)} businesses rotated.")
        if failed:
            raise CommandError(
                f"{len(failed)} business(es) have secrets that no key in FIELD_ENCRYPTION_KEYS "
                f"opens: {', '.join(failed)}. Keep every old key in the setting."
            )


def rotate(model: type[models.Model], column: str) -> int:
    """Encrypt one column's stale secrets again, a row at a time; return how many.

    A row that somebody changes meanwhile is left alone: what they wrote is under the newest key.
    """
    table, key = model._meta.db_table, model._meta.pk.column
    schema = str(connection.schema_name)
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT "{key}", "{column}" FROM "{table}" WHERE "{column}" <> %s',  # noqa: S608
            [""],
        )
        rows = cursor.fetchall()
    stale = [(pk, secret) for pk, secret in rows if not is_under_newest_key(secret)]
    changed = 0
    for pk, secret in stale:
        fresh = encrypt(decrypt(secret, schema), schema)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE "{table}" SET "{column}" = %s '  # noqa: S608 - names of our models
                f'WHERE "{key}" = %s AND "{column}" = %s',
                [fresh, pk, secret],
            )
            changed += cursor.rowcount
    return changed
