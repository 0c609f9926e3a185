"""The customer's pages about money."""

from django.urls import path

from payments import pages

urlpatterns = [
    path("pay/<str:token>/", pages.payment_link, name="payment-link"),
    path("receipt/<uuid:session_id>/<str:token>/", pages.receipt, name="receipt"),
]
