"""The customer's pages about vouchers and passes."""

from django.urls import path

from bookings.offers import pages

urlpatterns = [
    path("vouchers/", pages.vouchers, name="vouchers"),
    path("vouchers/<str:token>/", pages.voucher, name="voucher"),
    path("passes/", pages.passes, name="passes"),
    path("passes/<str:token>/", pages.customer_pass, name="pass"),
]
