"""Links that let someone set a password, good in one business only."""

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from tenants.signing import tenant_salt


class TenantTokenGenerator(PasswordResetTokenGenerator):
    """Django's tokens, salted with the business's UUID.

    Without it a link made for an account of one business would open an account with the same
    key and password hash in another, because one SECRET_KEY serves all.
    """

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return super()._make_hash_value(user, timestamp) + tenant_salt("password-reset")


password_reset_tokens = TenantTokenGenerator()
