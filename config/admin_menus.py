"""What the two admin sites' side bars hold. An entry shows to whoever may see its list."""

from typing import Any

from django.http import HttpRequest

TILLHOUSE_TEAL = {
    "50": "#f0fdfa", "100": "#ccfbf1", "200": "#99f6e4", "300": "#5eead4", "400": "#2dd4bf",
    "500": "#14b8a6", "600": "#0d9488", "700": "#0f766e", "800": "#115e59", "900": "#134e4a",
    "950": "#042f2e",
}  # fmt: skip


_PAGES: set[str] = set()


def _entry(title: str, icon: str, model: str, page: str = "") -> dict[str, Any]:
    app, name = model.split(".")

    def may_see(request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"{app}.view_{name}"))

    link = f"/admin/{app}/{name}/{page}"

    def is_active(request: HttpRequest) -> bool:
        # Some pages below a model's list have entries of their own.
        below = [other for other in _PAGES if other != link and other.startswith(link)]
        return request.path.startswith(link) and not request.path.startswith(tuple(below))

    _PAGES.add(link)
    return {
        "title": title, "icon": icon, "link": link, "permission": may_see, "active": is_active,
    }  # fmt: skip


def may_show_customers(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("access.export_customer"))


def business_name(request: HttpRequest) -> str:
    tenant = getattr(request, "tenant", None)
    return tenant.name if tenant else "Tillhouse"


_SHARED: dict[str, Any] = {
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {"primary": TILLHOUSE_TEAL},
}
_HOME = {"title": "Today", "icon": "dashboard", "link": "/admin/"}

OPERATOR: dict[str, Any] = {
    **_SHARED,
    "SITE_TITLE": "Tillhouse operator",
    "SITE_HEADER": "Tillhouse",
    "SITE_SUBHEADER": "Operator",
    "DASHBOARD_CALLBACK": "tenants.admin.dashboard",
    "SIDEBAR": {
        "navigation": [
            {
                "title": "Platform",
                "items": [
                    {**_HOME, "title": "Overview"},
                    _entry("Businesses", "storefront", "tenants.tenant"),
                    _entry("Operators", "person", "access.user"),
                    _entry("Moved and deleted", "history", "tenants.lifecycleevent"),
                ],
            }
        ]
    },
}
STAFF: dict[str, Any] = {
    **_SHARED,
    "SITE_TITLE": business_name,
    "SITE_HEADER": business_name,
    "SITE_SUBHEADER": "Staff",
    "DASHBOARD_CALLBACK": "bookings.admin.dashboard.dashboard",
    "SIDEBAR": {
        "navigation": [
            {
                "title": "Bookings",
                "items": [
                    _HOME,
                    _entry("Bookings", "event", "bookings.booking"),
                    _entry("Why not?", "help", "bookings.booking", "why-not/"),
                    _entry("Repeating bookings", "event_repeat", "bookings.bookingseries"),
                    _entry("Waitlist", "hourglass_empty", "bookings.waitlistentry"),
                    _entry("Classes", "fitness_center", "bookings.classsession"),
                    _entry("Blocked times", "block", "bookings.blockedtime"),
                ],
            },
            {
                "title": "What you offer",
                "items": [
                    _entry("Services", "sell", "bookings.service"),
                    _entry("Categories", "category", "bookings.servicecategory"),
                    _entry("People, rooms, tables", "chair", "bookings.resource"),
                    _entry("Tables together", "table_restaurant", "bookings.tableset"),
                    _entry("Class series", "event_repeat", "bookings.classseries"),
                ],
            },
            {
                "title": "When",
                "items": [
                    _entry("Opening hours", "schedule", "bookings.openinghours"),
                    _entry("Closures and leave", "event_busy", "bookings.hoursexception"),
                    _entry("Booking rules", "rule", "bookings.bookingsettings"),
                ],
            },
            {
                "title": "Messages",
                "items": [
                    _entry("Texts", "mail", "notifications.messagetemplate"),
                    _entry("Reminders and more", "alarm", "bookings.messagesettings"),
                    _entry("My notifications", "notifications", "bookings.staffpreference"),
                    _entry("Text messages", "sms", "bookings.smsaccount"),
                    _entry("Sent", "outgoing_mail", "bookings.sentmessage"),
                ],
            },
            {
                "title": "Offers",
                "items": [
                    _entry("Discount codes", "percent", "bookings.discountcode"),
                    _entry("Gift vouchers", "card_giftcard", "bookings.voucher"),
                    _entry("Passes", "confirmation_number", "bookings.pass"),
                    _entry("Kinds of pass", "style", "bookings.passtype"),
                    _entry("Memberships", "card_membership", "bookings.membership"),
                    _entry("Membership plans", "loyalty", "bookings.membershipplan"),
                    _entry("Voucher rules", "tune", "bookings.vouchersettings"),
                ],
            },
            {
                "title": "Money",
                "items": [
                    _entry("Payments", "payments", "payments.paymentsession"),
                    _entry("Payment links", "link", "payments.paymentrequest"),
                    _entry("Refunds", "undo", "payments.refund"),
                    _entry("Disputes", "gavel", "payments.dispute"),
                    _entry("Customers", "groups", "payments.customer"),
                ],
            },
            {
                "title": "Books",
                "items": [
                    _entry("Statement", "summarize", "payments.ledgerentry", "statement/"),
                    _entry("Ledger", "menu_book", "payments.ledgerentry"),
                    _entry("Transactions", "receipt_long", "payments.transaction"),
                    _entry("Payouts", "account_balance", "payments.payout"),
                    _entry("Stripe's balance", "balance", "payments.balancetransaction"),
                    _entry("Comparisons", "fact_check", "payments.reconciliationreport"),
                ],
            },
            {
                "title": "Stripe",
                "items": [
                    _entry("Stripe account", "key", "payments.stripeaccount"),
                    _entry("Stripe events", "inbox", "payments.stripeevent"),
                ],
            },
            {
                "title": "Business",
                "items": [
                    _entry("Staff", "person", "access.user"),
                    _entry("API keys", "vpn_key", "access.apikey"),
                    _entry("Callbacks", "webhook", "events.webhookendpoint"),
                    _entry("Deliveries", "send", "events.delivery"),
                    _entry("Activity", "history", "events.event"),
                    {
                        "title": "A customer's data",
                        "icon": "person_search",
                        "link": "/admin/customer-data/",
                        "permission": may_show_customers,
                    },
                ],
            },
        ]
    },
}
