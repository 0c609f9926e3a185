"""A logo is a small picture of a known kind, whatever it is called."""

import struct
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_tenants.utils import schema_context

from access.models import User
from tenants.models import Tenant

pytestmark = pytest.mark.django_db


def png() -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def save(alpha: Tenant) -> Any:
    """Send the operator's form about alpha with a logo, and return the page."""
    operator = User.objects.create_user("op@example.com", "x", role="operator")
    client = Client(HTTP_HOST="localhost")
    client.force_login(operator, backend="access.backends.RoleBackend")

    def send(logo: bytes | None, **changes: str) -> Any:
        form: dict[str, Any] = {
            "name": "Alpha Salon", "kind": "salon", "time_zone": "Europe/London",
            "locale": "en-gb", "brand_colour": "#112233",
            "domains-TOTAL_FORMS": "0", "domains-INITIAL_FORMS": "0", **changes,
        }  # fmt: skip
        if logo is not None:
            form["new_logo"] = SimpleUploadedFile("logo.png", logo, "image/png")
        return client.post(f"/admin/tenants/tenant/{alpha.pk}/change/", form)

    return send


def test_a_logo_is_shown_to_customers_and_can_be_removed(save: Any, alpha: Tenant) -> None:
    assert save(png()).status_code == 302
    customer = Client(HTTP_HOST=alpha.hosts[0])
    answer = customer.get("/logo")
    assert (answer["Content-Type"], answer.content) == ("image/png", png())
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert 'src="/logo"' in customer.get("/").content.decode()
    assert save(None, remove_logo="on").status_code == 302
    assert customer.get("/logo").status_code == 404


@pytest.mark.parametrize(
    ("logo", "complaint"),
    [
        (b"<svg onload=alert(1)>", "PNG, JPEG or WebP"),
        (b"<html>", "PNG, JPEG or WebP"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 300_000, "larger than 256 KB"),
    ],
)
def test_anything_else_is_refused(save: Any, alpha: Tenant, logo: bytes, complaint: str) -> None:
    response = save(logo)
    assert response.status_code == 200
    assert complaint in response.content.decode()
    with schema_context("public"):
        assert not Tenant.objects.get(pk=alpha.pk).logo


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"brand_colour": "red"}, "six digits"),
        ({"time_zone": "Mars/Base"}, "is not a time zone"),
        ({"name": ""}, "required"),
    ],
)
def test_a_bad_value_about_a_business_is_said_beside_its_field(
    save: Any, alpha: Tenant, changes: dict[str, str], complaint: str
) -> None:
    response = save(None, **changes)
    assert response.status_code == 200
    assert complaint in response.content.decode()
