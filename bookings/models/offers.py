"""What pays a booking ahead: gift vouchers and passes. See bookings.models.discounts, too."""

import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Sum
from django.utils import timezone

from bookings.models.booking import REFERENCE_ALPHABET, Booking
from bookings.models.catalogue import Service
from payments.models import MAX_AMOUNT, PaymentSession, new_token

PREPAID_CODE_LENGTH = 12


def new_prepaid_code() -> str:
    """Return an unguessable code that people can type: 12 letters and digits, 58 random bits."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(PREPAID_CODE_LENGTH))


def readable(code: str) -> str:
    """Return a code in groups of four: 7K2M-PXQ4-9ABC."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def normal_code(typed: str) -> str:
    """Return a code as it is kept: upper case, without the spaces and dashes people add."""
    return "".join(character for character in typed.upper() if character.isalnum())


class VoucherSettingsManager(models.Manager["VoucherSettings"]):
    def current(self) -> "VoucherSettings":
        """Return this business's row; the defaults where it has none yet."""
        return self.first() or VoucherSettings()


class VoucherSettings(models.Model):
    """How a business sells gift vouchers. One row per business."""

    is_only_row = models.BooleanField(default=True, editable=False, unique=True)
    is_sold_online = models.BooleanField(default=False)
    minimum_amount = models.BigIntegerField(
        default=1000, validators=[MinValueValidator(1), MaxValueValidator(MAX_AMOUNT)]
    )
    maximum_amount = models.BigIntegerField(
        default=50000, validators=[MinValueValidator(1), MaxValueValidator(MAX_AMOUNT)]
    )
    valid_days = models.PositiveIntegerField(
        null=True, blank=True, default=365,
        validators=[MinValueValidator(1), MaxValueValidator(3660)],
        help_text="Empty: they never expire.",
    )  # fmt: skip

    objects = VoucherSettingsManager()

    class Meta:
        verbose_name = verbose_name_plural = "voucher rules"
        constraints = [
            models.CheckConstraint(
                name="bookings_voucher_limits",
                condition=Q(minimum_amount__gte=1, minimum_amount__lte=F("maximum_amount"))
                & Q(maximum_amount__lte=MAX_AMOUNT),
                violation_error_message="The smallest amount is at most the largest.",
            ),
        ]

    def __str__(self) -> str:
        return "Voucher rules"


#: What `Prepaid.state` may be.
STATES = ("unpaid", "active", "frozen", "used", "expired", "void")


class PrepaidQuerySet(models.QuerySet[Any]):
    def take(self, pk: int, amount: int, *, at: datetime) -> bool:
        """Use up `amount` if that much is left and good `at` that time; keep the row locked."""
        good = Q(expires_at=None) | Q(expires_at__gt=at)
        rows = self.filter(good, pk=pk, status=Prepaid.Status.ACTIVE, left__gte=amount)
        return bool(rows.filter(frozen_at=None).update(left=F("left") - amount))

    def in_state(self, state: str, now: datetime) -> Self:
        """Those whose `state` this is; none for a word that is no state."""
        is_expired, is_frozen = Q(expires_at__lte=now), Q(frozen_at__isnull=False)
        usable = Q(status=Prepaid.Status.ACTIVE) & ~is_frozen & (Q(expires_at=None) | ~is_expired)
        states = {
            "unpaid": Q(status=Prepaid.Status.UNPAID),
            "void": Q(status=Prepaid.Status.VOID),
            "frozen": Q(status=Prepaid.Status.ACTIVE) & is_frozen,
            "expired": Q(status=Prepaid.Status.ACTIVE) & ~is_frozen & is_expired,
            "used": usable & Q(left=0),
            "active": usable & Q(left__gt=0),
        }
        return self.filter(states[state]) if state in states else self.none()

    def lapsed(self, now: datetime) -> Self:
        """Those that have expired and are not closed yet; what is contested waits for the bank."""
        ended = self.filter(expires_at__lte=now, closed_at=None, frozen_at=None)
        return ended.filter(status=Prepaid.Status.ACTIVE)


class Prepaid(models.Model):
    """Paid for ahead and used up bit by bit: `initial` of it at first, `left` now.

    What is left moves only together with a movement, so that it equals the movements' sum.
    """

    class Status(models.TextChoices):
        UNPAID = "unpaid", "Not paid yet"
        ACTIVE = "active", "Good"
        VOID = "void", "Void"

    code = models.CharField(max_length=16, unique=True, default=new_prepaid_code, editable=False)
    access_token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.UNPAID)
    initial = models.BigIntegerField()
    left = models.BigIntegerField(default=0)
    # What was asked for it, in minor units; 0 when it was given.
    price = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(0))
    customer_name = models.CharField(max_length=200)
    customer_email = models.EmailField()
    payment = models.ForeignKey(
        PaymentSession, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # Counted from when it is issued; empty: it never expires.
    valid_days = models.PositiveIntegerField(null=True, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    # When what was left of it lapsed.
    closed_at = models.DateTimeField(null=True, blank=True)
    # While its payment is contested at the customer's bank nothing can be used of it.
    frozen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The API caller's name for the sale: asked for again, it is the same one.
    sale_key = models.CharField(max_length=200, db_default="", default="", editable=False)

    objects: ClassVar[PrepaidQuerySet] = PrepaidQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        abstract = True
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["sale_key"],
                condition=~Q(sale_key=""),
                name="%(app_label)s_%(class)s_once_a_key",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_left",
                condition=Q(left__gte=0, left__lte=F("initial")),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_amounts",
                condition=Q(initial__gte=1, price__gte=0, price__lte=MAX_AMOUNT),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_status",
                condition=Q(status="active") | Q(status__in=("unpaid", "void"), left=0),
            ),
        ]

    def __str__(self) -> str:
        return self.readable_code

    @property
    def readable_code(self) -> str:
        """The code in groups of four: 7K2M-PXQ4-9ABC."""
        return readable(self.code)

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def is_unpaid(self) -> bool:
        return self.status == self.Status.UNPAID

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    @property
    def state(self) -> str:
        """Its status, or what keeps it from use: one of STATES."""
        if not self.is_active:
            return self.status
        if self.frozen_at is not None:
            return "frozen"
        if self.is_expired(timezone.now()):
            return "expired"
        return "active" if self.left else "used"

    @property
    def is_sent(self) -> bool:
        """Is it sent to its owner by itself when it is issued?"""
        return True

    def expiry_from(self, now: datetime) -> datetime | None:
        """Return until when it is good if it is issued `now`; None: for ever."""
        return None if self.valid_days is None else now + timedelta(days=self.valid_days)

    def good_again_until(self, now: datetime) -> datetime | None:
        """Return how long what comes back to it after its end is good; None: it is not."""
        return None

    def value_of(self, amount: int) -> int:
        """Return what was paid for `amount` of it, in minor units, rounded down."""
        return self.price * amount // self.initial

    def used_by(self, booking: Booking) -> int:
        """Return how much of it a booking has used and not given back."""
        moved = self.movements.filter(booking=booking).aggregate(sum=Sum("change"))  # type: ignore[attr-defined]
        return -(moved["sum"] or 0)


class Voucher(Prepaid):
    """A gift voucher: `initial` and `left` are minor units of its currency."""

    recipient_name = models.CharField(max_length=200, blank=True)
    recipient_email = models.EmailField(blank=True)
    message = models.TextField(max_length=500, blank=True)

    class Meta(Prepaid.Meta):
        abstract = False


class PassType(models.Model):
    """A pass as it is sold: ten classes, valid three months."""

    name = models.CharField(max_length=120, unique=True)
    description = models.CharField(max_length=300, blank=True)
    price = models.BigIntegerField(validators=[MinValueValidator(0), MaxValueValidator(MAX_AMOUNT)])
    tax_rate = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal(0),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="Per cent; the price includes it.",
    )  # fmt: skip
    credits = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="How many times it pays for one person.",
    )
    valid_days = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(3660)],
        help_text="Counted from the day it is bought; empty: it never expires.",
    )  # fmt: skip
    services = models.ManyToManyField(
        Service, blank=True, help_text="What it pays for; none means everything."
    )
    is_sold_online = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                name="bookings_passtype_amounts",
                condition=Q(price__gte=0, price__lte=MAX_AMOUNT, credits__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Pass(Prepaid):
    """A customer's own pass, as it was sold: `initial` and `left` are credits.

    Each period of a membership is one as well, made when it was paid for.
    """

    # Empty for a period of a membership.
    pass_type = models.ForeignKey(
        PassType, null=True, blank=True, on_delete=models.PROTECT, related_name="passes"
    )
    membership = models.ForeignKey(
        "bookings.Membership", null=True, blank=True, on_delete=models.PROTECT,
        related_name="periods",
    )  # fmt: skip
    name = models.CharField(max_length=120)
    # The ids of the services it pays for, as it was sold; empty: all.
    service_ids = models.JSONField(default=list, blank=True)

    class Meta(Prepaid.Meta):
        abstract = False
        verbose_name_plural = "passes"
        indexes = [models.Index(fields=["customer_email"], name="bookings_pass_email")]
        constraints = [
            *Prepaid.Meta.constraints,
            models.UniqueConstraint(
                fields=["payment"], condition=Q(membership__isnull=False),
                name="bookings_pass_once_a_period",
            ),
        ]  # fmt: skip

    @property
    def word(self) -> str:
        """What its owner calls it."""
        return "membership" if self.membership_id else "pass"

    @property
    def is_sent(self) -> bool:
        return self.membership_id is None

    def expiry_from(self, now: datetime) -> datetime | None:
        """Return until when it is good if it is issued `now`; a period's end is known before."""
        return self.expires_at if self.membership_id else super().expiry_from(now)

    def good_again_until(self, now: datetime) -> datetime | None:
        if self.membership is None or not self.is_expired(now):
            return None
        return self.membership.good_until(now)

    def pays_for(self, service: Service | None) -> bool:
        return not self.service_ids or (service is not None and service.pk in self.service_ids)


class Movement(models.Model):
    """What was added to or taken from something prepaid; never changed or deleted."""

    class Kind(models.TextChoices):
        ISSUED = "issued", "Issued"
        USED = "used", "Used"
        GIVEN_BACK = "given_back", "Given back"
        REFUNDED = "refunded", "Refunded"
        VOIDED = "voided", "Voided"
        EXPIRED = "expired", "Expired"

    kind = models.CharField(max_length=12, choices=Kind)
    change = models.BigIntegerField()
    booking = models.ForeignKey(
        Booking, null=True, blank=True, on_delete=models.PROTECT, related_name="%(class)ss"
    )
    # What caused it: the same cause moves nothing twice.
    cause = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "kind", "cause"], name="%(app_label)s_%(class)s_once"
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_change", condition=~Q(change=0)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.change}"


class VoucherMovement(Movement):
    owner = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="movements")

    class Meta(Movement.Meta):
        abstract = False


class PassMovement(Movement):
    owner = models.ForeignKey(Pass, on_delete=models.PROTECT, related_name="movements")

    class Meta(Movement.Meta):
        abstract = False
