from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "Payments"

    def ready(self) -> None:
        from notifications.kinds import register
        from payments import payables, receivers  # noqa: F401 - they register themselves
        from payments.messages import KINDS

        register(KINDS)
