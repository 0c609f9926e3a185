"""What happens here when a business is created."""

from typing import Any

from django.core.exceptions import ValidationError
from django.dispatch import receiver

from access.invitations import password_link
from access.models import User
from tenants.models import Tenant
from tenants.signals import tenant_provisioned


@receiver(tenant_provisioned)
def create_owner(
    sender: object,
    *,
    tenant: Tenant,
    owner_email: str,
    owner_password: str | None,
    **kwargs: Any,
) -> str | None:
    """Create the owner's account and tell the operator how they get in."""
    if not owner_email:
        return None
    owner = User(email=owner_email.strip().lower(), role=User.Role.OWNER, name="Owner")
    owner.set_password(owner_password)
    try:
        owner.full_clean()
    except ValidationError as error:
        raise ValidationError({"owner_email": error.messages}) from error
    owner.save()
    if owner_password:
        return None
    return f"{owner.email} chooses a password at {password_link(owner)}"
