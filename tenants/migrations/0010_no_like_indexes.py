"""New schemas have no such indexes any more, see tenants/postgresql/schema.py."""

from django.db import migrations

UNUSED = [
    "tenants_domain_domain_e75f0449_like",
    "tenants_schematemplate_digest_c8f2c560_like",
    "tenants_schemaversion_schema_name_2db686a3_like",
    "tenants_spareschema_schema_name_244dabcc_like",
    "tenants_tenant_schema_name_c2605603_like",
]


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0009_spare_schemas"),
    ]

    operations = [
        migrations.RunSQL(
            [f'DROP INDEX IF EXISTS "{name}"' for name in UNUSED],
            migrations.RunSQL.noop,
        ),
    ]
