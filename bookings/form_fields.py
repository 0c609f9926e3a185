"""Days and times as the browser's own pickers ask for them, on the business's clocks."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget


def _picker(kind: str) -> UnfoldAdminTextInputWidget:
    return UnfoldAdminTextInputWidget(attrs={"type": kind})


def day_field(**options: Any) -> forms.DateField:
    """A day."""
    return forms.DateField(**{"widget": _picker("date"), **options})


def clock_field(**options: Any) -> forms.TimeField:
    """A time of day."""
    return forms.TimeField(**{"widget": _picker("time"), **options})


def moment_field(**options: Any) -> forms.DateTimeField:
    """A day with a time; an instant once cleaned. Times that the clocks skip are refused."""
    return forms.DateTimeField(**{"widget": _picker("datetime-local"), **options})
