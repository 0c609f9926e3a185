"""What ours, stock and plain Django serve."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from bookings.models import Service


def service(request: HttpRequest, key: int) -> HttpResponse:
    (name,) = Service.objects.values_list("name").get(pk=key)
    return HttpResponse(name)


def health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [path("services/<int:key>/", service), path("healthz/", health)]
