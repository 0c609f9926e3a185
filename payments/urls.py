from django.urls import path

from payments.api import CheckoutView, RefundsView, RefundView, StatusView
from payments.webhooks import stripe_webhook

urlpatterns = [
    # First, as the busiest.
    path("webhook/stripe/", stripe_webhook, name="payments-stripe-webhook"),
    path("checkout/", CheckoutView.as_view(), name="payments-checkout"),
    path("status/<str:payment_session_id>/", StatusView.as_view(), name="payments-status"),
    path("refunds/", RefundsView.as_view(), name="payments-refunds"),
    path("refunds/<str:refund_id>/", RefundView.as_view(), name="payments-refund"),
]
