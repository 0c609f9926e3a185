"""What bookings hold on customers."""

from typing import Any

from django.db.models import Q, QuerySet
from django.dispatch import receiver
from django.utils import timezone

from bookings.models import (
    Booking,
    BookingChange,
    BookingLine,
    BookingSeries,
    DiscountUse,
    Membership,
    Pass,
    PassMovement,
    SentMessage,
    Voucher,
    VoucherMovement,
    WaitlistEntry,
)
from bookings.money import BALANCE, CHANGE, DEPOSIT, FEE
from bookings.offers.memberships import PAYABLE as MEMBERSHIP
from bookings.offers.prepaid import PAYABLE_TYPES
from payments.models import PaymentSession
from payments.personal import PAYMENT, PAYMENT_INTERNAL
from tenants.personal import ERASED, Person, declare
from tenants.signals import customer_leaving


def theirs(person: Person) -> Q:
    return Q(customer_email__iexact=person.email)


def bookings(person: Person) -> QuerySet[Booking]:
    return Booking.objects.filter(theirs(person))


def payments(person: Person) -> QuerySet[PaymentSession]:
    """What was paid for anything of theirs, by whomever."""
    types = {
        Booking: (DEPOSIT, CHANGE, BALANCE, FEE),
        Voucher: (PAYABLE_TYPES[Voucher],),
        Pass: (PAYABLE_TYPES[Pass],),
        Membership: (MEMBERSHIP,),
    }
    wanted = Q(pk=None)
    for model, names in types.items():
        keys = [str(key) for key in person.keys(model)]
        wanted |= Q(payable_type__in=names, payable_id__in=keys)
    return PaymentSession.objects.filter(wanted)


def left(entry: WaitlistEntry, person: Person) -> str:
    """Nobody waits for somebody who can't be told."""
    is_open = entry.status in WaitlistEntry.OPEN
    return WaitlistEntry.Status.LEFT if is_open else entry.status


def unless_known(voucher: Voucher, person: Person) -> str:
    """A recipient with an address of their own can ask for themselves; any other can't."""
    return voucher.recipient_name if voucher.recipient_email else ""


def without_answers(change: BookingChange, person: Person) -> dict[str, Any]:
    return {name: value for name, value in change.terms.items() if name != "answers"}


NAMES: dict[str, Any] = {"customer_name": ERASED, "customer_email": ""}

declare(
    Booking, title="Bookings", rows=bookings,
    erase={
        **NAMES, "customer_phone": "", "guest_name": "", "notes": "", "answers": [],
        "success_url": "", "cancel_url": "",
    },
    keep="id reference service resource class_session series party_size service_name starts_at "
    "ends_at consent_text consent_version consent_at total_amount deposit_amount discount_amount "
    "credit_amount currency status hold_expires_at tax_rate requires_card no_show_fee "
    "late_cancellation_fee free_cancellation_hours late_refund_percent no_refund_hours "
    "counts_business_days terms_accepted_at cancel_reason created_at updated_at confirmed_at "
    "cancelled_at completed_at no_show_at free_until partial_until",
    internal="access_token changed_by",
)  # fmt: skip
declare(
    BookingLine, title="What was booked",
    rows=lambda person: BookingLine.objects.filter(booking__in=person.keys(Booking)),
    keep="id booking position service name is_add_on quantity minutes amount tax_rate",
)  # fmt: skip
declare(
    BookingChange, title="Changes of bookings",
    rows=lambda person: BookingChange.objects.filter(booking__in=person.keys(Booking)),
    keep="id booking service class_session resource party_size service_name starts_at ends_at "
    "lines claims held_seats total_amount deposit_amount discount_amount credit_amount "
    "amount_due wants_card amount_back hold_expires_at status created_at ended_at actor_kind",
    erase={"terms": without_answers},
    internal="actor_label",
)  # fmt: skip
declare(
    BookingSeries, title="Repeating bookings",
    rows=lambda person: BookingSeries.objects.filter(theirs(person)), erase=NAMES,
    keep="id service first_day local_time time_zone interval_weeks count created_at",
    internal="created_by",
)  # fmt: skip
declare(
    WaitlistEntry, title="Waitlist",
    rows=lambda person: WaitlistEntry.objects.filter(theirs(person)),
    erase={**NAMES, "customer_phone": "", "status": left},
    keep="id service class_session first_day last_day from_time until_time party_size resource "
    "offered_booking offer_expires_at accepted_at created_at",
    internal="token",
)  # fmt: skip
# Texts are made when a message is sent, and not kept.
declare(
    SentMessage, title="Messages",
    rows=lambda person: SentMessage.objects.filter(booking__in=person.keys(Booking)),
    erase={"problem": ""},
    keep="id booking kind channel key starts_at details created_at started_at sent_at",
    internal="user_id",
)  # fmt: skip
declare(
    SentMessage, title="Messages not sent", is_deleted=True,
    rows=lambda person: SentMessage.objects.filter(
        booking__in=person.keys(Booking), sent_at=None
    ),
)  # fmt: skip
declare(
    DiscountUse, title="Discount codes used",
    rows=lambda person: DiscountUse.objects.filter(theirs(person)), erase={"customer_email": ""},
    keep="id code booking amount used_at given_back_at",
)  # fmt: skip

# --- Vouchers and passes: whoever has the code can still use them ---

PREPAID = (
    "id code status initial left price currency tax_rate payment valid_days issued_at expires_at "
    "closed_at created_at frozen_at"
)
declare(
    Voucher, title="Vouchers bought", keep=PREPAID, internal="access_token",
    rows=lambda person: Voucher.objects.filter(theirs(person)),
    erase={**NAMES, "message": "", "recipient_name": unless_known},
)  # fmt: skip
declare(
    Voucher, title="Vouchers received", internal="access_token",
    rows=lambda person: Voucher.objects.filter(recipient_email__iexact=person.email),
    erase={"recipient_name": "", "recipient_email": "", "message": ""},
)  # fmt: skip
declare(
    Pass, title="Passes", internal="access_token",
    keep=f"{PREPAID} pass_type membership name service_ids",
    rows=lambda person: Pass.objects.filter(theirs(person)), erase=NAMES,
)  # fmt: skip
declare(
    Membership, title="Memberships", internal="access_token",
    rows=lambda person: Membership.objects.filter(theirs(person)), erase=NAMES,
    keep="id plan service_ids currency code subscription created_at name price tax_rate interval "
    "interval_count credits rolls_over",
)  # fmt: skip
declare(PaymentSession, title="Payments", rows=payments, erase=PAYMENT, internal=PAYMENT_INTERNAL)

# --- Nothing on customers ---

_MOVEMENT = "id kind change booking cause reason actor created_at owner"
declare(VoucherMovement, keep=_MOVEMENT)
declare(PassMovement, keep=_MOVEMENT)
for _model, _fields in {
    "Resource": "id name kind seats_min seats_max area is_active position",
    "TableSet": "id name seats_min seats_max is_active",
    "ServiceCategory": "id name position",
    "Service": "id name slug kind category description picture picture_type picture_digest "
    "duration_minutes buffer_before_minutes buffer_after_minutes party_min party_max "
    "price_is_per_person price deposit_kind deposit_value deposit_from_people tax_rate "
    "no_show_fee late_cancellation_fee free_cancellation_hours late_refund_percent "
    "no_refund_hours counts_business_days consent_text consent_version is_online "
    "minimum_notice_minutes days_ahead step_minutes customer_chooses_resource is_active position",
    "TurnTime": "id service party_up_to minutes",
    "Requirement": "id service name",
    "AddOn": "id service name minutes price is_active position",
    "IntakeQuestion": "id service text kind choices is_required position",
    "ClassSeries": "id service instructor capacity rule first_day starts_at until count exceptions "
    "created_at",
    "ClassSession": "id service instructor starts_at ends_at capacity seats_taken cancelled_at "
    "series series_day created_at",
    "OpeningHours": "id resource weekday opens_at closes_at",
    "HoursException": "id resource first_day last_day opens_at closes_at reason",
    "MessageSettings": "id is_only_row reminder_minutes review_delay_minutes review_link "
    "copy_to_business sms_confirmations sms_reminders",
    "StaffPreference": "id user new changed cancelled",
    "SmsAccount": "id is_only_row provider account_sid auth_token sender",
    "Allocation": "id resource starts_at ends_at is_live booking class_session reason change "
    "held_until",
    # How often an address on the internet has guessed at codes; gone within the hour.
    "CodeAttempt": "id address tried_at",
    "MembershipPlan": "id name description price tax_rate interval interval_count credits "
    "rolls_over is_sold_online is_active position",
    "DiscountCode": "id code percent amount valid_from valid_until max_uses max_uses_per_customer "
    "minimum_amount is_active used_count created_at",
    "VoucherSettings": "id is_only_row is_sold_online minimum_amount maximum_amount valid_days",
    "PassType": "id name description price tax_rate credits valid_days is_sold_online is_active "
    "position",
    "BookingSettings": "id is_only_row step_minutes offset_minutes minimum_notice_minutes "
    "days_ahead hold_minutes covers_per_quarter waitlist_offer_minutes waitlist_cutoff_minutes "
    "complete_after_minutes",
}.items():
    declare(f"bookings.{_model}", keep=_fields)


@receiver(customer_leaving)
def let_it_take_place_first(sender: object, *, person: Person, **kwargs: Any) -> list[str]:
    """Say what of the customer's lies ahead."""
    ahead = bookings(person).filter(
        status__in=(Booking.Status.PENDING_PAYMENT, Booking.Status.CONFIRMED),
        ends_at__gt=timezone.now(),
    )
    names = ", ".join(ahead.order_by("starts_at").values_list("reference", flat=True)[:5])
    return [f"A booking lies ahead ({names}): cancel it first."] if names else []
