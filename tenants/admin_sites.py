"""The two admin sites: the operator's on the platform's host, the staff's on a business's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from unfold.sites import UnfoldAdminSite

from tenants.current import in_platform


@dataclass(frozen=True)
class BusinessPage:
    """A page about one business that an app above adds to one of the sites."""

    slug: str
    title: str
    view: Callable[..., HttpResponse]


@dataclass(frozen=True)
class PageAction:
    """A button beside a page's form: posts `name` as ``action``. `needs` names a stored value.

    With a `warning` the button opens it first, and a second one acts.
    """

    name: str
    label: str
    needs: str = ""
    warning: str = ""


class OperatorSite(UnfoldAdminSite):
    """Businesses and their keys. Exists on the platform's own host only."""

    settings_name = "UNFOLD_OPERATOR"
    index_title = "Overview"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.business_pages: list[BusinessPage] = []

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return in_platform() and bool(user.is_active and getattr(user, "is_superuser", False))

    def extra_urls(self) -> list[URLPattern]:
        return [
            path(
                f"business/<int:tenant_id>/{page.slug}/",
                self.admin_view(page.view),
                name=f"business_{page.slug}",
            )
            for page in self.business_pages
        ]

    def pages_of(self, tenant_id: int) -> list[tuple[str, str]]:
        """Return (title, address) of each page about a business."""
        return [
            (page.title, reverse(f"operator:business_{page.slug}", args=[tenant_id]))
            for page in self.business_pages
        ]


class StaffSite(UnfoldAdminSite):
    """One business, for the people who work there."""

    settings_name = "UNFOLD_STAFF"
    index_title = "Today"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.pages: list[BusinessPage] = []

    def extra_urls(self) -> list[URLPattern]:
        return [
            path(f"{page.slug}/", self.admin_view(page.view), name=page.slug) for page in self.pages
        ]

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        if in_platform() or not user.is_authenticated or not user.is_active:
            return False
        return not user.is_superuser


operator_site = OperatorSite("operator")
staff_site = StaffSite("staff")


def form_page(
    site: UnfoldAdminSite,
    request: HttpRequest,
    form: Any,
    *,
    title: str,
    button: str,
    intro: str = "",
    back: str = "/admin/",
    danger: bool = False,
    facts: Iterable[tuple[str, str]] = (),
    actions: Iterable[PageAction] = (),
) -> HttpResponse:
    """Return a page of the admin that holds one form, below `facts` and above `actions`."""
    context = {
        **site.each_context(request),
        "title": title,
        "form": form,
        "button": button,
        "intro": intro,
        "back": back,
        "danger": danger,
        "facts": list(facts),
        "actions": list(actions),
    }
    status = 400 if form.is_bound and not form.is_valid() else 200
    return render(request, "admin/form_page.html", context, status=status)


class ReadOnlyMixin:
    """A list to look at: nothing is added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


__all__ = [
    "BusinessPage",
    "PageAction",
    "ReadOnlyMixin",
    "form_page",
    "operator_site",
    "staff_site",
]
