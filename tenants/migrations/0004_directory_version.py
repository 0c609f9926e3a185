"""A version of the directory of businesses, so that processes may remember who lives where."""

import uuid

from django.db import migrations, models

# In the transaction of the change: whoever reads the new version can read the change.
CREATE_FUNCTION = """
CREATE FUNCTION public.tenants_directory_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.tenants_directoryversion (is_only_row, version)
    VALUES (true, gen_random_uuid())
    ON CONFLICT (is_only_row) DO UPDATE SET version = EXCLUDED.version;
    RETURN NULL;
END $$
"""
CREATE_TRIGGER = """
CREATE TRIGGER {table}_directory_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
ON public.{table} FOR EACH STATEMENT EXECUTE FUNCTION public.tenants_directory_changed()
"""
FIRST_VERSION = """
INSERT INTO public.tenants_directoryversion (is_only_row, version) VALUES (true, gen_random_uuid())
"""
TABLES = ("tenants_tenant", "tenants_domain")


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_receipt_details")]

    operations = [
        migrations.CreateModel(
            name="DirectoryVersion",
            fields=[
                (
                    "is_only_row",
                    models.BooleanField(default=True, primary_key=True, serialize=False),
                ),
                ("version", models.UUIDField(default=uuid.uuid4)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("is_only_row", True)),
                        name="tenants_directory_only_row",
                    )
                ],
            },
        ),
        migrations.RunSQL([FIRST_VERSION, CREATE_FUNCTION], [
            "DROP FUNCTION public.tenants_directory_changed()"
        ]),
        migrations.RunSQL(
            [CREATE_TRIGGER.format(table=table) for table in TABLES],
            [f"DROP TRIGGER {table}_directory_changed ON public.{table}" for table in TABLES],
        ),
    ]
