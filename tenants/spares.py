"""Ready-made schemas for businesses to come, so that a sign-up does not wait for its tables.

The worker keeps SPARE_SCHEMAS of them, each what the template makes, under a name that no address
leads to. They have no business's row: nobody resolves, lists, exports or migrates them; those of
another version of the code are dropped. A sign-up renames one in its own transaction.
"""

import secrets

from django.conf import settings
from django.db import transaction
from django_tenants.utils import get_public_schema_name, schema_context

from tenants import template
from tenants.connection import connection
from tenants.models import SchemaTemplate, SpareSchema
from tenants.sharding import is_citus
from tenants.sql import quoted

# Two underscores would be two hyphens in an address, which `validate_label` refuses.
PREFIX = "spare__"


def take(schema: str) -> bool:
    """Turn a spare of this code's version into `schema`, in the caller's transaction.

    Returns False when none is ready. Raises the database's error, a ProgrammingError or an
    IntegrityError, when there is a schema of this name.
    """
    if not settings.SPARE_SCHEMAS or is_citus():
        return False
    with schema_context(get_public_schema_name()), connection.cursor() as cursor:
        # Another sign-up may be taking the first.
        ready = SpareSchema.objects.that_exist().filter(digest=template.digest())
        spare = ready.select_for_update(skip_locked=True).first()
        if spare is None:
            return False
        cursor.execute(f"ALTER SCHEMA {quoted(spare.schema_name)} RENAME TO {quoted(schema)}")
        spare.delete()
    return True


def replenish() -> None:
    """Have SPARE_SCHEMAS spares of this code's version, made one by one, and no useless ones.

    While a release rolls out, older code leaves those of the newest version alone.
    """
    with schema_context(get_public_schema_name()):
        digest = template.digest()
        mine = list(SpareSchema.objects.that_exist().filter(digest=digest))
        newest = SchemaTemplate.objects.order_by("-created_at").values("digest")[:1]
        kept = SpareSchema.objects.that_exist().filter(digest__in=newest).exclude(digest=digest)
        useful = [*mine[: settings.SPARE_SCHEMAS], *(kept if settings.SPARE_SCHEMAS else ())]
        useless = SpareSchema.objects.exclude(pk__in=[spare.pk for spare in useful])
        for name in useless.values_list("pk", flat=True):
            _drop(name)
        for _ in range(settings.SPARE_SCHEMAS - len(mine)):
            _make(digest)


@transaction.atomic
def _make(digest: str) -> None:
    name = PREFIX + secrets.token_hex(8)
    template.create_schema(name, template.current())
    SpareSchema.objects.create(schema_name=name, digest=digest)


@transaction.atomic
def _drop(name: str) -> None:
    """Drop it, unless a sign-up is taking it or has taken it."""
    spare = SpareSchema.objects.filter(pk=name).select_for_update(skip_locked=True).first()
    if spare is not None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {quoted(name)} CASCADE")
        spare.delete()
