"""What the commands about one business share."""

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


def sentences(error: ValidationError) -> str:
    """Return the messages of `error` as lines that name the option at fault."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return "\n".join(
        f"--{name.replace('_', '-')}: {message}"
        for name, messages in error.message_dict.items()
        for message in messages
    )
