"""The staff's page for one customer's wish: to see what is held on them, or to be erased."""

import logging
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from tenants import personal
from tenants.admin_sites import BusinessPage, form_page, staff_site

logger = logging.getLogger(__name__)
SHOW, ERASE = "show", "erase"
MAY_SHOW, MAY_ERASE = "access.export_customer", "access.erase_customer"
INTRO = (
    "A customer may ask what you hold on them, and to be erased. The download holds everything "
    "under their e-mail address, for people and for programs. Erasing can't be undone: name, "
    "address, phone, notes and answers go; amounts, dates and the books stay. What Stripe itself "
    "holds is erased in its dashboard."
)


class CustomerDataForm(forms.Form):
    """Whose data, and what is to be done with it."""

    email = forms.EmailField(label="Their e-mail address", widget=UnfoldAdminEmailInputWidget())
    what = forms.ChoiceField(
        label="What to do",
        choices=[(SHOW, "Download what is held on them"), (ERASE, "Erase them")],
        widget=UnfoldAdminSelectWidget(),
    )
    typed = forms.CharField(
        label="The address once more",
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Only to erase them: type it again to confirm.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("what") == ERASE and cleaned.get("typed", "").strip() != cleaned.get(
            "email"
        ):
            self.add_error("typed", "To erase them, type the same address here again.")
        return cleaned


def customer_data_view(request: HttpRequest) -> HttpResponse:
    """Download or erase one customer's data."""
    if not request.user.has_perm(MAY_SHOW):
        raise PermissionDenied
    form = CustomerDataForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        email = form.cleaned_data["email"]
        try:
            if form.cleaned_data["what"] == SHOW:
                return _download(email)
            if request.user.has_perm(MAY_ERASE):
                _erase(request, email)
                return redirect(request.path)
            form.add_error("what", "Only an owner may erase a customer.")
        except personal.ErasureRefused as refused:
            form.add_error(None, refused.message)
        except personal.UnknownColumns:
            logger.exception("A customer's data can't be told apart")
            form.add_error(None, "This is being brought up to date. Try again in a few minutes.")
    return form_page(
        staff_site, request, form, title="A customer's data", button="Do it", intro=INTRO
    )


def _download(email: str) -> HttpResponse:
    return HttpResponse(
        personal.package(email),
        content_type="application/zip",
        headers={
            "Content-Disposition": 'attachment; filename="customer.zip"',
            "Cache-Control": "no-store",
        },
    )


def _erase(request: HttpRequest, email: str) -> None:
    changed = personal.erase(email, actor=request.user.get_username())
    if changed:
        messages.success(request, f"{email} is erased.")
    else:
        messages.info(request, f"Nothing is held on {email}.")


staff_site.pages.append(BusinessPage("customer-data", "A customer's data", customer_data_view))
