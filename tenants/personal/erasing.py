"""Erase a customer: the person is gone, amounts, dates and the books stay."""

from typing import Any

from django.db import models, transaction

from tenants.current import current_tenant
from tenants.errors import TillhouseError
from tenants.lifecycle import queue
from tenants.models import LifecycleEvent
from tenants.personal.declarations import (
    Holding,
    Person,
    check_columns,
    declared,
    person_called,
    undeclared_fields,
)
from tenants.signals import customer_leaving


class ErasureRefused(TillhouseError):
    """Something must end or be settled first; nothing was erased."""

    code = "erasure_refused"
    status = 409


def obstacles(email: str) -> list[str]:
    """Return what must end before the customer may be erased, in sentences."""
    declared()
    person = person_called(email)
    answers = customer_leaving.send(Person, person=person)
    return [sentence for _, sentences in answers for sentence in sentences or ()]


@transaction.atomic
def erase(email: str, *, actor: str = "") -> dict[str, int]:
    """Erase the customer with this e-mail address from the business that is entered.

    Returns {what: how many rows were changed}, empty when nothing is held on them: erasing twice
    does no harm. Raises ErasureRefused while a booking lies ahead or money is under way,
    UnknownColumns and NotAnAddress.
    """
    from tenants.lifecycle import history

    person = person_called(email)
    if unknown := undeclared_fields():
        raise ErasureRefused(
            f"Nobody has said whether {unknown[0]} is personal: declare it in its app's module "
            "“personal”."
        )
    check_columns()
    if reasons := obstacles(person.email):
        raise ErasureRefused(" ".join(reasons))
    found = find(person)
    changed: dict[str, int] = {}
    for holding, keys in found:
        count = _erase_rows(holding, keys, person)
        if count:
            changed[holding.title] = changed.get(holding.title, 0) + count
    if jobs := queue.discard_mentioning(current_tenant(), person.email):
        changed["Messages waiting to be sent"] = jobs
    if changed:
        history.write(LifecycleEvent.Kind.CUSTOMER_ERASED, current_tenant(), actor, changed)
    return changed


def find(person: Person) -> list[tuple[Holding, list[Any]]]:
    """Return each holding with the keys of the person's rows, before any of it is erased."""
    found = []
    for holding in declared():
        keys = list(holding.rows(person).order_by("pk").values_list("pk", flat=True))
        known = person.subjects.setdefault(holding.model._meta.label_lower, [])
        known += [key for key in keys if key not in known]
        found.append((holding, keys))
    return found


def _erase_rows(holding: Holding, keys: list[Any], person: Person) -> int:
    manager = holding.model._base_manager
    if holding.is_deleted:
        return manager.filter(pk__in=keys).delete()[0]
    if not holding.erase:
        return 0
    changed = 0
    for row in manager.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"):
        changed += _erase_row(holding, row, person)
    return changed


def _erase_row(holding: Holding, row: models.Model, person: Person) -> bool:
    values = {
        name: value(row, person) if callable(value) else value
        for name, value in holding.erase.items()
    }
    stale = {name: value for name, value in values.items() if getattr(row, name) != value}
    if stale:
        # Past save(): what an app does when somebody edits a row must not happen here.
        holding.model._base_manager.filter(pk=row.pk).update(**stale)
    return bool(stale)
