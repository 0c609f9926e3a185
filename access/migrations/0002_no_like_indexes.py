"""New schemas have no such indexes any more, see tenants/postgresql/schema.py."""

from django.db import migrations

UNUSED = [
    "access_apikey_id_f0ff138f_like",
    "access_apikey_prefix_775b29fa_like",
    "access_user_email_f0cf94cd_like",
    "auth_group_name_a6ea08ec_like",
    "axes_accessattempt_user_agent_ad89678b_like",
    "axes_accessattempt_username_3f2d4ca0_like",
    "axes_accessfailurelog_user_agent_ea145dda_like",
    "axes_accessfailurelog_username_a8b7e8a4_like",
    "axes_accesslog_user_agent_0e659004_like",
    "axes_accesslog_username_df93064b_like",
    "django_session_session_key_c0390e0f_like",
]


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("axes", "0010_accessattemptexpiration"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            [f'DROP INDEX IF EXISTS "{name}"' for name in UNUSED],
            migrations.RunSQL.noop,
        ),
    ]
