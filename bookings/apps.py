from django.apps import AppConfig


class BookingsConfig(AppConfig):
    name = "bookings"
    verbose_name = "Bookings"

    def ready(self) -> None:
        from bookings import payables, receivers  # noqa: F401 - they register themselves
        from bookings.messages import kinds, series, waiting
        from bookings.offers import (  # noqa: F401
            membership_messages,
            membership_payables,
            messages,
        )
        from bookings.offers import payables as offers_payables  # noqa: F401
        from notifications.kinds import register

        register(kinds.KINDS.values())
        for module in (series, messages, membership_messages, waiting):
            register(module.KINDS)
