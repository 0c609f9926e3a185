"""What each look into Stripe's books found."""

from django.db import models
from django.utils import timezone


class ReconciliationReport(models.Model):
    """One run: what it repaired, and what it could not explain."""

    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    livemode = models.BooleanField(default=False)
    # How far back this run has looked.
    since = models.DateTimeField()
    events_recovered = models.PositiveIntegerField(default=0)
    events_finished = models.PositiveIntegerField(default=0)
    payments_settled = models.PositiveIntegerField(default=0)
    refunds_settled = models.PositiveIntegerField(default=0)
    lines_booked = models.PositiveIntegerField(default=0)
    payouts_matched = models.PositiveIntegerField(default=0)
    # {code: sentence}: what a person has to look at.
    problems = models.JSONField(default=dict)

    COUNTS = (
        ("events_recovered", "events that no webhook had brought"),
        ("events_finished", "events that had been stored and not acted on"),
        ("payments_settled", "payments settled by asking"),
        ("refunds_settled", "refunds settled by asking"),
        ("lines_booked", "lines of Stripe's balance booked"),
        ("payouts_matched", "payouts matched to their contents"),
    )

    class Meta:
        ordering = ["-id"]
        verbose_name = "comparison with Stripe"
        verbose_name_plural = "comparisons with Stripe"

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"

    @property
    def counted(self) -> list[str]:
        """What this run has done, in words."""
        return [
            f"{getattr(self, name)} {text}" for name, text in self.COUNTS if getattr(self, name)
        ]

    @property
    def changes(self) -> int:
        """How much this run changed; 0 when all had been in order."""
        return sum(getattr(self, name) for name, _ in self.COUNTS)

    @property
    def is_clean(self) -> bool:
        return not self.problems
