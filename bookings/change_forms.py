"""What staff fill in to change what was booked."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from bookings import plans
from bookings.admin_forms import resource_field, start_field
from bookings.models import AddOn, Booking, Resource, Service
from bookings.plans import Wish
from tenants.current import current_tenant


class AlterForm(forms.Form):
    """What a booking shall be; what stays as it is need not be touched."""

    service = forms.ModelChoiceField(
        queryset=Service.objects.none(), widget=UnfoldAdminSelectWidget(), empty_label=None
    )
    party_size = forms.IntegerField(
        min_value=1, label="People",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "number"}),
    )  # fmt: skip
    add_ons = forms.ModelMultipleChoiceField(
        queryset=AddOn.objects.none(), required=False, label="Extras",
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )  # fmt: skip
    starts_at = start_field("When")
    resource = resource_field()
    gives_back = forms.BooleanField(
        label="Give back what was paid above the new deposit",
        help_text="Otherwise it stays as a part of the price; only what is above that goes back.",
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
    )
    # What the figures on the screen were worked out from: changed fields are shown again first.
    seen = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, data: Any, *, booking: Booking) -> None:
        self.sold = plans.sold(booking)
        local = booking.starts_at.astimezone(current_tenant().zone)
        self.shown_start = local.strftime("%Y-%m-%dT%H:%M")
        self.booking = booking
        super().__init__(
            data,
            initial={
                "service": booking.service_id,
                "party_size": booking.party_size,
                "add_ons": [one.pk for one in self.sold.add_ons],
                "starts_at": self.shown_start,
                "gives_back": True,
            },
        )
        services = Service.objects.filter(is_active=True) | Service.objects.filter(
            pk=booking.service_id or 0
        )
        self.fields["service"].queryset = services  # type: ignore[attr-defined]
        self.fields["resource"].queryset = Resource.objects.filter(is_active=True)  # type: ignore[attr-defined]
        extras = AddOn.objects.filter(service__in=services, is_active=True)
        extras = extras.select_related("service").order_by("service__name", "name")
        field = self.fields["add_ons"]
        field.queryset = extras  # type: ignore[attr-defined]
        field.label_from_instance = lambda extra: f"{extra.name} ({extra.service.name})"  # type: ignore[attr-defined]
        if not extras:
            del self.fields["add_ons"]

    def clean_starts_at(self) -> datetime:
        """Return the instant; Django has read it on the business's clocks."""
        typed: datetime = self.cleaned_data["starts_at"]
        # A booking may begin within a minute: untouched, it stays there.
        same = typed.astimezone(current_tenant().zone).strftime("%Y-%m-%dT%H:%M")
        return self.booking.starts_at if same == self.shown_start else typed.astimezone(UTC)

    @property
    def wish(self) -> Wish:
        """Return what the form asks for; further services of a visit stay."""
        typed = self.cleaned_data
        resource, services = typed["resource"], (typed["service"], *self.sold.services[1:])
        extras = typed.get("add_ons")
        return Wish(
            typed["starts_at"],
            resource.pk if resource else None,
            typed["party_size"],
            services,
            None if extras is None else tuple(one for one in extras if one.service in services),
        )

    @property
    def fingerprint(self) -> str:
        """Return what decides about the figures."""
        wish = self.wish
        return (
            f"{wish.starts_at}|{wish.resource_id}|{wish.party_size}|"
            + "|".join(str(one.pk) for one in (*(wish.services or ()), *(wish.add_ons or ())))
            + f"|{self.cleaned_data['gives_back']}"
        )

    def field_for(self, name: str | None) -> str | None:
        """Return the form's own name of a field that a refusal names, if it has it."""
        names = {"booking_date": "starts_at", "service_name": "service"}
        own = names.get(name or "", name)
        return own if own in self.fields else None
