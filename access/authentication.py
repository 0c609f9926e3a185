"""How a request says who it is: ``Authorization: Bearer`` or a staff session."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from access import roles
from access.models import APIKey, User


@dataclass(frozen=True)
class HolderToken:
    """A bearer value that is no API key: maybe the token of one booking or payment."""

    value: str

    def __bool__(self) -> bool:
        return bool(self.value)


class BearerAuthentication(BaseAuthentication):
    """An API key of this business, or a token that the view itself has to check.

    RFC 6750, section 2.1. Keys are looked up in this business's schema only, so another
    business's key is just an unknown value here.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, APIKey | HolderToken] | None:
        scheme, _, value = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            return None
        value = value.strip()
        return AnonymousUser(), APIKey.objects.usable(value) or HolderToken(value)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class StaffSessionAuthentication(SessionAuthentication):
    """The signed-in session of someone who works here; CSRF is enforced."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        user = found[0]
        if not isinstance(user, User) or user.role not in roles.BUSINESS_ROLES:
            return None
        return user, None


def holder_token(request: Request) -> str:
    """Return the token of the booking or payment that the caller says to hold, or ""."""
    token = request.query_params.get("token", "")
    if not token and isinstance(request.auth, HolderToken):
        token = request.auth.value
    return token if token.isascii() and token.isprintable() and len(token) <= 100 else ""
