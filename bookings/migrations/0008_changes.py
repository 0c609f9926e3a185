import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0007_offers")]

    operations = [
        migrations.AddField(
            model_name="bookingsettings",
            name="complete_after_minutes",
            field=models.PositiveIntegerField(
                blank=True,
                default=1440,
                help_text=(
                    "A booking counts as completed so long after its end; empty: only by hand."
                ),
                null=True,
                validators=[django.core.validators.MaxValueValidator(129600)],
            ),
        ),
    ]
