"""Signed values that are worth nothing on another business's host.

One SECRET_KEY serves the whole platform, so Django's own signers would accept business A's value
on business B's host. Every signature here is salted with the business's UUID. Ruff refuses
imports of django.core.signing elsewhere.
"""

from typing import Any

from django.core import signing
from django.core.signing import BadSignature, SignatureExpired

from tenants.current import current_tenant, in_platform

__all__ = ["BadSignature", "SignatureExpired", "dumps", "loads", "tenant_salt"]


def tenant_salt(purpose: str) -> str:
    """Return a salt for `purpose` that only the current business, or the platform, has."""
    return f"{purpose}:{'platform' if in_platform() else current_tenant().uuid}"


def dumps(value: Any, *, purpose: str) -> str:
    """Return `value` as signed text, readable only here and for `purpose`."""
    return signing.dumps(value, salt=tenant_salt(purpose))


def loads(text: str, *, purpose: str, max_age: int | None = None) -> Any:
    """Return the value in `text`; `max_age` is in seconds.

    Raises BadSignature (or its subclass SignatureExpired) for anything not signed here.
    """
    return signing.loads(text, salt=tenant_salt(purpose), max_age=max_age)
