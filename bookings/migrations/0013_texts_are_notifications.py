from django.db import migrations


class Migration(migrations.Migration):
    """The businesses' own texts are with the app notifications now, in the same table."""

    dependencies = [
        ("bookings", "0012_memberships"),
        ("notifications", "0001_take_over_texts"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name="MessageTemplate")],
        ),
    ]
