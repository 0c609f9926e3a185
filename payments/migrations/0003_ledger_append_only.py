from django.db import migrations

from tenants.append_only import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_books")]

    operations = [MakeAppendOnly("payments_ledgerentry")]
