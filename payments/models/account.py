"""The business's own Stripe account: its keys, its switches, how its webhooks fare."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from tenants.currencies import CURRENCIES
from tenants.encryption import EncryptedTextField
from tenants.statements import Rows

CURRENCY_CHOICES = [(code, code) for code in CURRENCIES]


def is_live(key: str) -> bool:
    """Does `key` move real money?"""
    return key.startswith(("sk_live_", "rk_live_"))


def mode_name(livemode: bool) -> str:
    return "live" if livemode else "test"


class StripeAccountManager(models.Manager["StripeAccount"]):
    def current(self) -> "StripeAccount":
        """Return this business's account row; it is made with the business."""
        rows = _ONLY_ROW()
        if not rows:
            raise StripeAccount.DoesNotExist("This business has no Stripe account row.")
        return rows[0]


class StripeAccount(models.Model):
    """The business's own Stripe keys and its payment switches: one row per schema."""

    is_only_row = models.BooleanField(default=True, editable=False, unique=True)
    secret_key = EncryptedTextField(
        blank=True, help_text="A secret (sk_…) or, better, a restricted (rk_…) key."
    )
    publishable_key = models.CharField(max_length=255, blank=True)
    webhook_secret = EncryptedTextField(blank=True, help_text="Starts with whsec_.")
    previous_webhook_secret = EncryptedTextField(
        blank=True, help_text="Accepted as well while you change the webhook secret."
    )
    livemode = models.BooleanField(default=False, editable=False)
    # Known once a key has been tried at Stripe; another account's key is refused after that.
    stripe_account_id = models.CharField(max_length=255, blank=True, editable=False)
    charges_enabled = models.BooleanField(default=True, editable=False)
    # {"test" or "live": [account's id, connected_at]}: each mode has its own books.
    known_accounts = models.JSONField(default=dict, blank=True, editable=False)
    # The books begin here: what Stripe's balance held before is the opening balance.
    connected_at = models.DateTimeField(null=True, blank=True, editable=False)
    stripe_webhook_endpoint_id = models.CharField(max_length=255, blank=True, editable=False)
    default_currency = models.CharField(max_length=3, choices=CURRENCY_CHOICES)
    payments_enabled = models.BooleanField(default=False)
    return_origins = models.JSONField(
        default=list,
        blank=True,
        help_text="Other origins that a checkout may return to, e.g. https://www.example.com.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[StripeAccountManager] = StripeAccountManager()

    class Meta:
        verbose_name = "Stripe account"
        verbose_name_plural = "Stripe account"
        constraints = [
            models.CheckConstraint(name="payments_account_only_row", condition=Q(is_only_row=True))
        ]

    def __str__(self) -> str:
        return "Stripe account"

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Without a key the mode stays: the books of that mode do.
        if self.secret_key:
            self.livemode = is_live(self.secret_key)
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = {*kwargs["update_fields"], "livemode", "updated_at"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse keys that are no keys, a mix of test and live, and a switch without keys."""
        _check_prefix("secret_key", self.secret_key, "sk_test_ sk_live_ rk_test_ rk_live_")
        _check_prefix("publishable_key", self.publishable_key, "pk_test_ pk_live_")
        for name in ("webhook_secret", "previous_webhook_secret"):
            _check_prefix(name, getattr(self, name), "whsec_")
        live = "_live_" in self.secret_key
        if live and settings.STRIPE_API_BASE:
            raise ValidationError({"secret_key": "A live key can't be used with the sandbox."})
        if self.secret_key and self.publishable_key and live != ("_live_" in self.publishable_key):
            raise ValidationError(
                {"publishable_key": "One key is for test mode and the other for live mode."}
            )
        if self.payments_enabled and not self.secret_key:
            raise ValidationError({"payments_enabled": "Payments need a secret key first."})
        _check_origins(self.return_origins)

    def known_account(self, livemode: bool) -> tuple[str, datetime | None]:
        """Return whose books the business has in that mode, and since when; ("", None) if none."""
        known = self.known_accounts.get(mode_name(livemode))
        if known:
            return known[0], datetime.fromisoformat(known[1])
        if livemode == self.livemode:
            return self.stripe_account_id, self.connected_at
        return "", None

    def remember_account(self, account_id: str, connected_at: datetime) -> None:
        """Begin, or go on with, the books of `account_id` in the present key's mode."""
        mode = mode_name(is_live(self.secret_key))
        self.stripe_account_id, self.connected_at = account_id, connected_at
        self.known_accounts = {
            **self.known_accounts, mode: [account_id, connected_at.isoformat()]
        }  # fmt: skip

    @property
    def webhook_secrets(self) -> list[str]:
        """The secrets that a delivery may be signed with, the current one first."""
        return [secret for secret in (self.webhook_secret, self.previous_webhook_secret) if secret]


_ONLY_ROW = Rows(StripeAccount, StripeAccount.objects.all)


def _check_prefix(field: str, value: str, prefixes: str) -> None:
    allowed = tuple(prefixes.split())
    if value and not (value.startswith(allowed) and value.isascii() and value.isprintable()):
        expected = " or ".join(f"{prefix}…" for prefix in allowed)
        raise ValidationError({field: f"This does not look right: it should start with {expected}"})


def _check_origins(origins: Any) -> None:
    from payments.return_urls import origin_of

    if not isinstance(origins, list) or not all(
        isinstance(origin, str) and origin_of(origin) == origin for origin in origins
    ):
        raise ValidationError(
            {"return_origins": 'Give a list such as ["https://www.example.com"], without a path.'}
        )
