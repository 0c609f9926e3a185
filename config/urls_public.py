"""What the platform's own host serves."""

from django.urls import include, path

from config.platform_views import health, home
from tenants.admin_sites import operator_site

urlpatterns = [
    path("", home, name="home"),
    path("healthz/", health, name="health"),
    path("admin/", include("access.password_urls")),
    path("admin/", operator_site.urls),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"
