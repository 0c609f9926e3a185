"""What a request's first statement calls when the directory is not what the process remembers."""

from django.db import migrations

CREATE_FUNCTION = """
CREATE FUNCTION public.tenants_directory_is_outdated() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a business or a host has changed' USING ERRCODE = 'TH001';
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0007_fleet")]

    operations = [
        migrations.RunSQL(
            [CREATE_FUNCTION], ["DROP FUNCTION public.tenants_directory_is_outdated()"]
        )
    ]
