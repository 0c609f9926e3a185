"""What is wrong with a business, for the operator to see in one place."""

from django.db import transaction
from django_tenants.utils import get_public_schema_name, schema_context

from tenants.current import current_tenant
from tenants.models import Notice


def set_notices(source: str, notices: dict[str, str]) -> None:
    """Replace what the app `source` says is wrong with the business that is entered.

    `notices` is {code: sentence}; one that was there before keeps its date. Nothing of a
    customer may be in a sentence: operators read it.
    """
    tenant = current_tenant()
    with schema_context(get_public_schema_name()), transaction.atomic():
        known = Notice.objects.filter(tenant_id=tenant.pk, source=source)
        known.exclude(code__in=notices).delete()
        for code, text in notices.items():
            Notice.objects.update_or_create(
                tenant_id=tenant.pk, source=source, code=code, defaults={"text": text[:300]}
            )
