from django.db import migrations

# A booking took its one resource by itself; now an allocation does, and lines say what was sold.
ALLOCATE = """
INSERT INTO bookings_allocation
    (resource_id, booking_id, starts_at, ends_at, is_live, reason)
SELECT resource_id, id, starts_at, ends_at, status <> 'CANCELLED', '' FROM bookings_booking
"""
ITEMISE = """
INSERT INTO bookings_bookingline
    (booking_id, position, service_id, name, is_add_on, quantity, minutes, amount, tax_rate)
SELECT id, 0, service_id, service_name, false, 1,
    (extract(epoch FROM ends_at - starts_at) / 60)::integer, total_amount, tax_rate
FROM bookings_booking
"""


class Migration(migrations.Migration):
    dependencies = [("bookings", "0003_what_businesses_live_by")]

    operations = [
        migrations.RunSQL([ALLOCATE, ITEMISE], migrations.RunSQL.noop),
    ]
