"""Show a customer everything that is held on them (GDPR, articles 15 and 20)."""

import io
import json
import zipfile
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from tenants.current import current_tenant
from tenants.personal.declarations import Holding, check_columns, person_called
from tenants.personal.erasing import find


def everything_on(email: str) -> dict[str, Any]:
    """Return what the business that is entered holds on a customer, as JSON values.

    ``data`` is {title: [rows]}; what is kept about nobody in particular, and tokens, are left out.
    Raises UnknownColumns and NotAnAddress.
    """
    person = person_called(email)
    check_columns()
    data: dict[str, list[dict[str, Any]]] = {}
    shown: set[tuple[str, Any]] = set()
    for holding, keys in find(person):
        fresh = [key for key in keys if (holding.title, key) not in shown]
        if fresh and not holding.is_deleted:
            rows = holding.model._base_manager.filter(pk__in=fresh).order_by("pk")
            data.setdefault(holding.title, []).extend(_shown(holding, row) for row in rows)
            shown.update((holding.title, key) for key in fresh)
    tenant = current_tenant()
    return {
        "business": tenant.legal_name or tenant.name,
        "customer": person.email,
        "written_at": timezone.now().isoformat(timespec="seconds"),
        "data": data,
    }


def _shown(holding: Holding, row: Any) -> dict[str, Any]:
    return {
        field.name: field.value_from_object(row)
        for field in holding.model._meta.concrete_fields
        if field.name not in holding.internal
        and not (field.is_relation and field.remote_field is not None)
    }


def package(email: str) -> bytes:
    """Return a ZIP file with everything on a customer, for programs (JSON) and for people."""
    content = everything_on(email)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "customer.json",
            json.dumps(content, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder),
        )
        archive.writestr("customer.txt", readable(content))
    return out.getvalue()


def readable(content: dict[str, Any]) -> str:
    """Return what `everything_on` returns as plain text, empty fields left out."""
    lines = [
        f"What {content['business']} holds on {content['customer']}",
        f"Written at {content['written_at']}. Amounts are in the currency's smallest unit.",
    ]
    for title, rows in content["data"].items():
        lines += ["", title, "=" * len(title)]
        for row in rows:
            lines += [""]
            lines += [
                f"{name.replace('_', ' ').capitalize()}: {_words(value)}"
                for name, value in row.items()
                if value not in (None, "", [], {})
            ]
    if not content["data"]:
        lines += ["", "Nothing."]
    return "\n".join(lines) + "\n"


def _words(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )
