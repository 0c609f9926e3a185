"""Fields of the bookings API."""

from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from access.fields import StrictCharField


class InstantField(StrictCharField):
    """A moment: ISO 8601 with an offset, returned as an aware datetime in UTC."""

    EXAMPLE = "Must be a time with an offset, such as 2027-03-01T10:00:00+00:00."

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                raise ValueError(text)
            return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise serializers.ValidationError(self.EXAMPLE) from None
