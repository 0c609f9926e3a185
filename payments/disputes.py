"""A customer contests a payment at their bank: write it down, book it, tell the staff."""

from django.utils import timezone

from access.actors import STRIPE
from events.services import record
from payments import balances, signals
from payments.models import Dispute, PaymentSession
from payments.stripe_objects import StripeDispute


def apply_dispute(session: PaymentSession, told: StripeDispute) -> Dispute:
    """Bring our row to what Stripe says, and book what it moved; takes a locked `session`."""
    from payments.jobs import tell_staff_of_dispute

    dispute = Dispute.objects.filter(stripe_dispute_id=told.id).first() or Dispute(
        stripe_dispute_id=told.id, payment_session=session, created_at=told.created
    )
    before = dispute.status
    dispute.amount, dispute.currency, dispute.reason = told.amount, told.currency, told.reason
    dispute.evidence_due_by = told.evidence_due_by
    # Out of order, an older status must not undo a newer one or the bank's decision.
    if not dispute.has_passed(told.status):
        dispute.status = told.status
    if dispute.is_final and dispute.closed_at is None:
        dispute.closed_at = timezone.now()
    dispute.save()
    for line in told.lines:
        balances.book(line, session)
    if dispute.status != before:
        record(f"dispute.{_happened(dispute, before)}", session, event_data(dispute), STRIPE)
        signals.payment_disputed.send(PaymentSession, payment_session=session, dispute=dispute)
        tell_staff_of_dispute.enqueue(dispute_pk=dispute.pk, status=dispute.status)
    return dispute


def _happened(dispute: Dispute, before: str) -> str:
    if dispute.is_final:
        return dispute.status if dispute.status in ("won", "lost") else "closed"
    return "updated" if before else "opened"


def event_data(dispute: Dispute) -> dict[str, object]:
    """Return what an event says of a dispute."""
    due = dispute.evidence_due_by
    return {
        "payment_session_id": str(dispute.payment_session_id),
        "dispute_id": dispute.stripe_dispute_id,
        "dispute_status": dispute.status,
        "reason": dispute.reason,
        "amount": dispute.amount,
        "currency": dispute.currency,
        "evidence_due_by": due.isoformat() if due else None,
    }
