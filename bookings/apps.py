from django.apps import AppConfig


class BookingsConfig(AppConfig):
    name = "bookings"
    verbose_name = "Bookings"

    def ready(self) -> None:
        from bookings import payables, receivers  # noqa: F401 - they register themselves
        from bookings.messages.kinds import KINDS
        from bookings.offers import membership_payables  # noqa: F401
        from bookings.offers import payables as offers_payables  # noqa: F401
        from notifications.kinds import register

        register(KINDS.values())
