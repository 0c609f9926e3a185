"""What each role may do, as code rather than as rows in every business's schema.

Permissions keep Django's own form, ``app.action_model``, so the admin asks for them unchanged.
"""

from collections.abc import Iterable

OWNER = "owner"
MANAGER = "manager"
STAFF = "staff"
OPERATOR = "operator"

BUSINESS_ROLES = (OWNER, MANAGER, STAFF)


def _all(models: Iterable[str], actions: str = "view add change delete") -> frozenset[str]:
    pairs = (model.split(".") for model in models)
    return frozenset(f"{app}.{action}_{name}" for app, name in pairs for action in actions.split())


_OFFERS = [
    "bookings.discountcode",
    "bookings.voucher",
    "bookings.vouchermovement",
    "bookings.pass",
    "bookings.passmovement",
    "bookings.passtype",
    "bookings.membership",
    "bookings.membershipplan",
    "bookings.vouchersettings",
]
_CATALOGUE = [
    f"bookings.{name}"
    for name in (
        "service servicecategory addon intakequestion requirement turntime resource tableset "
        "openinghours hoursexception classsession classseries"
    ).split()
]
_STAFF = (
    _all(["bookings.booking", "bookings.bookingseries"], "view add change")
    | _all(["bookings.waitlistentry"], "view change")
    | _all(_CATALOGUE, "view")
    | _all(["bookings.blockedtime"])
    | _all(["bookings.sentmessage"], "view")
    # Their own only: the page knows no other.
    | _all(["bookings.staffpreference"], "view change")
    | _all(_OFFERS, "view")
    | {"bookings.change_voucher", "bookings.change_pass"}
    | _all(
        [
            "payments.paymentsession",
            "payments.paymentrequest",
            "payments.refund",
            "payments.dispute",
        ],
        "view",
    )
)
_MANAGER = (
    _STAFF
    | _all(_CATALOGUE)
    | _all(["bookings.bookingsettings"], "view change")
    | _all(["notifications.messagetemplate", "bookings.messagesettings"], "view change")
    | _all(_OFFERS)
    | _all(
        [
            "payments.customer",
            "payments.transaction",
            "payments.stripeevent",
            "payments.ledgerentry",
            "payments.payout",
            "payments.balancetransaction",
            "payments.reconciliationreport",
            "events.event",
            "events.webhookendpoint",
            "events.delivery",
            "access.user",
        ],
        "view",
    )
    | {"access.export_customer"}
    | {"payments.add_paymentsession", "payments.add_refund", "payments.change_stripeevent"}
)
_OWNER = (
    _MANAGER
    | _all(["access.user", "access.apikey", "events.webhookendpoint"])
    | _all(["payments.stripeaccount", "bookings.smsaccount"], "view change")
    | {"access.erase_customer"}
)

PERMISSIONS = {STAFF: _STAFF, MANAGER: _MANAGER, OWNER: _OWNER}


def allows(role: str, permission: str) -> bool:
    """May someone with `role` do `permission`, for example ``bookings.view_booking``?

    An operator may do everything on the platform's host and exists nowhere else.
    """
    return role == OPERATOR or permission in PERMISSIONS.get(role, frozenset())


def reaches_app(role: str, app: str) -> bool:
    """Has `role` anything to do in the app called `app`?"""
    return role == OPERATOR or any(
        permission.startswith(f"{app}.") for permission in PERMISSIONS.get(role, frozenset())
    )
