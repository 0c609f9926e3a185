"""From a request to its business, before anything else looks at it."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import set_urlconf
from django.utils import timezone

from tenants.connection import connection
from tenants.resolution import host_without_port, is_platform_host, tenant_for_host

GetResponse = Callable[[HttpRequest], HttpResponse]

# Money in flight must land: a suspended business still takes what Stripe tells it.
OPEN_WHILE_SUSPENDED = ("/api/payments/webhook/",)


def refuse(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """Return a plain page, or the API's error body under /api/, for a request without a view."""
    if request.path_info.startswith("/api/"):
        return JsonResponse({"error": text}, status=status)
    page = render_to_string("tenants/plain.html", {"title": title, "text": text})
    return HttpResponse(page, status=status)


class RequestGuardMiddleware:
    """Refuse what no view should have to think about: NUL characters and impossible hosts."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            return refuse(request, 400, "Bad request", "The Host header is not a host name.")
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return refuse(
                request, 400, "Bad request", "The address contains a NUL character, remove it."
            )
        return self.get_response(request)


class TenantMiddleware:
    """Enter the business whose host was asked for; nothing is served for an unknown host."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        connection.set_schema_to_public()
        host = host_without_port(request.get_host())
        if is_platform_host(host):
            request.tenant = None  # type: ignore[attr-defined]
            return self._serve(request, settings.PUBLIC_SCHEMA_URLCONF)
        tenant = tenant_for_host(host)
        if tenant is None:
            return refuse(
                request, 404, "Not found", "No business has this address. Check its spelling."
            )
        if not tenant.is_active and not request.path_info.startswith(OPEN_WHILE_SUSPENDED):
            response = refuse(
                request, 503, tenant.name, f"{tenant.name} is not taking bookings at the moment."
            )
            response["Retry-After"] = "3600"
            return response
        request.tenant = tenant  # type: ignore[attr-defined]
        connection.set_tenant(tenant)
        with timezone.override(tenant.zone):
            return self._serve(request, settings.ROOT_URLCONF)

    def _serve(self, request: HttpRequest, urlconf: str) -> HttpResponse:
        request.urlconf = urlconf
        set_urlconf(urlconf)
        return self.get_response(request)
