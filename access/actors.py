"""Who did something: recorded with every event and refund."""

from dataclasses import dataclass

from django.http import HttpRequest
from rest_framework.request import Request

from access.models import APIKey, User


@dataclass(frozen=True)
class Actor:
    """`kind` is staff, api_key, customer, stripe or system; `label` is for people."""

    kind: str
    label: str = ""


SYSTEM = Actor("system")
STRIPE = Actor("stripe")
CUSTOMER = Actor("customer")


def staff_actor(request: HttpRequest) -> Actor:
    """Return the person who is signed in to an admin site as staff."""
    return Actor("staff", request.user.get_username())


def actor_of(request: Request) -> Actor:
    """Return who sent an API request that passed authentication, else the customer."""
    if isinstance(request.auth, APIKey):
        return Actor("api_key", request.auth.prefix)
    if isinstance(request.user, User):
        return Actor("staff", request.user.email)
    return CUSTOMER
