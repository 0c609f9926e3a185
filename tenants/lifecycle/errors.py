"""Why something could not be done with a business as a whole."""

from tenants.errors import TillhouseError


class LifecycleError(TillhouseError):
    """The operation was refused or given up; nothing has changed."""

    code = "lifecycle_refused"
    status = 409
