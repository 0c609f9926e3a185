from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invoices", "0001_initial")]

    operations = [
        migrations.AddField("invoice", "reference", models.CharField(max_length=40, null=True)),
    ]
