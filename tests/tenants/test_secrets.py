"""Secrets at rest and signed values: each good in one business only."""

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django_tenants.utils import tenant_context

from access.models import User
from access.tokens import password_reset_tokens
from payments.models import StripeAccount
from tenants import signing
from tenants.current import NoTenantError, current_tenant
from tenants.encryption import DecryptionError, decrypt, encrypt
from tenants.models import Tenant

pytestmark = pytest.mark.django_db


def stored_secret() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret_key FROM payments_stripeaccount")
        return str(cursor.fetchone()[0])


def test_a_key_is_encrypted_in_the_database(account: StripeAccount) -> None:
    assert "sk_test_alpha" not in stored_secret()
    assert StripeAccount.objects.current().secret_key == "sk_test_alpha"


def test_a_ciphertext_moved_to_another_business_is_refused(
    account: StripeAccount, beta: Tenant
) -> None:
    ciphertext = stored_secret()
    with tenant_context(beta):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE payments_stripeaccount SET secret_key = %s", [ciphertext])
        with pytest.raises(DecryptionError, match="another business"):
            StripeAccount.objects.current()


def test_a_wrong_key_raises_and_never_yields_the_ciphertext(settings: object) -> None:
    ciphertext = encrypt("secret", "alpha")
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]  # type: ignore[attr-defined]
    with pytest.raises(DecryptionError, match="FIELD_ENCRYPTION_KEYS"):
        decrypt(ciphertext, "alpha")


def test_an_older_key_still_reads_and_the_newest_writes(settings: object) -> None:
    ciphertext = encrypt("secret", "alpha")
    newest = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [newest, *settings.FIELD_ENCRYPTION_KEYS]  # type: ignore[attr-defined]
    assert decrypt(ciphertext, "alpha") == "secret"
    settings.FIELD_ENCRYPTION_KEYS = [newest]  # type: ignore[attr-defined]
    assert decrypt(encrypt("new", "alpha"), "alpha") == "new"


def test_a_signed_value_is_worth_nothing_in_another_business(alpha: Tenant, beta: Tenant) -> None:
    with tenant_context(alpha):
        text = signing.dumps({"id": 1}, purpose="test")
        assert signing.loads(text, purpose="test") == {"id": 1}
        with pytest.raises(signing.BadSignature):
            signing.loads(text, purpose="other")
    with tenant_context(beta), pytest.raises(signing.BadSignature):
        signing.loads(text, purpose="test")
    with pytest.raises(signing.BadSignature):
        signing.loads(text, purpose="test")


def test_a_password_link_is_worth_nothing_in_another_business(alpha: Tenant, beta: Tenant) -> None:
    with tenant_context(alpha):
        person = User.objects.create_user("same@example.com", "same-password-1")
        token = password_reset_tokens.make_token(person)
        assert password_reset_tokens.check_token(person, token)
    with tenant_context(beta):
        # The worst case: the same key, password hash, e-mail address and last sign-in.
        twin = User.objects.create(
            pk=person.pk, email=person.email, password=person.password, role=person.role
        )
        assert not password_reset_tokens.check_token(twin, token)


def test_there_is_no_first_tenant_to_fall_back_to(db: None) -> None:
    with pytest.raises(NoTenantError):
        current_tenant()
