"""What staff fill in about classes: single ones, and ones that come back."""

import re
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from bookings.form_fields import clock_field, day_field, moment_field
from bookings.models import ClassSeries, ClassSession, OpeningHours, Resource, Service
from bookings.series import LONGEST_INTERVAL, parse

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEKDAYS = list(zip(DAYS, OpeningHours.Weekday.labels, strict=True))
# What the form's own boxes make, and can show again.
SIMPLE_RULE = re.compile(r"FREQ=WEEKLY(?:;INTERVAL=(\d+))?;BYDAY=((?:MO|TU|WE|TH|FR|SA|SU|,)+)")


def in_words(rule: str) -> str:
    """Return a rule that the form's boxes make in words; another one as it stands."""
    simple = SIMPLE_RULE.fullmatch(rule)
    if simple is None:
        return rule
    names = dict(WEEKDAYS)
    days = ", ".join(str(names[day]) for day in simple[2].split(","))
    return days if simple[1] is None else f"{days}, every {simple[1]} weeks"


def _number(minimum: int = 1, **options: Any) -> forms.IntegerField:
    widget = UnfoldAdminTextInputWidget(attrs={"type": "number"})
    return forms.IntegerField(min_value=minimum, widget=widget, **options)


class ClassForm(forms.ModelForm):  # type: ignore[type-arg]
    """What single classes and series have in common."""

    service = forms.ModelChoiceField(
        queryset=Service.objects.none(), label="Class", widget=UnfoldAdminSelectWidget()
    )
    instructor = forms.ModelChoiceField(
        queryset=Resource.objects.none(), required=False, widget=UnfoldAdminSelectWidget(),
        help_text="Nobody else can book them at that time.",
    )  # fmt: skip
    capacity = _number(label="Places")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        classes = Service.objects.filter(kind=Service.Kind.CLASS, is_active=True)
        people = Resource.objects.filter(kind=Resource.Kind.STAFF, is_active=True)
        if self.instance.pk:
            # What was chosen once stays choosable.
            classes |= Service.objects.filter(pk=self.instance.service_id)
            people |= Resource.objects.filter(pk=self.instance.instructor_id)
        self.fields["service"].queryset = classes  # type: ignore[attr-defined]
        self.fields["instructor"].queryset = people  # type: ignore[attr-defined]


class SessionForm(ClassForm):
    """One class; it ends when its service does."""

    starts_at = moment_field(label="Begins")

    class Meta:
        model = ClassSession
        fields = ("service", "instructor", "starts_at", "capacity")

    def clean_starts_at(self) -> datetime:
        typed: datetime = self.cleaned_data["starts_at"]
        return typed.astimezone(UTC)

    def _post_clean(self) -> None:
        # The model's checks want the end, which follows from the other two.
        service, starts_at = self.cleaned_data.get("service"), self.cleaned_data.get("starts_at")
        if service and starts_at:
            self.instance.ends_at = starts_at + service.duration
        super()._post_clean()  # type: ignore[misc]


class SeriesForm(ClassForm):
    """A class on some days of the week, or by a rule of one's own."""

    weekdays = forms.MultipleChoiceField(
        choices=WEEKDAYS, required=False, label="On",
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )  # fmt: skip
    every = _number(
        initial=1, required=False, max_value=LONGEST_INTERVAL, label="Every … weeks",
        help_text="2 is every second week.",
    )  # fmt: skip
    own_rule = forms.CharField(
        max_length=200, required=False, label="Or by a rule of your own",
        widget=UnfoldAdminTextInputWidget(),
        help_text="RFC 5545, days only: FREQ=MONTHLY;BYDAY=1SA is each month's first Saturday.",
    )  # fmt: skip
    starts_at = clock_field(label="Begins at", help_text="On your clocks, in summer as in winter.")
    first_day = day_field(label="From")
    until = day_field(required=False, label="Last day", help_text="Empty: it goes on.")
    count = _number(required=False, label="Or so many times", help_text="Days off count as well.")
    days_off = forms.CharField(
        required=False, label="Not on", widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="One day a line: 2027-12-24.",
    )  # fmt: skip

    class Meta:
        model = ClassSeries
        fields = ("service", "instructor", "capacity", "starts_at", "first_day", "until", "count")

    field_order = (
        "service", "instructor", "capacity", "weekdays", "every", "own_rule", "starts_at",
        "first_day", "until", "count", "days_off",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        simple = SIMPLE_RULE.fullmatch(self.instance.rule)
        if simple:
            self.initial["every"] = int(simple[1] or 1)
            self.initial["weekdays"] = simple[2].split(",")
        else:
            self.initial["own_rule"] = self.instance.rule
        self.initial["days_off"] = "\n".join(map(str, self.instance.exceptions))

    def clean_days_off(self) -> list[date]:
        lines = [line.strip() for line in self.cleaned_data["days_off"].splitlines()]
        return sorted({_day(line) for line in lines if line})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("until") and cleaned.get("count"):
            self.add_error("count", "Give a last day or a number of times, not both.")
        self.instance.exceptions = cleaned.get("days_off", [])
        self._clean_rule(cleaned)
        return cleaned

    def _clean_rule(self, cleaned: dict[str, Any]) -> None:
        own, weekdays = cleaned.get("own_rule", ""), cleaned.get("weekdays", [])
        if bool(own) == bool(weekdays):
            self.add_error("weekdays", "Choose days of the week, or give a rule of your own.")
            return
        every = cleaned.get("every") or 1
        interval = f";INTERVAL={every}" if every > 1 else ""
        rule = own.strip().upper() or f"FREQ=WEEKLY{interval};BYDAY={','.join(weekdays)}"
        first_day = cleaned.get("first_day")
        if first_day is None:
            return
        try:
            if next(iter(parse(rule, first_day)), None) is None:
                raise ValidationError("There is no day that fits this rule.")
        except ValidationError as error:
            self.add_error("own_rule", error)
        self.instance.rule = rule


def _day(line: str) -> date:
    try:
        return date.fromisoformat(line)
    except ValueError as error:
        raise ValidationError(f"“{line}” is no day: write it as 2027-12-24.") from error
