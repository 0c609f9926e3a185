"""Serializer fields that take a value only in its own type: no "5" for 5, no true for 1."""

from typing import Any

from rest_framework import serializers


class StrictCharField(serializers.CharField):
    """Text. DRF's own field turns a number into text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictIntegerField(serializers.IntegerField):
    """A whole number. DRF's own field takes "5", 5.0 and true."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class IdentifierField(serializers.Field[Any, Any, Any, Any]):
    """A string or a whole number, returned as a string."""

    default_error_messages = {
        "invalid": "Not a valid string or integer.",
        "length": "Must have 1 to {longest} characters.",
    }

    def __init__(self, *, longest: int = 64, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.longest = longest

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str | int) or isinstance(data, bool):
            self.fail("invalid")
        if isinstance(data, int) and abs(data) >= 2**63:
            self.fail("length", longest=self.longest)
        text = str(data)
        if not text.strip() or len(text) > self.longest or not text.isprintable():
            self.fail("length", longest=self.longest)
        return text

    def to_representation(self, value: Any) -> str:
        return str(value)


class MoneyField(StrictIntegerField):
    """An amount in the currency's smallest unit, within what Stripe takes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_value=99_999_999,
            error_messages={"invalid": "Must be a whole number of the smallest currency unit."},
            **kwargs,
        )


class StrictBooleanField(serializers.BooleanField):
    """true or false; neither a number nor text that looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("Must be true or false.")
        return data
