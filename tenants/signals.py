"""What the platform tells the apps above it."""

from django.dispatch import Signal

# A business's schema has just been built; sent inside it, in one transaction with its making
# active. Arguments: tenant, owner_email (str, may be empty), owner_password (str | None).
# A receiver may return a sentence for the operator.
tenant_provisioned = Signal()

# A business has come in from a file; sent inside it while it is parked, in one transaction with
# that. Arguments: tenant, without_secrets (bool). A receiver may return a sentence.
tenant_imported = Signal()

# A business is back at an earlier point; sent inside it in the transaction that makes it so.
# Arguments: tenant, since (aware datetime). A receiver may return a sentence.
tenant_restored = Signal()

# Is a business about to go for good? Sent inside it; a receiver returns a list of sentences, one
# for each thing that must be settled first. Argument: tenant.
tenant_leaving = Signal()

# Is a customer about to be erased? Sent inside the business; a receiver returns a list of
# sentences, one for each thing that must end first. Argument: person (tenants.personal.Person).
customer_leaving = Signal()
