"""What may be uploaded as a picture: a small one of a known kind."""

from collections.abc import Callable

from django.core.exceptions import ValidationError

MAX_BYTES = 256 * 1024
# The first bytes tell the kind; what a browser says about an upload does not count. SVG is left
# out: it can carry scripts.
SIGNATURES: dict[str, Callable[[bytes], bool]] = {
    "image/png": lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "image/webp": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
}


def picture_type(data: bytes) -> str:
    """Return the content type of a picture; raises ValidationError for what can't be one."""
    if len(data) > MAX_BYTES:
        raise ValidationError(f"The picture is larger than {MAX_BYTES // 1024} KB.")
    for kind, matches in SIGNATURES.items():
        if matches(data):
            return kind
    raise ValidationError("Use a PNG, JPEG or WebP picture.")
