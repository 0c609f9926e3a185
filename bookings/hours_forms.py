"""What staff fill in about when the business, or someone in it, is there."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from bookings.form_fields import clock_field, day_field, moment_field
from bookings.models import BookingSettings, HoursException, OpeningHours, Resource
from bookings.public_holidays import places
from tenants.templatetags.business import wall_clock

Weekday = OpeningHours.Weekday
DAY = 24 * 60
WEEK = 7 * DAY
WHOLE_BUSINESS = "The whole business"
HOLIDAY_YEARS = 3


def whose_field(**options: Any) -> forms.ModelChoiceField:  # type: ignore[type-arg]
    return forms.ModelChoiceField(
        queryset=Resource.objects.all(), required=False, empty_label=WHOLE_BUSINESS,
        label="Whose", widget=UnfoldAdminSelectWidget(), **options,
    )  # fmt: skip


def _in_week(weekday: int, opens_at: time, closes_at: time) -> tuple[int, int]:
    """Return (start, length) of an interval in minutes, from the start of the week."""
    opens, closes = (at.hour * 60 + at.minute for at in (opens_at, closes_at))
    return weekday * DAY + opens, (closes - opens) % DAY or DAY


def refuse_overlap(
    resource: Resource | None, weekday: int, opens_at: time, closes_at: time, *, but: int | None
) -> None:
    """Raise ValidationError if the interval shares time with a stored one; `but` is its own id.

    The week is a circle: Sunday's late evening can run into Monday's early morning.
    """
    start, length = _in_week(weekday, opens_at, closes_at)
    for row in OpeningHours.objects.filter(resource=resource):
        if row.pk == but:
            continue
        other_start, other_length = _in_week(row.weekday, row.opens_at, row.closes_at)
        if (other_start - start) % WEEK < length or (start - other_start) % WEEK < other_length:
            raise ValidationError(
                f"{Weekday(weekday).label} {wall_clock(opens_at)} to {wall_clock(closes_at)} "
                f"overlaps with {Weekday(row.weekday).label} {wall_clock(row.opens_at)} to "
                f"{wall_clock(row.closes_at)}, which is there already."
            )


class WeeklyHoursForm(forms.Form):
    """The same hours on several days of the week."""

    resource = whose_field(
        help_text="Somebody's own hours replace the business's whole week for them."
    )
    weekdays = forms.TypedMultipleChoiceField(
        coerce=int, choices=Weekday.choices, label="Days",
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )  # fmt: skip
    opens_at = clock_field(label="From")
    closes_at = clock_field(
        label="To", help_text="At or before “from” means on the next day: 18:00 to 02:00."
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            for weekday in cleaned["weekdays"]:
                _say_overlap(self, cleaned["resource"], weekday, None)
        return cleaned

    def save(self) -> list[OpeningHours]:
        """Insert one row for each day."""
        given = dict(self.cleaned_data)
        return [
            OpeningHours.objects.create(weekday=weekday, **given)
            for weekday in given.pop("weekdays")
        ]


class OpeningHoursForm(forms.ModelForm):  # type: ignore[type-arg]
    """One interval of the week."""

    resource = whose_field()
    opens_at = clock_field(label="From")
    closes_at = clock_field(
        label="To", help_text="At or before “from” means on the next day: 18:00 to 02:00."
    )

    class Meta:
        model = OpeningHours
        fields = ("resource", "weekday", "opens_at", "closes_at")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            _say_overlap(self, cleaned["resource"], cleaned["weekday"], self.instance.pk)
        return cleaned


def _say_overlap(form: Any, resource: Resource | None, weekday: int, but: int | None) -> None:
    cleaned = form.cleaned_data
    opens_at, closes_at = cleaned.get("opens_at"), cleaned.get("closes_at")
    if opens_at is None or closes_at is None:
        return
    try:
        refuse_overlap(resource, weekday, opens_at, closes_at, but=but)
    except ValidationError as error:
        form.add_error("opens_at", error)


class HoursExceptionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A closure, leave, or other hours, on one day or several."""

    resource = whose_field(help_text="Choose somebody for their leave.")
    first_day = day_field()
    last_day = day_field(required=False, help_text="Empty: one day.")
    opens_at = clock_field(label="Open from", required=False, help_text="Empty: closed.")
    closes_at = clock_field(
        label="Open to", required=False, help_text="At or before “from” means on the next day."
    )

    class Meta:
        model = HoursException
        fields = ("resource", "first_day", "last_day", "opens_at", "closes_at", "reason")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["last_day"] = cleaned.get("last_day") or cleaned.get("first_day")
        if self.errors:
            return cleaned
        if cleaned["last_day"] < cleaned["first_day"]:
            self.add_error("last_day", "The last day must not be before the first.")
        elif (cleaned["opens_at"] is None) != (cleaned["closes_at"] is None):
            empty = "closes_at" if cleaned["closes_at"] is None else "opens_at"
            self.add_error(empty, "Give both times, or neither to close.")
        else:
            self._refuse_contradiction(cleaned)
        return cleaned

    def _refuse_contradiction(self, cleaned: dict[str, Any]) -> None:
        """A day is closed, or it has intervals that do not overlap."""
        opens_at, closes_at = cleaned["opens_at"], cleaned["closes_at"]
        same_days = HoursException.objects.filter(
            resource=cleaned["resource"],
            first_day__lte=cleaned["last_day"],
            last_day__gte=cleaned["first_day"],
        ).exclude(pk=self.instance.pk)
        for row in same_days:
            if (row.opens_at is None) != (opens_at is None):
                self.add_error("opens_at", f"That contradicts what is there already: {row}.")
            elif row.opens_at is not None and row.closes_at is not None:
                start, length = _in_week(0, opens_at, closes_at)
                other_start, other_length = _in_week(0, row.opens_at, row.closes_at)
                if start < other_start + other_length and other_start < start + length:
                    self.add_error("opens_at", f"That overlaps with what is there already: {row}.")


class PublicHolidaysForm(forms.Form):
    """Of which country or region, and year."""

    place = forms.ChoiceField(
        label="Country or region", choices=places, widget=UnfoldAdminSelectWidget()
    )
    year = forms.TypedChoiceField(coerce=int, widget=UnfoldAdminSelectWidget())

    def __init__(self, data: Any, *, this_year: int, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        years = range(this_year, this_year + HOLIDAY_YEARS)
        self.fields["year"].choices = [(year, str(year)) for year in years]  # type: ignore[attr-defined]


class BlockForm(forms.Form):
    """A time at which somebody or something is not to be booked."""

    resource = forms.ModelChoiceField(
        queryset=Resource.objects.none(), label="Who or what", widget=UnfoldAdminSelectWidget()
    )
    starts_at = moment_field(label="From")
    ends_at = moment_field(label="To")
    reason = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["resource"].queryset = Resource.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean_starts_at(self) -> datetime:
        typed: datetime = self.cleaned_data["starts_at"]
        return typed.astimezone(UTC)

    def clean_ends_at(self) -> datetime:
        typed: datetime = self.cleaned_data["ends_at"]
        return typed.astimezone(UTC)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", "The end must be after the beginning.")
        return cleaned


class BookingRulesForm(forms.ModelForm):  # type: ignore[type-arg]
    """The rules that hold for the whole business."""

    class Meta:
        model = BookingSettings
        fields = (
            "step_minutes", "offset_minutes", "minimum_notice_minutes", "days_ahead",
            "hold_minutes", "covers_per_quarter", "waitlist_offer_minutes",
            "waitlist_cutoff_minutes", "complete_after_minutes",
        )  # fmt: skip
        labels = {
            "step_minutes": "Bookings start every … minutes",
            "offset_minutes": "Moved by … minutes",
            "minimum_notice_minutes": "Minutes of notice",
            "hold_minutes": "Minutes to pay",
            "covers_per_quarter": "Guests per quarter of an hour",
            "waitlist_offer_minutes": "Minutes to take a place from the waitlist",
            "waitlist_cutoff_minutes": "Minutes before the start when the waitlist ends",
            "complete_after_minutes": "Minutes until a past booking counts as completed",
        }
        widgets = {name: UnfoldAdminTextInputWidget(attrs={"type": "number"}) for name in fields}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        step, offset = cleaned.get("step_minutes"), cleaned.get("offset_minutes")
        if step and offset and offset >= step:
            self.add_error("offset_minutes", "It must be less than the minutes between two starts.")
        return cleaned
