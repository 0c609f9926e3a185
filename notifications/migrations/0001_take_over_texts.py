from django.db import migrations, models


class Migration(migrations.Migration):
    """The businesses' own texts come here from bookings; their table stays as it is."""

    initial = True

    # Where the table was made.
    dependencies = [("bookings", "0012_memberships")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="MessageTemplate",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("kind", models.CharField(max_length=20, unique=True)),
                        ("subject", models.CharField(blank=True, max_length=200)),
                        ("body", models.TextField(blank=True, max_length=5000)),
                        ("sms", models.TextField(blank=True, max_length=600, verbose_name="text message")),
                        ("is_active", models.BooleanField(default=True, help_text="Off: the standard text is sent instead.")),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                    ],
                    options={
                        "verbose_name": "message",
                        "db_table": "bookings_messagetemplate",
                        "ordering": ["kind"],
                    },
                ),
            ],
        ),
    ]
