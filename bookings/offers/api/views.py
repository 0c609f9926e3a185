"""What the calls about one sold thing have in common."""

from typing import Any, TypeVar

from django.db.models import QuerySet
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from access.authentication import holder_token
from access.models import APIKey
from access.permissions import IsMemberOrHolder, is_member
from bookings.errors import BookingError
from bookings.models import Membership, Pass, Voucher

AnySold = TypeVar("AnySold", Voucher, Pass, Membership)


class NotSold(BookingError):
    """This business has sold no such thing."""

    code = "not_found"
    status = 404


class OneSoldView(APIView):
    """The base of the calls about one of them: for members, and for who holds its token."""

    permission_classes = [IsMemberOrHolder]

    def one(self, request: Request, found: QuerySet[AnySold], pk: int, what: str) -> AnySold:
        """Return the row `pk` of `found`; to anyone but members an unknown one is like another's.

        Raises NotSold, NotAuthenticated.
        """
        item = found.filter(pk=min(pk, 2**63 - 1)).first()
        if is_member(request, self):
            if item is None:
                raise NotSold(f"{what.capitalize()} not found")
            return item
        if item is None or item.access_token != holder_token(request):
            raise NotAuthenticated(
                f"Send an API key of this business, or the token of this {what}."
            )
        return item

    def code_of(self, request: Request, item: Any) -> dict[str, str]:
        """Return its code for whoever could spend it anyway: not for a key that only reads."""
        reads_only = isinstance(request.auth, APIKey) and not request.auth.may_write
        return {} if reads_only else {"code": item.readable_code}
