"""The two admin sites: the operator's on the platform's host, the staff's on a business's."""

from typing import Any

from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite

from tenants.current import in_platform


class OperatorSite(UnfoldAdminSite):
    """Businesses and their keys. Exists on the platform's own host only."""

    site_title = site_header = index_title = "Tillhouse"

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return in_platform() and bool(user.is_active and getattr(user, "is_superuser", False))


class StaffSite(UnfoldAdminSite):
    """One business, for the people who work there."""

    site_title = site_header = index_title = "Staff"

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        if in_platform() or not user.is_active or not user.is_authenticated:
            return False
        return not user.is_superuser


operator_site = OperatorSite(name="operator")
staff_site = StaffSite(name="staff")
