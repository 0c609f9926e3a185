"""Every refusal becomes a response here: an ``error`` sentence under /api/, a page elsewhere."""

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_framework_handler

from tenants.errors import TillhouseError

logger = logging.getLogger(__name__)

MISSING = ("required", "null", "blank")


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of an API view into ``{"error": ..., "code": ...}``.

    Returns None for what nobody foresaw, which Django logs and answers with `server_error`.
    """
    if isinstance(error, TillhouseError):
        return Response(domain_error_body(error), status=error.status)
    response = rest_framework_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        response.data = validation_error_body(error)
    elif isinstance(error, exceptions.APIException):
        response.data = {"error": str(error.detail), "code": error.get_codes()}
    else:
        response.data = {"error": "Not found", "code": "not_found"}
    return response


def domain_error_body(error: TillhouseError) -> dict[str, Any]:
    body: dict[str, Any] = {"error": error.message, "code": error.code, **error.details}
    if error.field:
        body["field"] = error.field
    return body


def validation_error_body(error: exceptions.ValidationError) -> dict[str, Any]:
    """Name the missing fields in one sentence; else the first bad field and what is wrong."""
    problems = dict(_flatten(error.detail))
    missing = [
        field for field, problem in problems.items() if getattr(problem, "code", "") in MISSING
    ]
    if missing:
        sentence = f"Missing required fields: {', '.join(missing)}"
    else:
        field, problem = next(iter(problems.items()))
        sentence = f"{field}: {problem}" if field else str(problem)
    return {
        "error": sentence,
        "code": "missing_fields" if missing else "invalid",
        "fields": {field: str(problem) for field, problem in problems.items()},
    }


def _flatten(detail: Any, prefix: str = "") -> list[tuple[str, Any]]:
    """Return (dotted field, first problem) pairs of DRF's nested error detail."""
    if isinstance(detail, dict):
        return [
            pair
            for name, inner in detail.items()
            for pair in _flatten(
                inner, prefix if name == "non_field_errors" else f"{prefix}.{name}".lstrip(".")
            )
        ]
    if isinstance(detail, list):
        return _flatten(detail[0], prefix) if detail else []
    return [(prefix, detail)]


PAGES = {
    400: ("That didn't work", "The request could not be understood."),
    403: ("Not allowed", "You may not do this. If you left this page open long, reload it."),
    404: ("Not found", "There is nothing at this address."),
    500: ("Something went wrong", "It is not your fault, and we have been told. Please try again."),
}


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    title, text = PAGES[status]
    if request.path_info.startswith("/api/"):
        return JsonResponse({"error": title if status == 404 else text}, status=status)
    page = {"title": title, "text": text, "link": "/", "link_text": "To the start page"}
    return render(request, "tenants/plain.html", page, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for what nobody foresaw, without touching the database or the session."""
    title, text = PAGES[500]
    if request.path_info.startswith("/api/"):
        return JsonResponse({"error": text}, status=500)
    from django.template.loader import render_to_string

    page = {"title": title, "text": text, "link": "/", "link_text": "To the start page"}
    return HttpResponse(render_to_string("tenants/plain.html", page), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, 403)
