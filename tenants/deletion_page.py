"""The operator's page on which a business is deleted, or kept after all."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from unfold.widgets import UnfoldAdminTextInputWidget

from tenants.admin_sites import BusinessPage, form_page, operator_site
from tenants.lifecycle import deleting
from tenants.lifecycle.errors import LifecycleError
from tenants.models import Tenant


class DeletionForm(forms.Form):
    """The name of the business, typed."""

    typed = forms.CharField(
        label="The first part of its address", widget=UnfoldAdminTextInputWidget()
    )

    def __init__(self, tenant: Tenant, *args: Any) -> None:
        super().__init__(*args)
        self.tenant = tenant
        self.fields["typed"].help_text = f"Type {tenant.label} to confirm."

    def clean_typed(self) -> str:
        if self.cleaned_data["typed"].strip() != self.tenant.label:
            raise ValidationError(f"This is not {self.tenant.label}. Nothing was deleted.")
        return self.tenant.label


def deletion_view(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """Mark a business for deletion on a typed confirmation; keep one that is marked."""
    tenant = get_object_or_404(Tenant.objects.with_hosts(), pk=tenant_id)
    is_going = tenant.status in deleting.GOING
    data = request.POST if request.method == "POST" else None
    form = forms.Form(data) if is_going else DeletionForm(tenant, data)
    if form.is_bound and form.is_valid():
        try:
            _change(request, tenant, is_going=is_going)
        except LifecycleError as error:
            messages.error(request, error.message)
        return redirect("operator:tenants_tenant_change", tenant.pk)
    return form_page(
        operator_site,
        request,
        form,
        title=f"{'Keep' if is_going else 'Delete'} {tenant.name}",
        button="Keep it" if is_going else "Delete the business",
        intro=_intro(tenant, is_going=is_going),
        facts=[("To be settled first", sentence) for sentence in deleting.obstacles(tenant)],
        back=f"/admin/tenants/tenant/{tenant.pk}/change/",
        danger=not is_going,
    )


def _change(request: HttpRequest, tenant: Tenant, *, is_going: bool) -> None:
    actor = request.user.get_username()
    if is_going:
        kept = deleting.keep(tenant, actor=actor)
        messages.success(request, f"{kept.name} is kept: {kept.get_status_display().lower()}.")
    else:
        marked = deleting.mark(tenant, actor=actor)
        when = f"{marked.delete_after:%Y-%m-%d %H:%M} UTC"
        messages.success(request, f"{marked.name} is off the air, and deleted after {when}.")


def _intro(tenant: Tenant, *, is_going: bool) -> str:
    if is_going:
        return (
            f"It is deleted for good after {tenant.delete_after:%Y-%m-%d %H:%M} UTC, once its last "
            "export is written. Until then it can be kept as it was."
        )
    days = deleting.waiting_period().days
    return (
        "Its pages are off the air at once; what Stripe tells it still arrives. It can be kept "
        f"within {days} days. After that its last export is written and it is deleted for good."
    )


operator_site.business_pages.append(BusinessPage("deletion", "Delete or keep", deletion_view))
