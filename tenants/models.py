"""Who the businesses are. These tables are the platform's: they live in ``public`` only."""

import re
import uuid
from collections.abc import Sequence
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models.base import ModelState
from django.utils import timezone
from django_tenants.models import DomainMixin, TenantMixin

from tenants.currencies import CURRENCIES
from tenants.names import validate_host, validate_schema_name, validate_time_zone

BRAND_COLOUR = RegexValidator(
    re.compile(r"#[0-9a-f]{6}\Z"), "Write the colour as # and six digits, for example #0f766e."
)
LOCALES = [
    ("en-gb", "English (UK)"),
    ("en-us", "English (US)"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("it", "Italiano"),
    ("nl", "Nederlands"),
]


class TenantQuerySet(models.QuerySet["Tenant"]):
    def with_hosts(self) -> "TenantQuerySet":
        """Tenants as they are entered: with their hosts, which a business can't look up itself.

        The logo stays behind, it would be read at every request.
        """
        return self.defer("logo").prefetch_related("domains")

    def named(self, schema_name: str) -> "Tenant | None":
        """The business that has this schema name, or else had it before."""
        former = self.filter(former_names__contains=[schema_name])
        return self.filter(schema_name=schema_name).first() or former.first()

    def known_as(self, schema_name: str) -> "TenantQuerySet":
        """The businesses that have this schema name, or had it before."""
        named = models.Q(schema_name=schema_name)
        return self.filter(named | models.Q(former_names__contains=[schema_name]))


class Tenant(TenantMixin):
    """A business. Its bookings, payments, staff and keys are in the schema `schema_name`."""

    class Kind(models.TextChoices):
        SALON = "salon", "Salon"
        GYM = "gym", "Gym"
        RESTAURANT = "restaurant", "Restaurant"
        OTHER = "other", "Other"

    class Status(models.TextChoices):
        # Its schema is still being built: not served yet.
        PROVISIONING = "provisioning", "Being set up"
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"
        # Nothing is served and no job runs, until it is resumed: on its way to or from elsewhere.
        PARKED = "parked", "Parked"
        DELETING = "deleting", "To be deleted"
        # A business as it was before a restore.
        REPLACED = "replaced", "Set aside by a restore"

    #: What may be asked for: the others have no page, not even to say that they are closed.
    SERVED = (Status.ACTIVE, Status.SUSPENDED, Status.PARKED, Status.DELETING)
    #: Money in flight must land here, and jobs are done.
    AT_WORK = (Status.ACTIVE, Status.SUSPENDED, Status.DELETING)

    # Schemas are made by tenants.provisioning, all or nothing, never as a side effect of save().
    auto_create_schema = False

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    schema_name = models.CharField(
        max_length=41, unique=True, editable=False, validators=[validate_schema_name]
    )
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.OTHER)
    status = models.CharField(max_length=20, choices=Status, default=Status.PROVISIONING)
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text="IANA name, for example Europe/London.",
    )
    currency = models.CharField(
        max_length=3, default="GBP", choices=[(code, code) for code in CURRENCIES]
    )
    locale = models.CharField(max_length=10, default="en-gb", choices=LOCALES)
    contact_email = models.EmailField(blank=True)
    contact_phone = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    # For receipts.
    legal_name = models.CharField(
        max_length=200, blank=True, help_text="On receipts, where it differs from the name."
    )
    tax_name = models.CharField(
        max_length=20, default="VAT", blank=True, help_text="VAT, MwSt., Sales tax …"
    )
    tax_number = models.CharField(max_length=40, blank=True)
    brand_colour = models.CharField(max_length=7, default="#0f766e", validators=[BRAND_COLOUR])
    logo = models.BinaryField(null=True, blank=True, editable=False)
    logo_type = models.CharField(max_length=20, blank=True, editable=False)
    request_share = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(100)],
        help_text="Per cent of each web server's time that it may take for long. Empty: the "
        "platform's own limit; 0: no limit.",
    )
    is_demo = models.BooleanField(
        default=False, editable=False, help_text="Created as a demo; only these can be seeded."
    )
    # Schema names that jobs, Stripe's metadata and links may still know it by, oldest first.
    former_names = ArrayField(
        models.CharField(max_length=41), default=list, db_default=[], blank=True, editable=False
    )
    # Set while it waits to be deleted: when that may happen, and what it goes back to otherwise.
    delete_after = models.DateTimeField(null=True, blank=True, editable=False)
    status_before = models.CharField(
        max_length=20, blank=True, default="", db_default="", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="tenants_tenant_known_status",
                condition=models.Q(
                    status__in="provisioning active suspended parked deleting replaced".split()
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def clean(self) -> None:
        super().clean()
        if Tenant.objects.exclude(pk=self.pk).known_as(self.schema_name).exists():
            raise ValidationError(
                {"schema_name": "A business has this address already, or had it before."}
            )

    def __copy__(self) -> "Tenant":
        """Return another instance of the same row; `copy` would take a detour by pickling it."""
        made, state = Tenant.__new__(Tenant), ModelState()
        made.__dict__ = self.__dict__.copy()
        state.adding, state.db = self._state.adding, self._state.db
        made._state = state
        return made

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def label(self) -> str:
        """The first part of its host, from which its schema has its name."""
        return self.schema_name.replace("_", "-")

    @property
    def names(self) -> tuple[str, ...]:
        """Every schema name that the business has had, the present one first."""
        return (self.schema_name, *self.former_names)

    @property
    def original_name(self) -> str:
        """The first name it had: for keys that others remember, at Stripe or in a calendar."""
        return str(self.former_names[0]) if self.former_names else self.schema_name

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """Every host of the business, the primary one first; see `TenantQuerySet.with_hosts`."""
        ordered = sorted(self.domains.all(), key=lambda domain: not domain.is_primary)
        return tuple(domain.domain for domain in ordered)

    @cached_property
    def former_hosts(self) -> frozenset[str]:
        """The hosts that it was known by: pages asked for there are found at the primary one."""
        return frozenset(domain.domain for domain in self.domains.all() if domain.is_former)

    @property
    def url(self) -> str:
        """The business's address without a trailing slash, for links in mail and redirects."""
        if not self.hosts:
            # One that a restore is building: nobody is sent there.
            return ""
        host = self.hosts[0]
        port = settings.PLATFORM_PORT if host.endswith(settings.ROOT_DOMAIN) else ""
        return f"{settings.PLATFORM_SCHEME}://{host}{port}"


class Domain(DomainMixin):
    """A host name that leads to a business: its subdomain, or a domain of its own."""

    domain = models.CharField(max_length=253, unique=True, validators=[validate_host])
    # From before a change of name: kept so that links in old e-mails still lead somewhere.
    is_former = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        ordering = ["-is_primary", "domain"]

    def clean(self) -> None:
        if self.domain == settings.ROOT_DOMAIN:
            raise ValidationError({"domain": "This is the platform's own host."})

    def unique_error_message(
        self, model_class: type[models.Model], unique_check: Sequence[str]
    ) -> ValidationError:
        """Say whose a host is that is taken; of one host there is nothing else that is unique."""
        return ValidationError(f"{self.domain} leads to a business already.", code="unique")


class DirectoryVersion(models.Model):
    """One row: a random value that changes with every business and domain; see tenants.directory.

    Triggers write it. A number that counts would come back after a rollback, and with it what
    was remembered meanwhile.
    """

    is_only_row = models.BooleanField(primary_key=True, default=True)
    version = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="tenants_directory_only_row", condition=models.Q(is_only_row=True)
            )
        ]

    def __str__(self) -> str:
        return str(self.version)


class LifecycleEvent(models.Model):
    """What was done with a business as a whole; it outlives the business."""

    class Kind(models.TextChoices):
        EXPORTED = "exported", "Exported"
        IMPORTED = "imported", "Imported"
        RENAMED = "renamed", "Renamed"
        MARKED = "marked", "Marked for deletion"
        KEPT = "kept", "Kept after all"
        PURGED = "purged", "Deleted"
        RESTORED = "restored", "Restored"
        CUSTOMER_ERASED = "customer_erased", "A customer was erased"

    kind = models.CharField(max_length=20, choices=Kind)
    schema_name = models.CharField(max_length=41)
    tenant_uuid = models.UUIDField()
    actor = models.CharField(max_length=254, blank=True)
    details = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["schema_name"], name="tenants_lifecycle_schema")]

    def __str__(self) -> str:
        return f"{self.schema_name}: {self.get_kind_display()}"


class SchemaTemplate(models.Model):
    """What a new business's schema is made from; see tenants.template."""

    digest = models.CharField(max_length=64, primary_key=True)
    statements = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.digest[:12]


class SpareSchemaQuerySet(models.QuerySet["SpareSchema"]):
    def that_exist(self) -> "SpareSchemaQuerySet":
        """Those that nobody has dropped by hand."""
        found = models.Func(
            "schema_name", function="to_regnamespace", output_field=models.TextField()
        )
        return self.alias(found=found).filter(found__isnull=False)


class SpareSchema(models.Model):
    """A schema that is ready for the next business; see tenants.spares."""

    schema_name = models.CharField(max_length=63, primary_key=True)
    digest = models.CharField(max_length=64, help_text="Of the template that it was made from.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SpareSchemaQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.schema_name


class SchemaVersion(models.Model):
    """How far a business's schema has been migrated; see tenants.fleet.

    Written in the transaction that migrates the schema. No foreign key: a version without its
    business does no harm, a business without its version is looked at, and given one.
    """

    schema_name = models.CharField(max_length=63, primary_key=True)
    digest = models.CharField(
        max_length=64, blank=True, help_text="Of the migrations it was brought to last."
    )
    migrated_at = models.DateTimeField(null=True, blank=True)
    # Of the last try, when that failed.
    error = models.TextField(blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["schema_name"]

    def __str__(self) -> str:
        return self.schema_name


class Notice(models.Model):
    """Something wrong with a business, as one of the apps found; see tenants.notices."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="notices")
    source = models.CharField(max_length=30)
    code = models.CharField(max_length=50)
    text = models.CharField(max_length=300)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["since"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "source", "code"], name="tenants_notice_once")
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.code}"
