from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0005_inbox'),
    ]

    operations = [
        migrations.AddField(
            model_name='stripeaccount',
            name='charges_enabled',
            field=models.BooleanField(default=True, editable=False),
        ),
        migrations.AddField(
            model_name='stripeaccount',
            name='connected_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='stripeaccount',
            name='stripe_account_id',
            field=models.CharField(blank=True, editable=False, max_length=255),
        ),
        migrations.AddField(
            model_name='stripeaccount',
            name='stripe_webhook_endpoint_id',
            field=models.CharField(blank=True, editable=False, max_length=255),
        ),
    ]
