from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    name = "docs.examples.invoices"
    label = "invoices"

    def ready(self) -> None:
        from docs.examples.invoices import payables  # noqa: F401 - registers itself
