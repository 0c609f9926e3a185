"""Why a payment call was refused."""

from tenants.errors import TillhouseError


class PaymentError(TillhouseError):
    """The root of what this app raises."""


class InvalidPayment(PaymentError):
    """An argument can't be used; `field` names it."""


class PaymentsDisabled(PaymentError):
    code = "payments_disabled"


class IdempotencyMismatch(PaymentError):
    """The idempotency key was used before, for something else."""

    code = "idempotency_mismatch"
    status = 409


class AlreadyPaid(PaymentError):
    """The holder of a token asked to pay again for what has been paid."""

    code = "already_paid"
    status = 409


class PaymentNotFound(PaymentError):
    code = "payment_session_not_found"
    status = 404


class RefundRefused(PaymentError):
    """The payment has not that much left to give back, or was never made."""

    code = "refund_refused"
    status = 409


class ConnectionRefused(PaymentError):
    """A key or a change of the Stripe account can't be accepted; the message says why."""

    code = "connection_refused"


class ProcessorFailed(PaymentError):
    """Stripe refused, or could not be reached; the message never holds Stripe's own text."""

    code = "processor_failed"
    status = 502


class GatewayError(Exception):
    """A call to Stripe did not give a result. The message is ours and safe to show."""

    #: Stripe's request id, for the log.
    request_id: str | None = None


class GatewayUnavailable(GatewayError):
    """No answer, or an answer that leaves open whether Stripe did it. Ask before repeating."""


class GatewayRejected(GatewayError):
    """Stripe said no: repeating the same call can't help. `code` is Stripe's error code."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code

    @property
    def is_about_key(self) -> bool:
        """Is it the key that Stripe refuses, so that nothing else can be learnt with it?"""
        return self.code in ("key_refused", "permission_missing")


class CardDeclined(GatewayRejected):
    """The bank would not let a saved card be charged; `code` says why."""

    def __init__(self, code: str, payment_intent_id: str) -> None:
        super().__init__("The card was declined.", code)
        self.payment_intent_id = payment_intent_id


class RequestClosed(PaymentError):
    """There is nothing to pay on this link any more."""

    code = "request_closed"
    status = 409


class NoCardOnFile(PaymentError):
    """There is no card that may be charged for this."""

    code = "no_card_on_file"
    status = 409


class WebhookRefused(Exception):
    """A delivery that is not Stripe's, or can't be read; answered with 400."""


class EventMismatch(Exception):
    """An event contradicts our row: kept and flagged, never applied."""
