from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0004_disputes'),
    ]

    operations = [
        migrations.AddField(
            model_name='stripeevent',
            name='source',
            field=models.CharField(choices=[('webhook', 'Webhook'), ('reconciliation', 'Reconciliation')], default='webhook', max_length=20),
        ),
        migrations.AlterField(
            model_name='stripeevent',
            name='status',
            field=models.CharField(choices=[('received', 'Received'), ('processed', 'Processed'), ('ignored', 'Nothing to do'), ('flagged', 'Contradicts our records'), ('failed', 'Failed, will be retried'), ('dead', 'Given up, needs a look')], default='received', max_length=20),
        ),
    ]
