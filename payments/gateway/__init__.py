"""The one place that talks to Stripe. Nothing else imports `stripe` or sees its objects."""

from payments.gateway.api import API_VERSION, CheckoutRequest, Gateway
from payments.gateway.signatures import verify_webhook

__all__ = ["API_VERSION", "CheckoutRequest", "Gateway", "verify_webhook"]
