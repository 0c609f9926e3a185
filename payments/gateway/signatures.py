"""Is a delivery Stripe's? Its signature, its time, its shape."""

import json
import time
from collections.abc import Iterable
from typing import Any

import stripe

from payments.errors import WebhookRefused

# docs.stripe.com/webhooks, "Prevent replay attacks".
SIGNATURE_TOLERANCE_SECONDS = 300


def verify_webhook(body: bytes, header: str, secrets: Iterable[str]) -> dict[str, Any]:
    """Return the event in `body` if its `Stripe-Signature` was made with one of `secrets`.

    Raises WebhookRefused: “Invalid signature” for a bad, old or future one, “Invalid payload”
    for a body that is not an event.
    """
    try:
        payload = body.decode("utf-8")
    except UnicodeDecodeError:
        raise WebhookRefused("Invalid payload") from None
    if not any(_is_signed(payload, header, secret) for secret in secrets):
        raise WebhookRefused("Invalid signature")
    try:
        event = json.loads(payload)
        # Without an escape there is neither: both are refused in plain text.
        if "\\u" in payload:
            _refuse_nul_and_lone_surrogates(event)
    except (ValueError, RecursionError):
        raise WebhookRefused("Invalid payload") from None
    if not _is_event(event):
        raise WebhookRefused("Invalid payload")
    return dict(event)


def _refuse_nul_and_lone_surrogates(event: Any) -> None:
    """Raise ValueError for characters that PostgreSQL's jsonb can't hold."""
    if "\\u0000" in json.dumps(event):
        raise ValueError("a NUL character")
    json.dumps(event, ensure_ascii=False).encode("utf-8")


def _is_signed(payload: str, header: str, secret: str) -> bool:
    """Check one secret. The SDK raises many kinds of exception on a garbage header."""
    try:
        stripe.WebhookSignature.verify_header(
            payload, header, secret, tolerance=SIGNATURE_TOLERANCE_SECONDS
        )
        timestamp = next(int(part[2:]) for part in header.split(",") if part.startswith("t="))
    except Exception:  # noqa: BLE001 - whatever it is, it is not a valid signature
        return False
    # The SDK refuses old timestamps only; a future one would be replayable until then.
    return timestamp <= time.time() + SIGNATURE_TOLERANCE_SECONDS


def _is_event(event: Any) -> bool:
    if not isinstance(event, dict) or event.get("object", "event") != "event":
        return False
    data = event.get("data")
    created = event.get("created", 0)
    return (
        _is_name(event.get("id"), 255)
        and _is_name(event.get("type"), 100)
        and isinstance(created, int)
        and 0 <= created < 2**33
        and isinstance(data, dict)
        and isinstance(data.get("object"), dict)
    )


def _is_name(value: object, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest
