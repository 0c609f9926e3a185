"""Payments that a customer contests at their bank."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from payments.models.payment import PaymentSession


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def needing_response(self) -> "DisputeQuerySet":
        """Disputes for which the bank waits for evidence, the most urgent first."""
        return self.filter(status__in=Dispute.NEEDS_RESPONSE).order_by("evidence_due_by")


class Dispute(models.Model):
    """What Stripe says of one dispute. Statuses: docs.stripe.com/api/disputes/object."""

    class Status(models.TextChoices):
        WARNING_NEEDS_RESPONSE = "warning_needs_response", "Inquiry: answer needed"
        WARNING_UNDER_REVIEW = "warning_under_review", "Inquiry: under review"
        WARNING_CLOSED = "warning_closed", "Inquiry closed"
        NEEDS_RESPONSE = "needs_response", "Evidence needed"
        UNDER_REVIEW = "under_review", "Under review"
        WON = "won", "Won"
        LOST = "lost", "Lost"
        PREVENTED = "prevented", "Prevented"

    #: An open dispute moves down this list only, whatever order we hear in.
    COURSE = (
        Status.WARNING_NEEDS_RESPONSE,
        Status.WARNING_UNDER_REVIEW,
        Status.NEEDS_RESPONSE,
        Status.UNDER_REVIEW,
    )
    NEEDS_RESPONSE = (Status.WARNING_NEEDS_RESPONSE, Status.NEEDS_RESPONSE)
    FINAL = (Status.WARNING_CLOSED, Status.WON, Status.LOST, Status.PREVENTED)
    HARMLESS = (Status.WARNING_CLOSED, Status.WON, Status.PREVENTED)

    stripe_dispute_id = models.CharField(max_length=255, unique=True)
    payment_session = models.ForeignKey(
        PaymentSession, on_delete=models.PROTECT, related_name="disputes"
    )
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=50, blank=True)
    status = models.CharField(max_length=30)
    evidence_due_by = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[DisputeQuerySet] = DisputeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.stripe_dispute_id

    @property
    def status_text(self) -> str:
        """The status in words; Stripe may add statuses that we don't know."""
        return dict(self.Status.choices).get(self.status) or self.status.replace("_", " ").title()

    @property
    def reason_text(self) -> str:
        return self.reason.replace("_", " ").capitalize()

    def has_passed(self, status: str) -> bool:
        """Has the dispute gone further than `status` already?"""
        if self.is_final:
            return True
        if self.status not in self.COURSE or status not in self.COURSE:
            return False
        return self.COURSE.index(self.Status(status)) < self.COURSE.index(self.Status(self.status))

    @property
    def holds_money(self) -> bool:
        """Is its money not the business's to refund: undecided, or lost?"""
        return self.status not in self.HARMLESS

    @property
    def is_final(self) -> bool:
        return self.status in self.FINAL
