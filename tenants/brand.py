"""What makes a business's pages its own: colour and logo."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from tenants.colours import readable_on
from tenants.current import current_tenant
from tenants.logo import logo_of


@require_safe
@cache_control(public=True, max_age=300)
def brand_css(request: HttpRequest) -> HttpResponse:
    """The business's colour as CSS variables; a file, so that no inline style is allowed."""
    colour = current_tenant().brand_colour
    return HttpResponse(
        f":root{{--brand:{colour};--on-brand:{readable_on(colour)}}}\n", content_type="text/css"
    )


@require_safe
@cache_control(public=True, max_age=300)
def logo(request: HttpRequest) -> HttpResponse:
    """The business's logo, a PNG, JPEG or WebP."""
    tenant = current_tenant()
    picture = logo_of(tenant) if tenant.logo_type else None
    if picture is None:
        raise Http404("This business has no logo.")
    return HttpResponse(picture, content_type=tenant.logo_type)


urlpatterns = [
    path("brand.css", brand_css, name="brand-css"),
    path("logo", logo, name="logo"),
]
