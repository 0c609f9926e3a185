"""A business with something of everything in it, and ways to compare two."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.utils import timezone
from django_tenants.utils import tenant_context

from bookings.messages.planning import plan
from bookings.models import Booking, Resource, Service
from events.models import WebhookEndpoint
from payments.models import Customer, StripeAccount
from tenants.connection import connection
from tenants.models import Tenant
from tests.payments.builders import payment
from tests.support import business

KEY = "correct horse battery staple"


def run(*arguments: str, **options: Any) -> str:
    """Run ``manage.py tenant`` and return what it says."""
    from io import StringIO

    out = StringIO()
    call_command("tenant", *arguments, stdout=out, **options)
    connection.set_schema_to_public()
    return out.getvalue()


def lived_in(label: str = "newcomer") -> Tenant:
    """Return a business with customers, bookings, payments, secrets and jobs."""
    tenant = business(label, name="Newcomer", kind="salon", contact_email="hi@newcomer.example")
    with tenant_context(tenant):
        account = StripeAccount.objects.current()
        account.secret_key, account.webhook_secret = "sk_test_newcomer", "whsec_newcomer"
        account.payments_enabled = True
        account.save()
        WebhookEndpoint.objects.create(url="https://newcomer.example/hook", secret="whsec_hook")
        Service.objects.create(name="Cut, wash\tand \\ dry\n“früh”", duration_minutes=60, price=10)
        ann = Customer.objects.create(email="ann@example.com", name="Ann")
        payment(customer=ann, status="succeeded", metadata={"a": ["ü", None, 1.5]})
        book(at=timezone.now() + timedelta(days=3))
    connection.set_schema_to_public()
    return tenant


def book(*, at: Any, email: str = "ann@example.com", **values: Any) -> Booking:
    """Insert a confirmed booking and have its confirmation planned."""
    row = Booking.objects.create(
        **{
            "service": Service.objects.order_by("pk").first(), "service_name": "Cut",
            "resource": Resource.objects.order_by("pk").first(),
            "starts_at": at, "ends_at": at + timedelta(hours=1),
            "customer_name": "Ann", "customer_email": email, "total_amount": 10,
            "currency": "GBP", "status": "CONFIRMED", "answers": [{"question": "?", "answer": "!"}],
            **values,
        }
    )  # fmt: skip
    plan(row.pk, "confirmed")
    return row


def drop(*prefixes: str) -> None:
    """Remove every business and schema whose name begins like this."""
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        for prefix in prefixes:
            cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE %s", [f"{prefix}%"])
            for (schema,) in cursor.fetchall():
                cursor.execute(f'DROP SCHEMA "{schema}" CASCADE')
            Tenant.objects.filter(schema_name__startswith=prefix).delete()


def key_file(directory: Path, text: str = KEY) -> str:
    path = directory / f"key-{abs(hash(text))}"
    path.write_text(text)
    return str(path)
