"""Stripe's calls, as one business makes them.

One HTTP client serves the process, so connections are kept; a `StripeClient` per call carries
the business's own key. The SDK's global key is never set.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import stripe
from django.conf import settings

from payments.errors import CardDeclined, GatewayRejected, GatewayUnavailable
from payments.models import StripeAccount
from payments.stripe_objects import (
    AccountFacts,
    BalanceLine,
    Card,
    Charge,
    CheckoutSession,
    Endpoint,
    PaymentIntent,
    StripePayout,
    StripeRefund,
)

API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = 15
NETWORK_RETRIES = 2
PAGE_SIZE = 100

# Telemetry would send one business's request id along with the next one's call.
stripe.enable_telemetry = False

logger = logging.getLogger(__name__)


@cache
def _http_client() -> stripe.HTTPClient:
    return stripe.RequestsClient(timeout=TIMEOUT_SECONDS)


@dataclass(frozen=True)
class CheckoutRequest:
    """What a Checkout Session is made of. `amount` is in minor units of `currency`."""

    amount: int
    currency: str
    description: str
    customer_email: str
    stripe_customer_id: str
    is_card_setup: bool
    # Does the card that pays stay with the customer, to be charged while they are away?
    saves_card: bool
    # (interval, how many of them): what is paid comes again that often.
    recurring: tuple[str, int] | None
    success_url: str
    cancel_url: str
    metadata: dict[str, str]
    reference: str
    expires_at: datetime | None
    idempotency_key: str


class Gateway:
    """Stripe, as one business sees it.

    Every method raises GatewayRejected when Stripe says no and GatewayUnavailable when it is
    unknown whether Stripe did what was asked.
    """

    def __init__(self, account: StripeAccount) -> None:
        if not account.secret_key:
            raise GatewayRejected("This business has no Stripe key yet.", "no_key")
        if settings.STRIPE_API_BASE and account.livemode:
            raise GatewayRejected("A live key can't be used with the sandbox.", "live_key")
        addresses: Any = {"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else None
        self._v1 = stripe.StripeClient(
            account.secret_key,
            http_client=_http_client(),
            max_network_retries=NETWORK_RETRIES,
            stripe_version=API_VERSION,
            base_addresses=addresses,
        ).v1

    def create_checkout_session(self, request: CheckoutRequest) -> CheckoutSession:
        params: dict[str, Any] = {
            "success_url": request.success_url,
            "cancel_url": request.cancel_url,
            "client_reference_id": request.reference,
            "metadata": request.metadata,
            **_params_of_mode(request),
        }
        if request.stripe_customer_id:
            params["customer"] = request.stripe_customer_id
        elif request.customer_email:
            params["customer_email"] = request.customer_email
        if request.expires_at:
            params["expires_at"] = int(request.expires_at.timestamp())
        options: Any = {"idempotency_key": request.idempotency_key}
        created = _call(lambda: self._v1.checkout.sessions.create(params, options))  # type: ignore[arg-type]
        return CheckoutSession.read(created)

    def retrieve_checkout_session(self, session_id: str) -> CheckoutSession:
        """Return the session, with the card that was saved or that paid."""
        params: Any = {"expand": ["setup_intent.payment_method", "payment_intent.payment_method"]}
        return CheckoutSession.read(
            _call(lambda: self._v1.checkout.sessions.retrieve(session_id, params))
        )

    def expire_checkout_session(self, session_id: str) -> CheckoutSession:
        """End an open session; raises GatewayRejected when it is not open any more."""
        return CheckoutSession.read(_call(lambda: self._v1.checkout.sessions.expire(session_id)))

    def create_refund(
        self, *, payment_intent_id: str, amount: int, metadata: dict[str, str], idempotency_key: str
    ) -> StripeRefund:
        params: Any = {
            "payment_intent": payment_intent_id,
            "amount": amount,
            "metadata": metadata,
        }
        options: Any = {"idempotency_key": idempotency_key}
        return StripeRefund.read(_call(lambda: self._v1.refunds.create(params, options)))

    def create_customer(self, *, email: str, name: str, idempotency_key: str) -> str:
        params: Any = {"email": email, **({"name": name} if name else {})}
        options: Any = {"idempotency_key": idempotency_key}
        return str(_call(lambda: self._v1.customers.create(params, options))["id"])

    def charge_card(
        self, *, amount: int, currency: str, card: Card, metadata: dict[str, str],
        description: str, idempotency_key: str,
    ) -> PaymentIntent:  # fmt: skip
        """Charge a saved card while its owner is away; raises CardDeclined when the bank won't."""
        params: Any = {
            "amount": amount,
            "currency": currency.lower(),
            "customer": card.customer_id,
            "payment_method": card.id,
            "off_session": True,
            "confirm": True,
            "description": description,
            "metadata": metadata,
        }
        options: Any = {"idempotency_key": idempotency_key}
        return PaymentIntent.read(_call(lambda: self._v1.payment_intents.create(params, options)))

    def list_payment_intents(self, *, customer_id: str) -> Iterator[PaymentIntent]:
        for intent in self._pages(self._v1.payment_intents.list, {"customer": customer_id}):
            yield PaymentIntent.read(intent)

    def cancel_payment_intent(self, intent_id: str) -> None:
        _call(lambda: self._v1.payment_intents.cancel(intent_id))

    def retrieve_refund(self, refund_id: str) -> StripeRefund:
        return StripeRefund.read(_call(lambda: self._v1.refunds.retrieve(refund_id)))

    def list_refunds(self, *, payment_intent_id: str) -> list[StripeRefund]:
        listed = self._pages(self._v1.refunds.list, {"payment_intent": payment_intent_id})
        return [StripeRefund.read(refund) for refund in listed]

    def retrieve_charge(self, charge_id: str) -> Charge:
        return Charge.read(_call(lambda: self._v1.charges.retrieve(charge_id)))

    def retrieve_balance_transaction(self, line_id: str) -> BalanceLine:
        """Return one line of the balance, its source expanded."""
        params: Any = {"expand": ["source"]}
        return BalanceLine.read(
            _call(lambda: self._v1.balance_transactions.retrieve(line_id, params))
        )

    def list_balance_transactions(
        self, *, since: datetime | None = None, payout_id: str = ""
    ) -> Iterator[BalanceLine]:
        """Yield the lines of the balance, newest first, their sources expanded."""
        params: dict[str, Any] = {"expand": ["data.source"], **_created(since)}
        if payout_id:
            params["payout"] = payout_id
        for line in self._pages(self._v1.balance_transactions.list, params):
            yield BalanceLine.read(line)

    def retrieve_payment_intent(self, intent_id: str) -> PaymentIntent:
        return PaymentIntent.read(_call(lambda: self._v1.payment_intents.retrieve(intent_id)))

    def list_payouts(self, *, since: datetime | None = None) -> Iterator[StripePayout]:
        for payout in self._pages(self._v1.payouts.list, _created(since)):
            yield StripePayout.read(payout)

    def list_events(
        self, *, since: datetime | None, types: Iterable[str]
    ) -> Iterator[dict[str, Any]]:
        """Yield what happened, newest first; Stripe keeps events for 30 days."""
        yield from self._pages(self._v1.events.list, {"types": list(types), **_created(since)})

    def _pages(self, call: Callable[[Any], Any], params: dict[str, Any]) -> Iterator[Any]:
        """Yield every object of a list. Source: docs.stripe.com/api/pagination."""
        page = {**params, "limit": PAGE_SIZE}
        while True:
            listed = _call(lambda page=page: call(page))  # type: ignore[misc]
            yield from listed["data"]
            if not listed["has_more"]:
                return
            page = {**page, "starting_after": listed["data"][-1]["id"]}

    # --- The account itself ---

    def retrieve_account(self) -> AccountFacts:
        return AccountFacts.read(_call(self._v1.accounts.retrieve_current))

    def retrieve_balance(self) -> dict[str, int]:
        """Return what Stripe holds now, pending or available: {currency: minor units}."""
        balance = _call(self._v1.balance.retrieve)
        held: dict[str, int] = {}
        for part in [*balance.get("available", []), *balance.get("pending", [])]:
            currency = str(part["currency"]).upper()
            held[currency] = held.get(currency, 0) + int(part["amount"])
        return held

    def missing_permissions(self) -> list[str]:
        """Return what this key may not do of what we need, as Stripe's dashboard calls it.

        A write is tried with a request that Stripe refuses as incomplete: whether the key may do
        it is checked before that, and nothing is made.
        """
        nothing: Any = {}
        one: Any = {"limit": 1}
        v1 = self._v1
        tries: dict[str, Callable[[], Any]] = {
            "Checkout Sessions (write)": lambda: v1.checkout.sessions.create(nothing),
            "Charges and Refunds (write)": lambda: v1.refunds.create(nothing),
            "PaymentIntents (write)": lambda: v1.payment_intents.create(nothing),
            "Customers (write)": lambda: v1.customers.update("cus_none", nothing),
            "SetupIntents (read)": lambda: v1.setup_intents.list(one),
            "PaymentMethods (read)": lambda: v1.payment_methods.list(one),
            "Charges and Refunds (read)": lambda: v1.charges.list(one),
            "Disputes (read)": lambda: v1.disputes.list(one),
            "Balance (read)": v1.balance.retrieve,
            "Balance transaction sources (read)": lambda: v1.balance_transactions.list(one),
            "Payouts (read)": lambda: v1.payouts.list(one),
            "Events (read)": lambda: v1.events.list(one),
            "Webhook Endpoints (write)": lambda: v1.webhook_endpoints.create(nothing),
        }
        return [name for name, call in tries.items() if is_forbidden(call)]

    def list_webhook_endpoints(self) -> list[Endpoint]:
        return [Endpoint.read(one) for one in self._pages(self._v1.webhook_endpoints.list, {})]

    def create_webhook_endpoint(self, url: str, events: Iterable[str]) -> tuple[Endpoint, str]:
        """Have `events` sent to `url`; return it and its signing secret, which is told only now."""
        params: Any = {
            "url": url,
            "enabled_events": list(events),
            "api_version": API_VERSION,
            "description": "Tillhouse",
        }
        created = _call(lambda: self._v1.webhook_endpoints.create(params))
        return Endpoint.read(created), str(created["secret"])

    def update_webhook_endpoint(self, endpoint_id: str, url: str, events: Iterable[str]) -> None:
        """Give an endpoint another address and other events; its signing secret stays."""
        params: Any = {"url": url, "enabled_events": list(events), "disabled": False}
        _call(lambda: self._v1.webhook_endpoints.update(endpoint_id, params))

    def delete_webhook_endpoint(self, endpoint_id: str) -> None:
        _call(lambda: self._v1.webhook_endpoints.delete(endpoint_id))


def is_forbidden(call: Callable[[], Any]) -> bool:
    """Does the key lack the permission for `call`? Raises GatewayRejected for a bad key."""
    try:
        _call(call)
    except GatewayRejected as error:
        if error.code == "key_refused":
            raise
        return error.code == "permission_missing"
    return False


def _params_of_mode(request: CheckoutRequest) -> dict[str, Any]:
    if request.is_card_setup:
        return _setup_params(request)
    return _subscription_params(request) if request.recurring else _payment_params(request)


def _price(request: CheckoutRequest) -> dict[str, Any]:
    return {
        "currency": request.currency.lower(),
        "unit_amount": request.amount,
        "product_data": {"name": request.description},
    }


def _payment_params(request: CheckoutRequest) -> dict[str, Any]:
    """No payment method is named: Stripe shows those that the business enabled there.

    One that stays on file is a card (docs.stripe.com/payments/checkout/save-during-payment).
    """
    intent: dict[str, Any] = {"metadata": request.metadata}
    params: dict[str, Any] = {
        "mode": "payment",
        "payment_intent_data": intent,
        "line_items": [{"quantity": 1, "price_data": _price(request)}],
    }
    if request.saves_card:
        intent["setup_future_usage"] = "off_session"
        params["payment_method_types"] = ["card"]
    return params


def _subscription_params(request: CheckoutRequest) -> dict[str, Any]:
    """Stripe copies the subscription's metadata to its invoices, and to no payment of them."""
    interval, count = request.recurring or ("month", 1)
    price = _price(request) | {"recurring": {"interval": interval, "interval_count": count}}
    return {
        "mode": "subscription",
        "subscription_data": {"metadata": request.metadata},
        "line_items": [{"quantity": 1, "price_data": price}],
    }


def _setup_params(request: CheckoutRequest) -> dict[str, Any]:
    return {
        "mode": "setup",
        "currency": request.currency.lower(),
        "setup_intent_data": {"metadata": request.metadata},
    }


def _created(since: datetime | None) -> dict[str, Any]:
    return {"created": {"gte": int(since.timestamp())}} if since else {}


def _call(request: Callable[[], Any]) -> dict[str, Any]:
    """Run `request` and return Stripe's answer as a plain dict; only our errors get out."""
    try:
        return dict(request().to_dict())
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        _log(error)
        raise GatewayUnavailable("Stripe could not be reached. Please try again.") from None
    except stripe.AuthenticationError as error:
        _log(error)
        raise GatewayRejected("Stripe refused this business's key.", "key_refused") from None
    except stripe.PermissionError as error:
        _log(error)
        raise GatewayRejected(
            "This business's Stripe key lacks a permission.", "permission_missing"
        ) from None
    except stripe.IdempotencyError as error:
        _log(error)
        if error.http_status == 409:
            raise GatewayUnavailable("Stripe is still working on this request.") from None
        raise GatewayRejected(
            "Stripe knows this request with other contents.", "idempotency"
        ) from None
    except stripe.CardError as error:
        _log(error)
        intent: Any = getattr(error.error, "payment_intent", None)
        raise CardDeclined(
            error.code or "card_declined", str(intent["id"]) if intent else ""
        ) from None
    except stripe.StripeError as error:
        _log(error)
        raise GatewayRejected("Stripe refused the request.", error.code or "rejected") from None


def _log(error: stripe.StripeError) -> None:
    """Log what went wrong without Stripe's text, which may quote the key or the customer."""
    logger.warning(
        "Stripe call failed: %s status=%s code=%s request=%s",
        type(error).__name__,
        error.http_status,
        error.code,
        error.request_id,
    )
