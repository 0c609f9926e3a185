"""Sign-in by e-mail address."""

from django.contrib.auth.backends import ModelBackend


class RoleBackend(ModelBackend):
    """Django's password check; permissions come from `User.role`, so none are looked up here."""
