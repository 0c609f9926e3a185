"""What a caller asks a payment for, checked; InvalidPayment names the field."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from payments.errors import InvalidPayment
from payments.models import MAX_AMOUNT, Customer, PaymentSession, StripeAccount
from payments.return_urls import check_return_url
from tenants.currencies import CURRENCIES

# Stripe: at most 50 keys of 40 characters and values of 500 (docs.stripe.com/metadata); ours
# take some of them.
MAX_METADATA_KEYS = 40


@dataclass(frozen=True)
class CustomerDetails:
    email: str = ""
    name: str = ""
    phone: str = ""


def checked_return_url(url: object, *, field: str, own_hosts: Iterable[str]) -> str:
    """Return `url` if a checkout may return there; raises InvalidPayment, naming `field`."""
    origins = StripeAccount.objects.current().return_origins
    return check_return_url(url, field=field, own_hosts=own_hosts, origins=origins)


def short_text(value: object, field: str, longest: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise InvalidPayment(f"{field} must be 1 to {longest} printable characters", field=field)
    return value


def checked_amount(amount: object) -> int:
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise InvalidPayment("Amount must be a whole number", field="amount_pence")
    if amount < 0:
        raise InvalidPayment("Amount must be >= 0", field="amount_pence")
    if amount > MAX_AMOUNT:
        raise InvalidPayment(f"Amount must be <= {MAX_AMOUNT}", field="amount_pence")
    return amount


def checked_currency(currency: object) -> str:
    if not isinstance(currency, str) or currency.upper() not in CURRENCIES:
        raise InvalidPayment("currency must be an ISO 4217 code such as GBP", field="currency")
    return currency.upper()


def checked_metadata(metadata: Mapping[str, Any]) -> dict[str, str]:
    if len(metadata) > MAX_METADATA_KEYS:
        raise InvalidPayment(f"metadata has more than {MAX_METADATA_KEYS} keys", field="metadata")
    checked: dict[str, str] = {}
    for key, value in metadata.items():
        usable = isinstance(value, str | int | float | bool)
        if not 0 < len(key) <= 40 or not usable or len(str(value)) > 500:
            raise InvalidPayment(
                "metadata: keys have 1 to 40 characters, values are text or numbers of at most "
                "500 characters",
                field="metadata",
            )
        checked[key] = str(value)
    return checked


def checked_customer(details: CustomerDetails) -> Customer | None:
    """Return the Customer with this e-mail address, made or completed; None without one."""
    if not details.email:
        return None
    try:
        validate_email(details.email)
    except ValidationError:
        raise InvalidPayment(
            "customer.email is not an e-mail address", field="customer.email"
        ) from None
    return Customer(email=details.email.lower(), name=details.name[:200], phone=details.phone[:40])


def fingerprint(session: PaymentSession, customer: CustomerDetails) -> str:
    """Return a hash of everything the caller asked for, to recognise the same request again."""
    names = (
        "payable_type payable_id amount currency success_url cancel_url metadata description"
    ).split()
    asked = {name: getattr(session, name) for name in names} | asdict(customer)
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
