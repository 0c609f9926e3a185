"""A business's logo: a small picture of a known kind."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django_tenants.utils import get_public_schema_name, schema_context

from tenants.models import Tenant

MAX_BYTES = 256 * 1024
# The first bytes tell the kind; what a browser says about an upload does not count. SVG is left
# out: it can carry scripts.
SIGNATURES: dict[str, Callable[[bytes], bool]] = {
    "image/png": lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "image/webp": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
}


def logo_of(tenant: Tenant) -> bytes | None:
    """Return a business's logo; it is read only when it is asked for."""
    with schema_context(get_public_schema_name()):
        found = Tenant.objects.values_list("logo", flat=True).get(pk=tenant.pk)
    return bytes(found) if found else None


def kind_of(data: bytes) -> str:
    """Return the content type of a logo; raises ValidationError for what can't be one."""
    if len(data) > MAX_BYTES:
        raise ValidationError(f"The picture is larger than {MAX_BYTES // 1024} KB.")
    for kind, matches in SIGNATURES.items():
        if matches(data):
            return kind
    raise ValidationError("Use a PNG, JPEG or WebP picture.")
