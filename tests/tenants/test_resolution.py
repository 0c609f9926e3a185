"""From a host to its business, and from any other host to nowhere."""

import pytest
from django.test import Client
from django_tenants.utils import schema_context

from tenants.models import Domain, Tenant

pytestmark = pytest.mark.django_db


def get(host: str, path: str = "/", **headers: str) -> int:
    return int(Client(HTTP_HOST=host).get(path, headers=headers).status_code)


@pytest.mark.parametrize(
    "host", ["alpha.localhost", "ALPHA.localhost", "alpha.localhost:8000", "alpha.localhost."]
)
def test_a_business_is_found_by_its_host(alpha: Tenant, host: str) -> None:
    response = Client(HTTP_HOST=host).get("/")
    assert response.status_code == 200
    assert b"Alpha Salon" in response.content


@pytest.mark.parametrize(
    "host",
    ["stranger.localhost", "a.alpha.localhost", "alpha.localhost.evil.example", "127.0.0.1",
     "alpha", "xalpha.localhost", "[::1]", "public.localhost"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/admin/", "/api/bookings/1/"])
def test_an_unknown_host_is_a_404(alpha: Tenant, host: str, path: str) -> None:
    assert get(host, path) == 404


@pytest.mark.parametrize(
    "host", ["a b", "alpha_.localhost", "alpha.localhost/x", "alpha.localhost@evil", "'", "a\\b"]
)
def test_a_host_that_is_none_is_a_400(alpha: Tenant, host: str) -> None:
    assert get(host) == 400


def test_an_unknown_host_under_api_answers_with_json(alpha: Tenant) -> None:
    response = Client(HTTP_HOST="stranger.localhost").get("/api/bookings/1/")
    assert "error" in response.json()


def test_a_forwarded_host_is_not_believed_by_default(alpha: Tenant) -> None:
    assert get("stranger.localhost", **{"X-Forwarded-Host": "alpha.localhost"}) == 404


def test_a_custom_domain_leads_to_its_business(alpha: Tenant) -> None:
    Domain.objects.create(domain="book.alpha.example", tenant=alpha, is_primary=False)
    assert get("book.alpha.example") == 200
    assert get("alpha.localhost") == 200


def test_a_suspended_business_is_a_503_and_comes_back(alpha: Tenant) -> None:
    for status, expected in [("suspended", 503), ("active", 200)]:
        with schema_context("public"):
            Tenant.objects.filter(pk=alpha.pk).update(status=status)
        assert get("alpha.localhost") == expected
        assert get("beta.localhost") == 200


def test_a_business_that_is_still_being_built_is_not_served(alpha: Tenant) -> None:
    Tenant.objects.filter(pk=alpha.pk).update(status="provisioning")
    assert get("alpha.localhost") == 404


def test_the_platform_host_serves_no_business_page(alpha: Tenant) -> None:
    assert get("localhost", "/healthz/") == 200
    assert get("localhost", "/") == 200
    assert get("localhost", "/api/bookings/1/") == 404
    assert get("alpha.localhost", "/healthz/") == 404


@pytest.mark.parametrize("path", ["/?a=%00", "/%00", "/find/?x=1&date=%00"])
def test_a_nul_character_in_the_address_is_a_400(alpha: Tenant, path: str) -> None:
    assert get("alpha.localhost", path) == 400
