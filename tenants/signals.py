"""What the platform tells the apps above it."""

from django.dispatch import Signal

# A business's schema has just been built; sent inside it, in one transaction with its making
# active. Arguments: tenant, owner_email (str, may be empty), owner_password (str | None).
# A receiver may return a sentence for the operator.
tenant_provisioned = Signal()
