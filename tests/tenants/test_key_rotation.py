"""Every stored secret moves to the newest key, however often the command is stopped."""

import io
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from django_tenants.utils import tenant_context

from events.models import WebhookEndpoint
from payments.models import StripeAccount
from tenants.encryption import encrypt
from tenants.management.commands import rotate_encryption_keys
from tenants.models import Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def secrets_in_both(alpha: Tenant, beta: Tenant) -> None:
    for tenant in (alpha, beta):
        with tenant_context(tenant):
            row = StripeAccount.objects.current()
            row.secret_key, row.webhook_secret = f"sk_test_{tenant.schema_name}", "whsec_x"
            row.save()
            WebhookEndpoint.objects.create(url="https://example.com/hook")


def run() -> str:
    out = io.StringIO()
    call_command("rotate_encryption_keys", stdout=out, stderr=out)
    return out.getvalue()


def test_every_secret_is_rotated_once(
    secrets_in_both: None, alpha: Tenant, beta: Tenant, settings: Any
) -> None:
    newest = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [newest, *settings.FIELD_ENCRYPTION_KEYS]
    assert run() == "6 secrets of 2 businesses rotated.\n"
    assert run() == "0 secrets of 2 businesses rotated.\n"
    settings.FIELD_ENCRYPTION_KEYS = [newest]
    for tenant in (alpha, beta):
        with tenant_context(tenant):
            assert StripeAccount.objects.current().secret_key == f"sk_test_{tenant.schema_name}"
            assert WebhookEndpoint.objects.get().secret.startswith("whsec_")


def test_it_goes_on_where_it_was_stopped(
    secrets_in_both: None, alpha: Tenant, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [
        Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS,
    ]  # fmt: skip
    calls = iter(range(100))

    def stop_at_the_third(value: str, schema: str) -> str:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return encrypt(value, schema)

    monkeypatch.setattr(rotate_encryption_keys, "encrypt", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        run()
    monkeypatch.setattr(rotate_encryption_keys, "encrypt", encrypt)
    assert run() == "4 secrets of 2 businesses rotated.\n"


def test_a_secret_that_no_key_opens_is_named_and_stops_no_other_business(
    secrets_in_both: None, alpha: Tenant, settings: Any
) -> None:
    with tenant_context(alpha), connection.cursor() as cursor:
        stranger = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
        cursor.execute("UPDATE payments_stripeaccount SET secret_key = %s", [stranger])
    settings.FIELD_ENCRYPTION_KEYS = [
        Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS,
    ]  # fmt: skip
    with pytest.raises(CommandError, match="alpha"):
        run()
    assert "sk_test" not in run_output_of_second_try()


def run_output_of_second_try() -> str:
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("rotate_encryption_keys", stdout=out, stderr=out)
    return out.getvalue()
