"""What can be paid for: register a handler for a type of payable, and hear of its payments.

A handler's methods are called inside the transaction of the change, with the payment locked:
they write to the database and enqueue jobs, and never call Stripe or send mail. One that raises
rolls the whole change back; it is tried again. docs/payables.md shows how, with an example.
"""

from payments import signals
from payments.models import Dispute, PaymentSession, Refund, SavedCard, Subscription


class PayableHandler:
    """What one type of payable does when its payments change. Every method may be left out."""

    #: The `payable_type` of the payments that this is about.
    type: str = ""

    def on_paid(self, session: PaymentSession) -> None:
        """The money is in."""

    def on_processing(self, session: PaymentSession) -> None:
        """The customer chose a method that settles in some days: neither in nor failed."""

    def on_failed(self, session: PaymentSession, *, is_final: bool) -> None:
        """A try failed. With `is_final` there will be no other try on this checkout."""

    def on_canceled(self, session: PaymentSession) -> None:
        """The checkout ended without a payment."""

    def on_refunded(self, session: PaymentSession, refund: Refund) -> None:
        """A refund has succeeded."""

    def on_disputed(self, session: PaymentSession, dispute: Dispute) -> None:
        """A dispute was opened, or its status has changed; `session.is_disputed` sums them up."""

    def on_card_saved(self, session: PaymentSession, card: SavedCard) -> None:
        """A card was left, and may be charged for this payable."""

    def on_subscription_changed(
        self, subscription: Subscription, *, before: str, was_ending: bool
    ) -> None:
        """It has begun, goes on, is about to end or has ended; `before` was its status."""

    def on_subscription_payment_failed(
        self, subscription: Subscription, *, invoice_id: str
    ) -> None:
        """A renewal, Stripe's invoice, was declined; Stripe tries again by itself."""

    def describe(self, payable_id: str) -> str:
        """Return what staff read of the payable."""
        return f"{self.type} {payable_id}"

    def staff_address(self, payable_id: str) -> str:
        """Return where staff find the payable in their admin, or ""."""
        return ""


_handlers: dict[str, PayableHandler] = {}


def register(handler: type[PayableHandler]) -> type[PayableHandler]:
    """Have `handler` hear of payments of its type; use it as a decorator.

    Raises ValueError for a handler without a type, or a type that has another handler.
    """
    known = _handlers.get(handler.type)
    if not handler.type or (known is not None and type(known) is not handler):
        raise ValueError(f"There is a handler for “{handler.type}” already, or it names no type.")
    _handlers[handler.type] = handler()
    return handler


def handler_of(payable_type: str) -> PayableHandler:
    """Return the handler of a type; one that does nothing for types that only the API knows."""
    known = _handlers.get(payable_type)
    if known is None:
        known = PayableHandler()
        known.type = payable_type
    return known


def _connect() -> None:
    def paid(payment_session: PaymentSession, **kwargs: object) -> None:
        handler_of(payment_session.payable_type).on_paid(payment_session)

    def processing(payment_session: PaymentSession, **kwargs: object) -> None:
        handler_of(payment_session.payable_type).on_processing(payment_session)

    def failed(payment_session: PaymentSession, is_final: bool, **kwargs: object) -> None:
        handler_of(payment_session.payable_type).on_failed(payment_session, is_final=is_final)

    def canceled(payment_session: PaymentSession, **kwargs: object) -> None:
        handler_of(payment_session.payable_type).on_canceled(payment_session)

    def refunded(payment_session: PaymentSession, refund: Refund, **kwargs: object) -> None:
        handler_of(payment_session.payable_type).on_refunded(payment_session, refund)

    def disputed(payment_session: PaymentSession, dispute: Dispute, **kwargs: object) -> None:
        handler_of(payment_session.payable_type).on_disputed(payment_session, dispute)

    def saved(payment_session: PaymentSession, card: SavedCard, **kwargs: object) -> None:
        handler_of(payment_session.payable_type).on_card_saved(payment_session, card)

    def changed(
        subscription: Subscription, before: str, was_ending: bool, **kwargs: object
    ) -> None:
        handler = handler_of(subscription.payment_session.payable_type)
        handler.on_subscription_changed(subscription, before=before, was_ending=was_ending)

    def renewal_failed(subscription: Subscription, invoice_id: str, **kwargs: object) -> None:
        handler = handler_of(subscription.payment_session.payable_type)
        handler.on_subscription_payment_failed(subscription, invoice_id=invoice_id)

    for signal, receiver in (
        (signals.payment_succeeded, paid),
        (signals.payment_processing, processing),
        (signals.payment_failed, failed),
        (signals.payment_canceled, canceled),
        (signals.payment_refunded, refunded),
        (signals.payment_disputed, disputed),
        (signals.card_saved, saved),
        (signals.subscription_changed, changed),
        (signals.subscription_payment_failed, renewal_failed),
    ):
        signal.connect(receiver, weak=False, dispatch_uid=f"payables.{receiver.__name__}")


_connect()
