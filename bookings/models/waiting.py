"""Who waits for a place to come free, in the order in which they came."""

from datetime import datetime
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from bookings.models.booking import Booking
from bookings.models.catalogue import Service
from bookings.models.resources import Resource
from bookings.models.sessions import ClassSession
from payments.models import new_token


class WaitlistQuerySet(models.QuerySet["WaitlistEntry"]):
    def waiting(self) -> "WaitlistQuerySet":
        """Those who have not been offered anything yet, the first first."""
        return self.filter(status=WaitlistEntry.Status.WAITING).order_by("created_at", "id")

    def open(self) -> "WaitlistQuerySet":
        """Those who wait or hold an offer."""
        return self.filter(status__in=WaitlistEntry.OPEN)


class WaitlistEntry(models.Model):
    """Somebody who wants a place in a full class, or a time on days that are fully booked.

    An offer is a real booking that is held for them: nobody else can take the place meanwhile.
    """

    class Status(models.TextChoices):
        WAITING = "WAITING", "Waiting"
        OFFERED = "OFFERED", "Has an offer"
        TAKEN = "TAKEN", "Took the place"
        PASSED = "PASSED", "Declined the offer"
        EXPIRED = "EXPIRED", "Ran out"
        LEFT = "LEFT", "Left the list"

    OPEN = (Status.WAITING, Status.OFFERED)

    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT)
    # A class is waited for by itself, anything else by days.
    class_session = models.ForeignKey(
        ClassSession, null=True, blank=True, on_delete=models.PROTECT, related_name="waitlist"
    )
    first_day = models.DateField(help_text="In the business's time zone.")
    last_day = models.DateField()
    # When it may start, on the business's clocks; both empty: at any time.
    from_time = models.TimeField(null=True, blank=True)
    until_time = models.TimeField(null=True, blank=True)
    party_size = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    resource = models.ForeignKey(Resource, null=True, blank=True, on_delete=models.PROTECT)
    customer_name = models.CharField(max_length=200)
    customer_email = models.EmailField()
    customer_phone = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    offered_booking = models.OneToOneField(
        Booking, null=True, blank=True, on_delete=models.PROTECT, related_name="waitlist_entry"
    )
    offer_expires_at = models.DateTimeField(null=True, blank=True)
    # They said yes; a deposit may still be on its way.
    accepted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar["WaitlistQuerySet"] = WaitlistQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = "waitlist entries"
        indexes = [
            models.Index(
                fields=["created_at", "id"],
                condition=Q(status="WAITING"),
                name="bookings_waitlist_queue",
            ),
        ]
        constraints = [
            # One entry never has two offers, and none without a place that is held.
            models.CheckConstraint(
                name="bookings_waitlist_offer",
                condition=Q(
                    status="WAITING",
                    offered_booking__isnull=True,
                    offer_expires_at__isnull=True,
                    accepted_at__isnull=True,
                )
                | Q(
                    status__in="OFFERED TAKEN PASSED".split(),
                    offered_booking__isnull=False,
                    offer_expires_at__isnull=False,
                )
                | Q(status__in="EXPIRED LEFT".split()),
            ),
            models.CheckConstraint(
                name="bookings_waitlist_days", condition=Q(first_day__lte=F("last_day"))
            ),
            models.CheckConstraint(
                name="bookings_waitlist_window",
                condition=Q(from_time__isnull=True, until_time__isnull=True)
                | Q(from_time__lt=F("until_time")),
            ),
            models.CheckConstraint(name="bookings_waitlist_party", condition=Q(party_size__gte=1)),
            models.UniqueConstraint(
                fields=["service", "class_session", "first_day", "last_day", "customer_email"],
                condition=Q(status__in="WAITING OFFERED".split()),
                name="bookings_waitlist_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_name}: {self.service}"

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    def has_offer(self, now: datetime) -> bool:
        """Is a place held for them that they have not answered about?"""
        booking = self.offered_booking
        return (
            self.status == self.Status.OFFERED
            and self.accepted_at is None
            and booking is not None
            and booking.is_pending
            and (booking.hold_expires_at is None or booking.hold_expires_at > now)
        )
