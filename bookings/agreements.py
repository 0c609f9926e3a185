"""What services want of whoever has them besides money: answers, consents, a card on file."""

from collections.abc import Iterable, Mapping, Sequence
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
class CardTerms:
    """What may be charged to the card that is left for a visit; false where none is wanted.

    Each of its services that wants a card adds its fees. When cancelling is free is said by the
    first service, whose terms are those of the visit.
    """

    services: tuple[Service, ...] = ()
    free_cancellation_hours: int = 0

    @classmethod
    def of(cls, services: Sequence[Service]) -> "CardTerms":
        """Return the terms of a visit of `services`."""
        wanting = tuple(one for one in services if one.requires_card)
        return cls(wanting, services[0].free_cancellation_hours if services else 0)

    def __bool__(self) -> bool:
        return bool(self.services) and payments_enabled()

    @property
    def no_show_fee(self) -> int:
        return sum(one.no_show_fee for one in self.services)

    @property
    def late_cancellation_fee(self) -> int:
        return sum(one.late_cancellation_fee for one in self.services)

    def __str__(self) -> str:
        """What a customer agrees to who leaves a card."""
        name = current_tenant().name
        free = f"Cancelling is free until {self.free_cancellation_hours} hours before the start."
        fees = [
            (self.late_cancellation_fee, "if I cancel later"),
            (self.no_show_fee, "if I do not come"),
        ]
        charged = [f"{money(fee)} {when}" for fee, when in fees if fee]
        if not charged:
            return f"{name} keeps my card on file for this booking and charges nothing to it."
        return f"{free} {name} may charge my card {' and '.join(charged)}."

    def missing(self) -> InvalidBooking:
        """Return the refusal of somebody who has not agreed to them."""
        return InvalidBooking(
            f"accept_terms must be true: {_names(self.services)} wants a card on file",
            field="accept_terms",
            no_show_fee_pence=self.no_show_fee,
            late_cancellation_fee_pence=self.late_cancellation_fee,
            free_cancellation_hours=self.free_cancellation_hours,
        )

    def kept(self, now: datetime) -> dict[str, Any]:
        """Return what a booking keeps of them, by the names of its fields."""
        return {
            "requires_card": True,
            "no_show_fee": self.no_show_fee,
            "late_cancellation_fee": self.late_cancellation_fee,
            "terms_accepted_at": now,
        }


@dataclass(frozen=True)
class Asked:
    """What a visit, or a booking that becomes one, has to be given first.

    `new` are the services whose questions are asked, `consents` those whose texts are agreed to.
    """

    new: tuple[Service, ...] = ()
    consents: tuple[Service, ...] = ()
    card: CardTerms = field(default_factory=CardTerms)

    @property
    def questions(self) -> Sequence[IntakeQuestion]:
        return questions_of(self.new) if self.new else []

    def __bool__(self) -> bool:
        return bool(self.consents or self.card or self.questions)


def asked_for(services: Sequence[Service]) -> Asked:
    """Return what whoever books a visit of `services` is asked for."""
    return Asked(tuple(services), wanting_consent(services), CardTerms.of(services))


def asked_of(booking: Booking, had: Sequence[Service], services: Sequence[Service]) -> Asked:
    """Return what `booking`, which has `had`, is asked for to have `services`."""
    first = services[0]
    new = tuple(one for one in services if one not in had)
    leads_newly = first.pk != booking.service_id
    terms = [one for one in services if one in new or (leads_newly and one == first)]
    agreed = {one["text"] for one in booking.consents_given}
    consents = tuple(one for one in wanting_consent(terms) if one.consent_text not in agreed)
    if not any(one.requires_card for one in terms):
        return Asked(new, consents)
    hours = first.free_cancellation_hours if leads_newly else booking.free_cancellation_hours
    return Asked(new, consents, CardTerms(CardTerms.of(services).services, hours))


def wanting_consent(services: Iterable[Service]) -> tuple[Service, ...]:
    """Return those of `services` that want a consent; the same text only once."""
    found: dict[str, Service] = {}
    for one in services:
        if one.consent_text:
            found.setdefault(one.consent_text, one)
    return tuple(found.values())


def check(asked: Asked, given: Given) -> None:
    """Raise InvalidBooking, naming the field and the service, unless all that is asked is given."""
    check_answers(asked.new, given.answers)
    check_agreed(asked, given)


def check_agreed(asked: Asked, given: Given) -> None:
    """Raise InvalidBooking, naming the field and the service, unless all is agreed to."""
    if asked.consents and not given.consent:
        raise InvalidBooking(
            f"accept_consent must be true: {_names(asked.consents)} wants your consent",
            field="accept_consent",
            consent_text=asked.consents[0].consent_text,
            consents=consents_shown(asked.consents),
        )
    if asked.card and not given.terms:
        raise asked.card.missing()


def consents_shown(services: Iterable[Service]) -> list[dict[str, Any]]:
    """Return the texts to agree to, as callers of the API read them."""
    return [
        {
            "service_name": one.name,
            "consent_text": one.consent_text,
            "consent_version": one.consent_version,
        }
        for one in services
    ]


def kept(booking: Booking, asked: Asked, given: Given, now: datetime) -> dict[str, Any]:
    """Return what `booking` keeps of what was given, by the names of its fields.

    Nothing that was given before is lost; the same question is answered anew. Raises
    InvalidBooking for answers that can't be.
    """
    terms: dict[str, Any] = {}
    if given.answers:
        answers = check_answers(asked.new, given.answers)
        again = {one["question"] for one in answers}
        before = [one for one in booking.answers if one["question"] not in again]
        terms["answers"] = [*before, *answers]
    if given.consent:
        terms |= consents_kept(asked.consents, now, before=booking.consents_given)
    if asked.card and given.terms:
        terms |= asked.card.kept(now)
    return terms


def consents_kept(
    services: Sequence[Service], now: datetime, before: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Return what a booking keeps of consents to `services`, in the versions that were shown."""
    if not services:
        return {}
    given = [
        {
            "service": one.name,
            "text": one.consent_text,
            "version": one.consent_version,
            "at": now.isoformat(),
        }
        for one in services
    ]
    return {
        "consent_text": services[0].consent_text,
        "consent_version": services[0].consent_version,
        "consent_at": now,
        "consents": [*before, *given],
    }


def _names(services: Sequence[Service]) -> str:
    return " and ".join(dict.fromkeys(one.name for one in services))
