"""What ours, stock and plain Django serve."""

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.urls import path

from bookings.models import Service


def service(request: HttpRequest, key: int) -> HttpResponse:
    (name,) = Service.objects.values_list("name").get(pk=key)
    return HttpResponse(name)


def tables(request: HttpRequest) -> HttpResponse:
    """Read a row of every table of the business."""
    found = [
        model._base_manager.values_list("pk").order_by("pk").first()
        for model in apps.get_models()
        if model._meta.managed
        and model._meta.app_label in ("access", "bookings", "events", "notifications", "payments")
    ]
    return HttpResponse(str(len(found)))


def health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [
    path("services/<int:key>/", service),
    path("tables/", tables),
    path("healthz/", health),
]
