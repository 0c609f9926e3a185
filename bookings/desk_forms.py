"""What staff fill in when they book for somebody at the desk or on the phone."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from bookings.choices import MOST_SERVICES, questions_of
from bookings.diary import Wanted
from bookings.form_fields import day_field, moment_field
from bookings.forms import question_field
from bookings.models import AddOn, Resource, Service, normal_code
from bookings.offers.quotes import Quote
from bookings.wishes import Price
from tenants.templatetags.business import minutes, money

LARGEST_PARTY = 1000


class VisitForm(forms.Form):
    """What somebody would like, as it stands in the page's address.

    Unlike a customer's choice it may be anything that the business has: also what is not booked
    online, parties of other sizes, and any of the people who do it.
    """

    service = forms.ModelChoiceField(
        queryset=Service.objects.none(), to_field_name="slug", empty_label="Please choose",
        widget=UnfoldAdminSelectWidget(),
    )  # fmt: skip

    def __init__(self, query: QueryDict) -> None:
        services = Service.objects.filter(is_active=True)
        self.chosen = services.filter(slug=query.get("service", "")).first()
        super().__init__(self._still_possible(query) if query.get("service") else None)
        self.fields["service"].queryset = services  # type: ignore[attr-defined]
        if self.chosen is not None:
            self.fields.update(self._options(self.chosen))

    def _still_possible(self, query: QueryDict) -> QueryDict:
        """Leave out what went with a service that was chosen before."""
        data = query.copy()
        if self.chosen is None:
            return data
        data.setdefault("people", str(self.chosen.party_min))
        for name, field in self._options(self.chosen).items():
            if isinstance(field, forms.ModelChoiceField):
                key = field.to_field_name or "pk"
                known = {str(getattr(one, key)) for one in field.queryset or ()}
                data.setlist(name, [one for one in query.getlist(name) if one in known])
        return data

    def _options(self, service: Service) -> dict[str, forms.Field]:
        options: dict[str, forms.Field] = {
            "people": forms.IntegerField(
                min_value=1, max_value=LARGEST_PARTY, label="People",
                widget=UnfoldAdminTextInputWidget(attrs={"type": "number", "min": 1}),
            ),
        }  # fmt: skip
        if service.kind != Service.Kind.CLASS:
            options["with"] = forms.ModelChoiceField(
                queryset=resources_for(service), required=False, widget=UnfoldAdminSelectWidget(),
                label="Which table" if service.kind == Service.Kind.TABLE else "With whom or where",
                empty_label="Whichever is free",
            )  # fmt: skip
        extras = AddOn.objects.filter(service=service, is_active=True)
        if extras.exists():
            options["extra"] = _ticks("Extras", extras, _extra_text)
        others = Service.objects.filter(is_active=True, kind=Service.Kind.APPOINTMENT)
        others = others.exclude(pk=service.pk)
        if service.kind == Service.Kind.APPOINTMENT and others.exists():
            options["also"] = _ticks("In the same visit, right after", others, _service_text)
            options["also"].to_field_name = "slug"  # type: ignore[attr-defined]
        return options

    def clean_also(self) -> list[Service]:
        more = list(self.cleaned_data["also"])
        if len(more) >= MOST_SERVICES:
            raise forms.ValidationError(f"At most {MOST_SERVICES} services fit one visit.")
        return more

    @property
    def wanted(self) -> Wanted:
        """What a valid form asks for."""
        given = self.cleaned_data
        resource = given.get("with")
        return Wanted(
            (given["service"], *given.get("also", ())),
            tuple(given.get("extra", ())),
            given["people"],
            resource.pk if resource else None,
        )


def _ticks(label: str, queryset: Any, text: Any) -> forms.Field:
    field = forms.ModelMultipleChoiceField(
        queryset=queryset, required=False, label=label,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )  # fmt: skip
    field.label_from_instance = text  # type: ignore[method-assign]
    return field


def _extra_text(extra: AddOn) -> str:
    more = [f"+{minutes(extra.minutes)}"] * bool(extra.minutes)
    return ", ".join([extra.name, *more, *[money(extra.price)] * bool(extra.price)])


def _service_text(service: Service) -> str:
    return f"{service.name}, {minutes(service.duration_minutes)}, {money(service.price)}"


def resources_for(service: Service) -> Any:
    """Return who or what may do `service`: all of the right kind, where nobody is named."""
    active = Resource.objects.filter(is_active=True)
    own = active.filter(service=service)
    if own.exists():
        return own
    is_table = service.kind == Service.Kind.TABLE
    return active.filter(kind="table") if is_table else active.exclude(kind="table")


class TimeForm(forms.Form):
    """Which day's times to show, or a time of one's own."""

    date = day_field(label="Day", required=False)
    at = moment_field(
        label="Or a time of your own", required=False,
        help_text="On the business's own clocks; also outside the opening hours.",
    )  # fmt: skip

    def clean_at(self) -> datetime | None:
        typed: datetime | None = self.cleaned_data["at"]
        return typed.astimezone(UTC) if typed else None


def _code_field(label: str) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=40, required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )  # fmt: skip


class DeskBookingForm(forms.Form):
    """Who comes, with which codes, and what of the deposit."""

    NONE, LINK = "none", "link"

    customer_name = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget())
    customer_email = forms.EmailField(max_length=254, widget=UnfoldAdminEmailInputWidget())
    customer_phone = forms.CharField(
        max_length=40, required=False, widget=UnfoldAdminTextInputWidget()
    )
    guest_name = forms.CharField(
        max_length=200, required=False, label="For somebody else",
        help_text="Who comes, if it is not the customer.", widget=UnfoldAdminTextInputWidget(),
    )  # fmt: skip
    notes = forms.CharField(
        max_length=2000, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )
    discount_code = _code_field("Discount code")
    prepaid_code = _code_field("Voucher, pass or membership")
    # What the codes do, as it was shown: others are shown before anything is booked.
    seen = forms.CharField(required=False, widget=forms.HiddenInput())

    CODES = ("discount_code", "prepaid_code")

    def __init__(self, data: Any, *, wanted: Wanted, price: Price, takes_payments: bool) -> None:
        super().__init__(data)
        self.questions = questions_of(wanted.services)
        for question in self.questions:
            field = question_field(question)
            field.widget = _in_the_admins_look(field)
            self.fields[f"question_{question.pk}"] = field
        if wanted.service.consent_text:
            self.fields["consent_given"] = forms.BooleanField(
                required=False, label=f"The customer agrees: {wanted.service.consent_text}",
                widget=UnfoldBooleanSwitchWidget(),
            )  # fmt: skip
        if price.deposit and takes_payments:
            self._add_deposit(price)

    def _add_deposit(self, price: Price) -> None:
        deposit = money(price.deposit)
        self.fields["deposit"] = forms.ChoiceField(
            label=f"Deposit of {deposit}", initial=self.NONE, widget=UnfoldAdminRadioSelectWidget(),
            choices=[
                (self.NONE, "None: it is confirmed at once"),
                (self.LINK, "By a payment link: the time is held until it is paid"),
            ],
        )  # fmt: skip
        self.fields["hours"] = forms.IntegerField(
            min_value=1, max_value=24, initial=24, required=False, label="Held for, in hours",
            help_text="Then the time is free again. For a payment link only.",
            widget=UnfoldAdminTextInputWidget(attrs={"type": "number"}),
        )  # fmt: skip

    @property
    def codes(self) -> list[str]:
        """The codes of a valid form."""
        return [self.cleaned_data[name] for name in self.CODES]

    def refuse(self, refused: Mapping[str, Exception]) -> None:
        """Say at the field for a code why each of `refused`, by code, can't be used."""
        for name in self.CODES:
            error = refused.get(normal_code(self.cleaned_data.get(name, "")))
            if error is not None:
                self.add_error(name, str(error))

    def has_shown(self, quote: Quote) -> bool:
        """Have staff seen what the codes of a valid form do?"""
        if "deposit" in self.fields:
            self["deposit"].label = f"Deposit of {money(quote.deposit)}"
        return bool(self.cleaned_data["seen"] == quote.sentence)

    def answers(self) -> dict[str, str]:
        """Return {question: answer} of a valid form."""
        return {
            question.text: self.cleaned_data[f"question_{question.pk}"]
            for question in self.questions
        }

    @property
    def pays_within(self) -> timedelta | None:
        """How long a valid form gives the customer to pay the deposit; None if none is due."""
        if self.cleaned_data.get("deposit") != self.LINK:
            return None
        return timedelta(hours=self.cleaned_data["hours"] or 24)


def overrule_field() -> forms.BooleanField:
    """What staff tick to book against the business's own rules."""
    return forms.BooleanField(
        label="Book it all the same, against these rules", widget=UnfoldBooleanSwitchWidget(),
        error_messages={"required": "Tick this to book against the rules, or go back."},
    )  # fmt: skip


def _in_the_admins_look(field: forms.Field) -> forms.Widget:
    widget: forms.Widget = UnfoldAdminTextInputWidget()
    if isinstance(field, forms.ChoiceField):
        widget = UnfoldAdminSelectWidget(choices=field.choices)
    return widget
