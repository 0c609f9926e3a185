"""What the commands about one business share."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from tenants.models import Tenant
from tenants.names import schema_name_for


def find(label: str) -> Tenant:
    """Return the business called `label`; raises CommandError when there is none."""
    tenant: Tenant | None = Tenant.objects.filter(schema_name=schema_name_for(label)).first()
    if tenant is None:
        raise CommandError(f"There is no business “{label}”. See: manage.py tenant list")
    return tenant


def find_with_hosts(label: str) -> Tenant:
    """Return the business called `label`, ready to be entered."""
    tenant: Tenant = Tenant.objects.with_hosts().get(pk=find(label).pk)
    tenant.hosts  # noqa: B018 - read now: inside the business, public is out of reach
    return tenant


#: {action: {field: the argument that gives it}}, where that is not the option of its name.
CALLED = {
    "create": {"schema_name": "label", "domain": "label"},
    "import": {"schema_name": "--name"},
    "rename": {"schema_name": "new", "name": "new"},
}


def sentences(error: ValidationError, options: Mapping[str, Any]) -> str:
    """Return the messages of `error` as lines that name the argument at fault.

    `options` are what the command was given; a field that is none of them is named as it is.
    """
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    called = {name: f"--{name.replace('_', '-')}" for name in options}
    called |= CALLED.get(options["action"], {})
    return "\n".join(
        f"{called.get(name, name.replace('_', ' '))}: {message}"
        for name, messages in error.message_dict.items()
        for message in messages
    )
