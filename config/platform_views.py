"""The few pages of the platform's own host."""

from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    """Say what this is; customers have no business here."""
    page = {
        "title": "Tillhouse",
        "text": "Bookings and payments for small businesses, each at its own address.",
        "link": "/admin/",
        "link_text": "Operator's sign-in",
    }
    return render(request, "tenants/plain.html", page)


def health(request: HttpRequest) -> HttpResponse:
    """200 while the database answers, else 503: for a load balancer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "the database does not answer"}, status=503)
    return JsonResponse({"status": "ok"})
