"""New schemas have no such indexes any more, see tenants/postgresql/schema.py."""

from django.db import migrations

UNUSED = [
    "bookings_booking_access_token_2976b327_like",
    "bookings_booking_reference_af3214d4_like",
    "bookings_discountcode_code_5a623e10_like",
    "bookings_membership_access_token_95011794_like",
    "bookings_membership_code_ed6b55c8_like",
    "bookings_messagetemplate_kind_c4f853dd_like",
    "bookings_pass_access_token_044a1f14_like",
    "bookings_pass_code_a2650744_like",
    "bookings_passtype_name_92495de1_like",
    "bookings_resource_name_ed72e514_like",
    "bookings_service_name_fe426535_like",
    "bookings_service_slug_a729fa9b_like",
    "bookings_servicecategory_name_f8efb024_like",
    "bookings_tableset_name_8712e224_like",
    "bookings_voucher_access_token_6465fc83_like",
    "bookings_voucher_code_b9d07cd5_like",
    "bookings_waitlistentry_token_31c6271e_like",
]


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0017_visits_that_ask"),
    ]

    operations = [
        migrations.RunSQL(
            [f'DROP INDEX IF EXISTS "{name}"' for name in UNUSED],
            migrations.RunSQL.noop,
        ),
    ]
