"""Later versions of the example app's migrations, and businesses to bring them to."""

import importlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docs.examples.invoices import migrations
from tenants import template
from tenants.connection import connection
from tenants.fleet import versions
from tenants.models import Domain, SchemaVersion, Tenant

MIGRATION = """
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("invoices", "{before}")]
{body}
"""
FIRST = "0001_initial"
# What a business's schema needs to be migrated by these, of some 50 tables.
TABLES = ("django_migrations", "django_content_type", "invoices_invoice")

ADD_REFERENCE = """
    operations = [
        migrations.AddField("invoice", "reference", models.CharField(max_length=40, null=True)),
        migrations.AddField("invoice", "corrects", models.ForeignKey(
            "invoices.invoice", models.SET_NULL, null=True)),
        migrations.AddIndex("invoice", models.Index("reference", name="invoices_reference")),
        migrations.CreateModel("Reminder", [
            ("id", models.BigAutoField(primary_key=True)),
            ("invoice", models.ForeignKey("invoices.invoice", models.CASCADE)),
            ("sent", models.CharField(max_length=9, default="100%", db_default="100%")),
        ]),
    ]
"""
FILL_REFERENCE = """
    def fill(apps, editor):
        ContentType = apps.get_model("contenttypes", "ContentType")
        Invoice = apps.get_model("invoices", "Invoice")
        kind = ContentType.objects.get_for_model(Invoice)
        for invoice in Invoice.objects.all():
            invoice.reference = f"{invoice.pk}-{kind.pk}"
            invoice.save()
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
"""
UNIQUE = """
    operations = [
        migrations.AddConstraint("invoice", models.UniqueConstraint(
            fields=["customer_email"], name="invoices_email_once")),
        migrations.AlterField("invoice", "corrects", models.ForeignKey(
            "invoices.invoice", models.SET_NULL, null=True, db_constraint=False)),
    ]
"""
# Found out at the end of the transaction, where there is an invoice.
DANGLING = """
    operations = [migrations.RunSQL(
        "INSERT INTO invoices_reminder (invoice_id) SELECT -1 FROM invoices_invoice")]
"""
NOT_ATOMIC = """
    atomic = False
    operations = []
"""
PAST_THE_EDITOR = """
    class Sneaky(migrations.operations.base.Operation):
        def state_forwards(self, app_label, state):
            pass
        def database_forwards(self, app_label, editor, before, after):
            with editor.connection.cursor() as cursor:
                cursor.execute("UPDATE invoices_invoice SET number = number")
        def describe(self):
            return "Sneak"
    operations = [Sneaky()]
"""


def write_release(directory: Path, name: str, *bodies: str) -> dict[str, str]:
    """Write a package of migrations that follow the app's first; return MIGRATION_MODULES."""
    package = directory / name
    package.mkdir()
    (package / "__init__.py").touch()
    shutil.copy(Path(migrations.__path__[0]) / f"{FIRST}.py", package)
    before = FIRST
    for number, body in enumerate(bodies, 2):
        file = f"{number:04}_step"
        (package / f"{file}.py").write_text(MIGRATION.format(before=before, body=body))
        before = file
    importlib.invalidate_caches()
    return {"invoices": name}


@contextmanager
def released(settings: Any, modules: dict[str, str]) -> Iterator[None]:
    """Have this process run the code of a release."""
    before = getattr(settings, "MIGRATION_MODULES", {})
    settings.MIGRATION_MODULES = modules
    forget_code()
    try:
        yield
    finally:
        settings.MIGRATION_MODULES = before
        forget_code()


def forget_code() -> None:
    for remembered in (versions.of_code, template.digest, template.current):
        remembered.cache_clear()


def small_businesses(count: int, start: int = 0) -> list[str]:
    """Add businesses that have only a few of alpha's tables; return their schemas."""
    schemas = [f"small_{number:03}" for number in range(start, start + count)]
    with connection.cursor() as cursor:
        for schema in schemas:
            cursor.execute(f"CREATE SCHEMA {schema}")
            for table in TABLES:
                cursor.execute(f"CREATE TABLE {schema}.{table} (LIKE alpha.{table} INCLUDING ALL)")
                cursor.execute(f"INSERT INTO {schema}.{table} SELECT * FROM alpha.{table}")
                cursor.execute(f"SELECT setval('{schema}.{table}_id_seq', 1000)")
    tenants = Tenant.objects.bulk_create(
        Tenant(schema_name=schema, name=schema, status="active") for schema in schemas
    )
    Domain.objects.bulk_create(
        Domain(tenant=tenant, domain=f"{tenant.schema_name.replace('_', '-')}.localhost")
        for tenant in tenants
    )
    SchemaVersion.objects.bulk_create(
        SchemaVersion(schema_name=schema, digest="of an older release") for schema in schemas
    )
    return schemas


def drop_businesses(schemas: list[str]) -> None:
    """Remove businesses that a test has added."""
    connection.set_schema_to_public()
    Tenant.objects.filter(schema_name__in=schemas).delete()
    SchemaVersion.objects.filter(schema_name__in=schemas).delete()
    for schema in schemas:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
