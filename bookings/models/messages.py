"""When customers and staff are told something, by whom it is carried, and what was sent."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from access.models import User
from bookings.models.booking import Booking
from tenants.encryption import EncryptedTextField

MAX_REMINDERS = 5
LONGEST_MINUTES = 60 * 24 * 60


def default_reminders() -> list[int]:
    """Return the reminder times of a business that has chosen none: a day before."""
    return [24 * 60]


def check_reminders(value: object) -> None:
    """Raise ValidationError unless `value` is a list of different whole minutes before a start."""
    good = (
        isinstance(value, list)
        and len(value) <= MAX_REMINDERS
        and all(type(one) is int and 0 < one <= LONGEST_MINUTES for one in value)
        and len(set(value)) == len(value)
    )
    if not good:
        raise ValidationError(
            f"Give at most {MAX_REMINDERS} different times before the start, at most 60 days."
        )


class MessageSettingsManager(models.Manager["MessageSettings"]):
    def current(self) -> "MessageSettings":
        """Return this business's row; the defaults where it has none yet."""
        return self.first() or MessageSettings()


class MessageSettings(models.Model):
    """Which messages are sent when; one row per business."""

    is_only_row = models.BooleanField(default=True, editable=False, unique=True)
    # Minutes before the start, each a whole number.
    reminder_minutes = models.JSONField(
        default=default_reminders, blank=True, validators=[check_reminders]
    )
    review_delay_minutes = models.PositiveIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(LONGEST_MINUTES)],
        help_text="How long after the end customers are asked for a review; empty: never.",
    )  # fmt: skip
    review_link = models.URLField(
        blank=True, help_text="Where customers write it, for example your page on a map."
    )
    copy_to_business = models.BooleanField(
        default=True,
        help_text="Send a blind copy of confirmations and cancellations to the business's address.",
    )
    sms_confirmations = models.BooleanField("confirmations as text messages", default=False)
    sms_reminders = models.BooleanField("reminders as text messages", default=False)

    objects = MessageSettingsManager()

    class Meta:
        verbose_name = verbose_name_plural = "message settings"

    def __str__(self) -> str:
        return "Message settings"

    def clean(self) -> None:
        if self.review_delay_minutes is not None and not self.review_link:
            raise ValidationError({"review_link": "Say where customers write their review."})


class StaffPreference(models.Model):
    """What one person who works here is told by e-mail; without a row, nothing."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="message_preference")
    new = models.BooleanField("new bookings", default=False)
    changed = models.BooleanField("moved bookings", default=False)
    cancelled = models.BooleanField("cancelled bookings", default=False)

    class Meta:
        verbose_name = "notifications of one person"
        verbose_name_plural = "my notifications"

    def __str__(self) -> str:
        return str(self.user)


class SmsAccountManager(models.Manager["SmsAccount"]):
    def current(self) -> "SmsAccount":
        """Return this business's row; the defaults where it has none yet."""
        return self.first() or SmsAccount()


class SmsAccount(models.Model):
    """Who carries a business's text messages; one row per business."""

    class Provider(models.TextChoices):
        NONE = "none", "No text messages"
        CONSOLE = "console", "The worker's log: to try it out"
        TWILIO = "twilio", "Twilio"

    is_only_row = models.BooleanField(default=True, editable=False, unique=True)
    provider = models.CharField(max_length=10, choices=Provider, default=Provider.NONE)
    account_sid = models.CharField(
        "account SID", max_length=34, blank=True,
        validators=[RegexValidator(r"\AAC[0-9a-f]{32}\Z", "It is AC and 32 digits or a to f.")],
    )  # fmt: skip
    auth_token = EncryptedTextField(blank=True)
    sender = models.CharField(
        max_length=34, blank=True,
        validators=[RegexValidator(
            r"\A(\+[1-9][0-9]{6,14}|MG[0-9a-f]{32}|[A-Za-z0-9 ]{1,11})\Z",
            "Give a number as +441234567890, a messaging service (MG…), or up to eleven letters.",
        )],
        help_text="A number like +441234567890, a messaging service (MG…), or a short name.",
    )  # fmt: skip

    objects = SmsAccountManager()

    class Meta:
        verbose_name = verbose_name_plural = "text message account"

    def __str__(self) -> str:
        return self.get_provider_display()

    def clean(self) -> None:
        if self.provider != self.Provider.TWILIO:
            return
        missing = {
            name: "Twilio needs this."
            for name in ("account_sid", "auth_token", "sender")
            if not getattr(self, name)
        }
        if missing:
            raise ValidationError(missing)


class SentMessage(models.Model):
    """One message to one person about a booking: made before it is sent, never made twice.

    `key` tells apart what may be sent more than once: which reminder, of which start.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        SMS = "sms", "Text message"
        STAFF = "staff", "E-mail to staff"

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=20)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    key = models.CharField(max_length=120)
    # The start that it tells of; the booking may have moved since.
    starts_at = models.DateTimeField()
    # Staff only. Kept as a value: the row outlives the person's account.
    user_id = models.BigIntegerField(null=True, blank=True)
    # What the booking itself no longer knows: {"previous_start": ...}.
    details = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Set before a message goes out that must not go out twice.
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    problem = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager["SentMessage"]] = models.Manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "kind", "channel", "key"], name="bookings_message_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.key}"
