"""From a request to its business, before anything else looks at it."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import set_urlconf
from django.utils import timezone

from tenants.connection import threads_connection
from tenants.limits import Refused, shares
from tenants.models import Tenant
from tenants.postgresql.base import sqlstate
from tenants.postgresql.cursor import DIRECTORY_CHANGED
from tenants.resolution import enter_host, host_without_port

logger = logging.getLogger(__name__)
QUERY_CANCELED = "57014"
UNDEFINED_TABLE = "42P01"

GetResponse = Callable[[HttpRequest], HttpResponse]

# Money in flight must land: a suspended business still takes what Stripe tells it.
OPEN_WHILE_SUSPENDED = ("/api/payments/webhook/",)


def refuse(
    request: HttpRequest, status: int, title: str, text: str, *, retry_after: int | None = None
) -> HttpResponse:
    """Return a plain page, or the API's error body under /api/, for a request without a view.

    `retry_after` is in seconds.
    """
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if request.path_info.startswith("/api/"):
        return JsonResponse({"error": text}, status=status, headers=headers)
    page = render_to_string("tenants/plain.html", {"title": title, "text": text})
    return HttpResponse(page, status=status, headers=headers)


class RequestGuardMiddleware:
    """Refuse what no view should have to think about.

    Impossible hosts, NUL characters, bodies that announce themselves as too large for the API,
    and chunked ones: WSGI reads those as empty, and the caller would be told of missing fields.
    """

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
        if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
            return refuse(
                request, 411, "Length required", "Send the body with a Content-Length header."
            )
        if request.path_info.startswith("/api/") and _announced_length(request) > _LARGEST_BODY:
            return refuse(request, 413, "Too large", "The body is larger than 1 MB.")
        return self.get_response(request)


_LARGEST_BODY = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0


def _announced_length(request: HttpRequest) -> int:
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() and len(length) < 20 else 0


def _may_be_read_again(request: HttpRequest) -> bool:
    """Is the request's body unread, or kept?"""
    was_read = getattr(request, "_read_started", True)
    return not was_read or hasattr(request, "_body") or hasattr(request, "_post")


def _may_be_sent_on(request: HttpRequest) -> bool:
    """May a request to a business's former host be redirected?

    Programs that send to it, Stripe first of all, don't follow redirects: they are served.
    """
    return request.method in ("GET", "HEAD") and not request.path_info.startswith("/api/")


class TenantMiddleware:
    """Enter the business whose host was asked for; nothing is served for an unknown host."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        # Settings are looked up by a call of Python's each time.
        self._platform_host = settings.ROOT_DOMAIN
        self._threads = settings.WEB_THREADS
        self._share_of_all = settings.BUSINESS_SHARE

    def __call__(self, request: HttpRequest) -> HttpResponse:
        connection = threads_connection()
        connection.unproved_directory = None
        full_host = request.get_host()
        # It is asked for several times more, and each time checked against all that are allowed.
        request.get_host = lambda: full_host  # type: ignore[method-assign]
        host = host_without_port(full_host)
        if host == self._platform_host:
            connection.set_schema_to_public()
            timezone.deactivate()
            request.tenant = None  # type: ignore[attr-defined]
            return self._serve_platform(request)
        tenant = enter_host(host, connection)
        if tenant is None:
            return refuse(
                request, 404, "Not found", "No business has this address. Check its spelling."
            )
        if not tenant.is_active and not (
            tenant.status in Tenant.AT_WORK and request.path_info.startswith(OPEN_WHILE_SUSPENDED)
        ):
            text = f"{tenant.name} is not taking bookings at the moment."
            return refuse(request, 503, tenant.name, text, retry_after=3600)
        if host in tenant.former_hosts and _may_be_sent_on(request):
            return HttpResponseRedirect(tenant.url + request.get_full_path())
        request.tenant = tenant  # type: ignore[attr-defined]
        # For this thread until its next request: taking it back would cost as much again.
        timezone.activate(tenant.zone)
        response = self._serve(tenant, request)
        if not connection.proves_directory() and _may_be_read_again(request):
            # It was answered from memory alone, and the memory was of yesterday.
            return self(request)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Say in words that a statement ran too long, or that the business has just moved."""
        connection, state = threads_connection(), sqlstate(error)
        if state == DIRECTORY_CHANGED and _may_be_read_again(request):
            # Its first statement did not run: nothing has happened yet.
            return self(request)
        # Another name was given to the business, before the request's first statement or later.
        is_untouched = connection.is_untouched
        has_moved = state == UNDEFINED_TABLE and connection.directory_has_changed()
        if has_moved and is_untouched and _may_be_read_again(request):
            return self(request)
        if has_moved or state == DIRECTORY_CHANGED:
            text = "It has just moved, try again."
            return refuse(request, 503, "Just moved", text, retry_after=1)
        if state != QUERY_CANCELED:
            return None
        logger.error("A statement took too long at %s", request.path_info, exc_info=error)
        return refuse(
            request, 503, "This took too long", "It took too long and was stopped. Ask for less."
        )

    def _serve(self, tenant: Tenant, request: HttpRequest) -> HttpResponse:
        """Charge the time it takes to `tenant`, which is refused once it has had its share."""
        percent = tenant.request_share
        if percent is None:
            percent = self._share_of_all
        if not percent or request.path_info.startswith(OPEN_WHILE_SUSPENDED):
            return self.get_response(request)
        # Thread seconds that it may take of each.
        share = self._threads * percent / 100
        try:
            begun = shares.enter(tenant.schema_name, share)
        except Refused as refusal:
            text = f"{tenant.name} has too many visitors at the moment. Try again soon."
            return refuse(request, 429, "Too many requests", text, retry_after=refusal.retry_after)
        try:
            return self.get_response(request)
        finally:
            shares.leave(tenant.schema_name, share, begun)

    def _serve_platform(self, request: HttpRequest) -> HttpResponse:
        if settings.PUBLIC_SCHEMA_URLCONF != settings.ROOT_URLCONF:
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
            set_urlconf(settings.PUBLIC_SCHEMA_URLCONF)
        return self.get_response(request)
