"""What a business's host serves."""

from django.urls import include, path

from tenants.admin_sites import staff_site

urlpatterns = [
    path("api/payments/", include("payments.urls")),
    path("api/bookings/", include("bookings.api_urls")),
    path("api/", include("bookings.offers.api.urls")),
    path("admin/", include("access.password_urls")),
    path("admin/", staff_site.urls),
    path("", include("tenants.brand")),
    path("", include("payments.page_urls")),
    path("", include("bookings.offers.urls")),
    path("", include("bookings.urls")),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"
