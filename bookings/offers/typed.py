"""The codes of a form: what was accepted stays, the next is typed, any of them can be taken out."""

from collections.abc import Callable, Iterable, Sequence

from django import forms
from django.http import QueryDict

from bookings.errors import InvalidBooking
from bookings.models import normal_code
from bookings.offers.quotes import Applied, Quote, different_codes

#: Quotes these codes for what is booked; raises InvalidBooking for what can't be used.
Ask = Callable[[Sequence[str]], Quote]

MOST_CODES = 2


def quote_each(codes: Iterable[str], ask: Ask) -> tuple[Quote, dict[str, InvalidBooking]]:
    """Return the quote with those of `codes` that can be used together, and why others can't."""
    quoted, good = ask([]), list[str]()
    refused: dict[str, InvalidBooking] = {}
    for code in different_codes(list(codes)):
        try:
            quoted = ask([*good, code])
        except InvalidBooking as error:
            refused[code] = error
        else:
            good.append(code)
    return quoted, refused


def accepted_before(data: QueryDict) -> list[str]:
    """Return the codes that a form was shown with, but for the one to be taken out."""
    removed = normal_code(data.get("remove", ""))
    codes = different_codes([one[:40] for one in data.getlist("codes")])
    return [code for code in codes if code != removed][:MOST_CODES]


def refuse(form: forms.Form, refused: dict[str, InvalidBooking]) -> None:
    """Say at the field for a code why each of `refused` can't be used."""
    typed = normal_code(form.data.get("code", ""))
    for code, error in refused.items():
        form.add_error("code", str(error) if code == typed else f"{code}: {error}")


def ask_for_another(form: forms.Form, applied: Sequence[Applied]) -> None:
    """Have the field of a form ask for what may go with the codes that are accepted."""
    field = form["code"]
    typed = normal_code(form.data.get("code", ""))
    if form.is_bound and any(one.code == typed for one in applied):
        form.data = form.data.copy()  # type: ignore[attr-defined]
        form.data["code"] = ""  # type: ignore[index]
    has_discount = any(one.is_discount for one in applied)
    has_prepaid = any(not one.is_discount for one in applied)
    if has_discount and has_prepaid and not form.errors.get("code"):
        del form.fields["code"]
    elif has_discount:
        field.label = "Voucher, pass or membership as well (optional)"
    elif has_prepaid:
        field.label = "Discount code as well (optional)"
