"""Content-Security-Policy: strict for customers, relaxed for the admin's own scripts."""

from csp.constants import HEADER, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse

ADMIN_PATH = "/admin/"
API_PATH = "/api/"
# What the API answers is data: a browser that is made to show it as a page loads nothing.
FOR_API = "default-src 'none'; frame-ancestors 'none'"
# The admin's Alpine evaluates expressions and sets styles; customers' pages do neither.
FOR_ADMIN = {
    "script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
}


class PathAwareCSPMiddleware(CSPMiddleware):
    """django-csp's middleware, which also knows the admin's needs by its path."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.path_info.startswith(API_PATH):
            response.headers.setdefault(HEADER, FOR_API)
            return response
        if request.path_info.startswith(ADMIN_PATH) and not hasattr(response, "_csp_update"):
            response._csp_update = FOR_ADMIN  # type: ignore[attr-defined]
        answered: HttpResponse = super().process_response(request, response)
        return answered
