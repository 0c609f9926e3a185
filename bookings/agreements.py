"""What a service wants of whoever has it besides money: answers, a consent, a card on file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bookings.choices import check_answers, questions_of
from bookings.errors import InvalidBooking
from bookings.models import Booking, IntakeQuestion, Service
from payments.services import payments_enabled
from tenants.current import current_tenant
from tenants.templatetags.business import money


@dataclass(frozen=True)
class Given:
    """What somebody has given: {question: answer}, and whether they agree to the rest."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    consent: bool = False
    terms: bool = False


@dataclass(frozen=True)
class Asked:
    """What a booking has to be given before it becomes another, which `service` leads.

    `new` are the services that it does not have yet; only their questions are asked.
    """

    service: Service | None = None
    new: tuple[Service, ...] = ()
    consent: str = ""
    wants_card: bool = False

    @property
    def questions(self) -> Sequence[IntakeQuestion]:
        return questions_of(self.new) if self.new else []

    @property
    def card_terms(self) -> str:
        """What is agreed to with a card; empty where none is wanted."""
        return card_terms(self.service) if self.service and self.wants_card else ""

    def __bool__(self) -> bool:
        return bool(self.consent or self.wants_card or self.questions)


def asked_of(booking: Booking, had: Sequence[Service], services: Sequence[Service]) -> Asked:
    """Return what `booking`, which has `had`, is asked for to have `services`."""
    first = services[0]
    new = tuple(one for one in services if one not in had)
    if first.pk == booking.service_id:
        return Asked(first, new)
    agreed_already = booking.consent_text == first.consent_text
    return Asked(
        first,
        new,
        consent="" if agreed_already else first.consent_text,
        wants_card=first.requires_card and payments_enabled(),
    )


def check(asked: Asked, given: Given) -> None:
    """Raise InvalidBooking, naming the field, unless a customer has given all that is asked."""
    check_answers(asked.new, given.answers)
    if asked.consent and not given.consent:
        raise consent_missing(asked.consent)
    if asked.service is not None and asked.wants_card and not given.terms:
        raise terms_missing(asked.service)


def consent_missing(text: str) -> InvalidBooking:
    return InvalidBooking(
        "accept_consent must be true: the business wants your consent",
        field="accept_consent",
        consent_text=text,
    )


def terms_missing(service: Service) -> InvalidBooking:
    return InvalidBooking(
        "accept_terms must be true: this service wants a card on file",
        field="accept_terms",
        no_show_fee_pence=service.no_show_fee,
        late_cancellation_fee_pence=service.late_cancellation_fee,
        free_cancellation_hours=service.free_cancellation_hours,
    )


def kept(booking: Booking, asked: Asked, given: Given, now: datetime) -> dict[str, Any]:
    """Return what `booking` keeps of what was given, by the names of its fields.

    Nothing that was answered before is lost; the same question is answered anew. Raises
    InvalidBooking for answers that can't be.
    """
    terms: dict[str, Any] = {}
    if given.answers:
        answers = check_answers(asked.new, given.answers)
        again = {one["question"] for one in answers}
        before = [one for one in booking.answers if one["question"] not in again]
        terms["answers"] = [*before, *answers]
    if asked.service is None:
        return terms
    if asked.consent and given.consent:
        terms |= consent_kept(asked.service, now)
    if asked.wants_card and given.terms:
        terms |= card_terms_kept(asked.service, now)
    return terms


def consent_kept(service: Service, now: datetime) -> dict[str, Any]:
    """Return what a booking keeps of the consent to `service`, in the version that was shown."""
    return {
        "consent_text": service.consent_text,
        "consent_version": service.consent_version,
        "consent_at": now,
    }


def card_terms_kept(service: Service, now: datetime) -> dict[str, Any]:
    """Return what a booking keeps of what a card may be charged under the terms of `service`."""
    return {
        "requires_card": True,
        "no_show_fee": service.no_show_fee,
        "late_cancellation_fee": service.late_cancellation_fee,
        "terms_accepted_at": now,
    }


def card_terms(service: Service) -> str:
    """Return what a customer agrees to who leaves a card for `service`."""
    name = current_tenant().name
    free = f"Cancelling is free until {service.free_cancellation_hours} hours before the start."
    fees = [
        (service.late_cancellation_fee, "if I cancel later"),
        (service.no_show_fee, "if I do not come"),
    ]
    charged = [f"{money(fee)} {when}" for fee, when in fees if fee]
    if not charged:
        return f"{name} keeps my card on file for this booking and charges nothing to it."
    return f"{free} {name} may charge my card {' and '.join(charged)}."
