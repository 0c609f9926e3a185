"""Cache keys carry the business: one cache serves them all."""

from tenants.current import current_schema


def key_in_tenant(key: str, prefix: str, version: int) -> str:
    """Return a key that only the current business, or the platform, can ask for.

    The admin caches search results under the user's id alone, and every business has a user 1.
    """
    return f"{prefix}:{version}:{current_schema()}:{key}"
