"""What a payment is for, in the business's language: customers read it on Stripe's pages too."""

from bookings.messages.texts import LANGUAGES
from notifications.texts import in_language


def described(what: str, **names: str) -> str:
    """Return what a payment of the kind `what` is for, with its `names` filled in."""
    return in_language(LANGUAGES).PAYMENTS[what].format(**names)
