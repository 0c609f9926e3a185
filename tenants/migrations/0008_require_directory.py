"""A check that travels with a request's first statement: is what the process remembers current?"""

from django.db import migrations

CREATE_FUNCTION = """
CREATE FUNCTION public.tenants_require_directory(known uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.tenants_directoryversion WHERE version = known) THEN
        RAISE EXCEPTION 'a business or a host has changed' USING ERRCODE = 'TH001';
    END IF;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0007_fleet")]

    operations = [
        migrations.RunSQL(
            [CREATE_FUNCTION], ["DROP FUNCTION public.tenants_require_directory(uuid)"]
        )
    ]
