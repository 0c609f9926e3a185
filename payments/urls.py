from django.urls import path

from payments.api import CheckoutView, StatusView
from payments.webhooks import stripe_webhook

urlpatterns = [
    path("checkout/", CheckoutView.as_view(), name="payments-checkout"),
    path("status/<str:payment_session_id>/", StatusView.as_view(), name="payments-status"),
    path("webhook/stripe/", stripe_webhook, name="payments-stripe-webhook"),
]
