import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Payout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stripe_payout_id', models.CharField(max_length=255, unique=True)),
                ('amount', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('livemode', models.BooleanField()),
                ('status', models.CharField(max_length=20)),
                ('arrives_on', models.DateField(null=True)),
                ('created_at', models.DateTimeField()),
                ('contained_amount', models.BigIntegerField(null=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.AddField(
            model_name='paymentsession',
            name='is_deposit',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='refund',
            name='stripe_balance_transaction_id',
            field=models.CharField(blank=True, max_length=255, null=True, unique=True),
        ),
        migrations.AddField(
            model_name='transaction',
            name='fee',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='transaction',
            name='net',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='transaction',
            name='settled_currency',
            field=models.CharField(blank=True, max_length=3),
        ),
        migrations.AddField(
            model_name='transaction',
            name='stripe_balance_transaction_id',
            field=models.CharField(blank=True, max_length=255, null=True, unique=True),
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('payment', 'Payment'), ('refund', 'Refund'), ('refund_reversal', 'Refund came back'), ('fee', "Stripe's fee"), ('dispute', 'Dispute'), ('payout', 'Payout'), ('other', 'Other'), ('opening', 'Balance at Stripe when it was connected'), ('converted_from', 'Converted to another currency'), ('converted_to', 'Converted from another currency'), ('earned', 'Deposit earned')], max_length=20)),
                ('source_id', models.CharField(max_length=255)),
                ('debit', models.CharField(choices=[('stripe_clearing', 'Balance at Stripe'), ('bank', 'Paid out to the bank'), ('customer_deposits', 'Deposits not yet earned'), ('revenue', 'Revenue'), ('refunds', 'Refunds'), ('fees', "Stripe's fees"), ('disputes', 'Disputed by customers'), ('other', 'Other activity at Stripe'), ('conversion', 'Currency conversion')], max_length=20)),
                ('credit', models.CharField(choices=[('stripe_clearing', 'Balance at Stripe'), ('bank', 'Paid out to the bank'), ('customer_deposits', 'Deposits not yet earned'), ('revenue', 'Revenue'), ('refunds', 'Refunds'), ('fees', "Stripe's fees"), ('disputes', 'Disputed by customers'), ('other', 'Other activity at Stripe'), ('conversion', 'Currency conversion')], max_length=20)),
                ('amount', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('livemode', models.BooleanField()),
                ('description', models.CharField(blank=True, max_length=200)),
                ('occurred_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('payment_session', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ledger_entries', to='payments.paymentsession')),
            ],
            options={
                'verbose_name_plural': 'ledger entries',
                'ordering': ['occurred_at', 'id'],
                'indexes': [models.Index(fields=['currency', 'occurred_at'], name='payments_ledger_time')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'source_id'), name='payments_ledger_once'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='payments_ledger_amount'), models.CheckConstraint(condition=models.Q(('debit', models.F('credit')), _negated=True), name='payments_ledger_two_sides')],
            },
        ),
        migrations.CreateModel(
            name='BalanceTransaction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stripe_balance_transaction_id', models.CharField(max_length=255, unique=True)),
                ('category', models.CharField(max_length=40)),
                ('source_id', models.CharField(blank=True, max_length=255)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('amount', models.BigIntegerField()),
                ('fee', models.BigIntegerField()),
                ('net', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('livemode', models.BooleanField()),
                ('created_at', models.DateTimeField()),
                ('payment_session', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='balance_transactions', to='payments.paymentsession')),
                ('payout', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='balance_transactions', to='payments.payout')),
            ],
            options={
                'verbose_name': 'Stripe balance transaction',
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(fields=['source_id'], name='payments_balance_source')],
            },
        ),
    ]
