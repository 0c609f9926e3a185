"""Who may call an endpoint. Closed by default: a view that says nothing gets the first class."""

from typing import Any

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from access.authentication import HolderToken, holder_token
from access.models import APIKey, User


def is_member(request: Request, view: Any) -> bool:
    """Is the caller an API key whose scope covers the method, or staff with the permission?

    A view may name what staff need as ``staff_permissions = {"GET": "bookings.view_booking"}``.
    """
    if isinstance(request.auth, APIKey):
        return request.method in SAFE_METHODS or request.auth.may_write
    if isinstance(request.user, User):
        needed = getattr(view, "staff_permissions", {}).get(request.method)
        return needed is None or request.user.has_perm(needed)
    return False


class IsMemberOfBusiness(BasePermission):
    """API keys (a write scope for anything but reading) and signed-in staff."""

    message = "Send an API key of this business as “Authorization: Bearer <key>”."

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, HolderToken):
            raise NotAuthenticated("This is not a valid API key of this business.")
        if not isinstance(request.auth, APIKey) and not isinstance(request.user, User):
            raise NotAuthenticated(self.message)
        if isinstance(request.auth, APIKey):
            self.message = "This API key may only read."
        elif isinstance(request.user, User):
            self.message = "Your role does not allow this."
        return is_member(request, view)


class IsMemberOrHolder(IsMemberOfBusiness):
    """Also whoever sends a token; the view must then check it against the one object asked for."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if holder_token(request) and not isinstance(request.auth, APIKey):
            return True
        return super().has_permission(request, view)


class IsAnyone(BasePermission):
    """Everyone; but a bearer value that is given must be a good API key for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, APIKey):
            self.message = "This API key may only read."
            return is_member(request, view)
        if isinstance(request.auth, HolderToken) and request.method not in SAFE_METHODS:
            self.message = "This is not a valid API key of this business."
            raise NotAuthenticated(self.message)
        return True
