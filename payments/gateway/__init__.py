"""The one place that talks to Stripe. Nothing else imports `stripe` or sees its objects."""

from payments.gateway.api import API_VERSION, CheckoutRequest, Gateway
from payments.gateway.signatures import verify_webhook
from payments.gateway.subscriptions import SubscriptionGateway

__all__ = ["API_VERSION", "CheckoutRequest", "Gateway", "SubscriptionGateway", "verify_webhook"]
