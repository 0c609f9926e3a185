"""Each business's share: of the web servers, and the index by which jobs are taken in turns."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import migrations, models

JOBS = f'"{settings.EXTENSIONS_SCHEMA}".procrastinate_jobs'


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0004_directory_version"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [
        migrations.AddField(
            "tenant",
            "request_share",
            models.PositiveSmallIntegerField(
                null=True,
                blank=True,
                validators=[MaxValueValidator(100)],
                help_text="Per cent of each web server's time that it may take for long. Empty: "
                "the platform's own limit; 0: no limit.",
            ),
        ),
        migrations.RunSQL(
            [
                "CREATE INDEX procrastinate_jobs_turns ON "
                f"{JOBS} (queue_name, (coalesce(scheduled_at, '-infinity'::timestamptz)), id) "
                "WHERE status = 'todo'",
                # They were made before each business had a queue.
                f"UPDATE {JOBS} SET queue_name = args->>'schema' "
                "WHERE status = 'todo' AND args ? 'schema'",
            ],
            [f'DROP INDEX "{settings.EXTENSIONS_SCHEMA}".procrastinate_jobs_turns'],
        ),
    ]
