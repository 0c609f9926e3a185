"""The link with which someone chooses their first, or a new, password."""

from django.conf import settings
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from access.models import User
from access.tokens import password_reset_tokens
from tenants.current import current_tenant, in_platform


def password_link(user: User) -> str:
    """Return the address at which `user` sets a password; good for three days, once."""
    urlconf = settings.PUBLIC_SCHEMA_URLCONF if in_platform() else settings.ROOT_URLCONF
    path = reverse(
        "password_reset_confirm",
        urlconf=urlconf,
        kwargs={
            "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
            "token": password_reset_tokens.make_token(user),
        },
    )
    base = settings.PLATFORM_URL.geturl().rstrip("/") if in_platform() else current_tenant().url
    return f"{base}{path}"
