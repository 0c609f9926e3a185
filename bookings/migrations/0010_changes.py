import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0009_waitlist'),
    ]

    operations = [
        migrations.AddField(
            model_name='allocation',
            name='held_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='booking',
            name='free_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='booking',
            name='partial_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='messagetemplate',
            name='kind',
            field=models.CharField(choices=[('confirmed', 'Confirmation'), ('reminder', 'Reminder'), ('rescheduled', 'Change'), ('cancelled', 'Cancellation'), ('paid_too_late', 'Paid too late'), ('change_not_made', 'Change paid too late'), ('waitlist_offer', 'Waitlist offer'), ('review', 'Review request')], max_length=20, unique=True),
        ),
        migrations.CreateModel(
            name='BookingChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('held', 'Waiting for payment'), ('applied', 'Done'), ('lapsed', 'Not paid in time'), ('withdrawn', 'Given up')], default='held', max_length=10)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('party_size', models.PositiveIntegerField()),
                ('service_name', models.CharField(max_length=120)),
                ('held_seats', models.PositiveIntegerField(default=0)),
                ('claims', models.JSONField(default=list)),
                ('lines', models.JSONField(default=list)),
                ('terms', models.JSONField(default=dict)),
                ('total_amount', models.BigIntegerField()),
                ('deposit_amount', models.BigIntegerField()),
                ('discount_amount', models.BigIntegerField(default=0)),
                ('credit_amount', models.BigIntegerField(default=0)),
                ('amount_due', models.BigIntegerField()),
                ('hold_expires_at', models.DateTimeField(null=True)),
                ('actor_kind', models.CharField(max_length=20)),
                ('actor_label', models.CharField(blank=True, max_length=254)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('ended_at', models.DateTimeField(null=True)),
                ('booking', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='bookings.booking')),
                ('class_session', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='bookings.classsession')),
                ('resource', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.resource')),
                ('service', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.service')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.AddField(
            model_name='allocation',
            name='change',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='allocations', to='bookings.bookingchange'),
        ),
        migrations.AddConstraint(
            model_name='bookingchange',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'held')), fields=('booking',), name='bookings_change_one_held'),
        ),
        migrations.AddConstraint(
            model_name='bookingchange',
            constraint=models.CheckConstraint(condition=models.Q(('amount_due__gt', 0), ('deposit_amount__gte', 0), ('total_amount__gte', 0)), name='bookings_change_amounts'),
        ),
    ]
