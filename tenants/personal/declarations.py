"""Which fields of which models hold something on a customer, as the apps declare it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.migrations.recorder import MigrationRecorder
from django.utils.module_loading import autodiscover_modules

from tenants.current import current_tenant
from tenants.errors import TillhouseError
from tenants.lifecycle.catalogue import tables_of

#: Stands where a name was.
ERASED = "Erased"


@dataclass
class Person:
    """A customer, by their e-mail address, and the rows that are about them."""

    email: str
    #: {model's label: keys of its rows}, growing as the holdings are looked through.
    subjects: dict[str, list[Any]] = field(default_factory=dict)

    def keys(self, model: type[models.Model]) -> list[Any]:
        """The keys of the person's rows of `model`; it must have been declared before."""
        return self.subjects.get(model._meta.label_lower, [])


def person_called(email: str) -> Person:
    """Return the person with an e-mail address; raises NotAnAddress for anything else.

    An empty address would be that of everybody who has none.
    """
    try:
        validate_email(email.strip())
    except ValidationError:
        raise NotAnAddress("This is not an e-mail address.", field="email") from None
    return Person(email.strip())


class NotAnAddress(TillhouseError):
    """A customer is known by a whole e-mail address."""


class UnknownColumns(TillhouseError):
    """The business's tables are not those that this code knows; nothing was shown or erased."""

    code = "unknown_columns"
    status = 409


Rows = Callable[[Person], models.QuerySet[Any]]


@dataclass(frozen=True)
class Holding:
    """The rows of one model that are about a customer.

    `erase` says what becomes of each personal field: a value, or a function of the row and the
    person. With `is_deleted` whole rows go.
    """

    model: type[models.Model]
    title: str
    rows: Rows
    erase: dict[str, Any] = field(default_factory=dict)
    #: Not shown to the person: what opens a page, or is nobody's business.
    internal: frozenset[str] = frozenset()
    is_deleted: bool = False
    #: Found by the other rows of the person, so looked for last.
    follows: bool = False


_holdings: list[Holding] = []
_declared: dict[str, set[str]] = {}


def declare(
    model: type[models.Model] | str,
    *,
    keep: str = "",
    internal: str = "",
    title: str = "",
    rows: Rows | None = None,
    erase: dict[str, Any] | None = None,
    is_deleted: bool = False,
    follows: bool = False,
) -> None:
    """Say of the fields of `model` what they hold.

    `keep` are fields with nothing on a customer, and `internal` those that are not shown to them
    (both as words); `erase` are the personal ones. `rows` finds a person's rows. A model may be
    declared more than once, where several people are in one row. With `follows` they are found
    by the person's other rows.
    """
    found = apps.get_model(model) if isinstance(model, str) else model
    personal = erase or {}
    hidden = frozenset(internal.split())
    names = _declared.setdefault(found._meta.label_lower, set())
    names.update(keep.split(), hidden, personal)
    if rows is not None:
        _holdings.append(Holding(found, title, rows, personal, hidden, is_deleted, follows))


@cache
def _load() -> None:
    autodiscover_modules("personal")


def declared() -> list[Holding]:
    """Return all holdings, those that follow from others last."""
    _load()
    return sorted(_holdings, key=lambda holding: holding.follows)


def undeclared_fields() -> list[str]:
    """Return the fields of the businesses' tables that nobody has spoken of, as "app.Model.field".

    Names that no model has are told too: a renamed field is a new one.
    """
    _load()
    there = {
        model._meta.label_lower: (model._meta.label, {one.name for one in _columns(model)})
        for model in _models()
    }
    missing = [
        f"{label}.{name}"
        for key, (label, names) in there.items()
        for name in sorted(names - _declared.get(key, set()))
    ]
    unknown = [
        f"{key}.{name} (declared, but not there)"
        for key, names in _declared.items()
        for name in sorted(names - there.get(key, ("", set()))[1])
    ]
    return sorted(missing) + sorted(unknown)


def stray_columns(schema: str) -> list[str]:
    """Return the columns that only the database or only this code has, as "table.column".

    An app that was taken away leaves its tables, and a business that waits for its migrations
    lacks some.
    """
    there = {
        (table.name, column)
        for table in tables_of(schema)
        if table.name != MigrationRecorder.Migration._meta.db_table
        for column in table.columns
    }
    known = {
        (model._meta.db_table, column.column)
        for model in _models(links=True)
        for column in model._meta.concrete_fields
        if not column.generated
    }
    return sorted(f"{table}.{column}" for table, column in there ^ known)


def check_columns() -> None:
    """Raise UnknownColumns if the business that is entered has columns nobody can speak of.

    What is shown would not be everything, and what is erased neither.
    """
    if strays := stray_columns(current_tenant().schema_name):
        raise UnknownColumns(
            f"{strays[0]} is in the database or in the code alone, so nobody can say whether it is "
            "personal: bring the business up to date (manage.py fleet migrate), or put the app "
            "back (EXTRA_TENANT_APPS)."
        )


def _models(*, links: bool = False) -> Iterable[type[models.Model]]:
    """Yield the models whose tables are in a business's schema.

    The tables that link rows to rows hold nothing else: they come with `links` alone.
    """
    names = {config.name: config.label for config in apps.get_app_configs()}
    labels = {names[app] for app in settings.TENANT_APPS if app in names}
    for model in apps.get_models(include_auto_created=links):
        if model._meta.app_label in labels and not model._meta.proxy:
            yield model


def _columns(model: type[models.Model]) -> Iterable[Any]:
    return model._meta.concrete_fields
