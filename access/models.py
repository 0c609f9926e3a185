"""People and API keys of one business (or, in ``public``, of the platform)."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from rest_framework_api_key.models import AbstractAPIKey, BaseAPIKeyManager

from access import roles


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person who signs in with `email`; without a password they can't yet."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    """Someone who signs in: a business's own staff, or an operator in ``public``."""

    class Role(models.TextChoices):
        OWNER = roles.OWNER, "Owner"
        MANAGER = roles.MANAGER, "Manager"
        STAFF = roles.STAFF, "Staff"
        OPERATOR = roles.OPERATOR, "Operator"

    email = models.EmailField("e-mail", unique=True)
    name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.STAFF)
    is_active = models.BooleanField(default=True, help_text="Untick to end their access.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]
        constraints = [
            models.CheckConstraint(
                name="access_user_email_lower_case",
                condition=models.Q(email=Lower("email")),
                violation_error_message="Write the e-mail address in lower case.",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        """Django's word for "may use an admin site"; which one, the sites decide by role."""
        return self.is_active

    @property
    def is_superuser(self) -> bool:
        return self.is_active and self.role == roles.OPERATOR

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] or self.email

    def has_perm(self, permission: str, obj: object = None) -> bool:
        return self.is_active and roles.allows(self.role, permission)

    def has_perms(self, permissions: list[str], obj: object = None) -> bool:
        return all(self.has_perm(permission, obj) for permission in permissions)

    def has_module_perms(self, app: str) -> bool:
        return self.is_active and roles.reaches_app(self.role, app)


class APIKeyManager(BaseAPIKeyManager):
    def usable(self, key: str) -> "APIKey | None":
        """Return the unrevoked, unexpired key that `key` is, or None; any text may be asked."""
        if not (key.isascii() and key.isprintable() and len(key) < 100):
            return None
        try:
            found = self.get_from_key(key)
        except self.model.DoesNotExist:
            return None
        return None if found.has_expired else found


class APIKey(AbstractAPIKey):
    """A developer's key: only its prefix and a hash are stored, the key is shown once."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Read and write"

    scope = models.CharField(max_length=10, choices=Scope, default=Scope.READ)

    objects: ClassVar[APIKeyManager] = APIKeyManager()

    class Meta(AbstractAPIKey.Meta):
        verbose_name = "API key"

    @property
    def may_write(self) -> bool:
        return self.scope == self.Scope.WRITE
