import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0006_account_identity'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReconciliationReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(null=True)),
                ('since', models.DateTimeField()),
                ('events_recovered', models.PositiveIntegerField(default=0)),
                ('events_finished', models.PositiveIntegerField(default=0)),
                ('payments_settled', models.PositiveIntegerField(default=0)),
                ('refunds_settled', models.PositiveIntegerField(default=0)),
                ('lines_booked', models.PositiveIntegerField(default=0)),
                ('payouts_matched', models.PositiveIntegerField(default=0)),
                ('problems', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
    ]
