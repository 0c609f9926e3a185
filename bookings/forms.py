"""What a customer fills in."""

from collections.abc import Sequence
from typing import Any

from django import forms

from bookings.choices import LONGEST_ANSWER, answers_to
from bookings.models import REFERENCE_ALPHABET, REFERENCE_LENGTH, IntakeQuestion


def _agreement(text: str) -> forms.BooleanField:
    return forms.BooleanField(
        label=f"I agree: {text}",
        error_messages={"required": "Please agree to this, or choose something else."},
    )


def question_field(question: IntakeQuestion) -> forms.Field:
    """Return the field in which a question of the business is answered."""
    label = question.text if question.is_required else f"{question.text} (optional)"
    choices = answers_to(question)
    if choices:
        empty = [("", "Please choose")]
        return forms.ChoiceField(
            label=label,
            required=question.is_required,
            choices=[*empty, *((one, one) for one in choices)],
        )
    return forms.CharField(label=label, required=question.is_required, max_length=LONGEST_ANSWER)


class AgreementsForm(forms.Form):
    """What the business wants to know, and what has to be agreed to."""

    def __init__(
        self,
        *args: Any,
        terms: str = "",
        consent: str = "",
        questions: Sequence[IntakeQuestion] = (),
        **kwargs: Any,
    ) -> None:
        """`terms` and `consent` have to be agreed to; `questions` are the business's own."""
        super().__init__(*args, **kwargs)
        self.questions = questions
        for question in questions:
            self.fields[f"question_{question.pk}"] = question_field(question)
        if terms:
            self.fields["accept_terms"] = _agreement(terms)
        if consent:
            self.fields["accept_consent"] = _agreement(consent)

    def answers(self) -> dict[str, str]:
        """Return {question: answer} of a valid form."""
        return {
            question.text: self.cleaned_data[f"question_{question.pk}"]
            for question in self.questions
        }


class DetailsForm(AgreementsForm):
    """Who is coming."""

    customer_name = forms.CharField(
        label="Your name",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    customer_email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        help_text="Your confirmation goes here.",
    )
    customer_phone = forms.CharField(
        label="Phone (optional)",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )
    notes = forms.CharField(
        label="Anything we should know? (optional)",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    code = forms.CharField(
        label="Discount code, voucher, pass or membership (optional)",
        max_length=40,
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    guest_name = forms.CharField(
        label="Booking for someone else? Their name (optional)",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_guest_name(self) -> str:
        name = str(self.cleaned_data["guest_name"])
        if name and not name.isprintable():
            raise forms.ValidationError("Please write the name without special characters.")
        return name

    def clean_customer_name(self) -> str:
        name = str(self.cleaned_data["customer_name"])
        if not name.isprintable():
            raise forms.ValidationError("Please write your name without special characters.")
        return name


class WaitForm(DetailsForm):
    """Who waits, and for what: one of the full classes of a day, or days and hours."""

    notes = None  # type: ignore[assignment]
    code = None  # type: ignore[assignment]
    guest_name = None  # type: ignore[assignment]

    def __init__(
        self, *args: Any, classes: Sequence[tuple[str, str]] = (), party: range, **kwargs: Any
    ) -> None:
        """`classes` are (start, text); none for what is waited for by days."""
        super().__init__(*args, **kwargs)
        self.fields["customer_email"].help_text = "We write here when a place is free."
        if classes:
            self.fields["starts_at"] = forms.ChoiceField(label="Which class", choices=classes)
        else:
            self._add_days()
        if len(party) > 1:
            self.fields["party_size"] = forms.TypedChoiceField(
                label="How many people", coerce=int, choices=[(size, str(size)) for size in party]
            )
        self.order_fields(
            ["starts_at", "first_day", "last_day", "from_time", "until_time", "party_size"]
        )

    def _add_days(self) -> None:
        day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        hour = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        self.fields["first_day"] = forms.DateField(label="From", widget=day)
        self.fields["last_day"] = forms.DateField(
            label="Until (optional)", widget=day, required=False
        )
        self.fields["from_time"] = forms.TimeField(
            label="Not before (optional)", widget=hour, required=False
        )
        self.fields["until_time"] = forms.TimeField(
            label="Not after (optional)", widget=hour, required=False
        )


class FindForm(forms.Form):
    """What proves that a booking is yours: its reference and your e-mail address."""

    reference = forms.CharField(
        label="Reference",
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        help_text="Eight letters and digits, in your confirmation e-mail.",
    )
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )

    def clean_reference(self) -> str:
        typed: Any = self.cleaned_data["reference"]
        reference = "".join(typed.upper().replace("-", "").split())
        if len(reference) != REFERENCE_LENGTH or set(reference) - set(REFERENCE_ALPHABET):
            raise forms.ValidationError(
                "A reference has eight letters and digits, for example 7K2MPXQ4."
            )
        return reference
