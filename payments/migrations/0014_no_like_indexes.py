"""New schemas have no such indexes any more, see tenants/postgresql/schema.py."""

from django.db import migrations

UNUSED = [
    "payments_balancetransact_stripe_balance_transacti_adb35e8d_like",
    "payments_customer_email_436c36f5_like",
    "payments_customer_stripe_customer_id_f3a3b56e_like",
    "payments_dispute_stripe_dispute_id_1d5bb3f1_like",
    "payments_paymentrequest_token_cea3b837_like",
    "payments_paymentsession_access_token_30c34181_like",
    "payments_paymentsession_idempotency_key_47e11515_like",
    "payments_paymentsession_stripe_checkout_session__f01268c6_like",
    "payments_paymentsession_stripe_payment_intent_id_345d5dd0_like",
    "payments_payout_stripe_payout_id_d02fb962_like",
    "payments_refund_idempotency_key_5cf64fcf_like",
    "payments_refund_stripe_balance_transaction_id_55f36971_like",
    "payments_refund_stripe_refund_id_aae1bedf_like",
    "payments_savedcard_stripe_payment_method_id_d02a0d9e_like",
    "payments_stripeevent_event_id_4960b114_like",
    "payments_subscription_stripe_subscription_id_9329e7fd_like",
    "payments_subscriptioninvoice_stripe_invoice_id_27a6fad5_like",
    "payments_transaction_stripe_balance_transacti_55ea7e7d_like",
    "payments_transaction_stripe_charge_id_6ceb68f3_like",
    "payments_transaction_stripe_object_id_4ba49b40_like",
]


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0013_cards_saved_with_a_payment"),
    ]

    operations = [
        migrations.RunSQL(
            [f'DROP INDEX IF EXISTS "{name}"' for name in UNUSED],
            migrations.RunSQL.noop,
        ),
    ]
