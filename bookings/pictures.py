"""The pictures of services, as customers' browsers fetch and keep them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import condition, require_safe

from bookings.models import Service

YEAR = 365 * 24 * 60 * 60
FIVE_MINUTES = 5 * 60


def _digest(slug: str) -> str:
    found = Service.objects.filter(slug=slug).values_list("picture_digest", flat=True).first()
    return found or ""


def _etag(request: HttpRequest, slug: str) -> str | None:
    digest = _digest(slug)
    return f'"{digest}"' if digest else None


@require_safe
def service_picture(request: HttpRequest, slug: str) -> HttpResponse:
    """A service's picture, a PNG, JPEG or WebP.

    Under the address that names what it holds it may be kept for ever, else for minutes.
    """
    response = _picture(request, slug)
    is_named = f'"{request.GET.get("v", "")}"' == response.get("ETag")
    if is_named:
        patch_cache_control(response, public=True, max_age=YEAR, immutable=True)
    else:
        patch_cache_control(response, public=True, max_age=FIVE_MINUTES)
    return response


@condition(etag_func=_etag)
def _picture(request: HttpRequest, slug: str) -> HttpResponse:
    service = Service.objects.defer(None).only("picture", "picture_type").filter(slug=slug).first()
    if service is None or not service.picture:
        raise Http404("This service has no picture.")
    return HttpResponse(bytes(service.picture), content_type=service.picture_type)
