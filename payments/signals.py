"""What payments tells whoever made the payable, inside the transaction of the change.

Each carries `payment_session`, locked. A receiver that raises rolls the whole event back; it is
retried. Receivers must not call Stripe or send mail: they enqueue jobs.
"""

from django.dispatch import Signal

# The money is in.
payment_succeeded = Signal()
# The customer chose a method that settles later (bank debit): neither in nor failed.
payment_processing = Signal()
# A try failed. `is_final`: the checkout is over, there will be no other try on it.
payment_failed = Signal()
# The checkout ended without a payment.
payment_canceled = Signal()
# A refund succeeded. Also carries `refund`.
payment_refunded = Signal()
# The customer contests it at their bank, or the bank has moved on with it. Also carries `dispute`.
payment_disputed = Signal()
# A card was left for later. Also carries `card`.
card_saved = Signal()

# These two carry `subscription`, its first payment locked.
# It has begun, goes on, is about to end or has ended. Also carries `before`, its status then,
# and `was_ending`: whether it was to end with its period.
subscription_changed = Signal()
# A renewal was declined. Also carries `invoice_id`, Stripe's.
subscription_payment_failed = Signal()
