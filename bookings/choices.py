"""What customers may choose about a booking, checked: services, party, person, extras, answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from bookings.diary import Wanted
from bookings.errors import InvalidBooking
from bookings.models import AddOn, IntakeQuestion, Resource, Service

LONGEST_ANSWER = 500
MOST_SERVICES = 5


def offered_services() -> list[Service]:
    """Return what customers may book by themselves, in the business's order."""
    return list(
        Service.objects.filter(is_active=True, is_online=True)
        .select_related("category")
        .order_by("category__position", "category__name", "position", "name")
    )


def resources_to_choose(service: Service) -> list[Resource]:
    """Return the people or places that customers may choose for `service`; none if they may not."""
    if not service.customer_chooses_resource or service.kind == Service.Kind.CLASS:
        return []
    active = Resource.objects.filter(is_active=True)
    own = active.filter(service=service)
    return list(own if own.exists() else active)


def check_party(service: Service, party_size: int) -> int:
    """Return `party_size` if `service` takes so many; raises InvalidBooking."""
    if not service.party_min <= party_size <= service.party_max:
        people = (
            f"{service.party_min} to {service.party_max} people"
            if service.party_min < service.party_max
            else f"{service.party_max} {'people' if service.party_max > 1 else 'person'}"
        )
        raise InvalidBooking(f"party_size: {service.name} is for {people}", field="party_size")
    return party_size


def check_resource(service: Service, resource: int | str | None) -> int | None:
    """Return the id of the person or place asked for, by id or name; raises InvalidBooking."""
    if resource in (None, ""):
        return None
    for one in resources_to_choose(service):
        if resource in (one.pk, str(one.pk), one.name):
            return one.pk
    raise InvalidBooking("resource can't be chosen for this service", field="resource")


def check_add_ons(services: Iterable[Service], asked: Iterable[object]) -> tuple[AddOn, ...]:
    """Return the add-ons asked for, by id or name; raises InvalidBooking for any other."""
    wanted = list(asked)
    if not wanted:
        return ()
    known = list(AddOn.objects.filter(service__in=list(services), is_active=True))
    found = []
    for one in wanted:
        match = next(
            (extra for extra in known if one in (extra.pk, str(extra.pk), extra.name)), None
        )
        if match is None:
            raise InvalidBooking(f"add_ons: there is no “{str(one)[:80]}”", field="add_ons")
        if match not in found:
            found.append(match)
    return tuple(found)


def check_more_services(first: Service, asked: Iterable[object]) -> tuple[Service, ...]:
    """Return the services that follow in the same visit, by slug or name.

    Only appointments go together; raises InvalidBooking.
    """
    names = [str(one) for one in asked if one]
    if not names:
        return ()
    if len(names) >= MOST_SERVICES:
        raise InvalidBooking(
            f"At most {MOST_SERVICES} services fit one visit", field="more_services"
        )
    offered = {
        key: service
        for service in offered_services()
        if service.kind == Service.Kind.APPOINTMENT
        for key in (service.slug, service.name)
    }
    if first.kind != Service.Kind.APPOINTMENT or any(name not in offered for name in names):
        raise InvalidBooking("more_services: these can't be one visit", field="more_services")
    return tuple(offered[name] for name in names)


def wanted_by(
    service: Service,
    *,
    party_size: int = 1,
    resource: int | str | None = None,
    add_ons: Iterable[object] = (),
    more_services: Iterable[object] = (),
) -> Wanted:
    """Return what a customer wants, checked; raises InvalidBooking, naming the field."""
    more = check_more_services(service, more_services)
    return Wanted(
        (service, *more),
        check_add_ons((service, *more), add_ons),
        check_party(service, party_size),
        check_resource(service, resource),
    )


def questions_of(services: Iterable[Service]) -> list[IntakeQuestion]:
    """Return what the business asks who books these, without doubles."""
    found: dict[str, IntakeQuestion] = {}
    asked = IntakeQuestion.objects.filter(service__in=list(services)).select_related("service")
    for question in asked:
        # What one service must know, another may ask for as well.
        if question.text not in found or question.is_required > found[question.text].is_required:
            found[question.text] = question
    return list(found.values())


def check_answers(services: Iterable[Service], answers: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the answers as they are kept; `answers` is {question: answer}.

    Raises InvalidBooking for a question that nobody asks, a required one without an answer, or
    an answer that is none of the choices.
    """
    questions = {question.text: question for question in questions_of(services)}
    unknown = [text for text in answers if text not in questions]
    if unknown:
        raise InvalidBooking(f"answers: nobody asks “{unknown[0][:80]}”", field="answers")
    kept = []
    for text, question in questions.items():
        answer = answers.get(text, "")
        if not isinstance(answer, str) or len(answer) > LONGEST_ANSWER or "\x00" in answer:
            raise InvalidBooking(
                f"answers: “{text}” takes text of at most {LONGEST_ANSWER} characters",
                field="answers",
            )
        if not answer.strip():
            if question.is_required:
                raise InvalidBooking(
                    f"answers: “{text}” needs an answer for {question.service.name}",
                    field="answers",
                )
            continue
        choices = answers_to(question)
        if choices and answer not in choices:
            raise InvalidBooking(
                f"answers: “{text}” takes one of: {', '.join(choices)}", field="answers"
            )
        kept.append({"question": text, "answer": answer.strip()})
    return kept


def answers_to(question: IntakeQuestion) -> list[str]:
    """Return what may be answered; nothing where any text will do."""
    if question.kind == IntakeQuestion.Kind.YES_NO:
        return ["Yes", "No"]
    if question.kind == IntakeQuestion.Kind.CHOICE:
        return [line.strip() for line in question.choices.splitlines() if line.strip()]
    return []
